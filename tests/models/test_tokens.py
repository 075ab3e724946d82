"""Token counts come from the model's own tokenizer where there is one, and say so where there is none."""

import socket
from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.models.chat import ChatProvider
from sandbox.models.hosted import is_loopback
from sandbox.models.litellm_way import LiteLLM
from sandbox.models.provider import Capabilities, Completion, Message, Request, Sampling
from sandbox.models.tokens import count_tokens
from tests.models.misbehaving import ModelServer, says

TEXTS = ("It is past midnight.", "", "It is past midnight. It is past midnight.")


@pytest.mark.embedded
async def test_the_embedded_model_counts_with_its_own_tokenizer() -> None:
    found = await count_tokens("embedded", TEXTS)
    assert found.basis == "counted"
    one, none, two = found.counts
    assert (one, none) == (5, 0)
    assert two == 2 * one
    assert found.input_price == 0


async def test_a_model_of_openai_is_counted_and_priced_without_a_network() -> None:
    found = await count_tokens("openai/gpt-4o", TEXTS)
    assert found.basis == "counted"
    assert found.counts[0] == 5
    assert found.input_price is not None
    assert found.input_price > 0


async def test_another_tokenizer_makes_an_estimate_and_is_called_one() -> None:
    found = await count_tokens("anthropic/claude-sonnet-4-5", TEXTS)
    assert found.basis == "estimated"
    assert found.counts[0] > 0


async def test_a_price_that_is_not_known_is_not_made_up() -> None:
    assert (await count_tokens("groq/no-such-model", TEXTS)).input_price is None


async def test_a_name_of_no_known_shape_is_refused() -> None:
    with pytest.raises(UsageError):
        await count_tokens("what", TEXTS)


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts beyond this machine that were asked for, also where whoever asked went on without."""
    hosts: list[str] = []
    inner = socket.getaddrinfo

    def spy(host: Any, *rest: Any, **more: Any) -> Any:
        if isinstance(host, str) and not is_loopback(host):
            hosts.append(host)
        return inner(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    return hosts


async def test_no_tokenizer_is_fetched_to_count_with(looked_up: list[str]) -> None:
    found = await count_tokens("openai/llama-3.1-8b", TEXTS)
    assert found.basis == "estimated"
    assert not looked_up


async def test_no_tokenizer_is_fetched_where_a_server_did_not_count(looked_up: list[str]) -> None:
    with ModelServer(says("I feel calm.")) as server:
        provider = ChatProvider(
            LiteLLM(),
            "openai/llama-2-7b",
            api_base=server.base,
            api_key="none",
            capabilities=Capabilities(local=True),
            sampling=Sampling(temperature=0.5, max_tokens=20),
        )
        ask = Request((Message("user", "How do you feel?"),), provider.sampling)
        *_, last = [part async for part in provider.stream(ask)]
    assert isinstance(last, Completion)
    assert last.text.strip() == "I feel calm."
    assert not looked_up
