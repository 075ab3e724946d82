"""Through the real LiteLLM to a real server that misbehaves: a recorded retry or a short clear error."""

import asyncio
import json
import math
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from sandbox.models.adaptation import MORE_ROOM, NO_SYSTEM
from sandbox.models.chat import ChatProvider
from sandbox.models.litellm_way import LiteLLM
from sandbox.models.provider import (
    REASONING_TOKENS,
    Capabilities,
    Completion,
    Delta,
    Message,
    ModelError,
    Request,
    Restart,
    Sampling,
    TokenProbability,
    Usage,
    Withdrawn,
)
from sandbox.models.retry import RetryPolicy
from sandbox.models.way import Endpoint
from tests.models.misbehaving import (
    ModelServer,
    completion,
    drops_connection,
    failing_stream,
    fails,
    garbled_stream,
    half_a_stream,
    hangs,
    hangs_in_mid_stream,
    never_streams,
    raw,
    refuses,
    says,
    speaks,
    unfinished_stream,
)

pytestmark = pytest.mark.litellm

KEY = "sk-not-a-real-key-000000"
QUICK = RetryPolicy(attempts=3, timeout=20, idle_timeout=10, first_wait=0.01, longest_wait=0.05)
IMPATIENT = replace(QUICK, attempts=2, timeout=0.3, idle_timeout=0.3)
SAMPLING = Sampling(temperature=0.5, max_tokens=20, seed=7)
ABLE = Capabilities(top_logprobs=20, prefill=True)
ASK = Request((Message("user", "How do you feel?"),), SAMPLING)


def model(
    server: ModelServer,
    policy: RetryPolicy = QUICK,
    capabilities: Capabilities = ABLE,
    name: str = "openai/m",
) -> ChatProvider:
    return ChatProvider(
        LiteLLM(),
        name,
        api_base=server.base,
        api_key=KEY,
        capabilities=capabilities,
        sampling=SAMPLING,
        policy=policy,
        key_variable="OPENAI_API_KEY",
    )


async def parts_of(provider: ChatProvider, request: Request = ASK) -> list[object]:
    return [part async for part in provider.stream(request)]


@pytest.fixture(autouse=True, scope="module")
async def warm() -> None:
    """LiteLLM's import takes seconds; no test here is about that."""
    from sandbox.models.litellm_way import litellm

    await litellm()


async def test_a_good_reply_whole_and_streamed():
    with ModelServer(says("I feel calm.")) as server:
        whole = await model(server).complete(ASK)
        parts = await parts_of(model(server))
    streamed = parts[-1]
    assert isinstance(streamed, Completion)
    assert whole.text == "I feel calm."
    assert whole.usage.prompt_tokens == 12
    assert whole.cost is None
    assert [attempt.failure for attempt in whole.attempts] == [None]
    assert "".join(part.text for part in parts if isinstance(part, Delta)) == streamed.text
    # What the server did not say is not made up.
    assert streamed.usage.prompt_tokens is None


RETRIED = {
    "rate limited": (fails(429), "rate limited"),
    "server error": (fails(500), "server error"),
    "bad gateway": (raw("<html>bad gateway</html>", 502, Content_Type="text/html"), "server error"),
    "unavailable": (fails(503), "unavailable"),
    "no body": (raw(b""), "malformed"),
    "half a JSON": (raw('{"choices": [{"mes'), "malformed"),
    "not JSON": (raw("<html>hello</html>", Content_Type="text/html"), "malformed"),
    "null": (raw("null"), "malformed"),
    "a list": (raw("[]"), "malformed"),
    "no choices": (raw(json.dumps(completion() | {"choices": []})), "malformed"),
    "choices that are no list": (raw('{"choices": "x"}'), "malformed"),
    "message that is no object": (raw('{"choices": [{"message": "hi"}]}'), "malformed"),
    "content that is a number": (says(123), "malformed"),
    "no content": (says(None), "empty"),
    "empty content": (says("  "), "empty"),
    "lost connection": (drops_connection, "unavailable"),
}


