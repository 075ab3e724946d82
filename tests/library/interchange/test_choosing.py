"""Which answers are scores, which questions belong together, what is said of the rest: in every format."""

import io
import json
from collections.abc import Callable

import openpyxl
import pytest

from sandbox.library.interchange.answer_set import says_nothing, sifted
from sandbox.library.interchange.draft import Draft, draft
from sandbox.library.interchange.fhir import read_fhir
from sandbox.library.interchange.instrument import Answer, Completion
from sandbox.library.interchange.loss import NoInstrument
from sandbox.library.interchange.redcap import read_redcap
from sandbox.library.interchange.xlsform import read_xlsform
from tests.library.interchange.dictionaries import FOUR, field, redcap, xlsform

MUCH = "0, none | 1, some | 2, much"


def told(part: str | None = None, values: tuple[float, ...] = ()) -> Completion:
    return Completion(timeframe="right now", licence="CC0", id="x", part=part, values=values)


def brought(*rows: list[str], part: str | None = None, values: tuple[float, ...] = ()) -> Draft:
    completion = told(part, values)
    return draft(read_redcap(redcap(*rows), "d.csv", completion), completion, "d.csv")


def said(made: Draft) -> str:
    return " / ".join(map(str, (*made.warnings, *made.losses, *made.assumptions)))


def in_every_format(choices: list[tuple[str, str]]) -> dict[str, Draft]:
    """Two questions with the same answers, each a code and a label, as the three formats hold them."""
    listed = " | ".join(f"{code}, {label}" for code, label in choices)
    answers: list[list[object]] = [["f", code, label] for code, label in choices]
    questions: list[list[object]] = [["select_one f", name, name * 3] for name in "ab"]
    sheet: list[list[object]] = [["list_name", "name", "label"], *answers]
    survey: list[list[object]] = [["type", "name", "label"], *questions]
    url = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
    options = [
        {"valueCoding": {"code": c, "display": label}, "extension": [{"url": url, "valueDecimal": int(c)}]}
        for c, label in choices
    ]
    items = [{"linkId": n, "text": n * 3, "type": "choice", "answerOption": options} for n in "ab"]
    fhir = json.dumps({"resourceType": "Questionnaire", "item": items})
    return {
        "redcap": draft(
            read_redcap(redcap(*(field(n, "radio", n * 3, listed) for n in "ab")), "f", told()), told(), "f"
        ),
        "xlsform": draft(read_xlsform(xlsform(survey, sheet), "f", told()), told(), "f"),
        "fhir": draft(read_fhir(fhir, "f"), told(), "f"),
    }


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("999", "I don't know"),
        ("777", "Refused"),
        ("-9", "Not applicable"),
        ("99", "no words to tell"),
        ("3", "N/A"),
    ],
)
def test_answers_that_are_no_scores_are_left_out_in_every_format_and_listed(code: str, label: str) -> None:
    for form, made in in_every_format([("0", "none"), ("1", "some"), ("2", "much"), (code, label)]).items():
        options = {o.label: o.value for o in made.questionnaire.options or ()}
        assert options == {"none": 0, "some": 1, "much": 2}, form
        assert list(made.questionnaire.scales[0].range) == [0, 4], form
        assert label in " / ".join(map(str, made.losses)), form
        assert any(a.key == "options" and label in a.what for a in made.assumptions), form


def test_what_is_assumed_is_said_for_every_scale_in_every_format() -> None:
    """Direction and missing rule; and that the answers are listed best first, where they are."""
    for form, made in in_every_format([("2", "very well"), ("1", "well"), ("0", "badly")]).items():
        text = said(made)
        assert "higher_is: more distress is assumed" in text, form
        assert "a scale with one missing answer has no score" in text, form
        assert "from the highest number (“very well”) down" in text, form
        assert made.text.count("TODO check: higher_is") == 1, form
    rising = {**in_every_format([("0", "no"), ("1", "so"), ("2", "yes")])}
    rising |= {"yes first": brought(field("a", "yesno", "A"))}
    assert not any("highest number" in said(made) for made in rising.values())


