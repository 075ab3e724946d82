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
    """The explanation, and the keys with what they do; only keys that say so, which leaves scrolling out.

    Keys that are shown as one, such as `1…9`, have one line.
    """
    yield Content(str(getattr(screen, "HELP", "")))
    yield Content("")
    own_first = sorted(screen.active_bindings.values(), key=lambda active: active.node is not screen)
    named: set[str] = set()
    for active in own_first:
        binding, key = active.binding, screen.app.get_key_display(active.binding)
        if not binding.system and binding.tooltip and key not in named:
            yield _line(key, binding.tooltip, width)
        named.add(key)


def _line(key: str, text: str, width: int) -> Content:
    first, *rest = textwrap.wrap(text, max(20, width - _KEY_WIDTH)) or [""]
    hanging = "".join(f"\n{'':{_KEY_WIDTH}}{line}" for line in rest)
    return Content.assemble((f"{key:>7}  ", "bold"), first, hanging)
