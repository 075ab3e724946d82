"""XLSForms: the same instrument as elsewhere, out of a spreadsheet that may be anything."""

import io
import zipfile
from collections.abc import Callable

import pytest

from sandbox.library.interchange.draft import Draft, draft
from sandbox.library.interchange.instrument import Completion
from sandbox.library.interchange.loss import NoInstrument
from sandbox.library.interchange.xlsform import read_xlsform
from tests.library.interchange.dictionaries import CHOICES, SETTINGS, SURVEY, workbook, xlsform

NOTE: list[object] = ["note", "n", "x", None, None]
TOLD = Completion(timeframe="right now", licence="Made up, CC0", author="Tests")


def brought(content: bytes, completion: Completion = TOLD) -> Draft:
    return draft(read_xlsform(content, "form.xlsx", completion), completion, "form.xlsx")


def test_a_state_shaped_form_keeps_its_reversed_items_and_its_sum() -> None:
    made = brought(xlsform())
    found = made.questionnaire
    assert (found.id, found.title, found.version) == ("made-up", "Made-up state", "3")
    assert [item.reverse for item in found.items] == [True, False, True]
    assert [(s.id, s.method, s.range) for s in found.scales] == [("total", "sum", (3, 12))]
    assert found.preamble == "Say how each fits you now."
    told = " / ".join(map(str, (*made.losses, *made.assumptions)))
    assert "type start" in told and "mu_2: asked under a condition" in told


def test_two_scales_on_five_answers() -> None:
    choices: list[list[object]] = [
        ["list_name", "name", "label"],
        *(["five", n, f"step {n}"] for n in range(1, 6)),
    ]
    survey: list[list[object]] = [
        ["type", "name", "label", "calculation"],
        ["select_one five", "bright", "bright", None],
        ["select_one five", "grey", "grey", None],
        ["select_one five", "bouncy", "bouncy", None],
        ["select_one five", "prickly", "prickly", None],
        ["calculate", "upward", None, "${bright} + ${bouncy}"],
        ["calculate", "downward", None, "(${grey} + ${prickly}) div 2"],
    ]
    scales = brought(xlsform(survey, choices)).questionnaire.scales
    assert [(s.items, s.method, s.range) for s in scales] == [
        (("bright", "bouncy"), "sum", (2, 10)),
        (("grey", "prickly"), "mean", (1, 5)),
    ]


def test_ranges_and_bounded_numbers_become_ranges() -> None:
    survey: list[list[object]] = [
        ["type", "name", "label", "parameters", "constraint"],
        ["range", "a", "How warm?", "start=0 end=100 step=1", None],
        ["integer", "b", "How dry?", None, ". >= 0 and . <= 100"],
        ["integer", "c", "How old?", None, ". > 3"],
    ]
    made = brought(xlsform(survey))
    assert [item.id for item in made.questionnaire.items] == ["a", "b"]
    assert made.questionnaire.bounds == (0.0, 100.0)
    assert any("lowest and highest" in str(loss) for loss in made.losses)


def test_one_language_is_read_and_the_others_are_told() -> None:
    survey: list[list[object]] = [
        ["type", "name", "label::English (en)", "label::Deutsch (de)"],
        ["select_one fit", "a", "I hum", "Ich summe"],
    ]
    choices: list[list[object]] = [
        ["list_name", "name", "label::English (en)", "label::Deutsch (de)"],
        ["fit", 0, "no", "nein"],
        ["fit", 1, "yes", "ja"],
    ]
    made = brought(xlsform(survey, choices))
    assert (made.questionnaire.language, made.questionnaire.items[0].text) == ("en", "I hum")
    assert any("Deutsch (de)" in str(loss) for loss in made.losses)
    german = Completion(timeframe="right now", licence="x", part="Deutsch (de)")
    found = brought(xlsform(survey, choices), german).questionnaire
    assert (found.language, found.items[0].text, [o.label for o in found.options or ()]) == (
        "de",
        "Ich summe",
        ["nein", "ja"],
    )


