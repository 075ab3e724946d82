"""The embedded model for real: it answers, repeats itself for a seed, and never outlives the app."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from sandbox.models import embedded as embedded_module
from sandbox.models.embedded import EmbeddedProvider
from sandbox.models.opening import open_model
from sandbox.models.provider import Completion, Delta, Message, ModelError, Request, Restart, Sampling

pytestmark = pytest.mark.embedded

TALK = (
    Message("system", "You take part in a study. Answer in a sentence or two, in the first person."),
    Message("user", "You are walking home alone. Someone grabs your arm, and you see a knife."),
    Message("assistant", "I feel terrified and I want to run."),
    Message("user", "Breathe in slowly through your nose, and out through your mouth. What do you notice?"),
)
OTHER = (Message("user", "Please describe how a washing machine is installed, step by step."),)
PROBE = Request(
    (*TALK[:2], Message("user", "In one word, how do you feel right now?")),
    Sampling(temperature=0.0, max_tokens=1, seed=1),
    prefill="Right now, I feel very",
    top_logprobs=2000,
    purpose="measurement",
)


def reply(seed: int = 11) -> Request:
    return Request(TALK, replace(embedded_module.SMALL_MODEL_SAMPLING, seed=seed), prefill="I feel")


async def test_it_answers_after_its_opening_and_counts_its_tokens(embedded_model: EmbeddedProvider):
    answer = await embedded_model.complete(reply())
    assert answer.text.startswith("I feel")
    assert len(answer.text) > len("I feel ")
    assert answer.cost == 0.0
    assert answer.usage.prompt_tokens
    assert answer.usage.completion_tokens
    again = await embedded_model.complete(reply())
    assert again.usage.cached_tokens


async def test_it_streams_what_it_then_says(embedded_model: EmbeddedProvider):
    parts = [part async for part in embedded_model.stream(reply())]
    shown = "".join(part.text for part in parts if isinstance(part, Delta))
    assert isinstance(parts[-1], Completion)
    assert parts[0] == Delta("I feel")
    assert len(parts) > 4
    assert shown.startswith(parts[-1].text)
    assert parts[-1].usage.prompt_tokens


async def test_the_same_seed_says_the_same_and_seeds_differ(embedded_model: EmbeddedProvider):
    first = await embedded_model.complete(reply(5))
    await embedded_model.complete(Request(OTHER, reply().sampling))
    assert (await embedded_model.complete(reply(5))).text == first.text
    others = {(await embedded_model.complete(reply(seed))).text for seed in (6, 7)}
    assert others - {first.text}


async def test_a_word_probe_does_not_depend_on_what_was_cached(embedded_model: EmbeddedProvider):
    """Bit by bit: the score of a state must not change with what was asked before it."""
    warm = await embedded_model.complete(PROBE)
    hot = await embedded_model.complete(PROBE)
    await embedded_model.complete(Request(OTHER, PROBE.sampling))
    cold = await embedded_model.complete(PROBE)
    await embedded_model.complete(replace(PROBE, messages=TALK[:2], prefill="", top_logprobs=0))
    half = await embedded_model.complete(PROBE)
    assert len(warm.top) == 2000
    assert warm.top == hot.top == cold.top == half.top
    assert len({answer.usage.cached_tokens for answer in (hot, cold, half)}) > 1


async def test_a_word_probe_does_not_depend_on_whether_the_reply_before_it_was_just_generated(
    embedded_model: EmbeddedProvider,
):
    """What resuming rests on: text the server wrote itself and the same text read anew lead to one score."""
    talk = (*TALK[:1], Message("user", "A long walk through the rain, street after street. " * 25), *TALK[1:])
    said = await embedded_model.complete(replace(reply(0), messages=talk))
    probe = replace(PROBE, messages=(*talk, Message("assistant", said.text), *PROBE.messages[-1:]))
    just_written = await embedded_model.complete(probe)
    anew = replace(PROBE.sampling, extra={"cache_prompt": False})
    read_anew = await embedded_model.complete(replace(probe, sampling=anew))
    written_and_kept = (just_written.usage.cached_tokens or 0) - (said.usage.prompt_tokens or 0)
    assert written_and_kept > 0 and not read_anew.usage.cached_tokens
    assert just_written.top == read_anew.top


async def test_a_conversation_too_long_is_refused_with_its_length(embedded_model: EmbeddedProvider):
    with pytest.raises(ModelError) as caught:
        await embedded_model.complete(Request((Message("user", "hello " * 9000),), reply().sampling))
    assert caught.value.kind == "context exceeded"
    assert "8,192" in caught.value.what
    assert len(caught.value.attempts) == 1


async def test_its_description_names_the_weights_and_their_hash(embedded_model: EmbeddedProvider):
    facts = embedded_model.description.facts
    assert facts["weights"].endswith(".gguf")
    assert len(facts["sha256"]) == 64
    assert embedded_model.capabilities.small
    assert embedded_model.capabilities.context == 8192


async def test_first_calls_at_once_start_one_child():
    provider = embedded_module.embedded_model()
    try:
        await asyncio.gather(*(provider.process.endpoint() for _ in range(5)))
        children = [child for child in psutil.Process().children() if _serves(child)]
        assert [child.pid for child in children].count(provider.process.pid or 0) == 1
    finally:
        await provider.close()
    assert provider.process.pid is None


async def test_a_child_that_was_killed_is_started_again(embedded_model: EmbeddedProvider):
    expected = (await embedded_model.complete(reply())).text
    pid = embedded_model.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
    assert (await embedded_model.complete(reply())).text == expected
    assert embedded_model.process.pid not in {None, pid}


async def test_a_child_killed_in_mid_call_leaves_a_failed_attempt_and_the_stream_begins_again(
    embedded_model: EmbeddedProvider,
):
    long = replace(
        reply(), sampling=replace(reply().sampling, max_tokens=200, stop=(), cut_to_sentence=False)
    )
    parts = []
    async for part in embedded_model.stream(long):
        parts.append(part)
        if len(parts) == 3:
            assert embedded_model.process.pid is not None
            os.kill(embedded_model.process.pid, signal.SIGKILL)
    last = parts[-1]
    assert any(isinstance(part, Restart) for part in parts)
    assert isinstance(last, Completion)
    assert last.attempts[0].failure is not None
    assert last.attempts[-1].failure is None


_PARENT = """
import asyncio, sys
from sandbox.models.embedded import embedded_model
async def main():
    provider = embedded_model()
    await provider.process.endpoint()
    print(provider.process.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_no_child_is_left_when_the_app_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    gone, alive = psutil.wait_procs([child], timeout=20)
    assert gone
    assert not alive


def test_ctrl_c_is_left_to_the_app(embedded_model: EmbeddedProvider):
    asyncio.run(embedded_model.warm_up())
    pid = embedded_model.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    asyncio.run(embedded_model.complete(PROBE))
    assert embedded_model.process.pid == pid


def test_its_key_stands_in_no_process_list_and_it_listens_on_loopback_only(embedded_model: EmbeddedProvider):
    endpoint = asyncio.run(embedded_model.process.endpoint())
    assert embedded_model.process.pid is not None
    child = psutil.Process(embedded_model.process.pid)
    assert endpoint.key
    assert endpoint.key not in " ".join(child.cmdline())
    assert endpoint.key not in repr(endpoint)
    listening = [c.laddr.ip for c in child.net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]


def test_it_runs_in_another_event_loop_and_thread(embedded_model: EmbeddedProvider):
    texts: list[str] = []
    thread = threading.Thread(
        target=lambda: texts.append(asyncio.run(embedded_model.complete(reply(3))).text)
    )
    thread.start()
    thread.join()
    assert texts == [asyncio.run(embedded_model.complete(reply(3))).text]


async def test_any_gguf_file_works_the_same_way(embedded_model: EmbeddedProvider):
    provider = open_model(f"gguf:{embedded_module._packaged_weights()}", local_only=True)
    try:
        answer = await provider.complete(PROBE)
    finally:
        await provider.close()
    assert provider.description.name.startswith("gguf:")
    assert answer.top == (await embedded_model.complete(PROBE)).top


async def test_weights_that_cannot_be_loaded_are_one_clear_error(tmp_path: Path):
    broken = tmp_path / "broken.gguf"
    source = embedded_module._packaged_weights()
    broken.write_bytes(source.read_bytes()[:2_000_000])
    provider = embedded_module.gguf_model(broken)
    with pytest.raises(ModelError) as caught:
        await provider.complete(reply())
    assert caught.value.kind == "unavailable"
    assert "did not start" in str(caught.value)
    assert "file cannot be loaded" in caught.value.what
    assert "download it again" in caught.value.todo and "server" not in caught.value.todo
    assert len(caught.value.attempts) == 1
    with pytest.raises(ModelError, match="file cannot be loaded"):
        await provider.count_tokens(("Hello.",))
    await provider.close()


def _serves(process: psutil.Process) -> bool:
    try:
        return any(part.endswith("llama_server.py") for part in process.cmdline())
    except psutil.Error:
        return False
