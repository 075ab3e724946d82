"""A data set in a folder: long tables of many sessions, their codebook, and a page that says what it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import sandbox
from sandbox.errors import UsageError
from sandbox.export import NOTICE
from sandbox.export.data.choosing import Chosen, Part, parts
from sandbox.export.data.columns import TABLES, codebook_csv, codebook_markdown
from sandbox.export.data.long_table import CsvTable, ParquetTable
from sandbox.export.data.rows import ROWS, Row
from sandbox.export.file import not_written
from sandbox.export.markdown_text import inline
from sandbox.export.table import markdown_table
from sandbox.export.transcript.provenance import documents
from sandbox.library.document import Document, document_hash
from sandbox.store.document import kind_of
from sandbox.store.store import Store
from sandbox.whole_file import whole_folder

LongForm = Literal["csv", "parquet"]

_ALONGSIDE = ("codebook.csv", "codebook.md", "README.md")


_FORMS: Mapping[LongForm, type[CsvTable | ParquetTable]] = {"csv": CsvTable, "parquet": ParquetTable}


@dataclass(slots=True)
class Contents:
    """What went into a data set: how many sessions and rows, and every document by its hash."""

    sessions: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)

    def take(self, part: Part) -> None:
        for family in part.families:
            self.sessions += len(family.planned)
            self.documents.update((document_hash(one), one) for one in documents(family))


def write_tables(
    store: Store, chosen: Chosen, folder: Path, form: LongForm, *, overwrite: bool = False
) -> Contents:
    """The long tables as a folder of files. What is held at a time does not grow with the set.

    Raises UsageError where something stands already, ExportError, MissingLibrary.
    """
    with new_folder(folder, _is_ours(form), overwrite=overwrite) as draft:
        contents = fill_tables(store, chosen, draft, form)
        (draft / "README.md").write_text(about(chosen, contents), encoding="utf-8")
    return contents


def fill_tables(store: Store, chosen: Chosen, folder: Path, form: LongForm) -> Contents:
    """Write every table and the codebook into a folder that is there."""
    contents = Contents(rows={table.name: 0 for table in TABLES})
    with ExitStack() as stack:
        opened = {table.name: _FORMS[form](folder, table) for table in TABLES}
        for one in opened.values():
            stack.callback(one.close)
        for part in parts(store, chosen):
            contents.take(part)
            for name, one in opened.items():
                one.add(_counted(ROWS[name](part), name, contents))
    (folder / "codebook.csv").write_text(codebook_csv(), encoding="utf-8", newline="")
    (folder / "codebook.md").write_text(codebook_markdown(), encoding="utf-8")
    return contents


def _counted(rows: Iterable[Row], name: str, contents: Contents) -> Iterator[Row]:
    for row in rows:
        contents.rows[name] += 1
        yield row


def about(chosen: Chosen, contents: Contents, *, tables: bool = True) -> str:
    """The page beside the data: what they are of, who wrote them, which documents under which licence.

    `tables`: whether they are the long tables of the codebook.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    licences = [
        tuple(map(inline, (kind_of(one), one.id, one.version, one.licence, name)))
        for name, one in sorted(contents.documents.items(), key=lambda item: (kind_of(item[1]), item[1].id))
    ]
    blocks = [
        "# Data set of simulated sessions",
        f"> {NOTICE}",
        f"Written by therapy-sandbox {sandbox.__version__} on {now}. Asked for: {inline(chosen.asked)}."
        f" {len(chosen.families)} shared starts, {contents.sessions} sessions with them.",
        *(("## Studies", *map(inline, (*chosen.interim, *chosen.plans))) if chosen.plans else ()),
        *(_tables(contents) if tables else ()),
        "## Documents and their licences",
        "What was said, asked and answered may be passed on only as these licences allow.",
        markdown_table(("kind", "id", "version", "licence", "SHA-256"), licences),
    ]
    return "\n\n".join(blocks) + "\n"


def _tables(contents: Contents) -> tuple[str, ...]:
    rows = [(one.name, inline(one.row), f"{contents.rows[one.name]:,}") for one in TABLES]
    return (
        "Every column is explained in codebook.md, and in codebook.csv for programs."
        " The tables are joined by `session` and `trunk` (the shared start).",
        markdown_table(("table", "a row is", "rows"), rows, numbers_from=2),
    )


def _is_ours(form: LongForm) -> Callable[[Path], bool]:
    names = {*_ALONGSIDE, *(f"{table.name}.{form}" for table in TABLES)}
    return lambda file: str(file) in names


@contextmanager
def new_folder(path: Path, ours: Callable[[Path], bool], *, overwrite: bool) -> Iterator[Path]:
    """A folder to fill, which stands at `path` once the block has ended, or not at all.

    An empty folder may stand there. With `overwrite` also one in which every file is a data set's: `ours` is
    asked of its path within. Raises UsageError for anything else there, ExportError when the disk refuses.
    """
    _refuse_taken(path, ours, overwrite=overwrite)
    try:
        with whole_folder(path) as draft:
            yield draft
    except OSError as error:
        raise not_written("The data set", path, error) from error


def _refuse_taken(path: Path, ours: Callable[[Path], bool], *, overwrite: bool) -> None:
    """Raises UsageError where a data set may not be put."""
    if not path.exists() and not path.is_symlink():
        return
    if path.is_symlink() or not path.is_dir():
        raise UsageError("This is no folder.", where=str(path), todo="Name a folder that is not there yet.")
    there = [file.relative_to(path) for file in path.rglob("*") if file.is_symlink() or not file.is_dir()]
    if there and not overwrite:
        raise UsageError(
            "There are files in this folder already.",
            where=str(path),
            todo="Choose another folder, or add --force to replace an earlier data set.",
        )
    foreign = next((file for file in there if not ours(file)), None)
    if foreign is not None:
        raise UsageError(
            f"There is a file in this folder that is no part of such a data set: {foreign}.",
            where=str(path),
            todo="Move it away, or choose another folder.",
        )