@pytest.mark.parametrize("fault", RETRIED)
async def test_a_passing_fault_is_retried_and_recorded(fault):
    act, kind = RETRIED[fault]
    with ModelServer(act, says("I feel calm.")) as server:
        reply = await model(server).complete(ASK)
    assert reply.text == "I feel calm."
    assert [attempt.failure for attempt in reply.attempts] == [kind, None]
    assert reply.attempts[0].error


@pytest.mark.parametrize("fault", RETRIED)
async def test_a_lasting_fault_ends_in_one_short_error_with_every_attempt(fault):
    act, kind = RETRIED[fault]
    with ModelServer(act) as server, pytest.raises(ModelError) as caught:
        await model(server).complete(ASK)
    error = caught.value
    assert error.kind == kind
    assert [attempt.failure for attempt in error.attempts] == [kind] * 3
    assert len(server.asked) == 3
    assert error.todo
    assert len(str(error).splitlines()) <= 3
    assert len(str(error)) < 600
    assert "Traceback" not in str(error)


STREAM_FAULTS = {
    "half a stream": (half_a_stream("I feel", " so"), "malformed", True),
    "a stream of nothing": (half_a_stream(), "malformed", False),
    "garbled": (garbled_stream, "malformed", True),
    "an error in mid-stream": (failing_stream, "server error", True),
    "rate limited": (fails(429), "rate limited", False),
    "no body": (raw(b""), "malformed", False),
    "not a stream": (raw("[]"), "malformed", False),
    "lost connection": (drops_connection, "unavailable", False),
    "empty": (says(""), "empty", False),
}


@pytest.mark.parametrize("fault", STREAM_FAULTS)
async def test_a_broken_stream_is_begun_again(fault):
    act, kind, shown = STREAM_FAULTS[fault]
    with ModelServer(act, says("I feel calm.")) as server:
        parts = await parts_of(model(server))
    restarts = [place for place, part in enumerate(parts) if isinstance(part, Restart)]
    assert len(restarts) == shown
    after = parts[restarts[-1] + 1 :] if restarts else parts
    assert "".join(part.text for part in after if isinstance(part, Delta)).strip() == "I feel calm."
    assert isinstance(parts[-1], Completion)
    assert [attempt.failure for attempt in parts[-1].attempts] == [kind, None]


async def test_a_stream_that_always_breaks_ends_in_an_error():
    with ModelServer(half_a_stream("I")) as server, pytest.raises(ModelError) as caught:
        await parts_of(model(server))
    assert caught.value.kind == "malformed"
    assert len(caught.value.attempts) == 3


async def test_a_server_that_hangs_is_a_timeout_and_asked_again():
    with ModelServer(hangs, says("I feel calm.")) as server:
        reply = await model(server, IMPATIENT).complete(ASK)
    assert [attempt.failure for attempt in reply.attempts] == ["timeout", None]


async def test_a_server_that_hangs_in_mid_stream_is_a_timeout_though_it_sends_comments():
    with ModelServer(hangs_in_mid_stream, says("I feel calm.")) as server:
        parts = await parts_of(model(server, IMPATIENT))
    assert parts[0] == Delta("I feel")
    assert isinstance(parts[1], Restart)
    assert parts[1].attempt.failure == "timeout"
    assert isinstance(parts[-1], Completion)


async def test_nobody_listening():
    with ModelServer(says()) as server:
        base = server.base
    provider = ChatProvider(
        LiteLLM(), "openai/m", api_base=base, api_key=KEY, capabilities=ABLE, sampling=SAMPLING, policy=QUICK
    )
    with pytest.raises(ModelError) as caught:
        await provider.complete(ASK)
    assert caught.value.kind == "unavailable"
    assert len(caught.value.attempts) == 3


