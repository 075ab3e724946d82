"""A page of text over the screen it is about: help, or every caution."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.tui.screen import ModalScreen
from sandbox.tui.widgets.key_line import KeyLine

WIDTH = 72
"""Cells a line may take, where the terminal has so many."""


class PageScreen(ModalScreen[None]):
    """Arrows scroll; Escape, ?, w and q close it."""

    CSS_PATH = "page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,w", "dismiss", "close")]

    def __init__(self, title: str, paragraphs: Sequence[Content]) -> None:
        super().__init__()
        self._title = title
        self._text = Content("\n").join(paragraphs)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="page"):
            yield Static(self._text, markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#page").border_title = self._title
