"""Writing an export to a file, all of it or nothing; the format by the file's ending."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.analysis.family import Family
from sandbox.errors import NotFoundError, SandboxError, UsageError
from sandbox.export.archive import archive_json
from sandbox.export.markdown import transcript
from sandbox.export.scores import scores_csv
from sandbox.library.catalogue import Library
from sandbox.library.interchange.draft import Draft
from sandbox.library.loading import SUFFIX
from sandbox.library.workspace import Workspace
from sandbox.whole_file import write_whole

FORMATS: dict[str, Callable[[Family], str]] = {
    ".md": transcript,
    ".csv": scores_csv,
    ".json": archive_json,
}


class ExportError(SandboxError):
    """The file could not be written. Nothing was left half written."""


def export_family(family: Family, path: Path, *, overwrite: bool = False) -> Path:
    """Write the family to `path` in the format its ending says. Returns the path.

    Raises UsageError for another ending or an existing file without `overwrite`, ExportError when the disk
    does not take it.
    """
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise UsageError(
            f"“{path.suffix or path.name}” is no format to export to.",
            where=str(path),
            todo=f"End the file's name in {', '.join(FORMATS)}.",
        )
    write_file(path, form(family), overwrite=overwrite)
    return path


def refuse_missing_folder(path: Path) -> None:
    """Raises NotFoundError when the folder of a file that somebody named is not there: it may be mistyped.

    `write_file` itself makes the folders above a file, for those of the workspace.
    """
    folder = path.parent
    if not folder.is_dir():
        raise NotFoundError(
            "There is no folder to write the file to.",
            where=str(folder),
            todo=f"Make it first: mkdir -p {shlex.quote(str(folder))}",
        )


def write_file(path: Path, content: str | bytes, *, overwrite: bool = False) -> None:
    """Write `content` to `path`, for the owner alone: readers see the old file or the whole new one.

    Raises UsageError for a folder or a name that is taken, ExportError when the disk does not take it.
    """
    refuse_existing(path, overwrite=overwrite)
    try:
        write_whole(path, content, overwrite=overwrite, mode=0o600)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise ExportError(
            f"The file cannot be written: {error.strerror or error}.",
            where=str(path),
            todo="Check the folder's permissions and the free space, or choose another place.",
        ) from error


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Raises UsageError for a folder, and for a file unless it is to be replaced."""
    if path.is_dir():
        raise UsageError("This is a folder.", where=str(path), todo="Give a file's name.")
    if not overwrite and path.exists():
        raise _exists(path)


def _exists(path: Path) -> UsageError:
    return UsageError(
        "There is a file of that name already.",
        where=str(path),
        todo="Choose another name, or add --force to replace it.",
    )


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
