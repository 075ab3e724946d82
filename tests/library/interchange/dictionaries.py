"""Made-up instruments as REDCap and XLSForm files hold them, in the shapes of well-known ones."""

import csv
import io
from collections.abc import Sequence

import openpyxl

REDCAP_HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
FOUR = "1, Not in the least | 2, Slightly | 3, Fairly | 4, Strongly"
FOUR_TURNED = "4, Not in the least | 3, Slightly | 2, Fairly | 1, Strongly"
FIVE = "1, hardly | 2, a little | 3, medium | 4, a lot | 5, extremely"


def field(
    name: str, kind: str, label: str, choices: str = "", form: str = "sheet", **cells: str
) -> list[str]:
    """A row of a data dictionary; other cells by the beginning of their column's name."""
    row = dict.fromkeys(REDCAP_HEADER, "")
    row |= dict(zip(REDCAP_HEADER[:2], (name, form), strict=True))
    row |= {REDCAP_HEADER[3]: kind, REDCAP_HEADER[4]: label, REDCAP_HEADER[5]: choices}
    for start, cell in cells.items():
        column = next(c for c in REDCAP_HEADER if c.lower().replace(" ", "_").startswith(start))
        row[column] = cell
    return list(row.values())


def redcap(*rows: Sequence[str], header: Sequence[str] = REDCAP_HEADER) -> str:
    """A data dictionary's text."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def state_shaped() -> str:
    """Four statements, 1–4, two reversed in their codes, one sum: the shape of the STAI's state form."""
    return redcap(
        field("record_id", "text", "Record"),
        field(
            "mu_1",
            "radio",
            "My thoughts are at rest",
            FOUR_TURNED,
            section="Say how each fits you <b>now</b>.",
        ),
        field("mu_2", "radio", "My hands want something to hold", FOUR),
        field("mu_3", "radio", "I could sit here for long", FOUR_TURNED),
        field("mu_4", "radio", "I listen for steps", FOUR),
        field("mu_total", "calc", "Total", "sum([mu_1],[mu_2],[mu_3],[mu_4])"),
    )


def affect_shaped() -> str:
    """Four words, 1–5, two scales of two: the shape of the PANAS."""
    return redcap(
        field("w_bright", "radio", "bright", FIVE),
        field("w_grey", "radio", "grey", FIVE),
        field("w_bouncy", "radio", "bouncy", FIVE),
        field("w_prickly", "radio", "prickly", FIVE),
        field("upward", "calc", "Upward", "[w_bright] + [w_bouncy]"),
        field("downward", "calc", "Downward", "round(mean([w_grey], [w_prickly]), 2)"),
    )


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    """An .xlsx file's bytes."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


CHOICES: list[list[object]] = [
    ["list_name", "name", "label"],
    ["fit", 1, "Not in the least"],
    ["fit", 2, "Slightly"],
    ["fit", 3, "Fairly"],
    ["fit", 4, "Strongly"],
]
SURVEY: list[list[object]] = [
    ["type", "name", "label", "calculation", "relevant"],
    ["start", "started", None, None, None],
    ["note", "intro", "Say how each fits you now.", None, None],
    ["select_one fit", "mu_1", "My thoughts are at rest", None, None],
    ["select_one fit", "mu_2", "My hands want something to hold", None, "${mu_1} = '1'"],
    ["select_one fit", "mu_3", "I could sit here for long", None, None],
    ["calculate", "total", None, "(5 - ${mu_1}) + ${mu_2} + 5 - ${mu_3}", None],
]
SETTINGS: list[list[object]] = [["form_title", "form_id", "version"], ["Made-up state", "made_up", 3]]


def xlsform(
    survey: list[list[object]] = SURVEY,
    choices: list[list[object]] = CHOICES,
    settings: list[list[object]] = SETTINGS,
) -> bytes:
    """An XLSForm's bytes; by default the state-shaped instrument, reversed in its formula."""
    return workbook({"survey": survey, "choices": choices, "settings": settings})
