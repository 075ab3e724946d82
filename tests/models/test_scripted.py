"""The scripted provider keeps the same promises as a real one; every other test suite leans on it."""

import asyncio
import math

import pytest

from sandbox.models.provider import Completion, Delta, Message, ModelError, Provider, Request, Sampling
from tests.scripted import ScriptedProvider


def ask(text: str = "How are you?", *, prefill: str = "", top: int = 0) -> Request:
    return Request(
        messages=(Message("user", text),), sampling=Sampling(0.0, 40), prefill=prefill, top_logprobs=top
    )


async def test_it_is_a_provider_and_answers_in_turn_then_from_the_first_again():
    provider: Provider = ScriptedProvider(("One.", "Two."))
    texts = [(await provider.complete(ask())).text for _ in range(3)]
    assert texts == ["One.", "Two.", "One."]


@pytest.mark.parametrize("answer", ["I feel calm  now.\n", "calm now.", ""])
async def test_the_deltas_of_a_stream_add_up_to_its_completion(answer):
    parts = [part async for part in ScriptedProvider([answer]).stream(ask(prefill="I feel"))]
    assert isinstance(parts[-1], Completion)
    assert "".join(part.text for part in parts[:-1] if isinstance(part, Delta)) == parts[-1].text
    assert parts[0] == Delta("I feel")


async def test_an_error_is_raised_with_its_attempt():
    provider = ScriptedProvider(lambda request: ModelError("No.", kind="refused"))
    with pytest.raises(ModelError) as caught:
        await provider.complete(ask())
    assert [attempt.failure for attempt in caught.value.attempts] == ["refused"]


async def test_probabilities_come_only_when_asked_for_and_most_probable_first():
    provider = ScriptedProvider(top={" sad": 0.2, " calm": 0.7, " never": 0.0})
    assert (await provider.complete(ask())).top == ()
    top = (await provider.complete(ask(top=5))).top
    assert [(candidate.token, round(math.exp(candidate.logprob), 6)) for candidate in top] == [
        (" calm", 0.7),
        (" sad", 0.2),
    ]
    assert len((await provider.complete(ask(top=1))).top) == 1


async def test_a_gate_holds_a_stream_in_its_middle():
    gate = asyncio.Event()
    stream = ScriptedProvider(["one two"], gate=gate).stream(ask())
    assert await anext(stream) == Delta("one")
    held = asyncio.ensure_future(anext(stream))
    await asyncio.wait([held], timeout=0.01)
    assert not held.done()
    gate.set()
    assert await held == Delta(" two")
