"""A question with one line to answer it: a tag, a reason. Does nothing with the answer itself."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from sandbox.text import printable
from sandbox.tui.screen import ModalScreen
from sandbox.tui.widgets.key_line import KeyLine


class _Line(Input):
    """The line; says in the footer what Enter does."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "done")]


class LinePrompt(ModalScreen[str | None]):
    """Enter gives the line back when something was typed, Escape gives None."""

    CSS_PATH = "line_prompt.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel", priority=True)]

    def __init__(self, title: str, note: str, example: str) -> None:
        super().__init__()
        self._title = title
        self._note = note
        self._example = example

    def compose(self) -> ComposeResult:
        with Vertical(id="prompt-box"):
            yield Static(Content(printable(self._note)), id="prompt-note", markup=False)
            example = f"for example: {self._example}"
            yield _Line(placeholder=example, id="prompt-line", compact=True, max_length=300)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#prompt-box").border_title = Content(self._title).markup
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.dismiss(event.value.strip())
        else:
            self.notify("Type something, or Escape to leave it.", severity="warning")

    def action_cancel(self) -> None:
        self.dismiss(None)
