"""Starting a document: which kind, and its id. Writes nothing itself."""

import re
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Select, Static

from sandbox.library.document import SLUG_PATTERN, Kind
from sandbox.tui.screen import ModalScreen
from sandbox.tui.shelf import KINDS
from sandbox.tui.widgets.key_line import KeyLine


@dataclass(frozen=True, slots=True)
class NewDocument:
    """What shall be started."""

    kind: Kind
    id: str


class NewDocumentPicker(ModalScreen[NewDocument | None]):
    """Enter in the id starts it, Escape changes nothing."""

    CSS_PATH = "new_document.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel")]

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind: Kind = kind

    def compose(self) -> ComposeResult:
        with Vertical(id="picker"):
            yield Static("kind", classes="label", markup=False)
            yield Select[Kind](
                [(kind, kind) for kind in KINDS], id="kind", value=self._kind, allow_blank=False, compact=True
            )
            yield Static("id: its file's name, such as my-own-scenario", classes="label", markup=False)
            yield Input(id="id", compact=True, max_length=64)
            yield Static("Enter writes it, with comments on what to fill in.", classes="label", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#picker").border_title = "New document"
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        id = event.value.strip()
        if not re.fullmatch(SLUG_PATTERN, id):
            hint = "An id has lower-case letters, digits and single hyphens, such as night-attack."
            self.notify(hint, severity="warning")
            return
        kind = next((one for one in KINDS if one == self.query_one(Select).value), self._kind)
        self.dismiss(NewDocument(kind, id))

    def action_cancel(self) -> None:
        self.dismiss(None)
