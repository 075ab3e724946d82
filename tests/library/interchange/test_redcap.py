"""REDCap data dictionaries: keys and scales as their makers meant them, and everything else told."""

import pytest

from sandbox.library.interchange.draft import Draft, draft
from sandbox.library.interchange.instrument import Completion
from sandbox.library.interchange.loss import NoInstrument
from sandbox.library.interchange.redcap import read_redcap
from sandbox.measurement.scoring import reversed_value
from tests.library.interchange.dictionaries import FIVE, FOUR, affect_shaped, field, redcap, state_shaped

TOLD = Completion(timeframe="right now", licence="Made up, CC0", author="Tests", language="en")


def brought(text: str, completion: Completion = TOLD) -> Draft:
    return draft(read_redcap(text, "dict.csv", completion), completion, "dict.csv")


def test_a_state_shaped_form_keeps_its_reversed_items_and_its_sum() -> None:
    made = brought(state_shaped())
    found = made.questionnaire
    assert [item.reverse for item in found.items] == [True, False, True, False]
    assert [(o.value, o.label) for o in found.options or ()] == [
        (1, "Not in the least"),
        (2, "Slightly"),
        (3, "Fairly"),
        (4, "Strongly"),
    ]
    assert [(s.id, s.items, s.method, s.range) for s in found.scales] == [
        ("mu-total", ("mu-1", "mu-2", "mu-3", "mu-4"), "sum", (4, 16))
    ]
    assert found.preamble == "Say how each fits you now."
    told = " / ".join(map(str, made.losses))
    assert "record_id" in told and "formatting" in told and "mu_1 → mu-1" in told


def test_an_affect_shaped_form_keeps_its_two_scales() -> None:
    made = brought(affect_shaped())
    assert [(s.id, s.title, s.items, s.method, s.range) for s in made.questionnaire.scales] == [
        ("upward", "Upward", ("w-bright", "w-bouncy"), "sum", (2, 10)),
        ("downward", "Downward", ("w-grey", "w-prickly"), "mean", (1, 5)),
    ]
    assert not any(item.reverse for item in made.questionnaire.items)
    assert any("rounded" in str(loss) for loss in made.losses)


def test_a_formula_s_reversal_and_mirrored_codes_each_turn_an_item_and_both_leave_it() -> None:
    """Worked by hand: total = (5 − a) + (5 − b) with b's codes mirrored, so in common codes (5 − a) + b."""
    text = redcap(
        field("a", "radio", "A", FOUR),
        field("b", "radio", "B", "4, Not in the least | 3, Slightly | 2, Fairly | 1, Strongly"),
        field("c", "radio", "C", FOUR),
        field("total", "calc", "", "10 - [a] - [b] + [c]"),
    )
    items = brought(text).questionnaire.items
    assert {item.id: item.reverse for item in items} == {"a": True, "b": False, "c": False}
    assert reversed_value(1, (1, 4)) == 4


def test_a_slider_becomes_a_range_with_its_words() -> None:
    text = redcap(
        field("s", "slider", "How warm?", "cold | mild | hot"),
        field("t", "slider", "How dry?", "cold | mild | hot"),
    )
    found = brought(text).questionnaire
    assert found.range is not None and (found.range.min, found.range.max) == (0, 100)
    assert [(a.value, a.label) for a in found.range.anchors] == [(0, "cold"), (50, "mild"), (100, "hot")]


def test_a_validated_number_becomes_a_range() -> None:
    text = redcap(
        field(
            "n",
            "text",
            "How many?",
            text_validation_type="integer",
            text_validation_min="0",
            text_validation_max="10",
        )
    )
    found = brought(text).questionnaire
    assert found.range is not None and (found.range.min, found.range.max) == (0, 10)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("if([a]>2,1,0)", "plain sum"),
        ("abs([a])", "uses “abs”"),
        ("[a]*[b]", "multiplies"),
        ("[a]+2*[b]", "differently"),
        ("[a]+[b]-2", "constant"),
        ("[a]+[nowhere]", "nowhere"),
        ("[a]/0", "divides by 0"),
        ("sum([a],[b]", "brackets"),
        ("", "plain sum"),
        ("3", "not a sum of fields"),
        ("(" * 500 + "[a]", "nested"),
        ("__import__('os')", "plain sum"),
        ("[a]+" * 6000, "too long"),
    ],
)
def test_a_formula_that_is_no_scale_is_told_and_not_guessed(formula: str, words: str) -> None:
    text = redcap(
        field("a", "radio", "A", FIVE), field("b", "radio", "B", FIVE), field("x", "calc", "X", formula)
    )
    made = brought(text)
    assert any("x" in str(loss) and words in str(loss) for loss in made.losses), made.losses
    assert [scale.id for scale in made.questionnaire.scales] == ["sheet"]


def test_items_of_no_score_are_put_into_a_scale_and_that_is_said() -> None:
    text = redcap(
        field("a", "radio", "A", FIVE), field("b", "radio", "B", FIVE), field("x", "calc", "", "[a]*1")
    )
    made = brought(text)
    assert [(s.id, s.items) for s in made.questionnaire.scales] == [("x", ("a",)), ("other-items", ("b",))]
    assert any("other-items" in str(assumption) for assumption in made.assumptions)


def test_columns_that_change_what_is_asked_are_told() -> None:
    text = redcap(
        field(
            "a", "radio", "A", FIVE, branching="[z]=1", field_annotation="@DEFAULT='1'", field_note="of today"
        ),
        field("b", "radio", "B [a]", FIVE),
    )
    made = brought(text)
    told = " / ".join(map(str, (*made.losses, *made.assumptions)))
    for words in ("a: asked under a condition", "field annotation", "field note", "quotes another field"):
        assert words in told


def test_of_several_forms_one_is_named() -> None:
    text = redcap(field("a", "radio", "A", FIVE, form="one"), field("b", "radio", "B", FIVE, form="two"))
    with pytest.raises(NoInstrument, match="several forms") as refused:
        brought(text)
    assert "one, two" in refused.value.todo
    named = Completion(timeframe="right now", licence="x", part="two")
    assert [item.id for item in brought(text, named).questionnaire.items] == ["b"]


def test_semicolons_and_the_short_headings_are_understood() -> None:
    header = "field_name;form_name;field_type;field_label;select_choices_or_calculations"
    text = f"{header}\na;f;radio;A;1, no | 2, yes\n"
    assert [o.label for o in brought(text).questionnaire.options or ()] == ["no", "yes"]
