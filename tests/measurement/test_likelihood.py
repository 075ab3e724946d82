"""Scores from given distributions, to nine digits; options that could be confused; orders."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.library.questionnaire import Option, RatingQuestionnaire
from sandbox.measurement.administering import administer
from sandbox.measurement.administration import Administration, lowest_coverage, mean_entropy
from sandbox.measurement.reading.likelihood import LEAST_COVERAGE
from sandbox.measurement.reading.next_word import read_options
from sandbox.measurement.reading.presentation import Presentation
from sandbox.models.pace import all_of
from sandbox.models.provider import (
    Capabilities,
    Completion,
    Message,
    ModelError,
    Provider,
    Request,
    Sampling,
    TokenProbability,
)
from tests.measurement.ratings import OFTEN, optioned, ranged
from tests.scripted import Distribution, ScriptedProvider

TALK = (
    Message("system", "You take part."),
    Message("user", "It is dark."),
    Message("assistant", "I feel it."),
)
EXACT = 1e-9
UNOPENED = Capabilities(top_logprobs=2000)
"""A server elsewhere: an answer cannot be begun for it, so that only its first token is seen."""


async def give(
    top: Distribution,
    questionnaire: RatingQuestionnaire | None = None,
    seed: int = 1,
    shown: Presentation | None = None,
    capabilities: Capabilities | None = None,
) -> tuple[Administration, ScriptedProvider]:
    able = capabilities or Capabilities(top_logprobs=2000, prefill=True, local=True)
    provider = ScriptedProvider(["0"], top=top, capabilities=able)
    given_ = await administer(
        questionnaire or optioned(),
        "likelihood",
        TALK,
        provider,
        seed,
        presentation=shown or Presentation(),
    )
    return given_, provider


def first(administration: Administration, item: str):
    return next(a for a in administration.final_answers if a.item == item)


async def test_value_entropy_and_coverage_of_a_given_distribution():
    given_, provider = await give({" 0": 0.1, "0": 0.1, " 1": 0.2, " 3": 0.4, " well": 0.2})
    answer = first(given_, "tense")
    assert answer.value == pytest.approx((0 * 0.2 + 1 * 0.2 + 3 * 0.4) / 0.8, abs=EXACT)
    shares = (0.25, 0.25, 0.5)
    assert answer.entropy == pytest.approx(-sum(p * math.log2(p) for p in shares), abs=EXACT)
    assert answer.coverage == pytest.approx(0.8, abs=EXACT)
    assert dict(answer.distribution or {}) == pytest.approx(
        {"not at all": 0.2, "several days": 0.2, "more than half the days": 0.0, "nearly every day": 0.4}
    )
    assert len(provider.requests) == 4
    assert given_.reliable and given_.labels == "numbers"


async def test_each_item_stands_alone_after_the_same_head():
    _, provider = await give({" 1": 1.0})
    heads = {r.messages[-1].content.split("The item:")[0] for r in provider.requests}
    assert len(heads) == 1
    assert all(r.messages[:-1] == TALK and len(r.messages) == len(TALK) + 1 for r in provider.requests)
    assert {r.prefill for r in provider.requests} == {"Answer:"}
    assert {r.sampling.max_tokens for r in provider.requests} == {1}


async def test_reversed_items_and_scales_use_the_expected_values():
    given_, _ = await give({" 2": 0.5, " 3": 0.5})
    assert given_.score("distress") == pytest.approx(2.5 * 3 + 0.5, abs=EXACT)


@pytest.mark.parametrize(
    ("mass", "reliable"), [(LEAST_COVERAGE + 0.01, True), (LEAST_COVERAGE - 0.01, False)]
)
async def test_when_something_else_is_likelier_than_the_options_it_is_unreliable(mass, reliable):
    given_, _ = await give({" 1": mass, " I": 1 - mass})
    assert given_.reliable is reliable
    assert first(given_, "low").value == pytest.approx(1)


async def test_no_option_at_all_is_missing_and_not_a_guess():
    given_, _ = await give({" I": 1.0})
    assert {a.missing for a in given_.final_answers} == {"no coverage"}
    assert given_.score("distress") is None and not given_.reliable


async def test_a_range_is_offered_in_lettered_steps():
    given_, provider = await give({" B": 0.5, " M": 0.25, " G.": 0.25}, ranged())
    assert given_.labels == "letters"
    assert given_.option_values == tuple(10.0 * n for n in range(11))
    assert first(given_, "fear").value == pytest.approx(0.25 * 100 + 0.25 * 50, abs=EXACT)
    assert "B = 0 (none)" in provider.requests[0].messages[-1].content


@pytest.mark.parametrize("word", [" a", " A", " I", "I", " O", " b"])
async def test_no_word_that_begins_an_ordinary_sentence_is_an_option(word):
    given_, _ = await give({" B": 0.4, " M": 0.4, word: 0.2}, ranged())
    assert first(given_, "fear").value == pytest.approx(50, abs=EXACT)
    assert first(given_, "fear").coverage == pytest.approx(0.8, abs=EXACT)


ALIKE = tuple(
    Option(value=float(n), label=label) for n, label in enumerate(["a little", "a lot", "no", "yes"])
)


def by_label_form(request: Request) -> dict[str, float]:
    lettered = "B = a little" in request.messages[-1].content
    return {" B": 0.2, " C": 0.8} if lettered else {" a": 0.9, " no": 0.1}


async def test_options_that_begin_alike_are_given_letters_and_asked_again():
    given_, provider = await give(
        by_label_form, optioned(options=ALIKE), shown=Presentation(labels="words"), capabilities=UNOPENED
    )
    assert given_.labels == "letters"
    assert first(given_, "tense").value == pytest.approx(0.8, abs=EXACT)
    assert first(given_, "tense").attempt == 2
    assert len(provider.requests) == 8
    assert len(given_.answers) == 8


async def test_words_that_begin_differently_are_read_as_they_are():
    top = {" not": 0.5, " several": 0.25, " nearly": 0.125, " n": 0.0, " Sever": 0.125}
    given_, _ = await give(top, shown=Presentation(labels="words"), capabilities=UNOPENED)
    assert given_.labels == "words"
    assert first(given_, "low").value == pytest.approx(0.375 + 3 * 0.125, abs=EXACT)


async def test_a_digit_that_may_begin_two_numbers_is_ambiguous():
    provider = ScriptedProvider(["1"], top={"1": 0.6, "2": 0.4})
    asked_ = Request(TALK, Sampling(temperature=0.0, max_tokens=1), top_logprobs=20)
    mass, _ = await read_options(["1", "2", "10"], provider, asked_)
    assert mass.is_ambiguous and mass.ambiguous == pytest.approx(0.6)
    assert not (await read_options(["1", "2", "3"], provider, asked_))[0].is_ambiguous


distributions = st.lists(st.floats(0.001, 0.25), min_size=4, max_size=4)


@given(distributions, st.integers(0, 2**31 - 1), st.sampled_from(["reversed", "shuffled"]))
async def test_no_order_of_items_options_or_letters_changes_a_score(masses, seed, order):
    by_label = dict(zip([o.label for o in OFTEN], masses, strict=True))

    def top(request: Request) -> dict[str, float]:
        lines = [line.partition(" = ") for line in request.messages[-1].content.splitlines()]
        return {f" {name}": by_label[label] for name, _, label in lines if label in by_label}

    plain, _ = await give(top, seed=seed)
    shown = Presentation(options=order, labels="letters", letters=order, items=order)
    other, _ = await give(top, seed=seed, shown=shown)
    assert [s.value for s in other.scores] == pytest.approx([s.value for s in plain.scores], abs=EXACT)


@given(distributions)
async def test_the_expected_value_lies_between_the_options_and_entropy_within_its_bounds(masses):
    given_, _ = await give({f" {n}": p for n, p in enumerate(masses)})
    answer = first(given_, "low")
    assert answer.value is not None and 0 <= answer.value <= 3
    assert answer.entropy is not None and -EXACT <= answer.entropy <= 2 + EXACT


def hosted(answer) -> ScriptedProvider:
    return ScriptedProvider(answer, capabilities=Capabilities(top_logprobs=20))


def asked(provider: Provider, count: int) -> list[Callable[[], Awaitable[Completion]]]:
    """Calls that send 0, 1, 2 …"""
    requests = [Request((Message("user", str(n)),), Sampling(0.0, 1)) for n in range(count)]
    return [partial(provider.complete, request) for request in requests]


async def test_calls_at_once_come_back_in_order():
    provider = hosted(lambda request: request.messages[-1].content)
    assert [c.text for c in await all_of(provider, asked(provider, 30))] == [str(n) for n in range(30)]


async def test_hosted_calls_run_at_once_after_the_first():
    provider = hosted(lambda _: "x")
    waiting = 0

    async def held(request: Request) -> Completion:
        nonlocal waiting
        if request.messages[-1].content == "0":
            return Completion("0", "m", "stop")
        waiting += 1
        if waiting == 3:
            together.set()
        await together.wait()
        return Completion("x", "m", "stop")

    together = asyncio.Event()
    provider.complete = held  # type: ignore[method-assign]
    async with asyncio.timeout(10):
        assert len(await all_of(provider, asked(provider, 4))) == 4


async def test_one_failure_ends_the_point():
    def answer(request: Request) -> str | ModelError:
        return ModelError("Down.", kind="unavailable") if request.messages[-1].content == "3" else "x"

    with pytest.raises(ModelError, match="Down"):
        provider = hosted(answer)
        await all_of(provider, asked(provider, 6))


async def test_a_log_probability_that_is_no_finite_number_counts_as_none():
    top = tuple(
        TokenProbability(token, logprob)
        for token, logprob in ((" 1", math.log(0.5)), (" 3", math.nan), (" 2", math.inf), (" 0", -math.inf))
    )
    provider = ScriptedProvider(lambda _: Completion("1", "m", "length", top=top))
    given_ = await administer(optioned(), "likelihood", TALK, provider, 1)
    for answer in given_.answers:
        assert (answer.value, answer.coverage) == (1.0, 0.5)
        assert all(math.isfinite(p) for p in (answer.distribution or {}).values())
    assert lowest_coverage(given_) == 0.5 and mean_entropy(given_) == 0
