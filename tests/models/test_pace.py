"""How many calls a service is sent at once, seen from a real server on loopback that counts them."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from sandbox.models.chat import ChatProvider
from sandbox.models.direct_way import Direct
from sandbox.models.opening import open_model
from sandbox.models.pace import PaceChange, Paces
from sandbox.models.pool import ModelPool
from sandbox.models.provider import (
    Capabilities,
    Completion,
    Delta,
    Message,
    ModelError,
    Request,
    Sampling,
    Streaming,
)
from sandbox.models.retry import RetryPolicy
from tests.models.misbehaving import Act, ModelServer, Reply, fails, says

ASK = Request((Message("user", "How do you feel?"),), Sampling(temperature=0.5, max_tokens=20))
QUICK = RetryPolicy(attempts=5, timeout=20, idle_timeout=20, first_wait=0.01, longest_wait=5)
LONG = 30.0


class Counter:
    """How many calls are with the server, and the most that ever were; when each came."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.now = self.most = 0
        self.came: list[float] = []

    def __call__(self, act: Act, *, until: Callable[[], object] | None = None) -> Act:
        """The act, after the call was counted and `until` has returned.

        Left to itself it leaves one call too many a moment to come. The count goes down before the answer
        leaves: whoever has that may send another call at once.
        """

        def counted(reply: Reply) -> None:
            with self.changed:
                self.now += 1
                self.most = max(self.most, self.now)
                self.came.append(time.monotonic())
                self.changed.notify_all()
                if until is None:
                    most = self.most
                    self.changed.wait_for(lambda: self.most > most, 0.02)
            if until is not None:
                until()
            with self.changed:
                self.now -= 1
            act(reply)

        return counted

    def reaches(self, most: int) -> None:
        """Wait until so many were there at once."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.most >= most, LONG)


def models(server: ModelServer, start: int, policy: RetryPolicy = QUICK, at_most: int = 100) -> ModelPool:
    """A pool whose models are all on the server."""

    def opened(name: str) -> ChatProvider:
        return ChatProvider(
            Direct(),
            name,
            api_base=server.base,
            capabilities=Capabilities(),
            sampling=ASK.sampling,
            policy=policy,
        )

    pool = ModelPool(opened)
    pool.paces = Paces(start=start, at_most=at_most)
    return pool


def told(pool: ModelPool) -> list[PaceChange]:
    changes: list[PaceChange] = []
    pool.paces.tell = changes.append
    return changes


async def together(pool: ModelPool, count: int) -> list[Completion | BaseException]:
    """That many calls at once, to two models of the service in turn."""
    calls = (pool.model(f"hosted_vllm/m{number % 2}").complete(ASK) for number in range(count))
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_more_calls_go_at_once_while_all_are_answered_and_never_more_than_allowed():
    counter = Counter()
    begun = counter(says(), until=lambda: counter.reaches(2))
    with ModelServer(begun, begun, counter(says())) as server:
        pool = models(server, start=2, at_most=2)
        changes = told(pool)
        pool.paces.bound(5)
        assert all(isinstance(one, Completion) for one in await together(pool, 40))
        await pool.close()
    assert 2 < counter.most <= 5
    assert [(change.before, change.limit) for change in changes] == [(2, 4), (4, 5)]
    assert changes[0] == PaceChange(f"hosted_vllm at {server.base}", 2, 4, "2 calls in a row were answered")


async def test_a_burst_of_429_cuts_once_and_growth_is_by_one_afterwards():
    counter = Counter()
    refused = counter(fails(429), until=lambda: counter.reaches(8))
    with ModelServer(*[refused] * 8, counter(says())) as server:
        pool = models(server, start=8, at_most=8)
        changes = told(pool)
        replies = await together(pool, 8)
        assert [len(one.attempts) for one in replies if isinstance(one, Completion)] == [2] * 8
        assert changes[0] == PaceChange(
            f"hosted_vllm at {server.base}", 8, 4, "it asked for fewer calls (429)"
        )
        counter.most = 0
        await together(pool, 6)
        assert counter.most <= 5
        assert all(change.limit == change.before + 1 for change in changes[1:])
        await pool.close()


async def test_nobody_is_sent_before_the_time_that_one_of_them_was_told():
    counter = Counter()
    with ModelServer(counter(fails(429, Retry_After="0.3")), counter(says())) as server:
        pool = models(server, start=1)
        changes = told(pool)
        replies = await together(pool, 6)
        await pool.close()
    assert all(isinstance(one, Completion) for one in replies)
    refused, *others = sorted(counter.came)
    assert len(others) == 6
    assert min(others) >= refused + 0.3
    assert changes[0] == PaceChange(
        f"hosted_vllm at {server.base}", 1, 1, "it asked to wait 0.3 s (429)", wait=0.3
    )


async def test_a_wait_longer_than_anybody_s_patience_is_told_to_all_and_nothing_more_is_sent():
    with ModelServer(fails(429, Retry_After="3600"), says()) as server:
        pool = models(server, start=1)
        replies = await together(pool, 4)
        assert len(server.asked) == 1
        assert 3590 < pool.held("hosted_vllm/m0") <= 3600
        await pool.close()
    errors = [one for one in replies if isinstance(one, ModelError)]
    assert [error.kind for error in errors] == ["rate limited"] * 4
    assert "not sent" in errors[-1].attempts[0].error
    assert all("resume" in error.todo for error in errors)


async def test_a_failing_server_is_not_sent_more_at_once():
    counter = Counter()
    with ModelServer(counter(fails(500)), counter(says()), counter(fails(502))) as server:
        pool = models(server, start=2, policy=RetryPolicy(attempts=1))
        changes = told(pool)
        await together(pool, 20)
        await pool.close()
    assert counter.most <= 2
    assert changes == []


async def test_a_call_that_sleeps_before_its_next_try_keeps_no_other_out():
    patient = RetryPolicy(attempts=2, timeout=LONG, idle_timeout=LONG, first_wait=60, jitter=0)
    with ModelServer(fails(500), says()) as server:
        pool = models(server, start=1, policy=patient)
        sleeper = asyncio.create_task(pool.model("hosted_vllm/m").complete(ASK))
        async with asyncio.timeout(LONG):
            await asyncio.to_thread(server.was_asked.wait, LONG)
            assert (await pool.model("hosted_vllm/m").complete(ASK)).text == "I feel calm."
        assert not sleeper.done()
        sleeper.cancel()
        await asyncio.gather(sleeper, return_exceptions=True)
        await pool.close()


@pytest.mark.parametrize("streamed", [False, True])
async def test_calls_that_are_broken_off_give_their_turns_back(streamed: bool):
    counter = Counter()
    hanging = counter(says(), until=lambda: server.let_go.wait(LONG))
    with ModelServer(hanging, hanging, counter(says())) as server:
        pool = models(server, start=2, at_most=2)
        model = pool.model("hosted_vllm/m")

        async def call() -> None:
            if streamed:
                async for _ in model.stream(ASK):
                    pass
            else:
                await model.complete(ASK)

        calls = [asyncio.create_task(call()) for _ in range(6)]
        await asyncio.to_thread(counter.reaches, 2)
        for one in reversed(calls):  # those that wait first: else one would be let in meanwhile
            one.cancel()
        ends = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ends)
        async with asyncio.timeout(LONG):
            assert all(isinstance(one, Completion) for one in await together(pool, 4))
        await pool.close()
    assert counter.most <= 4  # the two that were broken off may still be with the server


def test_models_of_one_service_share_a_pace_and_those_of_another_address_do_not(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key-000000")
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", "http://user:secret@localhost:8123/v1")
    pool = ModelPool(open_model)
    here, there, vllm = (pool.model(name) for name in ("openai/gpt-4o", "openai/gpt-4.1", "hosted_vllm/m"))
    assert isinstance(here, ChatProvider) and isinstance(there, ChatProvider)
    assert isinstance(vllm, ChatProvider)
    assert here.pace is there.pace is not None
    assert vllm.pace is not here.pace
    assert vllm.service == "hosted_vllm at http://localhost:8123/v1"


@pytest.mark.parametrize("whole", [False, True])
async def test_where_nobody_reads_along_replies_are_asked_for_whole_and_say_the_same(whole: bool):
    with ModelServer(says()) as server:
        pool = models(server, start=1)
        model = pool.model("hosted_vllm/m")
        assert isinstance(model, Streaming)
        if whole:
            model.come_whole()
        *shown, last = [part async for part in model.stream(ASK)]
        await pool.close()
    assert [bool(asked.get("stream")) for asked in server.asked] == [not whole]
    assert isinstance(last, Completion) and last.text.strip() == "I feel calm."
    assert "".join(part.text for part in shown if isinstance(part, Delta)) == last.text
