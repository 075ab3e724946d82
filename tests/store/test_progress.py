"""How far a run is, as anyone who opens the record sees it: while it runs, and gone once it has ended."""

from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from sandbox.engine.controls import Controls
from sandbox.engine.events import RunPlanned, TurnFinished
from sandbox.engine.run import run
from sandbox.store.call import StoredAttempt, seconds_at_work
from sandbox.store.progress import RunProgress, Spent
from sandbox.store.recorder import recorded
from sandbox.store.store import Store
from tests.documents import scenario
from tests.store.runs import breathing_and_control, record_run, scripted

START = datetime(2026, 1, 1, tzinfo=UTC)


async def progress_after(path, turns: int) -> tuple[RunProgress, datetime]:
    """The run's progress once that many turns are done, each of which took ten seconds."""
    now = START
    heads = breathing_and_control(follow_up=scenario("A kettle."))
    with Store.open(path, now=lambda: now) as store:
        async with aclosing(recorded(run(heads, scripted(), controls=Controls()), store)) as events:
            async for event in events:
                if isinstance(event, TurnFinished):
                    turns -= 1
                    now += timedelta(seconds=10)
                if turns == 0 and not isinstance(event, RunPlanned):
                    (found,) = store.runs()
                    return found, now
    raise AssertionError("the run ended before")


async def test_a_run_counts_its_turns_calls_and_time_left(tmp_path):
    found, now = await progress_after(tmp_path / "sandbox.db", 3)
    assert found.process.ours
    # two scenario turns; three steps and a kettle, twice
    assert [(s.turns, s.summary.turns, s.summary.state) for s in found.sessions] == [
        (2, 2, "finished"), (4, 1, "running"), (4, 0, "planned")
    ]  # fmt: skip
    assert (found.turns_done, found.turns_left) == (3, 7)
    assert found.seconds_left(now) == 70
    # three replies and the probe at base and ind
    assert found.spent.calls == 5
    assert (found.spent.retries, found.spent.cost) == (0, 0)
    assert (found.count("finished"), found.count("planned", "running")) == (1, 2)


async def test_too_early_no_time_is_guessed(tmp_path):
    found, now = await progress_after(tmp_path / "sandbox.db", 1)
    assert found.seconds_left(now) is None


async def test_what_has_ended_is_no_run_under_way(store):
    await record_run(store, breathing_and_control())
    assert store.runs() == ()


async def test_a_run_that_has_ended_is_not_counted_with_the_next_of_the_same_program(tmp_path):
    with Store.open(tmp_path / "sandbox.db", now=lambda: START - timedelta(hours=3)) as store:
        await record_run(store, breathing_and_control())
    found, now = await progress_after(tmp_path / "sandbox.db", 3)
    assert len(found.sessions) == 3
    assert (found.turns_done, found.seconds_left(now), found.spent.calls) == (3, 70, 5)


def test_a_cost_that_is_not_known_of_all_is_not_known():
    assert (Spent(calls=1, cost=0.5) + Spent(calls=2, cost=0.25)).cost == 0.75
    assert (Spent(cost=0.5) + Spent(cost=None)).cost is None


def test_time_at_work_counts_calls_at_one_time_once_and_no_pause() -> None:
    began = START
    calls = [
        StoredAttempt("c", 1, 1, "reply", "m", "", started=began + timedelta(seconds=at), seconds=took)
        for at, took in ((100, 20), (0, 10), (2, 3), (8, 5))
    ]
    assert seconds_at_work([*calls, StoredAttempt("d", 1, 1, "reply", "m", "")]) == 33
