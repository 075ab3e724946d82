"""Every answer that a sheet offers, written as the sheet asks for it, comes back as itself."""

import json
import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.measurement.administering import administer
from sandbox.measurement.administration import Form, LabelForm
from sandbox.measurement.reading.presentation import Presentation
from sandbox.models.provider import Message, Request
from tests.measurement.ratings import ODD, labelled, ranged, shipped_ratings
from tests.scripted import ScriptedProvider

FORMS: tuple[Form, ...] = ("batch", "per item", "structured")
LABELS: tuple[LabelForm, ...] = ("numbers", "letters", "words")
SHIPPED = {one.id: one for one in shipped_ratings()}


def offered(request: Request) -> list[tuple[str, str]]:
    """The names on the sheet, each with its whole line."""
    text = request.messages[-1].content.split("The possible answers:\n")[1]
    lines = text.split("\nThe item")[0].splitlines()
    return [(line.partition(" = ")[0], line) for line in lines]


async def values_read(
    questionnaire: RatingQuestionnaire, form: Form, labels: LabelForm, place: int, whole: bool
) -> set[float | None]:
    """What comes of answering every item with the option at that place, by its name or its whole line."""

    def answer(request: Request) -> str:
        name, line = offered(request)[place]
        name = questionnaire.options[place].label if labels == "words" and questionnaire.options else name
        written = line if whole else name
        ids = [item.id for item in questionnaire.items]
        if form == "per item":
            return written
        if form == "structured":
            number = labels == "numbers" and not whole
            return json.dumps({id: json.loads(written) if number else written for id in ids})
        return "\n".join(f"{id}: {written}" for id in ids)

    shown = Presentation(form=form, labels=labels)
    given = await administer(
        questionnaire, "report", (Message("user", "Hm."),), ScriptedProvider(answer), 1, presentation=shown
    )
    assert all(a.attempt == 1 for a in given.answers), [a for a in given.answers if a.missing]
    return {answer.value for answer in given.final_answers}


def ways(questionnaire: RatingQuestionnaire) -> Iterator[tuple[Form, LabelForm, int, bool]]:
    for place in range(len(questionnaire.options or ())):
        for form in FORMS:
            for labels in LABELS:
                for whole in (False, True):
                    yield form, labels, place, whole


@pytest.mark.parametrize("name", [*SHIPPED, *ODD])
async def test_every_offered_answer_of_every_form_comes_back_as_itself(name):
    questionnaire = (SHIPPED | ODD)[name]
    for form, labels, place, whole in ways(questionnaire):
        read = await values_read(questionnaire, form, labels, place, whole)
        assert questionnaire.options is not None
        assert read == {questionnaire.options[place].value}, (form, labels, place, whole)


texts = st.one_of(
    st.integers(-20, 120).map(str),
    st.sampled_from(
        ["0", "00", "007", "1.0", "+1", "٣", "３", "½", "never", "Never.", "A", "b", "1 = b", "(a)"]
    ),
    st.text("abBC01 .,=()", min_size=1, max_size=6),
).filter(lambda text: text == " ".join(text.split()) != "")


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, min_size=2, max_size=5, unique_by=str.casefold), st.booleans())
async def test_so_do_generated_ones(labels, turned):
    values = [float(n) for n in range(len(labels))]
    questionnaire = labelled(labels, values[::-1] if turned else values)
    for form, kind, place, whole in ways(questionnaire):
        if whole:  # of two lines one may read like the other's answer: a name alone is what is asked for
            continue
        read = await values_read(questionnaire, form, kind, place, whole)
        assert questionnaire.options is not None
        assert read == {questionnaire.options[place].value}, (labels, form, kind, place)


@pytest.mark.parametrize("written", ["40", "40.", "40.0", "**40**", "+40", "４０", "  40 "])
@pytest.mark.parametrize("form", FORMS)
async def test_a_number_of_a_range_is_itself_however_it_is_written(written, form):
    def answer(_: Request) -> str:
        if form == "per item":
            return str(written)
        if form == "structured":
            return json.dumps({"fear": written, "calm": written})
        return f"fear: {written}\ncalm： {written}"

    given = await administer(
        ranged(), "report", (), ScriptedProvider(answer), 1, presentation=Presentation(form=form)
    )
    assert {a.value for a in given.final_answers} == {40.0}
    assert all(a.value is not None and math.isfinite(a.value) for a in given.answers)
