"""The library as its screen needs it: every entry by kind, one looked at closely, whether files have changed.

Reads files and so belongs on a thread; draws nothing.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.engine.preview import reading
from sandbox.errors import Problem, SandboxError, UsageError
from sandbox.library.catalogue import Entry, Library, document_files
from sandbox.library.document import FOLDERS, InvalidDocument, Kind
from sandbox.library.inspection import inspect, inspect_text
from sandbox.library.loading import parse_document, read_values
from sandbox.library.script_reading import ScriptReading
from sandbox.library.technique import Technique
from sandbox.library.workspace import shipped_content
from sandbox.library.yaml.tree import read_tree
from sandbox.settings import load_settings
from sandbox.tui.widgets.document_preview import Looked
from sandbox.tui.widgets.document_tree import KINDS

Signature = frozenset[tuple[str, int, int]]
"""Path, time of change and size of every document file."""


@dataclass(frozen=True, slots=True)
class Entries:
    """All entries of all kinds, and the state of the files they were read from."""

    all: tuple[Entry, ...]
    signature: Signature

    @property
    def broken(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.all if entry.problem is not None)

    def with_words(self, words: str) -> tuple[Entry, ...]:
        """Those that have every word in their title, id, kind or description; all where no word is given."""
        wanted = words.casefold().split()
        return tuple(one for one in self.all if all(word in _told(one) for word in wanted))

    def find(self, kind: Kind, id: str) -> Entry | None:
        return next((entry for entry in self.all if (entry.kind, entry.id) == (kind, id)), None)


def _told(entry: Entry) -> str:
    document = entry.document
    said = (document.title, document.description) if document is not None else ()
    return " ".join((entry.kind, entry.id, *said)).casefold()


def read_entries(library: Library) -> Entries:
    """Read everything anew; files that have not changed are not read again."""
    signature = signature_of(library)
    return Entries(tuple(entry for kind in KINDS for entry in library.entries(kind)), signature)


def signature_of(library: Library) -> Signature:
    """Cheap enough to ask every second: about 2 ms for 100 files."""
    return frozenset(_states(path for folder in _folders(library) for path in _files(folder)))


def look(entry: Entry, library: Library) -> Looked:
    """An entry with its warnings and how it reads or, when it cannot be used, with the lines of its file."""
    if entry.problem is not None:
        return Looked(entry, source=_lines(entry.path))
    try:
        warnings = inspect([entry.path]).warnings
        if not isinstance(entry.document, Technique):
            return Looked(entry, warnings)
        off = load_settings().settings.remarks_off
        tree = read_values(entry.path)
        return Looked(entry, warnings, reading(entry.document, library, tree, str(entry.path), off))
    except SandboxError:  # gone meanwhile: the next look at the folder tells
        return Looked(entry)


def typed(
    text: str, path: Path, kind: Kind, library: Library
) -> tuple[tuple[Problem, ...], ScriptReading | None, bool]:
    """What would be said of the file at `path` if it held this text, how a script in it would read, and
    whether it could be used."""
    found = inspect_text(text, path, kind, library)
    try:
        document = parse_document(text, kind, str(path), id_needed=path.stem)
    except InvalidDocument:
        return found, None, False
    if not isinstance(document, Technique):
        return found, None, True
    off = load_settings().settings.remarks_off
    return found, reading(document, library, read_tree(text, str(path)), str(path), off), True


def delete(entry: Entry) -> None:
    """Delete the file of one's own document. Raises SandboxError for a shipped one, or when it cannot be."""
    if entry.shipped:
        what, todo = "What came with the app cannot be deleted.", "d makes a document of your own of it."
        raise UsageError(what, where=str(entry.path), todo=todo)
    try:
        entry.path.unlink()
    except OSError as error:
        raise SandboxError(f"cannot be deleted: {error.strerror}", where=str(entry.path)) from None


def _folders(library: Library) -> Iterable[Path]:
    for kind in KINDS:
        yield library.workspace.content(kind)
        with suppress(SandboxError):
            yield shipped_content() / FOLDERS[kind]


def _files(folder: Path) -> tuple[Path, ...]:
    try:
        return document_files(folder)
    except SandboxError:
        return ()


def _states(paths: Iterable[Path]) -> Iterable[tuple[str, int, int]]:
    for path in paths:
        with suppress(OSError):
            found = path.stat()
            yield str(path), found.st_mtime_ns, found.st_size


def _lines(path: Path) -> tuple[str, ...]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return tuple(file.read(1 << 20).splitlines())
    except OSError:
        return ()
