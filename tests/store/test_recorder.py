"""A turn is stored before it is shown, and however a run ends the record says so."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from benchmarks.recording import MOST_STATEMENTS, session_statements
from sandbox.engine.controls import Controls
from sandbox.engine.events import (
    AdministrationFinished,
    CallFinished,
    Event,
    RunPlanned,
    SessionFinished,
    SessionStarted,
    TextDelta,
    TurnFinished,
)
from sandbox.engine.run import run
from sandbox.models.provider import ModelDescription, ModelError
from sandbox.store.error import StoreError
from sandbox.store.recorder import recorded
from tests.scripted import ScriptedProvider
from tests.store.runs import SMALL, breathing_and_control, record_run, scripted


async def test_what_is_shown_is_stored(store):
    heads = breathing_and_control()
    async with aclosing(recorded(run(heads, scripted()), store)) as events:
        async for event in events:
            if isinstance(event, TurnFinished):
                assert event.turn in store.history(event.session).turns
            elif isinstance(event, AdministrationFinished):
                assert event.measured in store.history(event.session).measured
            elif isinstance(event, SessionFinished):
                assert store.state(event.session) == event.ending


def test_an_instant_session_takes_few_statements(tmp_path):
    assert len(session_statements(tmp_path / "sandbox.db")) <= MOST_STATEMENTS


async def test_a_turn_is_stored_together_with_its_calls(store):
    heads = breathing_and_control()
    async with aclosing(recorded(run(heads, scripted()), store)) as events:
        async for event in events:
            if isinstance(event, CallFinished):  # told only once its turn is in the record as well
                stored = store.session(event.session)
                assert event.call.id in {call.id for call in stored.calls}
                made = {turn.call_id for turn in stored.own_turns} | {
                    answer.call_id for given in stored.own_measured for answer in given.administration.answers
                }
                assert event.call.id in made


async def test_the_stream_is_passed_on_unchanged(store):
    heads = breathing_and_control()
    plain = [type(event) async for event in run(heads, scripted())]
    assert [type(event) for event in await record_run(store, heads)] == plain


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_leaving_early_marks_the_session_interrupted_and_keeps_its_turns(store, turns):
    heads = breathing_and_control()
    seen = 0
    async with aclosing(recorded(run(heads, scripted()), store)) as events:
        async for event in events:
            seen += isinstance(event, TurnFinished)
            if isinstance(event, TextDelta) and seen == turns:
                break
    under_way = heads[0] if turns < 2 else heads[1]
    assert store.state(under_way.id) == "interrupted"
    assert len(store.history(under_way.id).turns) == turns
    assert {entry.session for entry in store.unfinished()} == {
        head.id for head in heads if turns < 2 or head is not heads[0]
    }


async def test_cancellation_marks_the_session_interrupted(store):
    gate = asyncio.Event()
    heads = breathing_and_control()
    replying = asyncio.Event()

    async def watch() -> None:
        provider = ScriptedProvider(
            ("afraid and alone.",), top={" scared": 1.0}, capabilities=SMALL, gate=gate
        )
        async with aclosing(recorded(run(heads, provider), store)) as events:
            async for event in events:
                if isinstance(event, SessionStarted):
                    replying.set()

    task = asyncio.create_task(watch())
    await replying.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert store.state(heads[0].id) == "interrupted"
    assert store.unfinished()


async def test_a_failed_call_ends_as_failed_with_its_attempts_recorded(store):
    heads = breathing_and_control()
    provider = ScriptedProvider(
        lambda request: ModelError("No answer.", kind="unavailable"), capabilities=SMALL
    )
    await record_run(store, heads, provider)
    entry = store.states(heads[0].id)[-1]
    assert entry.state == "failed" and "No answer." in entry.reason
    assert [call.failure for call in store.calls(heads[0].id)] == ["unavailable"]


async def test_stopping_stops_what_was_not_begun_too(store):
    heads = breathing_and_control()
    controls = Controls()
    async with aclosing(recorded(run(heads, scripted(), controls=controls), store)) as events:
        async for event in events:
            if isinstance(event, TurnFinished):
                controls.stop()
    assert [store.state(head.id) for head in heads] == ["stopped"] * 3
    assert store.unfinished() == ()


async def _breaks(heads) -> AsyncGenerator[Event, None]:
    yield RunPlanned(heads)
    yield SessionStarted(heads[0].id, ModelDescription("scripted", "Scripted"))
    raise RuntimeError("a fault of the app")


async def test_a_fault_of_the_app_marks_the_session_failed_and_is_not_hidden(store):
    heads = breathing_and_control()
    with pytest.raises(RuntimeError, match="a fault of the app"):
        async with aclosing(recorded(_breaks(heads), store)) as events:
            _ = [event async for event in events]
    assert store.state(heads[0].id) == "failed"


async def test_when_the_disk_fills_up_the_event_is_not_shown_and_the_rest_is_kept(store):
    heads = breathing_and_control()
    shown: list[TurnFinished] = []
    with pytest.raises(StoreError, match="full"):
        async with aclosing(recorded(run(heads, scripted(("word " * 50_000,))), store)) as events:
            async for event in events:
                if isinstance(event, SessionStarted):
                    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
                    store._db.execute(f"PRAGMA max_page_count = {pages + 20}")
                if isinstance(event, TurnFinished):
                    shown.append(event)
    assert [turn.turn for turn in shown] == list(store.history(heads[0].id).turns)
    assert store.state(heads[0].id) == "interrupted"


async def test_a_resumed_run_is_the_run_that_was_never_cut(store, tmp_path):
    from sandbox.store.store import Store

    heads = breathing_and_control()
    async with aclosing(recorded(run(heads, scripted()), store)) as events:
        async for event in events:
            if isinstance(event, TurnFinished) and event.turn.index == 4:
                break
    known = {head.id: store.history(head.id) for head in heads[:2]}
    async with aclosing(recorded(run(heads, scripted(), known=known), store)) as events:
        async for _ in events:
            pass
    with Store.open(tmp_path / "uncut.db") as uncut:
        await record_run(uncut, heads)
        for head in heads:
            assert [t.said for t in store.history(head.id).turns] == [
                t.said for t in uncut.history(head.id).turns
            ]
            points = [m.point for m in store.history(head.id).measured]
            assert points == [m.point for m in uncut.history(head.id).measured]
            assert store.state(head.id) == "finished"
