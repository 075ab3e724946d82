"""What a questionnaire's prompt asks for is one thing: read as a whole, no part contradicts another."""

import re
from collections.abc import Iterator

import pytest

from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.measurement.administering import first_asking
from sandbox.measurement.administration import Form, LabelForm
from sandbox.measurement.reading.presentation import Presentation, fitted_preamble
from tests.measurement.ratings import optioned, ranged, shipped_ratings

ASKS_A_NUMBER = re.compile(
    r"\b(?:a|the|one|its|only the|which) number\b|: number`|\bfrom -?\d+ to \d+\b(?!,)|scale (?:of|from) \d"
    r"|\d means\b",
    re.IGNORECASE,
)
ASKS_A_LETTER = re.compile(r"\bletter\b", re.IGNORECASE)
ASKS_JSON = re.compile(r"\bJSON\b")
ASKS_LINES = re.compile(r"one line for each item")
ASKS_ALONE = re.compile(r"\bwrite only\b", re.IGNORECASE)
LABELS: tuple[LabelForm | None, ...] = (None, "numbers", "letters", "words")
FORMS: tuple[Form, ...] = ("batch", "per item", "structured")
AS_IN_PRINT = ranged(
    preamble="Please circle one number between 0 and 100. 0 means none. How strong is each feeling?",
)
ON_A_SCALE = optioned(
    preamble="Rate each on a scale from 0 (never) to 3 (always), and choose a number 0, 1, 2 or 3."
)


def prompts(questionnaire: RatingQuestionnaire) -> Iterator[tuple[str, LabelForm | None, str]]:
    """Every prompt of the questionnaire: way and form, the names asked for, the text without its items."""
    items = [item.text for item in questionnaire.items]
    for labels in LABELS:
        for form in FORMS:
            shown = Presentation(labels=labels, form=form)
            for asking in first_asking(questionnaire, "report", shown):
                yield f"report {form}", labels, without(asking.question, items)
        for asking in first_asking(questionnaire, "likelihood", Presentation(labels=labels)):
            yield "likelihood", labels, without(asking.question, items)


def without(question: str, items: list[str]) -> str:
    for text in items:
        question = question.replace(text, "…")
    return question


@pytest.mark.parametrize(
    "questionnaire", [*shipped_ratings(), AS_IN_PRINT, ON_A_SCALE], ids=lambda one: f"{one.id} {one.title}"
)
def test_a_prompt_asks_for_a_number_or_for_a_letter_or_for_words_and_in_one_shape(questionnaire):
    seen = set()
    for way, labels, text in prompts(questionnaire):
        number, letter = ASKS_A_NUMBER.search(text), ASKS_A_LETTER.search(text)
        assert not (number and letter), (way, labels, text)
        shapes = [bool(shape.search(text)) for shape in (ASKS_JSON, ASKS_LINES, ASKS_ALONE)]
        assert sum(shapes) == 1, (way, labels, text)
        offered = questionnaire.options is not None or way == "likelihood"
        if labels == "letters" and offered:
            assert letter, (way, text)
        if labels == "words" and offered:
            assert not number and not letter, (way, text)
        if labels == "numbers" or not offered:
            assert number and not letter, (way, text)
        seen.add(text)
    assert len(seen) > 4


def test_published_words_are_kept_where_the_options_are_called_by_their_numbers():
    for questionnaire in shipped_ratings():
        assert fitted_preamble(questionnaire.preamble or "", "numbers") == (questionnaire.preamble or "")
        (question, *_) = first_asking(questionnaire, "report", Presentation())
        assert (questionnaire.preamble or "") in question.question


def test_only_what_asks_for_a_number_is_changed():
    k6 = next(one for one in shipped_ratings() if one.id == "k6")
    assert fitted_preamble(k6.preamble or "", "letters").endswith(
        "please circle the answer that best describes how often you had this feeling."
    )
    plain = "How often were you bothered by 2 or more of these in the last 30 days?"
    assert fitted_preamble(plain, "letters") == plain
