"""A questionnaire made of a file of another format, written into the workspace."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.export.file import write_file
from sandbox.library.catalogue import Library
from sandbox.library.interchange.draft import Draft
from sandbox.library.loading import SUFFIX
from sandbox.library.workspace import Workspace


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """The document's file, and whether it takes the place of a shipped questionnaire of the same id."""

    path: Path
    hides: bool


def write_draft(draft: Draft, workspace: Workspace, *, overwrite: bool = False) -> BroughtIn:
    """Write the questionnaire to the workspace's folder.

    Raises UsageError when there is one of that id and `overwrite` is not set, ExportError when the disk does
    not take it.
    """
    id = draft.questionnaire.id
    path = workspace.content("questionnaire") / f"{id}{SUFFIX}"
    hides = not path.exists() and id in Library(workspace).ids("questionnaire")
    write_file(path, draft.text, overwrite=overwrite)
    return BroughtIn(path, hides)
