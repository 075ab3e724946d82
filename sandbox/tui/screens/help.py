"""Help for the screen underneath: what it is for, and every key that works on it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from sandbox.tui.widgets.key_line import KeyLine


class HelpScreen(ModalScreen[None]):
    """A page over the screen it explains; any of Escape, ? and q closes it."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q", "dismiss", "close")]

    def __init__(self, about: Screen[object]) -> None:
        super().__init__()
        self._text = help_text(about)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="page"):
            yield Static(self._text, markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#page").border_title = "Help"


def help_text(screen: Screen[object]) -> Content:
    """The screen's own explanation and a line a key, from its bindings."""
    lines = [Content(str(getattr(screen, "HELP", ""))), Content("")]
    own_first = sorted(screen.active_bindings.values(), key=lambda active: active.node is not screen)
    for active in own_first:
        binding = active.binding
        if binding.system or binding.key.startswith(("ctrl+", "super+", "shift+tab", "tab")):
            continue
        key = screen.app.get_key_display(binding)
        lines.append(Content.assemble((f"{key:>7}  ", "bold"), binding.tooltip or binding.description))
    lines.append(Content.assemble((f"{'^p':>7}  ", "bold"), "Every command by name; themes, light and dark"))
    lines.append(Content.assemble((f"{'^q':>7}  ", "bold"), "Close the app; a session in progress is kept"))
    return Content("\n").join(lines)
