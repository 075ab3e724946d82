"""Writing an export to a file, all of it or nothing: a shared start in any format, text, a document."""

import importlib
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

from sandbox.analysis.family import Family
from sandbox.errors import NotFoundError, SandboxError, UsageError
from sandbox.export.archive import archive
from sandbox.export.chat_lines import chat_lines
from sandbox.export.data.choosing import Part
from sandbox.export.data.columns import ANSWERS, SCORES, TURNS, Table
from sandbox.export.data.rows import ROWS
from sandbox.export.fhir import fhir_bundle
from sandbox.export.report.html import report_html
from sandbox.export.report.markdown import report_markdown
from sandbox.export.report.pdf import report_pdf
from sandbox.export.report.word import report_word
from sandbox.export.table import csv_text
from sandbox.export.transcript.contents import transcript
from sandbox.export.transcript.course import ALL_BUT_SYSTEM, Shown, turn_id
from sandbox.library.catalogue import Library
from sandbox.library.interchange.draft import Draft
from sandbox.library.loading import SUFFIX
from sandbox.library.workspace import Workspace
from sandbox.whole_file import write_whole

TableName = Literal["turns", "answers", "scores"]
Format = Literal["md", "html", "docx", "pdf", "csv", "json", "jsonl", "fhir"]


_COLUMNS: Mapping[TableName, tuple[Table, str]] = {
    "turns": (TURNS, "label"),
    "answers": (ANSWERS, "point"),
    "scores": (SCORES, "point"),
}
"""The columns of each table, and the one that says where in the session a row is."""

BYTE_ORDER_MARK = "\ufeff"
"""By which spreadsheets know that a file is UTF-8."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into the file: what is shown, and for a table which one and what stands between its cells."""

    shown: Shown = ALL_BUT_SYSTEM
    table: TableName = "scores"
    separator: str = ","


AS_USUAL = Choice()

_FORMS: Mapping[Format, Callable[[Family, Choice], str | bytes]] = {
    "md": lambda family, choice: report_markdown(transcript(family, choice.shown)),
    "html": lambda family, choice: report_html(transcript(family, choice.shown)),
    "docx": lambda family, choice: report_word(transcript(family, choice.shown)),
    "pdf": lambda family, choice: report_pdf(transcript(family, choice.shown)),
    "csv": lambda family, choice: session_table(family, choice.table, choice.separator),
    "json": lambda family, _: archive(family).text(),
    "jsonl": lambda family, choice: chat_lines(family, choice.shown),
    "fhir": lambda family, choice: fhir_bundle(family, choice.shown),
}
FORMATS: tuple[Format, ...] = tuple(_FORMS)
_LONGEST_NAME = 100
_LIKE_A_FILE = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,6}")
""".docx", ".parquet"; not ".2", as in a folder named "round.2"."""


class ExportError(SandboxError):
    """The file could not be written. Nothing was left half written."""


def not_written(what: str, path: Path, error: OSError) -> ExportError:
    """The disk did not take it. `what`: such as `The file`."""
    return ExportError(
        f"{what} cannot be written: {error.strerror or error}.",
        where=str(path),
        todo="Check the folder's permissions and the free space, or choose another place.",
    )


class MissingLibrary(SandboxError):
    """A format needs a library that is not installed. The other formats work."""


def needed(library: str, form: str) -> ModuleType:
    """The library, of the extra `data`. Raises MissingLibrary. `form`: what needs it, for people."""
    try:
        return importlib.import_module(library)
    except ImportError as error:
        raise MissingLibrary(
            f"{form} needs {library.partition('.')[0]}, which is not installed.",
            todo='Install the extra: pip install "therapy-sandbox[data]" (in a copy of the repository: '
            "uv sync --extra data). CSV works without it.",
        ) from error


def ending(form: Format) -> str:
    """How the name of a file of that format ends."""
    return ".fhir.json" if form == "fhir" else f".{form}"


def format_of(path: Path) -> Format:
    """The format that a file's ending says. Raises UsageError for another ending."""
    for form in reversed(FORMATS):
        if path.name.lower().endswith(ending(form)) and path.name.lower() != ending(form):
            return form
    raise UsageError(
        f"“{path.suffix or path.name}” is no format to export to.",
        where=str(path),
        todo=f"End the file's name in {', '.join(map(ending, FORMATS))}, or say --format.",
    )


def name_for(family: Family, form: Format) -> str:
    """A file name that says what is in it: `night-attack-breathing-filler-manual-k3f9….html`.

    Made of ids alone, which are letters, digits and hyphens.
    """
    techniques = [arm.plan.technique.id for arm in family.arms if arm.plan.technique]
    words = "-".join([family.first.head.plan.scenario.id, *dict.fromkeys(techniques)])
    return f"{words[:_LONGEST_NAME].rstrip('-')}-{family.first.head.id}{ending(form)}"


def export_family(
    family: Family,
    path: Path,
    *,
    form: Format | None = None,
    choice: Choice = AS_USUAL,
    overwrite: bool = False,
) -> Path:
    """Write the family to `path`: in the format its ending says, or in `form`. Returns the path.

    Raises UsageError for another ending or an existing file without `overwrite`, ExportError when the disk
    does not take it.
    """
    chosen = form or format_of(path)
    refuse_existing(path, overwrite=overwrite)
    write_file(path, _FORMS[chosen](family, choice), overwrite=overwrite)
    return path


def session_table(family: Family, name: TableName, separator: str) -> str:
    """The table with its header, lines ended by CR LF (RFC 4180), for a file in UTF-8.

    Its first column is `SESSION.t3`, as in every other format. The others are those of the data sets.
    """
    columns, place = _COLUMNS[name]
    rows = ROWS[name](Part((family,), {}, {}))
    named = ({"id": turn_id(str(row["session"]), str(row[place])), **row} for row in rows)
    return BYTE_ORDER_MARK + csv_text(("id", *columns.names), named, separator)


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


def refuse_file_name(folder: Path, why: str, form: str | None = None) -> None:
    """Raises UsageError where several files go to a place that is a file, or is named like one: `all.docx`.

    A folder that is there may have any name. `form` is the format to suggest; None: the name's own, if any.
    """
    if folder.is_dir():
        return
    if folder.exists() or _LIKE_A_FILE.fullmatch(folder.suffix):
        said = form or next((one for one in FORMATS if folder.name.lower().endswith(ending(one))), None)
        raise UsageError(
            why,
            where=str(folder),
            todo=f"Name a folder and --format {said}." if said else "Name a folder after --to.",
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
        raise not_written("The file", path, error) from error


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
