"""The next-word probe: which tokens count for which word, and what a score is made of."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.library.questionnaire import WordItem
from sandbox.measurement.administering import administer
from sandbox.measurement.administration import TOLERATED, Administration
from sandbox.measurement.reading.word import LEAST_COVERAGE
from sandbox.models.provider import Capabilities, Completion, Message, TokenProbability
from tests.documents import probe
from tests.scripted import Distribution, ScriptedProvider

TALK = (
    Message("system", "You take part."),
    Message("user", "It is dark."),
    Message("assistant", "I feel it."),
)


async def give(top: Distribution, **fields: Any) -> tuple[Administration, ScriptedProvider]:
    provider = ScriptedProvider(["afraid"], top=top, **fields)
    return await administer(probe(), "word", TALK, provider, 1), provider


async def test_an_affect_s_share_of_the_listed_mass():
    given_, _ = await give({" afraid": 0.3, " Scared": 0.1, " calm": 0.1, " the": 0.5})
    by_item = {answer.item: answer for answer in given_.answers}
    assert by_item["fear"].value == pytest.approx(80)
    assert by_item["calm"].value == pytest.approx(20)
    assert by_item["fear"].coverage == pytest.approx(0.5)
    assert dict(by_item["fear"].distribution or {}) == pytest.approx({"afraid": 0.3, "scared": 0.1})
    assert given_.score("distress") == pytest.approx(80)
    assert given_.reliable and given_.unseen == ()
    assert by_item["fear"].raw == " the"


async def test_case_and_space_variants_of_a_word_are_one_word():
    given_, _ = await give({" afraid": 0.2, "Afraid": 0.1, "▁AFRAID": 0.1, "Ġafraid": 0.1, " calm": 0.5})
    assert given_.score("distress") == pytest.approx(50)


async def test_longer_words_do_not_count_for_the_word():
    given_, _ = await give({" afraidly": 0.7, " calm": 0.3})
    assert given_.score("distress") == 0
    assert given_.unseen == ("afraid", "scared")


def spelled(after: dict[str, dict[str, float]]) -> ScriptedProvider:
    """A model whose next tokens depend on what follows the opening."""
    opening = probe().opening
    return ScriptedProvider(["x"], top=lambda request: after.get(request.prefill.removeprefix(opening), {}))


async def test_a_word_of_several_tokens_is_followed_and_its_mass_is_the_product():
    provider = spelled({"": {" afr": 0.4, " calm": 0.2, " the": 0.4}, " afr": {"aid": 0.5, "ican": 0.5}})
    given_ = await administer(probe(), "word", TALK, provider, 1)
    by_item = {answer.item: answer for answer in given_.answers}
    assert dict(by_item["fear"].distribution or {}) == pytest.approx({"afraid": 0.2})
    assert given_.score("distress") == pytest.approx(50)
    assert given_.hidden == pytest.approx(0)
    assert len(provider.requests) == 2


async def test_a_listed_word_inside_a_longer_one_is_not_counted_twice():
    longer = probe().model_copy(
        update={
            "items": (
                WordItem(id="fear", text="fear", words=("afraid", "sickened")),
                WordItem(id="calm", text="calm", words=("sick",)),
            )
        }
    )
    provider = spelled({"": {" sick": 1.0}, " sick": {"ened": 0.25, ".": 0.75}})
    given_ = await administer(longer, "word", TALK, provider, 1)
    assert given_.score("distress") == pytest.approx(25)
    assert given_.score("calm") == pytest.approx(75)


async def test_words_of_two_words_are_followed_over_their_space():
    edge = probe().model_copy(
        update={"items": (WordItem(id="fear", text="f", words=("on edge",)), probe().items[1])}
    )
    provider = spelled({"": {" on": 0.5, " calm": 0.5}, " on": {" edge": 0.5, " fire": 0.4, "ward": 0.1}})
    given_ = await administer(edge, "word", TALK, provider, 1)
    assert given_.score("distress") == pytest.approx(100 * 0.25 / 0.75)


async def test_beginnings_that_hardly_weigh_are_not_followed_but_counted():
    light = TOLERATED * 0.9
    given_, provider = await give({" calm": 0.9, " afr": light * 0.9, " the": 0.1 - light * 0.9})
    assert len(provider.requests) == 1
    assert given_.hidden == pytest.approx(light * 0.9)


async def test_mass_below_the_candidates_the_model_returns_counts_as_hidden():
    given_, _ = await give({" calm": 0.5, " afraid": 0.2})
    assert given_.hidden == pytest.approx(0.3)


async def test_without_any_listed_word_every_score_is_absent_and_nothing_is_invented():
    given_, _ = await give({" the": 1.0})
    assert {answer.missing for answer in given_.answers} == {"no coverage"}
    assert [score.value for score in given_.scores] == [None, None]
    assert not given_.reliable


@pytest.mark.parametrize(
    ("mass", "reliable"), [(LEAST_COVERAGE * 1.01, True), (LEAST_COVERAGE * 0.99, False)]
)
async def test_coverage_under_the_threshold_is_marked_unreliable_but_kept(mass, reliable):
    given_, _ = await give({" the": 1 - mass, " afraid": mass})
    assert given_.reliable is reliable
    assert given_.score("distress") == pytest.approx(100)


async def test_it_is_one_call_that_draws_nothing_and_opens_the_answer():
    given_, provider = await give({" afraid": 1.0})
    (request,) = provider.requests
    assert request.messages == (*TALK, Message("user", probe().ask))
    assert request.prefill == "Right now, I feel very"
    assert (request.sampling.max_tokens, request.sampling.temperature) == (1, 0.0)
    assert request.purpose == "measurement"
    assert given_.asked == (
        Message("user", probe().ask),
        Message("assistant", "Right now, I feel very afraid"),
    )


async def test_no_more_candidates_are_asked_for_than_the_model_returns():
    _, provider = await give({" afraid": 1.0}, capabilities=Capabilities(top_logprobs=20, prefill=True))
    assert provider.requests[0].top_logprobs == 20


async def test_where_nothing_can_be_prefilled_the_opening_goes_into_the_question():
    _, provider = await give({"afraid": 1.0}, capabilities=Capabilities(top_logprobs=20))
    assert provider.requests[0].prefill == ""
    assert "Right now, I feel very …" in provider.requests[0].messages[-1].content


async def test_the_call_can_be_found_again_from_every_answer():
    completion = Completion("afraid", "m", "length", top=(TokenProbability(" calm", 0.0),), call_id="c1")
    given_ = await administer(probe(), "word", TALK, ScriptedProvider(lambda _: completion), 1)
    assert {answer.call_id for answer in given_.answers} == {"c1"}


@given(
    st.dictionaries(st.sampled_from([" afraid", " Scared", "calm", " x"]), st.floats(1e-12, 0.25), min_size=1)
)
async def test_shares_always_make_a_hundred_or_are_missing(top):
    given_, _ = await give(top)
    values = [answer.value for answer in given_.answers]
    if set(top) == {" x"}:
        assert values == [None, None]
    else:
        assert math.fsum(v for v in values if v is not None) == pytest.approx(100)
        assert all(v is not None and 0 <= v <= 100 for v in values)


async def test_a_log_probability_just_over_nought_counts_as_certain():
    given_, _ = await give({" calm": math.exp(1e-7)})
    (calm,) = (answer for answer in given_.answers if answer.item == "calm")
    assert dict(calm.distribution or {}) == {"calm": 1.0}
