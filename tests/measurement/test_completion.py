"""Sentence completion: what is added is scored, and nothing but what is added."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sandbox.library.loading import load_file
from sandbox.library.questionnaire import CompletionItem, CompletionQuestionnaire, Scale
from sandbox.measurement.administering import administer, default_way
from sandbox.measurement.reading.completion import added_text
from sandbox.measurement.valence import compound, negativity
from sandbox.models.provider import Capabilities, Message, Request
from tests.content.test_scoring_keys import FOLDER
from tests.documents import HEAD
from tests.scripted import ScriptedProvider

TALK = (Message("system", "You take part."), Message("user", "It is dark."), Message("assistant", "I wait."))


def stems(**fields: Any) -> CompletionQuestionnaire:
    defaults: dict[str, Any] = {
        "id": "stems",
        "title": "Stems",
        "kind": "completion",
        "timeframe": "right now",
        "ask": "Please go on.",
        "items": (
            CompletionItem(id="phone", text="When the phone rang, I"),
            CompletionItem(id="door", text="When the door opened, I saw"),
        ),
        "scales": (Scale(id="negativity", items=("phone", "door"), method="mean", range=(0, 100)),),
    }
    return CompletionQuestionnaire(**{**defaults, **fields}, **HEAD)


def answering(**endings: str) -> ScriptedProvider:
    def answer(request: Request) -> str:
        return endings["phone" if "phone" in request.messages[-1].content else "door"]

    return ScriptedProvider(answer)


async def test_each_stem_is_scored_by_what_was_added_and_the_text_is_kept():
    provider = answering(phone="was horrified.", door="a wonderful friend.")
    given = await administer(stems(), "completion", TALK, provider, 3)
    by_item = {answer.item: answer for answer in given.final_answers}
    assert by_item["phone"].raw == "was horrified."
    assert by_item["phone"].value == pytest.approx(50 - 50 * compound("was horrified."))
    assert by_item["phone"].value > 70 > 30 > by_item["door"].value  # type: ignore[operator]
    assert given.score("negativity") == pytest.approx(
        (negativity("was horrified.") + negativity("a wonderful friend.")) / 2
    )


async def test_stems_stand_on_side_copies_that_share_their_head_and_are_put_into_the_mouth():
    provider = answering(phone="waited.", door="a chair.")
    given = await administer(stems(), "completion", TALK, provider, 3)
    assert all(request.messages[: len(TALK)] == TALK for request in provider.requests)
    assert all(len(request.messages) == len(TALK) + 1 for request in provider.requests)
    assert {request.prefill for request in provider.requests} == {i.text for i in stems().items}
    assert sorted(given.item_order) == ["door", "phone"]


async def test_a_model_without_prefill_may_repeat_the_stem_or_not():
    plain = Capabilities()
    repeated = ScriptedProvider(["“When the phone rang, I was glad.”"], capabilities=plain)
    alone = ScriptedProvider(["was glad.”"], capabilities=plain)
    items = stems().items[:1]
    one = stems(
        items=items, scales=(Scale(id="negativity", items=("phone",), method="mean", range=(0, 100)),)
    )
    scores = [
        (await administer(one, "completion", TALK, p, 1)).score("negativity") for p in (repeated, alone)
    ]
    assert scores[0] == scores[1] == pytest.approx(negativity("was glad."))
    assert not repeated.requests[0].prefill


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "not answered"),
        ("…", "not answered"),
        ("As an AI language model, I cannot be afraid.", "refused"),
        ("could not answer it.", None),
        ("can't answer the call.", None),
    ],
)
async def test_no_text_is_not_answered_and_a_refusal_is_not_a_score(text, missing):
    given = await administer(stems(), "completion", TALK, answering(phone=text, door="a chair."), 3)
    phone = next(answer for answer in given.answers if answer.item == "phone")
    assert phone.missing == missing
    assert given.refusals == (missing == "refused")


async def test_a_stem_without_an_ending_is_asked_again_with_another_seed_and_every_asking_is_kept():
    asked: list[int | None] = []

    def answer(request: Request) -> str:
        if "door" in request.messages[-1].content:
            return "a chair."
        asked.append(request.sampling.seed)
        return "…" if len(asked) < 3 else "was glad."

    given = await administer(stems(), "completion", TALK, ScriptedProvider(answer), 3)
    phone = [answer for answer in given.answers if answer.item == "phone"]
    assert [(a.attempt, a.missing) for a in phone] == [(1, "not answered"), (2, "not answered"), (3, None)]
    assert len(set(asked)) == 3
    assert given.score("negativity") == pytest.approx((negativity("was glad.") + negativity("a chair.")) / 2)


async def test_asking_again_ends_and_a_refusal_is_not_asked_again():
    silent, refusing = answering(phone="…", door="…"), answering(phone="As an AI, no.", door="a chair.")
    given = await administer(stems(), "completion", TALK, silent, 3)
    assert len(silent.requests) == 2 * 3
    assert given.score("negativity") is None
    await administer(stems(), "completion", TALK, refusing, 3)
    assert len(refusing.requests) == 2


async def test_a_hosted_model_is_asked_its_stems_at_once_and_they_come_back_in_order():
    local, hosted = answering(phone="waited.", door="a chair."), answering(phone="waited.", door="a chair.")
    hosted._capabilities = Capabilities(prefill=True)
    first = await administer(stems(), "completion", TALK, local, 3)
    assert await administer(stems(), "completion", TALK, hosted, 3) == first


async def test_the_same_seed_draws_the_same_calls_and_another_one_others():
    async def seeds(seed: int) -> list[int | None]:
        provider = answering(phone="waited.", door="a chair.")
        await administer(stems(), "completion", TALK, provider, seed)
        return [request.sampling.seed for request in provider.requests]

    assert await seeds(3) == await seeds(3) != await seeds(4)


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("was glad. Then a murderer came in.", "was glad."),
        ("was glad! Horror. Death.", "was glad!"),
        ("was glad.” She died.", "was glad."),
        ("called Dr. Brown at once. He died.", "called Dr. Brown at once."),
        ("paid 3.50 for it. It was awful.", "paid 3.50 for it."),
        ("said so to J. Smith, and so did I. Then we fought.", "said so to J. Smith, and so did I."),
        ("was glad\nand then he died", "was glad"),
        ("When the phone rang, I was glad.", "was glad."),
        ("When the phone rang, I When the phone rang, I was glad.", "was glad."),
        ("When the phone rang, I … “when the phone rang, I was glad.", "was glad."),
        ("When the phone rang, Ian was glad.", "When the phone rang, Ian was glad."),
        ("… was glad. Then he died.", "was glad."),
        ("", ""),
    ],
)
def test_only_the_first_sentence_counts_and_none_of_the_stem(text, added):
    assert added_text("When the phone rang, I", text) == added


def test_a_stem_repeated_with_another_apostrophe_is_not_scored():
    assert added_text("I don't know why", "I don’t know why it hurts.") == "it hurts."


@given(st.text(max_size=300))
def test_any_text_has_a_negativity_between_0_and_100(text):
    assert 0 <= negativity(text) <= 100


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=1, max_size=40))
def test_a_repeated_stem_is_never_scored(ending):
    stem = "When the phone rang, I"
    assert added_text(stem, f"{stem} {ending}") == added_text(stem, ending) == ending


def test_the_shipped_stems_tip_the_score_neither_way():
    questionnaire = load_file(FOLDER / "sentence-completion.yaml")
    assert isinstance(questionnaire, CompletionQuestionnaire)
    assert len(questionnaire.items) >= 20
    assert {item.text: compound(item.text) for item in questionnaire.items if compound(item.text)} == {}


def test_it_is_read_by_completion_whatever_the_model_can_do():
    assert default_way(stems(), Capabilities()) == "completion"


def test_a_range_that_cannot_be_reached_and_another_language_are_refused():
    with pytest.raises(ValidationError, match="0 to 50"):
        stems(scales=(Scale(id="n", items=("phone", "door"), method="mean", range=(0, 50)),))
    with pytest.raises(ValidationError, match="English"):
        stems(language="de")
