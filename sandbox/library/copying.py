"""Copies of a document in the workspace: under its own id, or as another document. Nothing is overwritten."""

import re
from pathlib import Path

from sandbox.errors import SandboxError, UsageError
from sandbox.library.catalogue import Entry, Library
from sandbox.library.document import document_hash
from sandbox.library.ids import MAX_ID, different
from sandbox.library.loading import SUFFIX
from sandbox.library.workspace import Workspace
from sandbox.library.yaml.edit import file_bytes, file_text, readable, with_key, with_value
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


def duplicate(entry: Entry, library: Library) -> Path:
    """Make another document of it, with an id and a title of its own (“my-…”, “… (my own)”); its path.

    It says what it is `derived_from` where that document is valid.

    Raises UsageError when the document cannot be read as YAML, SandboxError when it cannot be written.
    """
    folder = library.workspace.content(entry.kind)
    taken = {*library.ids(entry.kind), *(path.stem for path in folder.glob(f"*{SUFFIX}"))}
    base = re.sub(r"^my-(.+?)(?:-\d+)?$", r"\1", entry.id)
    id = different(f"my-{base}"[:MAX_ID].strip("-"), taken)
    target = folder / f"{id}{SUFFIX}"
    try:
        text, before = file_text(entry.path)
    except (OSError, UnicodeDecodeError) as error:
        raise _unwritten(error, target) from None
    tree = readable(text)
    title = tree.value.get("title") if tree and isinstance(tree.value, dict) else None
    number = re.search(r"-(\d+)$", id.removeprefix(f"my-{base}"))
    own = (
        f"{_OWN.sub('', title)} (my own{f' {number[1]}' if number else ''})" if isinstance(title, str) else ""
    )
    renamed = with_value(text, ("id",), id)
    if renamed is None or not own:
        todo = "mend its problems first, or copy the file yourself"
        raise UsageError("this document cannot be duplicated as it stands", where=str(entry.path), todo=todo)
    copy = with_value(renamed, ("title",), own) or renamed
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