def test_a_cell_under_no_heading_is_told() -> None:
    survey: list[list[object]] = [list(row) for row in SURVEY]
    survey[3].append("a stray remark")
    assert any("column 6" in str(loss) for loss in brought(xlsform(survey)).losses)


def test_a_formula_where_a_question_stands_is_not_run_and_leaves_that_question_out() -> None:
    survey: list[list[object]] = [
        *SURVEY,
        ["select_one fit", "x", '=HYPERLINK("http://x.org","I hum")', None, None],
    ]
    made = brought(xlsform(survey))
    assert [item.id for item in made.questionnaire.items] == ["mu-1", "mu-2", "mu-3"]
    assert made.warnings[0].startswith("3 of 4 rating questions are in it")
    told = " / ".join(map(str, made.losses))
    assert "row 8: the column “label” holds a formula without a saved value" in told


def test_a_formula_s_saved_value_is_taken_and_told() -> None:
    content = xlsform([*SURVEY, ["select_one fit", "x", "=1+1", None, None]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    saved = sheet.replace("<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>").replace(
        "<f>1+1</f><v />", "<f>1+1</f><v>2</v>"
    )
    assert saved != sheet
    made = brought(rebuilt(content, "xl/worksheets/sheet1.xml", saved))
    assert made.questionnaire.items[-1].text == "2"
    assert any("its saved value is taken, “2”" in str(loss) for loss in made.losses)


def rebuilt(content: bytes, member: str, text: str) -> bytes:
    """The .xlsx file with one member replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, text if name == member else old.read(name))
    return out.getvalue()


def test_entities_in_the_xml_are_refused() -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">&b;</workbook>'
    )
    with pytest.raises(NoInstrument, match="EntitiesForbidden"):
        brought(rebuilt(xlsform(), "xl/workbook.xml", bomb))


def test_a_file_that_unpacks_to_very_much_is_refused() -> None:
    content = rebuilt(xlsform(), "xl/styles.xml", "<x/>" + " " * (40 * 1024 * 1024))
    assert len(content) < 200_000
    with pytest.raises(NoInstrument, match="unpacks"):
        brought(content)


def test_a_sheet_that_claims_to_be_endless_is_read_by_what_it_holds() -> None:
    content = xlsform()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    start = sheet.index('<dimension ref="')
    end = sheet.index("/>", start)
    lying = rebuilt(
        content, "xl/worksheets/sheet1.xml", sheet[:start] + '<dimension ref="A1:XFD1048576"' + sheet[end:]
    )
    assert brought(lying).questionnaire == brought(content).questionnaire


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: b"PK\x03\x04 cut off", "not an .xlsx file"),
        (lambda: b"type,name,label", "not an .xlsx file"),
        (lambda: workbook({"other": [["a"]]}), "no sheet “survey”"),
        (lambda: xlsform([["type", "name", "label"], ["text", "a", "Why?"]]), "no rating question"),
        (lambda: xlsform([["type", "name", "label"], ["select_one gone", "a", "A"]]), "no choices “gone”"),
        (lambda: xlsform([*SURVEY, ["select_one fit", "mu_1", "again", None, None]]), "two questions"),
        (lambda: xlsform([*SURVEY, *[NOTE for _ in range(5000)]]), "more than 5,000 rows"),
        (
            lambda: xlsform(
                choices=[["list_name", "name", "label"], ["fit", "never", "Never"], ["fit", "often", "Often"]]
            ),
            "score",
        ),
        (lambda: xlsform(SURVEY, [*CHOICES, ["fit", 5, "x" * 31_000]], SETTINGS), "characters"),
        (lambda: xlsform(SURVEY, [*CHOICES, ["fit", 5, "x" * 500]], SETTINGS), "an answer is too long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_says_why(content: Callable[[], bytes], words: str) -> None:
    with pytest.raises(NoInstrument) as refused:
        brought(content())
    assert words in str(refused.value)
