"""What the terminal is told beside the screen: its title, and that a long run has ended. Escape codes only.

They work over ssh; tmux shows the title, and passes the rest on when it is set to.
"""

from sandbox.settings import Notify
from sandbox.text import excerpt

_OWN_TITLE_KEPT = "\x1b[22;2t"
_OWN_TITLE_BACK = "\x1b[23;2t"


def titled(text: str, *, first: bool = False) -> str:
    """The code that sets the terminal's title; the `first` one has the terminal keep its own for later."""
    return (_OWN_TITLE_KEPT if first else "") + f"\x1b]2;{_flat(text)}\x07"


def untitled() -> str:
    """The code that gives the terminal its own title back."""
    return _OWN_TITLE_BACK


def run_ended(text: str, notify: Notify) -> str:
    """The code that calls someone back to a run that has ended: nothing, a bell, or a bell and a message."""
    if notify == "off":
        return ""
    return "\x07" if notify == "bell" else f"\x1b]9;{_flat(text)}\x07\x07"


def _flat(text: str) -> str:
    return excerpt(text, 120)
