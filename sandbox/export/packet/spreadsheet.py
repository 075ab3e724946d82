"""A packet's form as a spreadsheet for those who rather fill in cells: the sheets that review reads back."""

import io
import os
from typing import TYPE_CHECKING

from sandbox.export import NOTICE
from sandbox.export.undated import undated
from sandbox.review.packet import PacketKey
from sandbox.review.sheet import HEADINGS, NOT_SHOWN, rows_to_fill
from sandbox.text import printable

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_WIDTHS = {"question": 48, "answers": 60, "statement": 60, "note": 60, "words": 40, "reason": 40, "value": 40}
_LINE = 15
"""Points a line of text takes; not every program fits the rows to wrapped text by itself."""

_FREE_ROWS = 200
"""How many rows of notes have the list of answers; more may be written."""
_TO_FILL = {
    "Packet": ("value",),
    "Ratings": ("answer",),
    "Notes": HEADINGS["Notes"],
    "Checklist": ("seen", "turn"),
    "Pairs": ("choice", "reason"),
}


def packet_spreadsheet(key: PacketKey) -> bytes:
    """The .xlsx file. Texts are texts: none of them is a formula. Its properties hold no author, no date."""
    os.environ["OPENPYXL_LXML"] = "False"  # as where spreadsheets are read: one process does both
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in rows_to_fill(key).items():
        if rows or name == "Notes":  # an empty sheet makes its reader look for what is missing
            _fill(book.create_sheet(name), name, rows)
    _offer_answers(book, key)
    _explain(book.create_sheet("How to"), key)
    book.properties.creator = ""
    file = io.BytesIO()
    book.save(file)
    return undated(file.getvalue())


def _fill(sheet: "Worksheet", name: str, rows: tuple[tuple[str | int, ...], ...]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    for number, row in enumerate((HEADINGS[name], *rows), 1):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(number, place)
            cell.value = printable(value) if isinstance(value, str) else value
            if isinstance(value, str) and value:
                cell.data_type = "s"  # else “=…” would be a formula
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 1:
                cell.font = Font(bold=True)
            elif HEADINGS[name][place - 1] in _TO_FILL[name] and value == "":
                cell.fill = PatternFill("solid", fgColor="FFF2CC")
        sheet.row_dimensions[number].height = _LINE * max(
            -(-len(str(value)) // (_width(heading) - 2)) or 1
            for heading, value in zip(HEADINGS[name], row, strict=True)
        )
    for place, heading in enumerate(HEADINGS[name], 1):
        sheet.column_dimensions[get_column_letter(place)].width = _width(heading)
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0  # as many pages as it takes
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _width(heading: str) -> int:
    return _WIDTHS.get(heading, 16)


def _offer_answers(book: "Workbook", key: PacketKey) -> None:
    """Lists to choose from where the answer is one of a few."""
    items = [(form, item) for _ in key.transcripts for form in key.forms for item in form.items]
    for row, (form, item) in enumerate(items, 2):
        answers = [str(level.value) for level in form.levels_of(item)]
        _choose(book["Ratings"], "answer", f"{row}", [*answers, NOT_SHOWN])
    codes = [one.code for one in key.transcripts]
    if len(",".join(codes)) < 250:  # the format holds no longer list
        _choose(book["Notes"], "transcript", f"2:{_FREE_ROWS}", codes)
    _choose(book["Notes"], "who", f"2:{_FREE_ROWS}", ["therapist", "client"])
    for name, heading, offered in (
        ("Checklist", "seen", ["yes", "no"]),
        ("Pairs", "choice", ["a", "b", "no difference"]),
    ):
        if name in book.sheetnames:
            _choose(book[name], heading, f"2:{book[name].max_row}", offered)


def _choose(sheet: "Worksheet", heading: str, rows: str, answers: list[str]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    column = get_column_letter(HEADINGS[sheet.title].index(heading) + 1)
    cells = ":".join(f"{column}{row}" for row in rows.split(":"))
    offered = DataValidation(type="list", formula1=f'"{",".join(answers)}"', allow_blank=True)
    offered.showErrorMessage = False  # what is wrong is said when it comes back
    sheet.add_data_validation(offered)
    offered.add(cells)


def _explain(sheet: "Worksheet", key: PacketKey) -> None:
    ticked = any(one.ticked for one in key.transcripts)
    lines = [
        "Write your name on the sheet Packet. Fill in the yellow cells. Leave the other cells as they are.",
        "The transcripts are in read-and-mark.html. Send this file back when you are done.",
        "Ratings: a number, or “not shown” where the transcript does not show it.",
        "Notes: a row a note: the transcript, the number of the turn, and the note or tags (commas between).",
        *(["Checklist: yes or no, and the turn in which it was seen."] if ticked else []),
        *(f"Form {form.id}: {form.instruction}" for form in key.forms),
        *_tags(key),
        *(["Pairs: a, b or no difference: which of the two transcripts."] if key.pairs else []),
        NOTICE,
    ]
    for number, line in enumerate(lines, 1):
        cell = sheet.cell(number, 1)
        cell.value = printable(line)
        cell.data_type = "s"
    sheet.column_dimensions["A"].width = 110


def _tags(key: PacketKey) -> list[str]:
    if key.codebook is None:
        return []
    return [f"Tag {tag.id}: {tag.title}. {tag.when}" for tag in key.codebook.tags]
