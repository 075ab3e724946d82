"""Library: every document by kind, what it says, what is wrong with it and where; changes show at once."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static, Tree

from sandbox.editor import editor_words
from sandbox.errors import SandboxError
from sandbox.library.blank import write_blank
from sandbox.library.catalogue import Entry, Library
from sandbox.library.copying import copy_to_workspace, duplicate, title_for_copy
from sandbox.library.document import Kind, free_id
from sandbox.text import excerpt
from sandbox.tui.library_entries import Entries, delete, look, read_entries, signature_of
from sandbox.tui.messages import ScriptWish, TechniqueWanted, Trouble
from sandbox.tui.outline import OF_A_SESSION
from sandbox.tui.screen import Screen, bring_up, is_there, read_for
from sandbox.tui.screens.edit_document import DocumentEditor
from sandbox.tui.screens.import_instrument import Brought, ImportInstrument
from sandbox.tui.screens.new_document import NewDocument, NewDocumentPicker
from sandbox.tui.screens.page import PageScreen
from sandbox.tui.screens.prompt import Confirmation
from sandbox.tui.terminal import edit_file
from sandbox.tui.widgets.document_preview import DocumentPreview, Looked
from sandbox.tui.widgets.document_tree import KINDS, DocumentTree, Key
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.words_input import WordsInput

_WATCH_SECONDS = 0.7


class LibraryScreen(Screen[None]):
    """Reads the library on threads and looks every second whether a file has changed."""

    CSS_PATH = "library.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"), (70, "-normal"), (110, "-wide"),
    ]  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "edit", id="library.edit",
                tooltip="Edit it, in your own editor if EDITOR names one; a shipped one is copied first"),
        Binding("d", "duplicate", "duplicate", id="library.duplicate",
                tooltip="Make a document of your own of it, and edit that"),
        Binding("n", "new", "new", id="library.new", tooltip="Start a new document from a template"),
        Binding("slash", "words", "words", key_display="/", id="library.words", priority=True,
                tooltip="Look for words of a title, an id or a description"),
        Binding("i", "import", "import", id="library.import",
                tooltip="Make a questionnaire of a FHIR, REDCap or XLSForm file"),
        Binding("u", "use", "use", id="library.use", tooltip="Use it in the session that Home proposes"),
        Binding("v", "script('versions')", "versions", id="library.versions",
                tooltip="Every text of this technique that ran: what changed, what each did, two in pairs"),
        Binding("z", "script('dismantle')", "steps", id="library.dismantle",
                tooltip="See which step does the work: run the script with steps left out"),
        Binding("r", "script('rehearse')", "hear", id="library.rehearse",
                tooltip="Hear it said to the client of your last run, after its scenario; not recorded"),
        Binding("c", "copy", "copy", id="library.copy",
                tooltip="Copy a shipped document under its own id; the copy takes its place"),
        Binding("x", "delete", "delete", id="library.delete",
                tooltip="Delete a document of your own; what a run used stays in the record"),
        Binding("p", "problem", "next problem", id="library.problem",
                tooltip="Go to the next document with a problem"),
        Binding("y", "clip", "copy text", id="library.clip", show=False,
                tooltip="Copy what is shown to the clipboard"),
        Binding("ctrl+l", "clear", "all", show=False, id="library.clear", tooltip="List all documents again"),
        Binding("tab", "switch", "tree/text", id="library.switch", show=False, priority=True,
                tooltip="Go from the tree to the text and back"),
        Binding("escape", "leave", "home", id="library.home", tooltip="Back to where you came from"),
    ]  # fmt: skip
    HELP = (
        "Arrows walk the tree, Enter opens a kind; the other side shows the whole document. / lists only "
        "what has the words you type. Yours (•) come first and hide a shipped one of the same name. A "
        "document with a problem is marked ✗, and shows its text with each problem under its line. Files "
        "changed elsewhere show at once."
    )

    class Chosen(Message):
        """This document shall be used in the proposed session."""

        def __init__(self, kind: Kind, id: str) -> None:
            super().__init__()
            self.kind = kind
            self.id = id

    def __init__(self, library: Library, at: Key | None = None) -> None:
        super().__init__()
        self._library = library
        self._entries: Entries | None = None
        self._wanted = at
        self._looked: Looked | None = None

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        yield WordsInput("words of a title, an id or a description (/)")
        with Horizontal(id="body"):
            yield DocumentTree(id="documents")
            with VerticalScroll(id="reading"):
                yield DocumentPreview(id="preview")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(DocumentTree).focus()
        self._reload()
        self.set_interval(_WATCH_SECONDS, self._watch)

    # Reading, and noticing change

    @work(exclusive=True, group="watch")
    async def _watch(self) -> None:
        """Takes no argument: Textual writes out those of a worker, and the whole library is long."""
        known = self._entries
        if known is not None and await read_for(self, signature_of, self._library) != known.signature:
            self._reload()

    @work(exclusive=True, group="entries")
    async def _reload(self) -> None:
        try:
            self._entries = await read_for(self, read_entries, self._library)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        self._draw(self._entries)

    def on_resize(self) -> None:
        if self._entries is not None:
            self.call_after_refresh(self._draw, self._entries)

    @on(Input.Changed)
    def _draw_found(self) -> None:
        if self._entries is not None:
            self._draw(self._entries)

    def _draw(self, entries: Entries) -> None:
        """The documents that have the words; all where none are typed."""
        if not is_there(self):
            return
        words = self.query_one(WordsInput).value
        found = entries.with_words(words)
        self._tell(entries, found)
        tree = self.query_one(DocumentTree)
        marked = self._wanted or (tree.cursor_node.data if tree.cursor_node else None)
        tree.show(found, narrowed=bool(words.strip()))
        on_heading = bool(words.strip()) and marked is not None and not marked[1]
        self._go_to(marked if marked in tree.places and not on_heading else tree.first)
        if not found:
            nothing = f"No document has the words “{excerpt(words, 60)}”. ^l lists all again."
            self.query_one(DocumentPreview).update(Content(nothing))

    def _tell(self, entries: Entries, found: Sequence[Entry]) -> None:
        own = sum(not entry.shipped for entry in entries.all)
        counts = f"{len(entries.all)} documents, {own or 'none'} of them yours"
        if len(found) < len(entries.all):
            counts = f"{len(found)} of {len(entries.all)} documents (^l: all)"
        problems = f", {len(entries.broken)} with problems (p)" if entries.broken else ""
        where = excerpt(str(self._library.workspace.root), max(20, self.size.width - 60))
        self.query_one("#title", Static).update(Content(f"Library   {counts}{problems}   {where}"))

    def _want(self, key: Key) -> None:
        """Mark it as soon as it is listed, whatever was looked for."""
        self._wanted = key
        with self.prevent(Input.Changed):
            self.query_one(WordsInput).value = ""

    def _go_to(self, key: Key | None) -> None:
        """Mark it once the tree is laid out; should the tree be drawn anew before that, in the new one."""
        self._wanted = key
        tree = self.query_one(DocumentTree)
        node = tree.places.get(key) if key is not None else None
        if node is None:
            self._show(None)
            return
        if node.parent is not None and node.parent is not tree.root:
            node.parent.expand()
        self.call_after_refresh(self._mark)

    def _mark(self) -> None:
        tree = self.query_one(DocumentTree)
        node = tree.places.get(self._wanted) if self._wanted is not None else None
        self._wanted = None
        if node is None:
            return
        if tree.last_line >= 0:  # asking for it lays the lines out: before that a node is on none
            tree.move_cursor(node)
        tree.scroll_to_node(node)
        self._show(node.data)

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Key]) -> None:
        if event.node is self.query_one(DocumentTree).cursor_node:  # not one of a tree drawn before
            self._show(event.node.data)

    def _show(self, key: Key | None) -> None:
        entry = self._entries.find(*key) if self._entries and key else None
        if entry is None:
            self._looked = None
            self.query_one(DocumentPreview).show(None)
            self.refresh_bindings()
            return
        self._look(entry)

    @work(exclusive=True, group="look")
    async def _look(self, entry: Entry) -> None:
        looked = await read_for(self, look, entry, self._library)
        same = self._looked is not None and self._looked.entry.path == entry.path
        self._looked = looked
        self.query_one(DocumentPreview).show(looked)
        reading = self.query_one("#reading")
        if not same:
            reading.scroll_home(animate=False)
        if looked.problems and looked.first_line and not same:
            reading.scroll_to(y=max(0, looked.first_line - 4), animate=False)
        self.refresh_bindings()

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "words":  # while they are typed it is a letter
            return not isinstance(self.focused, WordsInput)
        entry = self._looked.entry if self._looked else None
        usable = entry is not None and entry.document is not None
        needs = {
            "copy": entry is not None and entry.shipped and not entry.here,
            "use": usable and entry is not None and entry.kind in OF_A_SESSION,
            "script": usable and entry is not None and entry.kind == "technique",
            "problem": self._entries is not None and bool(self._entries.broken),
        }
        needs["delete"] = entry is not None and not entry.shipped
        needs |= dict.fromkeys(("edit", "duplicate", "clip"), entry is not None)
        return True if needs.get(action, True) else None

    def action_switch(self) -> None:
        tree = self.query_one(DocumentTree)
        (self.query_one("#reading") if self.focused is tree else tree).focus()

    def action_copy(self) -> Path | None:
        if self._looked is None:
            return None
        entry = self._looked.entry
        try:
            path = copy_to_workspace(entry, self._library.workspace)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return None
        self._want((entry.kind, entry.id))
        self.notify(f"A copy of your own: {path}", markup=False)
        self._reload()
        return path

    def action_edit(self) -> None:
        if self._looked is None:
            return
        entry, line = self._looked.entry, self._looked.first_line
        if not entry.shipped:
            self._open(entry.path, entry.kind, line)
        elif (path := self._copy_apart(entry) if entry.here else self.action_copy()) is not None:
            written = _written(path)
            self._open(path, entry.kind, line, lambda: self._keep_if_saved(entry, path, written))

    def _copy_apart(self, entry: Entry) -> Path | None:
        """A document of one's own under a free id, where what ships stands in the workspace itself."""
        id = free_id(entry.id, set(self._library.ids(entry.kind)))
        try:
            path = duplicate(entry, self._library, id, title_for_copy(entry, self._library))
        except SandboxError as error:
            self.post_message(Trouble(error))
            return None
        self._want((entry.kind, id))
        self.notify(f"What ships is never changed. A copy of your own: {path}", timeout=8, markup=False)
        return path

    def action_duplicate(self) -> None:
        if self._looked is None:
            return
        entry = self._looked.entry
        title = title_for_copy(entry, self._library)

        def named(new: NewDocument | None) -> None:
            if new is not None:
                self._duplicate(entry, new.id, new.title or title)

        picker = NewDocumentPicker(entry.kind, self._taken, copied=entry.id, title=title)
        self.app.push_screen(picker, named)

    def _duplicate(self, entry: Entry, id: str, title: str) -> None:
        try:
            path = duplicate(entry, self._library, id, title)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        self._want((entry.kind, path.stem))
        self._open(path, entry.kind)

    def action_delete(self) -> None:
        if self._looked is None:
            return
        entry = self._looked.entry

        def answered(yes: bool | None) -> None:
            if yes:
                self._delete(entry)

        note = f"The file goes: {entry.path}\nWhat a run used stays in the record."
        self.app.push_screen(Confirmation(f"Delete {entry.kind} {entry.id}?", note), answered)

    def _delete(self, entry: Entry) -> None:
        try:
            delete(entry)
        except SandboxError as error:
            self.post_message(Trouble(error))
        else:
            self.notify(f"{entry.kind} {entry.id} is deleted.", timeout=4, markup=False)
        self._reload()

    def _open(
        self, path: Path, kind: Kind, line: int | None = None, closed: Callable[[], None] | None = None
    ) -> None:
        """Edit a file in the user's own editor, or here where none is set: then `closed` is called after."""
        try:
            own = editor_words()
        except SandboxError as error:
            self.post_message(Trouble(error))
            self._reload()
            return
        if own:
            self._edit(path, line)
        elif not bring_up(self.app, DocumentEditor, lambda screen: screen.path == path):
            wrong = line if self._looked is not None and self._looked.problems else None
            editor = DocumentEditor(path, kind, self._library, wrong)
            self.app.push_screen(editor, lambda _: closed() if closed else self._edited())

    def _edited(self) -> None:
        self._reload()

    def _keep_if_saved(self, entry: Entry, path: Path, written: tuple[int, int] | None) -> None:
        """The copy of a shipped document goes again if nothing was saved in the editor it was made for. (An
        editor of one's own may have it open for longer than it runs: there it stays.)"""
        if written is not None and written == _written(path):
            with suppress(OSError):
                path.unlink()
            self._want((entry.kind, entry.id))
            self.notify("Nothing was saved: the copy is gone again.", timeout=4)
        self._reload()

    @work(group="edit")
    async def _edit(self, path: Path, line: int | None = None) -> None:
        try:
            await edit_file(self.app, path, line)
        except SandboxError as error:
            self.post_message(Trouble(error))
        self._reload()

    def action_import(self) -> None:
        self.app.push_screen(ImportInstrument(self._library.workspace), self._brought_in)

    def _brought_in(self, brought: Brought | None) -> None:
        """Say first what to look at, then show the questionnaire."""
        if brought is None:
            return
        self._want(("questionnaire", brought.path.stem))
        self._reload()
        self.app.push_screen(PageScreen(f"{brought.path.stem}: please check", brought.lines))

    def action_new(self) -> None:
        key = self._looked.entry.kind if self._looked else None
        node = self.query_one(DocumentTree).cursor_node
        kind = key or (node.data[0] if node is not None and node.data else KINDS[0])
        self.app.push_screen(NewDocumentPicker(kind, self._taken), self._begin)

    @property
    def _taken(self) -> set[Key]:
        return {(entry.kind, entry.id) for entry in self._entries.all} if self._entries else set()

    def _begin(self, new: NewDocument | None) -> None:
        if new is None:
            return
        try:
            path = write_blank(self._library, new.kind, new.id, new.title)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        self._want((new.kind, new.id))
        self._open(path, new.kind)

    def action_use(self) -> None:
        if self._looked is not None:
            self.post_message(self.Chosen(self._looked.entry.kind, self._looked.entry.id))

    def action_script(self, wish: ScriptWish) -> None:
        if self._looked is not None and self._looked.entry.kind == "technique":
            self.post_message(TechniqueWanted(self._looked.entry.id, wish))

    def action_problem(self) -> None:
        if self._entries is None or not self._entries.broken:
            return
        keys = [(entry.kind, entry.id) for entry in self._entries.broken]
        here = (self._looked.entry.kind, self._looked.entry.id) if self._looked else None
        self._want(keys[(keys.index(here) + 1) % len(keys)] if here in keys else keys[0])
        self._draw(self._entries)

    def action_words(self) -> None:
        self.set_focus(self.query_one(WordsInput))  # at once: the next key is a letter

    def action_list(self) -> None:
        self.query_one(DocumentTree).focus()

    def action_clear(self) -> None:
        self.query_one(WordsInput).value = ""

    def action_clip(self) -> None:
        self.app.copy_to_clipboard(self.query_one(DocumentPreview).text)
        self.notify("Copied.", timeout=2)

    def action_leave(self) -> None:
        self.dismiss()


def _written(path: Path) -> tuple[int, int] | None:
    """Tells one writing of the file from another; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
