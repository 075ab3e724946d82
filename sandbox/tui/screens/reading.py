"""Stands over a screen while something is read, says so, and lets no key act on what is below."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from sandbox.tui.screen import ModalScreen
from sandbox.tui.widgets.key_line import KeyLine


class ReadingScreen(ModalScreen[None]):
    """Whoever opened it closes it; Escape closes it earlier."""

    CSS_PATH = "reading.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "cancel")]

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def compose(self) -> ComposeResult:
        yield Static(f"Reading {self._what} …", id="reading", markup=False)
        yield KeyLine()
