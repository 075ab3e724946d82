"""A study through the real LiteLLM to a real server that fails three calls in ten, in every way it can."""

import hashlib
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.models.chat import ChatProvider
from sandbox.models.litellm_way import LiteLLM
from sandbox.models.provider import Capabilities, Sampling
from sandbox.models.retry import RetryPolicy
from sandbox.study.events import CellFailed, StudyEnded
from sandbox.study.frozen import freeze
from sandbox.study.lanes import Patience
from tests.models.misbehaving import (
    Act,
    ModelServer,
    Reply,
    completion,
    drops_connection,
    failing_stream,
    fails,
    garbled_stream,
    half_a_stream,
    hangs,
    raw,
    speaks,
)
from tests.study.plans import study_plan
from tests.study.test_runner import conducted, data, only, run

pytestmark = pytest.mark.litellm

CELLS = int(os.environ.get("CELLS", "8"))
"""Three sessions each."""

QUICK = RetryPolicy(attempts=4, timeout=1.5, idle_timeout=1.0, first_wait=0.01, longest_wait=0.05)
FAULTS: tuple[Act, ...] = (
    fails(429, "slow down"),
    fails(429, "slow down", Retry_After="0.02"),
    fails(429, "slow down for long", Retry_After="0.1"),  # longer than the call is patient
    fails(500, "oops"),
    fails(503, "busy"),
    raw("<html><title>502</title><body>Bad gateway</body></html>", 502, Content_Type="text/html"),
    half_a_stream("I", "feel"),
    garbled_stream,
    failing_stream,
    raw("{not json"),
    drops_connection,
    hangs,
)


def answered(reply: Reply) -> None:
    """What is said follows from what was asked and the seed alone."""
    asked = reply.asked
    said = json.dumps([asked["messages"], asked.get("seed")]).encode()
    drawn = hashlib.sha256(said).digest()
    if not asked.get("top_logprobs"):
        speaks(f"I feel {drawn.hex()[:8]}.")(reply)
        return
    share = drawn[0] / 300
    top = [{"token": " afraid", "logprob": -0.1 - share}, {"token": " calm", "logprob": -3 + share}]
    content = [{"token": " afraid", "logprob": -0.1 - share, "top_logprobs": top}]
    body = completion(" afraid")
    body["choices"][0]["logprobs"] = {"content": content}
    reply.body(json.dumps(body))


def faulty(drawn: random.Random) -> Act:
    def act(reply: Reply) -> None:
        with reply.server.owner.lock:
            fault = drawn.choice(FAULTS) if drawn.random() < 0.3 else answered
        fault(reply)

    return act


def asking(server: ModelServer) -> Callable[[str], ChatProvider]:
    return lambda name: ChatProvider(
        LiteLLM(),
        "openai/m",
        api_base=server.base,
        api_key="sk-not-a-real-key-000000",
        capabilities=Capabilities(top_logprobs=20, prefill=True),
        sampling=Sampling(temperature=0.5, max_tokens=20),
        policy=QUICK,
    )


async def test_all_sessions_finish_as_on_a_faultless_server_and_every_attempt_is_on_record(
    tmp_path: Path,
) -> None:
    """Without anybody's help. `CELLS` asks for more."""
    patience = Patience(pauses=(0.05,) * 8)
    plan = study_plan(CELLS)
    with ModelServer(faulty(random.Random(5))) as server:
        async with conducted(tmp_path / "faulty", asking(server)) as conductor:
            outline = freeze(conductor.studies, plan)
            events = await run(conductor, outline, patience=patience)
            assert events[-1] == StudyEnded("finished", 0, 0)
            found = data(conductor, outline)
            attempts = [call for id in found for call in conductor.store.calls(id)]
            failed = [call for call in attempts if call.failure is not None]
            sent = [call for call in attempts if not call.error.startswith("The call was not sent")]
            # One that was given up before the server had read it is on record all the same.
            unread = sum(call.failure in ("timeout", "unavailable") for call in sent)
            assert len(sent) - unread <= len(server.asked) <= len(sent)
            assert len({call.failure for call in failed}) >= 4 and len(failed) >= len(attempts) / 5
            spent = conductor.studies.states(outline.root).spent
            assert spent.calls + spent.retries == len(attempts)
    assert len(found) == 3 * CELLS and {state for state, *_ in found.values()} == {"finished"}
    print(f"{len(found)} sessions, {len(attempts)} attempts, {len(failed)} failed,"
          f" {len(only(CellFailed, events))} cells tried again")  # fmt: skip
    with ModelServer(answered) as server:
        async with conducted(tmp_path / "faultless", asking(server)) as conductor:
            outline = freeze(conductor.studies, plan)
            assert (await run(conductor, outline))[-1] == StudyEnded("finished", 0, 0)
            assert data(conductor, outline) == found
