"""Copies of a document in the workspace: under its own id, or as another document. Nothing is overwritten."""

import re
from collections.abc import Collection, Sequence
from itertools import count
from pathlib import Path

from sandbox.errors import NotFoundError, Route, SandboxError, UsageError, reason_of
from sandbox.library.catalogue import Entry, Library
from sandbox.library.document import InvalidDocument, document_hash, free_id, id_of
from sandbox.library.loading import SUFFIX, parse_document
from sandbox.library.technique import Technique, Variant
from sandbox.library.workspace import Workspace
from sandbox.library.yaml.edit import file_bytes, file_text, with_entry, with_key, with_value
from sandbox.library.yaml.writing import document_text
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
    text, before = _file(entry, target)
    renamed = with_value(text, ("id",), id)
    copy = with_value(renamed, ("title",), title) if renamed is not None else None
    if copy is None:
        todo = "mend its problems first, or copy the file yourself"
        raise UsageError("this document cannot be duplicated as it stands", where=str(entry.path), todo=todo)
    if entry.document is not None:
        one = entry.document
        origin = document_hash(one.worded() if isinstance(one, Technique) else one)
        copy = with_value(copy, ("derived_from",), origin) or with_key(copy, "derived_from", origin) or copy
    _write(target, file_bytes(copy, before))
    return target


def keep_version(technique: Technique, library: Library) -> Path:
    """Write a version of a technique to the workspace; its path.

    The file of that id that it was derived from is changed in its places, so that comments stay; a shipped
    one is copied first. Where the file is another text by now, or is one that ships with the app, the version
    gets a file and an id of its own. Raises SandboxError when it cannot be written.
    """
    entry, target = _entry(technique, library), _target(technique, library)
    if entry is None:
        _write(target, version_text(technique).encode())
        return target
    known = entry.document.worded() if isinstance(entry.document, Technique) else None
    hash = document_hash(known) if known is not None else None
    if hash != technique.derived_from or (entry.shipped and entry.here):
        return _keep_apart(technique, library)
    text, before = _file(entry, target)
    written = _with_version(text, technique)
    if written is None and known != entry.document:  # its variants would be lost
        return _keep_apart(technique, library)
    _replace(target, file_bytes(written or version_text(technique), before), overwrite=entry.here)
    return target


def keep_variants(technique: Technique, step: str, variants: Sequence[Variant], library: Library) -> Path:
    """Add variants to a step of the workspace's file of that technique; its path. Comments stay.

    A shipped technique is copied first; where the workspace is the app's own folder, the copy gets an id of
    its own. Raises InvalidDocument for a variant that cannot stand there, SandboxError when the file cannot
    be written.
    """
    entry, target = _entry(technique, library), _target(technique, library)
    if entry is None:
        raise NotFoundError(f"there is no technique “{technique.id}”")
    text, before = _file(entry, target)
    place = [one.id for one in technique.steps].index(step)
    for variant in variants:
        part = variant.model_dump(exclude_none=True)
        changed = with_entry(text, ("steps", place), "variants", part)
        if changed is None:
            todo = (
                "write the step as a block of keys in its file: id:, say: and variants: on lines of their own"
            )
            raise UsageError(
                f"the step “{step}” cannot take a variant as it stands", where=str(entry.path), todo=todo
            )
        text = changed
    found = parse_document(text, "technique", str(target))
    if entry.shipped and entry.here:
        assert isinstance(found, Technique)  # noqa: S101 - for the type checker
        return _keep_apart(found, library)
    _replace(target, file_bytes(text, before), overwrite=entry.here)
    return target


def _entry(technique: Technique, library: Library) -> Entry | None:
    return next((one for one in library.entries("technique") if one.id == technique.id), None)


def _target(technique: Technique, library: Library) -> Path:
    return library.workspace.content("technique") / f"{technique.id}{SUFFIX}"


def _file(entry: Entry, target: Path) -> tuple[str, bytes]:
    try:
        return file_text(entry.path)
    except (OSError, UnicodeDecodeError) as error:
        raise _unwritten(error, target) from None


def _replace(target: Path, content: bytes, *, overwrite: bool) -> None:
    try:
        write_whole(target, content, overwrite=overwrite)
    except OSError as error:
        raise _unwritten(error, target) from None


def restore_version(technique: Technique, library: Library, known: Collection[str]) -> Path:
    """Let the workspace's file of that id say again what this version says; its path.

    A file that says what is not in the record (`known`: the hashes of what is), or one that ships with the
    app, stays as it is: the version then gets a file and an id of its own. Raises SandboxError.
    """
    entry, target = _entry(technique, library), _target(technique, library)
    if entry is not None and entry.here:
        now = document_hash(entry.document) if entry.document is not None else None
        if entry.shipped or now not in known:
            return _keep_apart(technique, library)
    _replace(target, version_text(technique).encode(), overwrite=entry is not None and entry.here)
    return target


def _keep_apart(technique: Technique, library: Library) -> Path:
    own = free_id(technique.id, set(library.ids("technique")))
    renamed = technique.model_copy(update={"id": own, "derived_from": document_hash(technique.worded())})
    target = _target(renamed, library)
    _write(target, version_text(renamed).encode())
    return target


def _with_version(text: str, technique: Technique) -> str | None:
    """The file's text changed in the places in which the version differs; None where that is not possible."""
    said: dict[Route, str] = {("steps", n, "say"): one.say for n, one in enumerate(technique.steps)}
    said["version",] = technique.version
    for at, value in said.items():
        if (changed := with_value(text, at, value)) is None:
            return None
        text = changed
    for key in ("changed_on", "changed_by", "derived_from"):
        value = getattr(technique, key)
        if value is not None:
            changed = with_value(text, (key,), value) or with_key(text, key, value)
            if changed is None:
                return None
            text = changed
    try:
        found = parse_document(text, "technique")
    except InvalidDocument:  # it says now what one of its variants says
        return None
    return text if isinstance(found, Technique) and found.worded() == technique else None


def version_text(technique: Technique) -> str:
    """A technique as the text of a file."""
    head = {"id": technique.id, "title": technique.title}
    return document_text({**head, **technique.model_dump(mode="json", exclude_defaults=True)}, {})


def _write(target: Path, content: bytes) -> None:
    try:
        write_whole(target, content)
    except FileExistsError:
        raise UsageError("there is a file of that name already", where=str(target)) from None
    except OSError as error:
        raise _unwritten(error, target) from None


def _unwritten(error: Exception, target: Path) -> SandboxError:
    todo = "choose a folder you may write to with SANDBOX_WORKSPACE"
    return SandboxError(f"the copy cannot be written: {reason_of(error)}", where=str(target), todo=todo)
