"""The library as its screen needs it: every entry by kind, one looked at closely, whether files have changed.

Reads files and so belongs on a thread; draws nothing.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from sandbox.errors import SandboxError, UsageError
from sandbox.library.catalogue import Entry, Library, document_files
from sandbox.library.document import FOLDERS, Kind
from sandbox.library.inspection import inspect
from sandbox.library.workspace import shipped_content
from sandbox.tui.widgets.document_preview import Looked

KINDS: tuple[Kind, ...] = get_args(Kind)

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

    def find(self, kind: Kind, id: str) -> Entry | None:
        return next((entry for entry in self.all if (entry.kind, entry.id) == (kind, id)), None)


def read_entries(library: Library) -> Entries:
    """Read everything anew; files that have not changed are not read again."""
    signature = signature_of(library)
    return Entries(tuple(entry for kind in KINDS for entry in library.entries(kind)), signature)


def signature_of(library: Library) -> Signature:
    """Cheap enough to ask every second: about 2 ms for 100 files."""
    return frozenset(_states(path for folder in _folders(library) for path in _files(folder)))


def look(entry: Entry) -> Looked:
    """An entry with its warnings or, when it cannot be used, with the lines of its file."""
    if entry.problem is not None:
        return Looked(entry, source=_lines(entry.path))
    try:
        return Looked(entry, inspect([entry.path]).warnings)
    except SandboxError:  # gone meanwhile: the next look at the folder tells
        return Looked(entry)


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
