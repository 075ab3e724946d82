"""Whatever the tokeniser does with spaces and digits, the answer is read where it begins, and read whole."""

import pytest

from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.measurement.administering import administer
from sandbox.measurement.administration import Administration, LabelForm
from sandbox.measurement.reading.likelihood import OPENING, offered_options, opening_for
from sandbox.measurement.reading.presentation import Presentation, option_names
from sandbox.models.embedded import EmbeddedProvider
from sandbox.models.provider import Capabilities, Message, Pieces, Provider
from tests.measurement.ratings import ODD, labelled, shipped_ratings
from tests.measurement.tokenisers import ToldModel, gpt2, llama, qwen
from tests.scripted import ScriptedProvider

TALK = (Message("user", "It is dark."),)
TOKENISERS = {"qwen": qwen, "llama": llama, "gpt2": gpt2}
NAMED: tuple[LabelForm, ...] = ("numbers", "letters", "words")
LABELS: tuple[LabelForm | None, ...] = (None, *NAMED)


def names_of(questionnaire: RatingQuestionnaire, labels: LabelForm) -> tuple[str, ...]:
    return option_names(offered_options(questionnaire), labels, "as written", 1)


async def give(
    questionnaire: RatingQuestionnaire, labels: LabelForm | None, provider: Provider
) -> Administration:
    shown = Presentation(labels=labels)
    return await administer(questionnaire, "likelihood", TALK, provider, 1, presentation=shown)


def told(questionnaire: RatingQuestionnaire, labels: LabelForm) -> dict[str, float]:
    """A probability for every option, all different, that sum to 1."""
    names = names_of(questionnaire, labels)
    weights = [1 + (5 * n) % 7 for n in range(len(names))]
    return {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}


@pytest.mark.parametrize("spells", [True, False])
@pytest.mark.parametrize("tokeniser", TOKENISERS)
async def test_every_questionnaire_in_every_form_is_read_whole(tokeniser, spells):
    for questionnaire in shipped_ratings():
        for labels in LABELS:
            plain = labels or (await give(questionnaire, None, ScriptedProvider())).labels
            meant = told(questionnaire, plain)
            given = await give(questionnaire, labels, ToldModel(TOKENISERS[tokeniser], meant, spells=spells))
            values = dict(zip(names_of(questionnaire, plain), offered_options(questionnaire), strict=True))
            expected = sum(values[name].value * p for name, p in meant.items())
            where = (questionnaire.id, labels, given.labels)
            assert given.labels == plain and given.reliable, where
            for answer in given.final_answers:
                assert answer.coverage == pytest.approx(1, abs=0.06), where
                assert answer.value == pytest.approx(
                    expected, abs=0.06 * (max(o.value for o in values.values()) or 1)
                )


@pytest.mark.parametrize("tokeniser", TOKENISERS)
async def test_so_are_options_that_are_easily_taken_for_one_another(tokeniser):
    for name, questionnaire in ODD.items():
        for labels in NAMED:
            for spells in (True, False):
                meant = told(questionnaire, labels) | told(questionnaire, "letters")
                given = await give(
                    questionnaire, labels, ToldModel(TOKENISERS[tokeniser], meant, spells=spells)
                )
                by_name = told(questionnaire, given.labels)
                for answer in given.final_answers:
                    read = list((answer.distribution or {}).values())
                    total = sum(read)
                    assert total > 0, (name, labels, spells)
                    assert [p / total for p in read] == pytest.approx(list(by_name.values()), abs=0.06), (
                        name, labels, given.labels, spells,
                    )  # fmt: skip


@pytest.mark.parametrize("labels", ["numbers", "letters"])
async def test_one_call_an_item_is_enough_where_the_tokeniser_says_where_answers_begin(labels):
    questionnaire = next(one for one in shipped_ratings() if one.id == "gad-7")
    for tokeniser in TOKENISERS.values():
        provider = ToldModel(tokeniser, told(questionnaire, labels), spells=True)
        await give(questionnaire, labels, provider)
        assert len(provider.requests) == len(questionnaire.items)


async def test_a_number_that_begins_another_has_only_its_own_mass():
    scale = labelled([f"step {n}" for n in range(11)])
    meant = {"1": 0.25, "10": 0.5, "0": 0.25}
    given = await give(scale, "numbers", ToldModel(qwen, meant, spells=True))
    by_label = dict(given.final_answers[0].distribution or {})
    assert {label: p for label, p in by_label.items() if p} == pytest.approx(
        {"step 0": 0.25, "step 1": 0.25, "step 10": 0.5}
    )


async def test_names_that_begin_before_and_after_the_space_are_called_by_letters():
    mixed = labelled(["1 (never)", "sometimes", "3 (always)"])
    given = await give(mixed, "words", ToldModel(qwen, told(mixed, "letters"), spells=True))
    assert given.labels == "letters"
    assert {answer.attempt for answer in given.answers} == {1}
    assert given.reliable


async def test_names_that_begin_inside_a_character_are_called_by_letters():
    class Halved(ToldModel):
        async def token_pieces(self, texts):
            spelled: list[Pieces] = [tuple(qwen(text)) for text in texts]
            return tuple((*one[:2], None, *one[3:]) if "é" in text else one
                         for one, text in zip(spelled, texts, strict=True))  # fmt: skip

    french = labelled(["élevé", "bas"])
    given = await give(french, "words", Halved(qwen, told(french, "letters"), spells=True))
    assert given.labels == "letters"


async def test_where_no_answer_can_be_opened_the_first_token_is_read():
    questionnaire = next(one for one in shipped_ratings() if one.id == "gad-7")
    meant = told(questionnaire, "numbers")
    provider = ToldModel(qwen, meant, spells=False, opened=False)
    given = await give(questionnaire, None, provider)
    assert {request.prefill for request in provider.requests} == {""}
    assert given.final_answers[0].coverage == pytest.approx(1)
    assert await opening_for(("0", "1"), ScriptedProvider(capabilities=Capabilities())) is not None


@pytest.mark.embedded
async def test_the_embedded_model_s_answers_begin_right_after_the_opening(embedded_model: EmbeddedProvider):
    for questionnaire in shipped_ratings():
        for labels in NAMED:
            names = names_of(questionnaire, labels)
            opening = await opening_for(names, embedded_model)
            assert opening is not None and opening.fitted, (questionnaire.id, labels)
            begun, *whole = await embedded_model.token_pieces(
                [opening.text, *(f"{OPENING} {name}" for name in names)]
            )
            for name, pieces in zip(names, whole, strict=True):
                first = pieces[len(begun)]
                assert pieces[: len(begun)] == begun, (questionnaire.id, name)
                assert first and first.strip() and name.startswith(first.strip()), (questionnaire.id, name)


@pytest.mark.embedded
async def test_the_embedded_model_answers_gad_7_by_its_numbers(embedded_model: EmbeddedProvider):
    questionnaire = next(one for one in shipped_ratings() if one.id == "gad-7")
    given = await give(questionnaire, None, embedded_model)
    assert given.labels == "numbers" and given.reliable
    assert min(answer.coverage or 0 for answer in given.final_answers) > 0.7
