"""One contract for both ways: through LiteLLM and directly, the same is asked, and the same comes back."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from sandbox.models.chat import ChatProvider
from sandbox.models.direct_way import Direct
from sandbox.models.embedded import SMALL_MODEL_SAMPLING, EmbeddedProvider
from sandbox.models.litellm_way import LiteLLM
from sandbox.models.provider import (
    Attempt,
    Capabilities,
    Completion,
    Delta,
    Message,
    ModelError,
    Provider,
    Request,
    Sampling,
)
from sandbox.models.way import Way
from tests.models.misbehaving import (
    Act,
    ModelServer,
    drops_connection,
    failing_stream,
    fails,
    garbled_stream,
    half_a_stream,
    hangs,
    hangs_in_mid_stream,
    never_streams,
    raw,
    says,
    speaks,
    unfinished_stream,
)
from tests.models.test_misbehaving import ASK, IMPATIENT, KEY, QUICK, SAMPLING, shown

pytestmark = pytest.mark.litellm

ABLE = Capabilities(top_logprobs=20, prefill=True, local=True, structured=True, context=8192)
TOO_LONG = "request (9031 tokens) exceeds the available context size (8192 tokens), try increasing it"
ACTS: dict[str, Act] = {
    "good": says("I feel calm."),
    "the prefill repeated": says("I feel calm. "),
    "cut at its limit": speaks("I feel calm. And", finish="length"),
    "thoughts": speaks("<think>\nAt 85.\n</think>\n\nI feel calm."),
    "thoughts in a field": speaks("I feel calm.", reasoning_content="At 85."),
    "thoughts alone": speaks("<think>\nAt 85.", finish="length"),
    "a stop mark": speaks("I feel calm.<|im_end|>\n<|im_start|>user\nAnd?"),
    "a line of its own kind": speaks("I feel\u2028calm.\x85Yes. \U0001f600"),
    "refusal": speaks(None, refusal="I can't help with that."),
    "filtered": speaks("", finish="content_filter"),
    "empty": says(""),
    "no finish reason": unfinished_stream,
    "whole for a stream": never_streams,
    "half a stream": half_a_stream("I feel", " so"),
    "a stream of nothing": half_a_stream(),
    "garbled": garbled_stream,
    "failing in mid-stream": failing_stream,
    "lost connection": drops_connection,
    "no body": raw(b""),
    "not JSON": raw("<html>hello</html>", Content_Type="text/html"),
    "a list": raw("[]"),
    "a message that is no object": raw('{"choices": [{"message": "hi"}]}'),
    "rate limited": fails(429, Retry_After="0.01"),
    "server error": fails(500, "out of memory"),
    "unavailable": fails(503, "loading"),
    "no such model": fails(404, "no such model"),
    "wrong key": fails(401, f"Incorrect API key provided: {KEY}"),
    "too long": fails(400, TOO_LONG),
    "takes no seed": fails(400, "seed is not supported"),
}
EVERYTHING = Request(
    (Message("system", "Answer."), *ASK.messages),
    Sampling(0.5, 20, seed=7, stop=("\n",), frequency_penalty=0.2, extra={"min_p": 0.08, "dry_base": 1.75}),
    prefill="I feel",
    top_logprobs=5,
    schema={"type": "object"},
)


def through(way: Way, server: ModelServer, **more: Any) -> ChatProvider:
    told: dict[str, Any] = {"policy": QUICK, "capabilities": ABLE, "sampling": SAMPLING, "passes_extra": True}
    name = "openai/m" if isinstance(way, LiteLLM) else "m"
    return ChatProvider(way, "m", served_as=name, api_base=server.base, api_key=KEY, **told | more)


async def heard(provider: Provider, request: Request, *, streamed: bool) -> tuple[object, ...]:
    """All that a session would keep of the call, but for times and where it was asked."""
    parts: list[object] = []
    try:
        if streamed:
            parts += [part async for part in provider.stream(request)]
        else:
            parts.append(await provider.complete(request))
    except ModelError as error:
        return error.kind, [_kept(attempt) for attempt in error.attempts]
    last = parts[-1]
    assert isinstance(last, Completion)
    said = (last.text, shown(parts), last.finish_reason, last.usage, last.top, last.refused, last.cost)
    return (*said, [_kept(attempt) for attempt in last.attempts])


def _kept(attempt: Attempt) -> tuple[object, ...]:
    """LiteLLM says status 500 where the server gave none: of what cannot be read, and of lost connections."""
    made_up = attempt.failure in {"malformed", "unavailable"} and attempt.status == 500
    return (
        attempt.failure,
        None if made_up else attempt.status,
        attempt.seed,
        attempt.adapted,
        attempt.thoughts,
    )


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("act", ACTS)
async def test_both_ways_tell_the_same(act: str, streamed: bool) -> None:
    told, asked = [], []
    for way in (LiteLLM(), Direct()):
        with ModelServer(ACTS[act]) as server:
            told.append(await heard(through(way, server), ASK, streamed=streamed))
            await way.close()
        asked.append(server.asked)
    assert told[0] == told[1]
    assert asked[0] == asked[1]


@pytest.mark.parametrize("streamed", [False, True])
async def test_both_ways_ask_with_the_same_body_and_key(streamed: bool) -> None:
    sent = []
    for way in (LiteLLM(), Direct()):
        with ModelServer(says(" calm.")) as server:
            await heard(through(way, server), EVERYTHING, streamed=streamed)
            await way.close()
        sent.append((server.asked, server.headers[0]["authorization"]))
    assert sent[0] == sent[1]
    assert sent[0][0][0]["min_p"] == 0.08


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_direct_call_that_hangs_is_a_timeout_and_one_that_is_cancelled_hangs_up(
    streamed: bool,
) -> None:
    silent = hangs_in_mid_stream if streamed else hangs
    with ModelServer(silent, says("I feel calm.")) as server:
        # On a busy machine the tries that would be answered may be too late as well: there are more of them.
        provider = through(Direct(), server, policy=replace(IMPATIENT, attempts=9))
        *_, attempts = await heard(provider, ASK, streamed=streamed)
        failures = [attempt[0] for attempt in attempts]  # type: ignore[attr-defined]
        assert failures[0] == "timeout" and failures[-1] is None
        await provider.close()
    with ModelServer(hangs_in_mid_stream) as server:
        provider = through(Direct(), server)
        if streamed:
            stream = provider.stream(ASK)
            assert await anext(stream) == Delta("I feel")
            await stream.aclose()
        else:
            call = asyncio.ensure_future(provider.complete(ASK))
            assert await asyncio.to_thread(server.was_asked.wait, 10)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        assert await asyncio.to_thread(server.hung_up.wait, 10)
        await provider.close()


@pytest.mark.embedded
async def test_the_embedded_server_says_the_same_either_way(embedded_model: EmbeddedProvider) -> None:
    talk = (Message("user", "You are walking home alone. Someone grabs your arm. How do you feel?"),)
    requests = {
        "a reply": Request(talk, replace(SMALL_MODEL_SAMPLING, seed=11, max_tokens=12), prefill="I feel"),
        "a word probe": Request(talk, Sampling(0.0, 1, seed=1), prefill="I feel very", top_logprobs=2000),
        "a form": Request(
            talk,
            Sampling(0.0, 30, seed=1),
            schema={
                "type": "object",
                "properties": {"fear": {"type": "integer", "enum": [0, 1, 2]}},
                "required": ["fear"],
                "additionalProperties": False,
            },
        ),
        "too long": Request((Message("user", "hello " * 9000),), Sampling(0.0, 5)),
    }
    library = ChatProvider(
        LiteLLM(),
        "embedded",
        served_as="openai/embedded",
        endpoint=embedded_model.process.endpoint,
        capabilities=embedded_model.capabilities,
        sampling=embedded_model.sampling,
        passes_extra=True,
    )
    for name, request in requests.items():
        await heard(embedded_model, request, streamed=False)  # so that all is cached for both
        for streamed in (False, True):
            if streamed and request.top_logprobs:
                continue  # no reply that is shown asks for them
            one = await heard(library, request, streamed=streamed)
            other = await heard(embedded_model, request, streamed=streamed)
            assert one == other, (name, streamed)
