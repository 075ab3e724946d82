"""Help for the screen underneath: what it is for, and every key that works on it."""

import textwrap
from collections.abc import Iterator

from textual.content import Content
from textual.screen import Screen

from sandbox.tui.screens.page import WIDTH, PageScreen

_KEY_WIDTH = 9


class HelpScreen(PageScreen):
    """A page on `about`: its own explanation and a line a key."""

    def __init__(self, about: Screen[object]) -> None:
        super().__init__("Help", tuple(help_lines(about, min(WIDTH, about.app.size.width - 4))))


def help_lines(screen: Screen[object], width: int) -> Iterator[Content]:
    """The explanation, and the keys with what they do; only keys that say so, which leaves scrolling out."""
    yield Content(str(getattr(screen, "HELP", "")))
    yield Content("")
    own_first = sorted(screen.active_bindings.values(), key=lambda active: active.node is not screen)
    for active in own_first:
        binding = active.binding
        if not binding.system and binding.tooltip:
            yield _line(screen.app.get_key_display(binding), binding.tooltip, width)
    yield _line("^p", "Every command by name; themes, light and dark", width)
    yield _line("^q", "Close the app; a session in progress is kept", width)


def _line(key: str, text: str, width: int) -> Content:
    first, *rest = textwrap.wrap(text, max(20, width - _KEY_WIDTH)) or [""]
    hanging = "".join(f"\n{'':{_KEY_WIDTH}}{line}" for line in rest)
    return Content.assemble((f"{key:>7}  ", "bold"), first, hanging)
