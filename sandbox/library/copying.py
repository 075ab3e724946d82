"""Copies of a document in the workspace: under its own id, or as another document. Nothing is overwritten."""

import re
from itertools import count
from pathlib import Path

from sandbox.errors import SandboxError, UsageError
from sandbox.library.catalogue import Entry, Library
from sandbox.library.document import document_hash
from sandbox.library.ids import id_of
from sandbox.library.loading import SUFFIX
from sandbox.library.workspace import Workspace
from sandbox.library.yaml.edit import file_bytes, file_text, with_key, with_value
from sandbox.whole_file import write_whole

_OWN = re.compile(r" \(my own(?: \d+)?\)$")


def copy_to_workspace(entry: Entry, workspace: Workspace) -> Path:
    """Copy a shipped document; the path of the copy, which hides the shipped one from then on.

    Raises UsageError when the workspace has it already, SandboxError when it cannot be written.
    """
    if entry.here:
        raise UsageError("this document is in the workspace already", where=str(entry.path))
    target = workspace.content(entry.kind) / entry.path.name
    try:
        content = entry.path.read_bytes()
    except OSError as error:
        raise _unwritten(error, target) from None
    _write(target, content)
    return target


def title_for_copy(entry: Entry, library: Library) -> str:
    """`… (my own)`, with a number where that is taken: what another document of it could be called."""
    taken = set(library.ids(entry.kind))
    base = _OWN.sub("", entry.document.title) if entry.document is not None else entry.id
    titles = (f"{base} (my own{f' {n}' if n > 1 else ''})" for n in count(1))
    return next(title for title in titles if id_of(title) not in taken)


def duplicate(entry: Entry, library: Library, id: str, title: str) -> Path:
    """Make another document of it with that id and title; its path.

    It says what it is `derived_from` where that document is valid.

    Raises UsageError when the document cannot be read as YAML, SandboxError when it cannot be written.
    """
    target = library.workspace.content(entry.kind) / f"{id}{SUFFIX}"
    try:
        text, before = file_text(entry.path)
    except (OSError, UnicodeDecodeError) as error:
        raise _unwritten(error, target) from None
    renamed = with_value(text, ("id",), id)
    copy = with_value(renamed, ("title",), title) if renamed is not None else None
    if copy is None:
        todo = "mend its problems first, or copy the file yourself"
        raise UsageError("this document cannot be duplicated as it stands", where=str(entry.path), todo=todo)
    if entry.document is not None:
        origin = document_hash(entry.document)
        copy = with_value(copy, ("derived_from",), origin) or with_key(copy, "derived_from", origin) or copy
    _write(target, file_bytes(copy, before))
    return target


def _write(target: Path, content: bytes) -> None:
    try:
        write_whole(target, content)
    except FileExistsError:
        raise UsageError("there is a file of that name already", where=str(target)) from None
    except OSError as error:
        raise _unwritten(error, target) from None


def _unwritten(error: Exception, target: Path) -> SandboxError:
    reason = getattr(error, "strerror", None) or str(error)
    todo = "choose a folder you may write to with SANDBOX_WORKSPACE"
    return SandboxError(f"the copy cannot be written: {reason}", where=str(target), todo=todo)