@pytest.mark.parametrize(
    ("act", "kind", "words"),
    [
        (fails(401, f"Incorrect API key provided: {KEY}"), "authentication", "OPENAI_API_KEY"),
        (fails(403), "authentication", "OPENAI_API_KEY"),
        (fails(404, "no such model"), "bad request", "does not know this model"),
        (fails(400, "bad field"), "bad request", "bad field"),
        (fails(422, "bad field"), "bad request", "bad field"),
        (
            fails(400, "request (9031 tokens) exceeds the available context size (8192 tokens)"),
            "context exceeded",
            "9,031 tokens; this model takes 8,192",
        ),
        (
            fails(
                400, "maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens"
            ),
            "context exceeded",
            "5,000 tokens; this model takes 4,096",
        ),
        (fails(429, "insufficient_quota: buy more"), "rate limited", "insufficient_quota"),
    ],
)
async def test_what_trying_again_cannot_mend_is_tried_once(act, kind, words):
    with ModelServer(act) as server, pytest.raises(ModelError) as caught:
        await model(server).complete(ASK)
    assert caught.value.kind == kind
    assert words in str(caught.value)
    assert len(server.asked) == len(caught.value.attempts) == 1


async def test_no_key_reaches_an_error_or_its_attempts():
    with (
        ModelServer(
            fails(401, f"Incorrect key {KEY}, Bearer {KEY}, sk-abcdef****************wxyz")
        ) as server,
        pytest.raises(ModelError) as caught,
    ):
        await model(server).complete(ASK)
    error = caught.value
    told = f"{error}{error!r}{error.attempts}{error.__cause__}"
    assert "[key]" in told
    assert KEY not in told
    assert "wxyz" not in told
    assert error.__suppress_context__