@pytest.mark.parametrize(
    ("label", "nothing"),
    [
        ("Don’t know", True),
        ("I’d rather not say", True),
        ("Prefer not to answer", True),
        ("Declined to answer", True),
        ("Don't know / not applicable", True),
        ("NA", True),
        ("keine Angabe", True),
        ("Did not apply to me at all", False),
        ("Not at all", False),
        ("I don't know what to do with myself", False),
        ("No", False),
        ("never", False),
        ("not sure", False),
        ("", False),
    ],
)
def test_words_that_say_that_nothing_is_said(label: str, nothing: bool) -> None:
    assert says_nothing(label) is nothing


@pytest.mark.parametrize(
    "numbers",
    [
        range(10),
        range(1, 10),
        (1, 4, 7),
        (-2, -1, 0, 1, 2),
        (0, 50, 99),
        (0, 2, 4),
        (7, 8, 9),
        range(0, 101, 10),
    ],
)
def test_numbers_in_even_steps_are_all_scores(numbers: range | tuple[int, ...]) -> None:
    answers = tuple(Answer(f"step {n}", float(n), str(n)) for n in numbers)
    assert sifted(answers).answers == answers


def test_two_codes_of_one_number_are_one_answer_and_that_is_told() -> None:
    made = brought(field("a", "radio", "A", "0, never | 00, not in my job | 1, often"))
    assert [(o.value, o.label) for o in made.questionnaire.options or ()] == [
        (0, "never / not in my job"),
        (1, "often"),
    ]
    assert "several answers that score this" in said(made)


def test_answers_without_words_are_called_by_their_numbers() -> None:
    made = brought(field("a", "radio", "A", "1, low | 2,  | 3,  | 4, half | 5,  | 6,  | 7, high"))
    labels = [o.label for o in made.questionnaire.options or ()]
    assert labels == ["low", "2", "3", "half", "5", "6", "high"]


@pytest.mark.parametrize("values", [(), (0, 1, 2), (1, 2)])
def test_questions_without_scores_are_left_out_and_block_nothing(values: tuple[float, ...]) -> None:
    made = brought(
        field("lang", "radio", "Language", "en, English | es, Spanish", field_annotation="@HIDDEN"),
        field("g1", "radio", "Pacing", MUCH, section="Over this day, how much?"),
        field("g2", "radio", "Staring", MUCH),
        field("hand", "radio", "Which hand?", "L, left | R, right | B, both"),
        field("odd", "radio", "Odd", "no code at all"),
        values=values,
    )
    found = made.questionnaire
    assert [item.id for item in found.items] == ["g1", "g2"]
    assert (found.preamble, found.scales[0].range) == ("Over this day, how much?", (0, 4))
    for words in (
        "line 2 lang: the field is marked @HIDDEN",
        "hand “Which hand?”",
        "“no code at all” has no code",
    ):
        assert words in said(made)


def test_questions_of_two_instructions_are_never_asked_under_the_first() -> None:
    rows = [
        field("m1", "radio", "Restless", FOUR, section="AT THIS MOMENT."),
        field("m2", "radio", "Listening", FOUR),
        field("m3", "radio", "Lying awake", FOUR, section="IN MOST WEEKS."),
        field("m4", "radio", "Waiting", FOUR),
    ]
    both = brought(*rows).questionnaire
    assert both.preamble is None
    assert [item.text for item in both.items][1:3] == [
        "AT THIS MOMENT.\nListening",
        "IN MOST WEEKS.\nLying awake",
    ]
    assert [(s.title, s.items) for s in both.scales] == [
        ("AT THIS MOMENT.", ("m1", "m2")),
        ("IN MOST WEEKS.", ("m3", "m4")),
    ]
    assert "2 instructions" in brought(*rows).warnings[0]
    for part in ("2", "in most", "most weeks", "sheet / 2"):
        one = brought(*rows, part=part)
        assert [item.text for item in one.questionnaire.items] == ["Lying awake", "Waiting"], part
        assert one.questionnaire.preamble == "IN MOST WEEKS.", part
        assert one.warnings[0].startswith("2 of 4 rating questions are in it"), part
    with pytest.raises(NoInstrument, match="no part “3”") as refused:
        brought(*rows, part="3")
    assert "1 “AT THIS MOMENT.”, 2 “IN MOST WEEKS.”" in refused.value.todo


def test_a_score_over_two_sections_stays_whole() -> None:
    made = brought(
        field("a", "radio", "A", FOUR, section="First half"),
        field("b", "radio", "B", FOUR, section="Second half"),
        field("total", "calc", "Total", "[a] + [b]"),
    )
    assert [scale.items for scale in made.questionnaire.scales] == [("a", "b")]


@pytest.mark.parametrize("header", ["Both", "First"])
def test_texts_stand_over_what_follows_them(header: str) -> None:
    """A text before all sections is for all; a heading repeated is one section; the last text is told."""
    made = brought(
        field("intro", "descriptive", "Be honest."),
        field("a", "radio", "A", FOUR, section="Both"),
        field("b", "radio", "B", FOUR, section=header),
        field("thanks", "descriptive", "Thank you."),
    )
    text = "B" if header == "Both" else "First\nB"
    assert made.questionnaire.items[1].text == text
    assert (made.questionnaire.preamble or "").startswith("Be honest.")
    assert "no question follows is left out: “Thank you.”" in said(made)


def test_a_question_with_one_word_other_is_kept_with_its_own_word_and_one_with_all_other_is_not() -> None:
    made = brought(
        field("a", "radio", "A", "0, never | 1, seldom | 2, often"),
        field("b", "radio", "B", "0, Never. | 1, seldom | 2, often"),
        field("c", "radio", "C", "0, never | 1, seldom | 2, more often than not"),
        field("d", "radio", "D", "0, flat | 1, bent | 2, steep"),
    )
    texts = [item.text for item in made.questionnaire.items]
    assert texts == ["A", "B", "C\n(Here 2 means “more often than not”.)"]
    assert (
        made.warnings[0].startswith("3 of 4 rating questions are in it") and "Left out: d" in made.warnings[0]
    )
    assert (
        made.text.startswith("# TODO check: 3 of 4")
        and made.questionnaire.title == "Sheet (3 of 4 questions)"
    )


def test_an_inventory_of_statements_has_them_in_its_items_texts() -> None:
    """Each question has answers of its own with the numbers 0 to 2; one is scored from 1 to 2."""
    made = brought(
        field("a", "radio", "Sleep", "0, I sleep | 1, I sleep less | 2, I lie awake"),
        field("b", "radio", "Food", "0, I eat | 1, I eat less | 2, I leave it"),
        field("c", "radio", "Rest", "2, I pace | 1, I shift | 0, I sit"),
        field("d", "radio", "Odd", "1, left | 2, right"),
    )
    found = made.questionnaire
    assert found.items[0].text == "Sleep\n0: I sleep\n1: I sleep less\n2: I lie awake"
    assert found.items[2].text == "Rest\n0: I sit\n1: I shift\n2: I pace"
    assert [(o.value, o.label) for o in found.options or ()] == [(n, f"statement {n}") for n in range(3)]
    assert not any(item.reverse for item in found.items)
    assert made.warnings[0].startswith("3 of 4") and "statements of their own" in said(made)


def test_sections_that_begin_alike_are_told_by_where_they_part() -> None:
    lead = "Read each statement and choose the answer that says how it is for you, and take your time: "
    made = brought(
        field("a", "radio", "A", FOUR, section=f"{lead}RIGHT NOW."),
        field("b", "radio", "B", FOUR),
        field("c", "radio", "C", FOUR, section=f"{lead}GENERALLY."),
        field("d", "radio", "D", FOUR),
    )
    assert "1 “…RIGHT NOW.”, 2 “…GENERALLY.”" in made.warnings[1]
    assert [scale.title for scale in made.questionnaire.scales] == ["…RIGHT NOW.", "…GENERALLY."]


def test_older_forms_of_a_spreadsheet_are_read() -> None:
    survey: list[list[object]] = [
        ["type", "name", "label:English", "relevance"],
        ["select one from fit", "a", "A", None],
        ["select one fit", "b", "B", "${a} > 1"],
    ]
    choices: list[list[object]] = [
        ["list name", "name", "label:English"],
        ["fit", 0, "no"],
        ["fit", 1, "yes"],
    ]
    made = draft(read_xlsform(xlsform(survey, choices), "f", told()), told(), "f")
    assert [(item.id, item.text) for item in made.questionnaire.items] == [("a", "A"), ("b", "B")]
    assert [o.label for o in made.questionnaire.options or ()] == ["no", "yes"]
    assert "b: asked under a condition" in said(made)


def test_a_file_of_which_nothing_is_taken_says_why_with_its_own_lines() -> None:
    with pytest.raises(NoInstrument, match="no rating question") as refused:
        brought(
            field("lang", "radio", "Language", "1, English | 2, Spanish", field_annotation="@READONLY"),
            field("why", "notes", "Why?"),
            field("sex", "checkbox", "Which?", "1, a | 2, b"),
        )
    for words in ("line 2 lang: the field is marked @READONLY", "line 3 why", "line 4 sex"):
        assert words in refused.value.todo


def test_a_group_s_rule_holds_for_the_questions_in_it() -> None:
    survey: list[list[object]] = [
        ["type", "name", "label", "relevant", "appearance", "read_only"],
        ["select_one fit", "a", "A", None, None, None],
        ["begin_group", "w", "For women", "${sex} = 'f'", None, None],
        ["select_one fit", "f", "F", None, None, None],
        ["end_group", None, None, None, None, None],
        ["begin_group", "m", "For men", "${sex} = 'm'", None, None],
        ["select_one fit", "g", "G", None, None, None],
        ["end_group", None, None, None, None, None],
        ["select_one fit", "h", "H", None, "hidden", None],
        ["select_one fit", "r", "R", None, None, "yes"],
        ["select_one fit", "n", "N", "false()", None, None],
    ]

    def of(part: str | None) -> list[str]:
        made = draft(read_xlsform(xlsform(survey), "f", told(part)), told(part), "f")
        assert made.warnings[0].startswith("2 of 3 rating questions are in it")
        return [item.id for item in made.questionnaire.items]

    assert (of(None), of("${sex} = 'm'")) == (["a", "f"], ["a", "g"])


@pytest.mark.parametrize(
    ("rules", "taken"),
    [
        (("[sex] = '1'", "[sex]='2'"), "ab"),
        (("[sex] = '1' and [age] > 17", '[sex] = "2" and [age] > 17'), "ab"),
        (("[sex]=1", "[sex] = '1'"), "abc"),
        (("[sex] = '1' or [all] = '1'", "[sex] = '2' or [all] = '1'"), "abc"),
        (("[b] = '1'", "[d] = '2'"), "abc"),
        (("[sex] <> '1'", "[sex] >= '2'"), "abc"),
    ],
)
def test_rules_on_one_answer_exclude_each_other_and_others_do_not(rules: tuple[str, str], taken: str) -> None:
    rows = [
        field("a", "radio", "A", FOUR),
        field("b", "radio", "B", FOUR, branching=rules[0]),
        field("c", "radio", "C", FOUR, branching=rules[1]),
    ]
    assert "".join(item.id for item in brought(*rows).questionnaire.items) == taken
    if taken == "ab":
        other = brought(*rows, part=rules[1].replace('"', "").replace(" ", "")).questionnaire
        assert "".join(item.id for item in other.items) == "ac"


def formatted(last_row: int) -> bytes:
    """A form with an empty row of some height far below its questions."""
    book = openpyxl.load_workbook(io.BytesIO(xlsform()))
    book["survey"].row_dimensions[last_row].height = 15
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_formatting_far_below_and_formulas_elsewhere_change_nothing() -> None:
    read: Callable[[bytes], Draft] = lambda content: draft(read_xlsform(content, "f", told()), told(), "f")  # noqa: E731
    plain = read(xlsform()).questionnaire
    assert read(formatted(1_048_576)).questionnaire == plain
    survey: list[list[object]] = [
        ["type", "name", "label", "calculation", "required", "label::French (fr)"],
        ["select_one fit", "a", "A", None, "=TRUE()", '="Je"&" marche"'],
    ]
    made = read(xlsform(survey))
    assert [item.text for item in made.questionnaire.items] == ["A"]
    assert "formula" not in said(made)
