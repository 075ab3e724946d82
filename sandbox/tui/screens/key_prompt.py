"""Taking a key for the keyring. What is typed is shown as dots, handed to the keyring, and kept nowhere."""

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from sandbox.errors import SandboxError
from sandbox.models.key import keep_key
from sandbox.tui.screen import ModalScreen
from sandbox.tui.widgets.key_line import KeyLine


class KeyPrompt(ModalScreen[bool]):
    """Enter keeps the key and gives True, Escape False. An empty line takes a kept key out."""

    CSS_PATH = "line_prompt.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel", priority=True)]

    def __init__(self, variable: str) -> None:
        super().__init__()
        self._variable = variable

    def compose(self) -> ComposeResult:
        with Vertical(id="prompt-box"):
            note = "It goes into this system's keyring and is never shown. Empty takes it out."
            yield Static(note, id="prompt-note", markup=False)
            yield Input(password=True, id="prompt-line", compact=True, max_length=500)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#prompt-box").border_title = self._variable
        self.query_one(Input).focus()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            await asyncio.to_thread(keep_key, self._variable, event.value.strip())
        except SandboxError as error:
            self.notify(error.todo or " ", title=error.what, severity="error", markup=False)
        else:
            self.dismiss(True)

    def action_cancel(self) -> None:
        self.dismiss(False)
