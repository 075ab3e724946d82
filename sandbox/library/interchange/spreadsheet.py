"""The sheets of an .xlsx file as plain text cells. Nothing in it is run, fetched or unpacked past bounds."""

import io
import os
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from sandbox.library.interchange.loss import NoInstrument

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

MAX_MEMBERS = 500
MAX_UNPACKED = 16 * 1024 * 1024
MAX_ROWS = 5000
LAST_ROW = 1_048_576
MAX_EMPTY = 20_000
MAX_COLUMNS = 200
MAX_CELL = 30_000
_NO_VALUE = ("f", "e")
"""The kinds of cell that hold no value of their own: a formula, an error such as #REF!."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row with something in it: cells by their column's heading, its number in the sheet (from 1), and all
    the headings of the sheet.

    `formulas` are the columns whose cell is a formula. Such a cell has the value that was saved with it; it
    is not among the cells when none was, or an error such as #REF! (`unread`).
    """

    cells: Mapping[str, str]
    number: int
    headings: frozenset[str]
    formulas: frozenset[str] = frozenset()

    @property
    def unread(self) -> frozenset[str]:
        """The columns whose cell holds something, and has no value."""
        return self.formulas - set(self.cells)


def read_sheets(content: bytes, names: tuple[str, ...] | None, file: str) -> dict[str, tuple[SheetRow, ...]]:
    """The sheets of these names (small letters), those that are there; None: all, by their own titles. The
    first row has the headings.

    Formulas are never run. Raises NoInstrument when it is no .xlsx file or out of bounds.
    """
    _refuse_bomb(content, file)
    os.environ["OPENPYXL_LXML"] = "False"  # else, where lxml is there, it reads, and expands entities
    import openpyxl

    if openpyxl.LXML or not openpyxl.DEFUSEDXML:
        raise NoInstrument("spreadsheets are not read without defusedxml", where=file, todo="install it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _sheets(_opened(content), names, file)
            if not any(row.formulas for rows in found.values() for row in rows):
                return found
            return _with_values(found, _sheets(_opened(content, saved=True), names, file))
    except NoInstrument:
        raise
    except Exception as error:  # whatever the library meets in a file made to hurt it
        kind = type(error.__cause__ or error).__name__
        todo = "open it in a spreadsheet program and save it as .xlsx again"
        raise NoInstrument(f"the spreadsheet cannot be read ({kind})", where=file, todo=todo) from None


def _opened(content: bytes, *, saved: bool = False) -> "Workbook":
    """The workbook; with `saved`, formulas stand for the value they last had."""
    import openpyxl

    return openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False, data_only=saved)


def _with_values(
    found: dict[str, tuple[SheetRow, ...]], saved: dict[str, tuple[SheetRow, ...]]
) -> dict[str, tuple[SheetRow, ...]]:
    """The rows, their formulas' cells with the values saved."""
    values = {(name, row.number): row.cells for name, rows in saved.items() for row in rows}

    def with_values(name: str, row: SheetRow) -> SheetRow:
        saved_cells = values.get((name, row.number), {})
        computed = {key: cell for key, cell in saved_cells.items() if key in row.formulas}
        return replace(row, cells={**row.cells, **computed})

    return {name: tuple(with_values(name, row) for row in rows) for name, rows in found.items()}


def _refuse_bomb(content: bytes, file: str) -> None:
    """Refuse what is no zip file, or would unpack to more than a form can need."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        what = "this is not an .xlsx file" if content else "the file is empty"
        todo = "save it as .xlsx in a spreadsheet program"
        raise NoInstrument(what, where=file, todo=todo) from None
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise NoInstrument("the file unpacks to more than a form can need", where=file)
    if any(member.flag_bits & 0x1 for member in members):
        raise NoInstrument("the file is encrypted", where=file, todo="save it without a password")


def _sheets(
    workbook: "Workbook", names: tuple[str, ...] | None, file: str
) -> dict[str, tuple[SheetRow, ...]]:
    found: dict[str, tuple[SheetRow, ...]] = {}
    for title in workbook.sheetnames:
        name = title.strip() if names is None else title.strip().lower()
        if (names is None or name in names) and name not in found:
            found[name] = _rows(workbook, title, file)
    return found


def _rows(workbook: "Workbook", title: str, file: str) -> tuple[SheetRow, ...]:
    sheet = cast("Any", workbook[title])  # the stubs know no read-only sheets
    if not hasattr(sheet, "reset_dimensions"):
        return ()  # a sheet that is a chart
    sheet.reset_dimensions()  # a file's own word on its size is not believed
    header: list[str] = []
    headings: frozenset[str] = frozenset()
    rows: list[SheetRow] = []
    empty, last = 0, None
    for number, cells in enumerate(sheet.iter_rows(max_row=LAST_ROW, max_col=MAX_COLUMNS), start=1):
        if cells is last:
            continue  # the same empty row again, where the file has none
        last = cells
        where = f"{file}: {title}, row {number}"
        texts = [_text(cell.value, cell.data_type, where) for cell in cells]
        formulas = [cell.value is not None and cell.data_type in _NO_VALUE for cell in cells]
        if not any(texts) and not any(formulas):
            empty += 1
            if empty > MAX_EMPTY:
                break  # formatted to its end
            continue
        empty = 0
        if not header:
            header = _headings(texts) if any(texts) else []
            headings = frozenset(header)
            continue
        if len(rows) >= MAX_ROWS:
            what = f"it has more than {MAX_ROWS:,} rows"
            raise NoInstrument(what, where=f"{file}: sheet {title}", todo="one instrument a file")
        named = {name: text for name, text in zip(header, texts, strict=False) if text}
        computed = frozenset(name for name, is_one in zip(header, formulas, strict=False) if is_one)
        rows.append(SheetRow(named, number, headings, computed))
    return tuple(rows)


def _headings(texts: list[str]) -> list[str]:
    """The headings; a column without one is called by its number, so that its cells are not overlooked."""
    width = max(n for n, text in enumerate(texts, start=1) if text)
    named = [" ".join(text.split()) or f"column {n}" for n, text in enumerate(texts, start=1)]
    return [*named[:width], *(f"column {n}" for n in range(width + 1, MAX_COLUMNS + 1))]


def _text(value: object, kind: str, where: str) -> str:
    if value is None:
        return ""
    if kind in _NO_VALUE:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if len(text) > MAX_CELL:
        raise NoInstrument(f"a cell holds more than {MAX_CELL:,} characters", where=where)
    return text