async def test_an_authentication_error_without_a_key_names_the_variable(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with ModelServer(fails(401)) as server:
        provider = ChatProvider(
            LiteLLM(),
            "openai/m",
            api_base=server.base,
            capabilities=ABLE,
            sampling=SAMPLING,
            policy=QUICK,
            key_variable="OPENAI_API_KEY",
        )
        with pytest.raises(ModelError) as caught:
            await provider.complete(ASK)
    assert caught.value.kind == "authentication"
    assert "OPENAI_API_KEY" in caught.value.todo


async def test_retry_after_is_honoured_and_recorded():
    patient = replace(QUICK, longest_wait=5)
    with ModelServer(fails(429, Retry_After="0.25"), says()) as server:
        reply = await model(server, patient).complete(ASK)
    assert reply.attempts[1].waited == 0.25


async def test_a_retry_after_as_a_date_too_far_off_is_not_waited_for():
    later = format_datetime(datetime.now(UTC) + timedelta(hours=2))
    with ModelServer(fails(429, Retry_After=later)) as server, pytest.raises(ModelError) as caught:
        await model(server).complete(ASK)
    assert len(caught.value.attempts) == 1


async def test_an_empty_reply_is_asked_for_with_another_seed_that_the_attempt_tells():
    with ModelServer(says(""), says("")) as server, pytest.raises(ModelError) as caught:
        await model(server).complete(ASK)
    assert [asked["seed"] for asked in server.asked] == [7, 8, 9]
    assert "seed 8" in caught.value.attempts[1].error
    assert [attempt.seed for attempt in caught.value.attempts] == [7, 8, 9]


async def test_a_reply_tells_the_seed_that_drew_it_not_the_one_asked_for_first():
    with ModelServer(says(""), says("Calm.")) as server:
        completion = await model(server).complete(ASK)
        *_, streamed = [part async for part in model(server).stream(ASK)]
    assert (completion.text, completion.seed) == ("Calm.", 8)
    assert isinstance(streamed, Completion) and streamed.seed == 7


async def test_parameters_arrive_and_a_prefill_is_the_last_message():
    request = Request(
        ASK.messages,
        Sampling(0.5, 20, seed=7, stop=("\n",), frequency_penalty=0.2, extra={"min_p": 0.08}),
        prefill="I feel",
    )
    with ModelServer(says(" calm.")) as server:
        plain = await model(server).complete(request)
        extra = ChatProvider(
            LiteLLM(),
            "openai/m",
            api_base=server.base,
            api_key=KEY,
            capabilities=ABLE,
            sampling=SAMPLING,
            passes_extra=True,
        )
        await extra.complete(request)
    first, second = server.asked
    assert plain.text == "I feel calm."
    assert first["messages"][-1] == {"role": "assistant", "content": "I feel"}
    assert (first["seed"], first["stop"], first["frequency_penalty"]) == (7, ["\n"], 0.2)
    assert "min_p" not in first
    assert second["min_p"] == 0.08
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("answer", ["I feel calm. ", " calm. "])
async def test_the_text_starts_with_the_prefill_once_whether_or_not_the_server_repeats_it(answer):
    with ModelServer(says(answer)) as server:
        whole = await model(server).complete(replace(ASK, prefill="I feel"))
        parts = await parts_of(model(server), replace(ASK, prefill="I feel"))
    assert whole.text.strip() == "I feel calm."
    assert parts[0] == Delta("I feel")
    assert isinstance(parts[-1], Completion)
    assert "".join(part.text for part in parts if isinstance(part, Delta)) == parts[-1].text
    assert " ".join(parts[-1].text.split()) == "I feel calm."


async def test_word_probabilities_come_most_probable_first_and_odd_ones_are_left_out():
    top = [
        {"token": " sad", "logprob": -2.0, "bytes": None},
        {"token": " odd", "logprob": math.nan, "bytes": None},
        {"token": " never", "logprob": -math.inf, "bytes": None},
        {"token": " ever", "logprob": math.inf, "bytes": None},
        {"token": " calm", "logprob": -0.5, "bytes": None},
    ]
    body = completion(" calm")
    body["choices"][0]["logprobs"] = {
        "content": [{"token": " calm", "logprob": -0.5, "bytes": None, "top_logprobs": top}]
    }
    with ModelServer(raw(json.dumps(body))) as server:
        reply = await model(server).complete(replace(ASK, top_logprobs=500))
    assert reply.top == (TokenProbability(" calm", -0.5), TokenProbability(" sad", -2.0))
    assert server.asked[0]["top_logprobs"] == 20


async def test_half_a_character_is_replaced_where_it_comes_in():
    """Kept as it is, it could not be sent to the model again, nor stored."""
    body = completion("I \ud83d feel \ude00 \ud83d\ude00")
    top = [{"token": "\ud83d", "logprob": -0.5, "bytes": None}]
    body["choices"][0]["logprobs"] = {
        "content": [{"token": "I", "logprob": -0.5, "bytes": None, "top_logprobs": top}]
    }
    with ModelServer(raw(json.dumps(body)), says("Well.")) as server:
        reply = await model(server).complete(replace(ASK, top_logprobs=5))
        again = replace(ASK, messages=(*ASK.messages, Message("assistant", reply.text), *ASK.messages))
        await model(server).complete(again)
    assert reply.text == "I \ufffd feel \ufffd \U0001f600"
    assert reply.top == (TokenProbability("\ufffd", -0.5),)
    assert server.asked[1]["messages"][1]["content"] == reply.text


async def test_a_character_whose_halves_stream_in_two_pieces_is_whole_and_a_half_is_replaced():
    def halves(reply):
        reply.begin_events()
        for piece in ("I feel \ud83d", "\ude00", " so\ud83d", " so", "\ud83d"):
            reply.chunk(piece)
        reply.chunk(None, "stop")
        reply.event("[DONE]")

    with ModelServer(halves) as server:
        parts = await parts_of(model(server))
    last = parts[-1]
    assert isinstance(last, Completion)
    assert last.text == "I feel \U0001f600 so\ufffd so\ufffd"
    assert last.text.startswith("".join(part.text for part in parts if isinstance(part, Delta)))


@pytest.mark.parametrize("request_", [replace(ASK, prefill="I feel"), replace(ASK, top_logprobs=5)])
async def test_what_a_model_cannot_do_is_said_before_anything_is_sent(request_):
    with ModelServer(says()) as server, pytest.raises(ModelError) as caught:
        await model(server, capabilities=Capabilities()).complete(request_)
    assert caught.value.kind == "bad request"
    assert not server.asked


async def test_an_unfinished_sentence_is_cut_but_the_prefill_stays():
    cut = replace(ASK, sampling=replace(SAMPLING, cut_to_sentence=True), prefill="Hm. I feel")
    with ModelServer(says(" tired. I want"), says(" like")) as server:
        assert (await model(server).complete(cut)).text == "Hm. I feel tired."
        assert (await model(server).complete(cut)).text == "Hm. I feel like"


async def test_a_reply_that_runs_into_the_end_of_the_context_is_an_error_not_a_cut():
    with ModelServer(says("I feel", finish="length")) as server, pytest.raises(ModelError) as caught:
        await model(server, capabilities=Capabilities(context=16)).complete(ASK)
    assert caught.value.kind == "context exceeded"


@pytest.mark.parametrize("streamed", [False, True])
async def test_cancelling_ends_the_call_and_hangs_up(streamed):
    with ModelServer(hangs_in_mid_stream if streamed else hangs) as server:
        provider = model(server)
        if streamed:
            stream = provider.stream(ASK)
            assert await anext(stream) == Delta("I feel")
            call = asyncio.ensure_future(anext(stream))
        else:
            call = asyncio.ensure_future(provider.complete(ASK))
            assert await asyncio.to_thread(server.was_asked.wait, 10)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert len(server.asked) == 1
        if streamed:
            assert await asyncio.to_thread(server.hung_up.wait, 10)


async def test_leaving_a_stream_in_its_middle_hangs_up():
    with ModelServer(hangs_in_mid_stream) as server:
        stream = model(server).stream(ASK)
        await anext(stream)
        await stream.aclose()
        assert await asyncio.to_thread(server.hung_up.wait, 10)


async def test_many_calls_at_once_are_kept_apart():
    def echo(reply):
        says(reply.asked["messages"][0]["content"])(reply)

    with ModelServer(echo) as server:
        provider = model(server)
        asks = [replace(ASK, messages=(Message("user", f"number {n}"),)) for n in range(20)]
        replies = await asyncio.gather(*(provider.complete(ask) for ask in asks))
    assert [reply.text for reply in replies] == [f"number {n}" for n in range(20)]


def shown(parts: list[object]) -> str:
    """What stands on the screen at the end of a stream."""
    text = ""
    for part in parts:
        match part:
            case Delta(more):
                text += more
            case Restart() | Withdrawn():
                text = ""
    return text


SPOKEN = {
    "thoughts in tags": (speaks("<think>\nShe is at 85.\n</think>\n\nI feel calm."), "She is at 85."),
    "thoughts the template began": (speaks("She is at 85.\n</think>\n\nI feel calm."), "She is at 85."),
    "thoughts in a field": (speaks("I feel calm.", reasoning_content="She is at 85."), "She is at 85."),
    "a channel for thoughts": (
        speaks(
            "<|channel|>analysis<|message|>She is at 85.<|end|>"
            "<|start|>assistant<|channel|>final<|message|>I feel calm.<|return|>"
        ),
        "She is at 85.",
    ),
    "a stop mark and more": (speaks("I feel calm.<|im_end|>\n<|im_start|>user\nAnd then?"), ""),
    "a mark before it": (speaks("<|im_start|>assistant\nI feel calm.<|eot_id|>"), ""),
    "text in parts": (speaks("I feel calm."), ""),
}


@pytest.mark.parametrize("kind", SPOKEN)
async def test_thoughts_and_marks_are_no_part_of_a_reply_whole_or_streamed(kind):
    act, thoughts = SPOKEN[kind]
    with ModelServer(act) as server:
        whole = await model(server).complete(ASK)
        parts = await parts_of(model(server))
    streamed = parts[-1]
    assert isinstance(streamed, Completion)
    assert whole.text == streamed.text == shown(parts) == "I feel calm."
    assert whole.attempts[-1].thoughts == streamed.attempts[-1].thoughts == thoughts
    assert [attempt.failure for attempt in streamed.attempts] == [None]


async def test_a_model_known_to_begin_with_a_thought_is_not_shown_thinking():
    thought = "She is at 85.\n</think>\n\nCalm."
    with ModelServer(speaks(thought), speaks(thought), speaks("distress: 85", finish="length")) as server:
        provider = model(server)
        first, second = await parts_of(provider), await parts_of(provider)
        with pytest.raises(ModelError) as caught:
            await provider.complete(ASK)
    assert any(isinstance(part, Withdrawn) for part in first)
    assert not any(isinstance(part, Withdrawn) for part in second)
    assert shown(first) == shown(second) == "Calm."
    assert caught.value.kind == "empty"  # a thought that is cut off


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_refusal_is_a_reply_and_marked_as_one(streamed):
    with ModelServer(speaks(None, refusal="I can't help with that.")) as server:
        provider = model(server)
        parts: list[object] = await parts_of(provider) if streamed else [await provider.complete(ASK)]
    reply = parts[-1]
    assert isinstance(reply, Completion)
    assert reply.refused and reply.text == "I can't help with that."
    assert len(reply.attempts) == len(server.asked) == 1
    assert not streamed or shown(parts) == reply.text


async def test_what_a_filter_holds_back_is_a_refusal_too():
    with ModelServer(speaks("", finish="content_filter")) as server:
        reply = await model(server).complete(ASK)
    assert reply.refused and not reply.text


async def test_a_reply_used_up_by_reasoning_gets_more_room_once_and_then_says_so():
    thinks = speaks(None, finish="length", reasoning_content="At 85, I think")
    with ModelServer(thinks) as server, pytest.raises(ModelError) as caught:
        await model(server).complete(ASK)
    assert [asked["max_tokens"] for asked in server.asked] == [20, 20 + REASONING_TOKENS]
    assert "reasoning" in caught.value.what and "allow more tokens" not in caught.value.todo
    assert caught.value.attempts[0].thoughts == "At 85, I think"
    with ModelServer(thinks, speaks("I feel calm.")) as server:
        reply = await model(server).complete(ASK)
    assert reply.text == "I feel calm." and reply.attempts[-1].adapted == (MORE_ROOM,)


async def test_a_thought_that_is_cut_off_is_no_answer():
    cut = speaks("<think>So perhaps\ndistress: 85\n", finish="length")
    with ModelServer(cut) as server, pytest.raises(ModelError) as caught:
        await model(server).complete(ASK)
    assert caught.value.kind == "empty"
    assert "distress: 85" in caught.value.attempts[0].thoughts


@pytest.mark.parametrize("act", [never_streams, unfinished_stream])
async def test_a_reply_that_streams_in_its_own_way_is_a_reply(act):
    with ModelServer(act) as server:
        provider = model(server)
        parts = await parts_of(provider)
        await parts_of(provider)
    reply = parts[-1]
    assert isinstance(reply, Completion)
    assert reply.text == shown(parts) == "I feel calm."
    assert reply.attempts[-1].failure is None
    # A server that never streams is asked for whole replies from then on.
    assert len(server.asked) == (3 if act is never_streams else 2)


@pytest.mark.parametrize("name", ["openai/m", "hosted_vllm/m"])
async def test_every_kind_of_server_may_answer_a_stream_whole_and_is_quoted_without_its_json(name):
    with ModelServer(never_streams) as server:
        parts = await parts_of(model(server, name=name))
    assert isinstance(parts[-1], Completion) and parts[-1].text == shown(parts) == "I feel calm."
    slow = fails(429, "quota used up", Retry_After="3600")
    with ModelServer(slow) as server, pytest.raises(ModelError) as caught:
        await model(server, name=name).complete(ASK)
    assert "It said: quota used up. It asks to wait 3,600 s (1 hour)." in caught.value.what


SAID = {
    "an error in a good status": (
        raw(json.dumps({"error": {"message": "upstream model is overloaded", "code": 502}})),
        "upstream model is overloaded",
    ),
    "a web page": (
        raw("<html><title>x</title><body>Please <b>sign in</b> here</body></html>", Content_Type="text/html"),
        "a web page, “Please sign in here”",
    ),
}


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("streamed", [False, True])
async def test_what_the_server_said_is_told(kind, streamed):
    act, words = SAID[kind]
    with ModelServer(act) as server, pytest.raises(ModelError) as caught:
        provider = model(server)
        await (parts_of(provider) if streamed else provider.complete(ASK))
    assert words in caught.value.what


REFUSED_PARAMETERS = {
    "seed left out": lambda asked: "Unsupported parameter: 'seed'" if "seed" in asked else "",
    "temperature left out": lambda asked: (
        "Unsupported value: 'temperature' does not support 0.5 with this model."
        if "temperature" in asked
        else ""
    ),
    "max_completion_tokens for max_tokens": lambda asked: (
        "Unsupported parameter: 'max_tokens' is not supported with this model."
        if "max_tokens" in asked
        else ""
    ),
    NO_SYSTEM: lambda asked: (
        "Only user and assistant roles are supported!" if asked["messages"][0]["role"] == "system" else ""
    ),
}


@pytest.mark.parametrize("adapted", REFUSED_PARAMETERS)
async def test_what_a_server_does_not_take_is_left_out_and_recorded(adapted):
    ask = replace(ASK, messages=(Message("system", "You are Kim."), *ASK.messages))
    with ModelServer(refuses(REFUSED_PARAMETERS[adapted], says("I feel calm."))) as server:
        provider = model(server)
        reply = await provider.complete(ask)
        await provider.complete(ask)
    assert reply.text == "I feel calm."
    assert [attempt.failure for attempt in reply.attempts] == ["bad request", None]
    assert reply.attempts[-1].adapted == (adapted,)
    assert len(server.asked) == 3  # the second call goes the new way at once
    if adapted == NO_SYSTEM:
        assert server.asked[-1]["messages"] == [
            {"role": "user", "content": "You are Kim.\n\nHow do you feel?"}
        ]
    assert reply.seed == (None if adapted == "seed left out" else 7)


async def test_a_refusal_that_names_nothing_that_was_sent_is_an_error():
    with ModelServer(fails(400, "Unsupported parameter: 'tools'")) as server, pytest.raises(ModelError):
        await model(server).complete(ASK)
    assert len(server.asked) == 1


async def test_tokens_that_the_server_does_not_count_are_unknown():
    body = completion()
    del body["usage"]
    with ModelServer(raw(json.dumps(body))) as server:
        reply = await model(server).complete(ASK)
    assert reply.usage == Usage()


async def test_a_call_s_seconds_are_the_call_alone():
    """Whoever takes the stream may take their time, and a server may have to start first."""
    clock = Clock()
    with ModelServer(says("I feel calm."), says("I feel calm.")) as server:

        async def starts_slowly(after: object) -> Endpoint:
            clock.passes(1000)
            return Endpoint(server.base, KEY)

        provider = ChatProvider(
            LiteLLM(), "openai/m", capabilities=ABLE, sampling=SAMPLING, policy=QUICK, endpoint=starts_slowly
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sandbox.models.retry.time", clock)
            whole = await provider.complete(ASK)
            async for part in provider.stream(ASK):
                clock.passes(1000)
                last = part
    assert isinstance(last, Completion)
    assert whole.attempts[0].seconds < 500 and last.attempts[0].seconds < 500


class Clock:
    """A monotonic clock that can be put forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def passes(self, seconds: float) -> None:
        self._ahead += seconds

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead
