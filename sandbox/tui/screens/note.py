"""A note on a turn: its text, the words it is about, tags of a codebook. What is typed waits as a draft."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from sandbox.library.codebook import Codebook
from sandbox.library.document import document_hash
from sandbox.tui.screen import ModalScreen
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.ticks import TickList

_LONGEST = 2_000
_LEAVE = "Not stored. ^s stores the note; the same key again closes the app without it."


@dataclass(frozen=True, slots=True)
class Draft:
    """A note as it was typed. `documents`: the codebook its tags are from."""

    text: str
    words: str
    tags: tuple[str, ...]
    documents: tuple[Codebook, ...] = ()

    @property
    def codebook(self) -> str | None:
        """The codebook's hash, where there are tags."""
        return document_hash(self.documents[0]) if self.tags and self.documents else None

    @property
    def empty(self) -> bool:
        return not (self.text.strip() or self.words.strip() or self.tags)


class NotePrompt(ModalScreen[Draft | None]):
    """^s or Enter gives the note back. Escape gives None, and keeps what was typed under `key`."""

    CSS_PATH = "note.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "done", "store", key_display="^s", priority=True, id="note.store",
                tooltip="Store the note"),
        Binding("escape", "cancel", "close", priority=True, id="note.leave",
                tooltip="Close; what you typed waits here"),
    ]  # fmt: skip

    def __init__(
        self,
        label: str,
        said: str,
        codebook: Codebook | None,
        drafts: MutableMapping[tuple[str, int], Draft],
        key: tuple[str, int],
    ) -> None:
        super().__init__()
        self._label = label
        self._said = " ".join(said.split())
        self._codebook = codebook
        self._drafts = drafts
        self._key = key
        self._asked = False

    def compose(self) -> ComposeResult:
        draft = self._drafts.get(self._key, Draft("", "", ()))
        with Vertical(id="note-box"):
            yield Static("", id="note-said", markup=False)
            placeholder = "what you want to say of this turn"
            yield Input(
                draft.text, placeholder=placeholder, id="note-text", compact=True, max_length=_LONGEST
            )
            placeholder = "the words it is about, as they stand (may be left out)"
            yield Input(
                draft.words, placeholder=placeholder, id="note-words", compact=True, max_length=_LONGEST
            )
            tags = self._codebook.tags if self._codebook else ()
            yield TickList({tag.id: f"{tag.id}: {tag.title}" for tag in tags}, draft.tags, id="note-tags")
        yield KeyLine()

    def on_mount(self) -> None:
        box = self.query_one("#note-box")
        box.border_title = f"Note on {self._label}"
        self.query_one("#note-said", Static).update("Tab goes on; Space marks a tag.")
        self.query_one("#note-text", Input).focus()

    @property
    def _draft(self) -> Draft:
        tags = self.query_one(TickList).picked
        return Draft(
            self.query_one("#note-text", Input).value.strip(),
            self.query_one("#note-words", Input).value.strip(),
            tuple(sorted(tags)),
            (self._codebook,) if self._codebook and tags else (),
        )

    def on_input_changed(self) -> None:
        self._keep()

    def on_tick_list_turned(self) -> None:
        self._keep()

    def _keep(self) -> None:
        self._asked = False
        draft = self._draft
        if draft.empty:
            self._drafts.pop(self._key, None)
        else:
            self._drafts[self._key] = draft

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_done()

    def action_done(self) -> None:
        draft = self._draft
        if not (draft.text or draft.tags):
            self.notify("Type something or mark a tag, or Escape to leave it.", severity="warning")
        elif draft.words and " ".join(draft.words.split()) not in self._said:
            self.notify("These words are not in this turn: copy them as they stand.", severity="warning")
        else:
            self.dismiss(draft)

    def action_cancel(self) -> None:
        if not self._draft.empty:
            self.app.notify("Your note waits on this turn: n brings it back.", timeout=4)
        self.dismiss(None)

    def asks_before_quitting(self) -> bool:
        asks = not self._draft.empty and not self._asked
        self._asked = self._asked or asks
        if asks:
            self.query_one("#note-said", Static).update(_LEAVE)
        return asks
