"""New documents: a commented text for each kind that loads as it stands, and the file it is written to.

The texts stand in blanks/: a head for all, a body a kind. FILL IN marks where the writer's own words belong;
the linter names every mark that is left.
"""

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from sandbox.errors import SandboxError, UsageError, reason_of
from sandbox.library.catalogue import Library
from sandbox.library.document import FOLDERS, Kind, refuse_wrong_id
from sandbox.library.loading import SUFFIX
from sandbox.library.yaml.edit import with_value
from sandbox.whole_file import write_whole

_TEXTS = Path(__file__).with_name("blanks")
_ABOUT: Mapping[Kind, tuple[str, str]] = {
    "scenario": ("A scenario: a situation told to the client.", "write-a-scenario.md"),
    "technique": ("A technique: what the therapist says.", "write-a-technique.md"),
    "questionnaire": (
        "A questionnaire: items, their answers, and the scales they add up to.",
        "add-a-questionnaire.md",
    ),
    "client": ("A client: the profile the model plays.", "documents.md"),
    "study": ("A study: what is run, how often, and when it ends.", "studies.md"),
    "form": ("A form: what a reviewer fills in about a transcript.", "review.md"),
    "codebook": ("A codebook: tags for turns of a transcript.", "review.md"),
}
"""What each kind is, in a line, and the page of docs/ on it."""


def blank(kind: Kind, id: str, title: str = "") -> str:
    """The text of a new document. It loads as it stands, and the linter lists what is to be filled in."""
    what, page = _ABOUT[kind]
    text = "".join((_TEXTS / f"{name}{SUFFIX}").read_text("utf-8") for name in ("head", kind))
    filled = {"{what}": what, "{page}": page, "{folder}": FOLDERS[kind], "{id}": id, "SCALE-ID": id}
    for mark, value in filled.items():
        text = text.replace(mark, value)
    return (with_value(text, ("title",), title) or text) if title else text


def write_blank(library: Library, kind: Kind, id: str, title: str = "") -> Path:
    """Write a new document into the workspace, whose folder is made if need be, and say where.

    Without `title` its title is one of the texts to be filled in.

    Raises UsageError when the id cannot be one or is taken, by a shipped document too; SandboxError when the
    file cannot be written: then nothing of it is left. Nothing is ever overwritten.
    """
    refuse_wrong_id(id)
    folder = library.workspace.content(kind)
    path = folder / f"{id}{SUFFIX}"
    if id in library.ids(kind) or os.path.lexists(path):
        raise UsageError(
            f"there is a {kind} “{id}” already",
            where=str(path) if os.path.lexists(path) else "",
            todo="choose another id; to work on a copy of everything shipped: sandbox init DIR",
        )
    try:
        write_whole(path, blank(kind, id, title))
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        todo = "free some space" if full else "choose a folder you may write to"
        todo += ", or name another workspace with SANDBOX_WORKSPACE"
        raise SandboxError(
            f"the file cannot be written: {reason_of(error)}", where=str(path), todo=todo
        ) from None
    return path
