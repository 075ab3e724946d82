"""Starting a document, or another one of it: its kind and title, of which the id is made. Writes nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Select, Static

from sandbox.library.document import Kind, id_of, is_id
from sandbox.tui.screen import ModalScreen
from sandbox.tui.widgets.document_tree import KINDS
from sandbox.tui.widgets.key_line import KeyLine


@dataclass(frozen=True, slots=True)
class NewDocument:
    """What shall be started; no title where an id was typed."""

    kind: Kind
    id: str
    title: str = ""


class NewDocumentPicker(ModalScreen[NewDocument | None]):
    """Enter in the title starts it, Escape changes nothing."""

    CSS_PATH = "new_document.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel")]

    def __init__(
        self, kind: Kind, taken: Collection[tuple[Kind, str]] = (), *, copied: str = "", title: str = ""
    ) -> None:
        """`copied`: what another document is made of; its kind stays, and `title` is proposed."""
        super().__init__()
        self._kind: Kind = kind
        self._taken = taken
        self._copied = copied
        self._title = title

    def compose(self) -> ComposeResult:
        with Vertical(id="picker"):
            if not self._copied:
                kinds = [(kind, kind) for kind in KINDS]
                yield Static("kind", classes="label", markup=False)
                yield Select[Kind](kinds, id="kind", value=self._kind, allow_blank=False, compact=True)
            yield Static("title", classes="label", markup=False)
            example = "for example: Leaves on a stream"
            yield Input(self._title, example, id="document-title", compact=True, max_length=200)
            yield Static("", id="document-id", classes="label", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#picker").border_title = f"Copy of {self._copied}" if self._copied else "New document"
        self._tell()
        self.query_one(Input).focus()

    def on_input_changed(self) -> None:
        self._tell()

    def on_select_changed(self) -> None:
        self._tell()

    def _tell(self) -> None:
        self.query_one("#document-id", Static).update(self._state()[1])

    def _state(self) -> tuple[NewDocument | None, str]:
        """What Enter would start, and what is said below the title."""
        typed = " ".join(self.query_one(Input).value.split())
        chosen = next((one.value for one in self.query(Select)), None)
        kind = next((one for one in KINDS if one == chosen), self._kind)
        id = id_of(typed)
        if not typed:
            return None, "Type a title; its id and file name are made of it."
        if not id:
            return None, "No id can be made of this. Type one in Latin letters; change the title later."
        if (kind, id) in self._taken:
            return None, f"There is a {kind} “{id}” already. Type another title."
        return NewDocument(kind, id, "" if is_id(typed) else typed), f"Its id will be {id}. Enter writes it."

    def on_input_submitted(self) -> None:
        new, said = self._state()
        if new is None:
            self.notify(said, severity="warning", markup=False)
        else:
            self.dismiss(new)

    def action_cancel(self) -> None:
        self.dismiss(None)
