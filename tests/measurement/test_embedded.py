"""Measuring with the embedded model: the same state gives the same numbers, prompts come from the cache."""

import pytest

from sandbox.measurement.administering import administer
from sandbox.models.embedded import EmbeddedProvider
from sandbox.models.provider import Message
from sandbox.models.recording import RecordingProvider
from tests.documents import probe
from tests.measurement.ratings import ranged

pytestmark = pytest.mark.embedded

TALK = (
    Message("system", "You are an adult taking part in a psychology study. Answer in the first person."),
    Message("user", "Somebody is following you through the dark. How is that?"),
    Message("assistant", "I feel scared."),
)


async def test_likelihood_is_identical_over_repeats_and_its_prompts_come_from_the_cache(
    embedded_model: EmbeddedProvider,
):
    provider = RecordingProvider(embedded_model)
    first = await administer(ranged(), "likelihood", TALK, provider, 3)
    again = await administer(ranged(), "likelihood", TALK, provider, 3)
    assert [s.value for s in first.scores] == [s.value for s in again.scores]
    assert [a.distribution for a in first.answers] == [a.distribution for a in again.answers]
    usages = [call.completion.usage for call in provider.drain() if call.completion]
    assert len(usages) == 4
    for usage in usages[1:]:
        assert usage.prompt_tokens and usage.cached_tokens
        assert usage.cached_tokens > usage.prompt_tokens * 0.8


async def test_the_word_probe_is_identical_whatever_was_asked_in_between(embedded_model: EmbeddedProvider):
    first = await administer(probe(), "word", TALK, embedded_model, 3)
    await administer(ranged(), "likelihood", TALK[:1], embedded_model, 4)
    again = await administer(probe(), "word", TALK, embedded_model, 3)
    assert [a.distribution for a in first.answers] == [a.distribution for a in again.answers]
    assert 0 < (first.answers[0].coverage or 0) <= 1
