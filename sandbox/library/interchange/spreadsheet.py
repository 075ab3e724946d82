"""The sheets of an .xlsx file as plain text cells. Nothing in it is run, fetched or unpacked past bounds."""

import io
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sandbox.library.interchange.loss import NoInstrument

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

MAX_MEMBERS = 500
MAX_UNPACKED = 16 * 1024 * 1024
MAX_ROWS = 5000
MAX_LOOKED_AT = 20_000
MAX_COLUMNS = 200
MAX_CELL = 30_000


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row with something in it: cells by their column's heading, and its number in the sheet (from 1)."""

    cells: Mapping[str, str]
    number: int


def read_sheets(content: bytes, names: tuple[str, ...], file: str) -> dict[str, tuple[SheetRow, ...]]:
    """The sheets of these names (small letters), those that are there. The first row has the headings.

    Raises NoInstrument when it is no .xlsx file, out of bounds, or a cell holds a formula.
    """
    _refuse_bomb(content, file)
    import openpyxl

    if not openpyxl.DEFUSEDXML:
        raise NoInstrument("spreadsheets are not read without defusedxml", where=file, todo="install it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            return _sheets(workbook, names, file)
    except NoInstrument:
        raise
    except Exception as error:  # whatever the library meets in a file made to hurt it
        kind = type(error.__cause__ or error).__name__
        todo = "open it in a spreadsheet program and save it as .xlsx again"
        raise NoInstrument(f"the spreadsheet cannot be read ({kind})", where=file, todo=todo) from None


def _refuse_bomb(content: bytes, file: str) -> None:
    """Refuse what is no zip file, or would unpack to more than a form can need."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        todo = "an XLSForm is a spreadsheet saved as .xlsx"
        raise NoInstrument(f"this is not an .xlsx file: {error}", where=file, todo=todo) from None
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise NoInstrument("the file unpacks to more than a form can need", where=file)
    if any(member.flag_bits & 0x1 for member in members):
        raise NoInstrument("the file is encrypted", where=file, todo="save it without a password")


def _sheets(workbook: "Workbook", names: tuple[str, ...], file: str) -> dict[str, tuple[SheetRow, ...]]:
    found = {}
    for title in workbook.sheetnames:
        name = title.strip().lower()
        if name in names and name not in found:
            found[name] = _rows(workbook, title, file)
    return found


def _rows(workbook: "Workbook", title: str, file: str) -> tuple[SheetRow, ...]:
    sheet = cast("Any", workbook[title])  # the stubs know no read-only sheets
    if not hasattr(sheet, "reset_dimensions"):
        return ()  # a sheet that is a chart
    sheet.reset_dimensions()  # a file's own word on its size is not believed
    header: list[str] = []
    rows: list[SheetRow] = []
    for number, cells in enumerate(sheet.iter_rows(max_row=MAX_LOOKED_AT + 1, max_col=MAX_COLUMNS), start=1):
        if number > MAX_LOOKED_AT or len(rows) > MAX_ROWS:
            what = f"it has more than {MAX_ROWS:,} rows"
            raise NoInstrument(what, where=f"{file}: sheet {title}", todo="delete the empty rows at its end")
        if all(cell.value is None for cell in cells):
            continue
        texts = [_text(cell.value, cell.data_type, f"{file}: {title}, row {number}") for cell in cells]
        if not header:
            header = _headings(texts) if any(texts) else []
        elif any(texts):
            named = {name: text for name, text in zip(header, texts, strict=False) if text}
            rows.append(SheetRow(named, number))
    return tuple(rows)


def _headings(texts: list[str]) -> list[str]:
    """The headings; a column without one is called by its number, so that its cells are not overlooked."""
    width = max(n for n, text in enumerate(texts, start=1) if text)
    named = [" ".join(text.split()) or f"column {n}" for n, text in enumerate(texts, start=1)]
    return [*named[:width], *(f"column {n}" for n in range(width + 1, MAX_COLUMNS + 1))]


def _text(value: object, kind: str, where: str) -> str:
    if value is None:
        return ""
    if kind == "f":
        raise NoInstrument(
            "a cell holds a formula, and formulas are not run", where=where, todo="put its value there"
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if len(text) > MAX_CELL:
        raise NoInstrument(f"a cell holds more than {MAX_CELL:,} characters", where=where)
    return text
