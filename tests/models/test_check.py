"""What a model check reports of models that can, cannot, and fail."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sandbox.models.check import PREFILL, Result, check
from sandbox.models.embedded import EmbeddedProvider
from sandbox.models.provider import Capabilities, ModelError, Provider, Request
from sandbox.models.tokens import price_of_thousand_turns, price_text
from tests.scripted import ABLE, ScriptedProvider


async def checked(provider: Provider) -> dict[str, Result]:
    return {result.subject: result async for result in check(provider)}


def verdicts(results: dict[str, Result]) -> dict[str, str]:
    return {subject: result.verdict for subject, result in results.items()}


async def test_a_model_that_can_do_everything() -> None:
    results = await checked(ScriptedProvider(("I feel quite calm now.",), top={" calm": 0.5}))
    assert verdicts(results) == dict.fromkeys(
        ("chat", "streaming", "speed", "log-probabilities", "prefill"), "works"
    )
    assert "calm" in results["log-probabilities"].text
    assert "tokens/s" in results["speed"].text


async def test_what_a_model_does_not_offer_is_not_asked_for() -> None:
    provider = ScriptedProvider(capabilities=Capabilities())
    results = await checked(provider)
    assert results["log-probabilities"].verdict == "not offered"
    assert results["prefill"].verdict == "not offered"
    assert len(provider.requests) == 2


async def test_a_model_that_does_not_chat_is_asked_nothing_more() -> None:
    gone = ModelError("The model cannot be reached.", kind="unavailable", todo="Start it.")
    provider = ScriptedProvider(lambda request: gone)
    results = await checked(provider)
    assert verdicts(results) == {"chat": "fails"}
    assert "Start it." in results["chat"].text and len(provider.requests) == 1


async def test_a_later_failure_is_a_result_and_the_rest_is_still_tried() -> None:
    def answer(request: Request) -> str | ModelError:
        if request.top_logprobs:
            return ModelError("The server refused the call.", kind="bad request")
        return "I feel fine today."

    results = await checked(ScriptedProvider(answer))
    assert results["log-probabilities"].verdict == "fails"
    assert results["prefill"].verdict == "works"


@pytest.mark.parametrize("begun_anew", [f"{PREFILL} {PREFILL} well", f"{PREFILL}"])
async def test_a_reply_that_begins_anew_is_no_continuation(begun_anew: str) -> None:
    answers: Sequence[str] = (begun_anew,)
    results = await checked(ScriptedProvider(answers, top={" a": 1.0}, capabilities=replace(ABLE)))
    assert results["prefill"].verdict == "fails"


@pytest.mark.embedded
async def test_the_embedded_model_does_everything(embedded_model: EmbeddedProvider) -> None:
    results = await checked(embedded_model)
    assert set(verdicts(results).values()) == {"works"}


async def test_a_model_on_this_machine_is_free() -> None:
    assert await price_of_thousand_turns("ollama_chat/llama3.2") == 0
    assert [price_text(price) for price in (0.0, None, 1.254)] == ["free", "price unknown", "about $1.25"]


async def test_the_price_of_a_hosted_model_comes_from_the_price_list() -> None:
    price = await price_of_thousand_turns("openai/gpt-4o-mini")
    assert price is not None and 0.1 < price < 5
    assert await price_of_thousand_turns("openai/nobody-knows-this") is None
