"""Studies in the record: plans kept with their documents, cells taken by one process alone, progress."""

import multiprocessing
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from sandbox.engine.events import RunPlanned, SessionStarted
from sandbox.engine.plan import SessionHead
from sandbox.errors import NotFoundError, UsageError
from sandbox.models.provider import ModelDescription
from sandbox.store.row import insert
from sandbox.store.store import Store
from sandbox.store.study import StudyRecord
from sandbox.store.study_listing import StudyListing
from sandbox.study.plan import StudyPlan, plan_hash
from tests.store.runs import breathing_and_control, record_run
from tests.study.plans import study_plan

MODEL = ModelDescription("scripted", "Scripted")


def freeze(record: StudyRecord, plan: StudyPlan, name: str = "worry") -> bool:
    return record.freeze(plan, hash=plan_hash(plan), root=plan.root, name=name, before=plan.before)


def test_a_frozen_plan_comes_back_word_for_word_and_the_newest_one_counts(tmp_path: Path) -> None:
    first = study_plan()
    second = study_plan(before=plan_hash(first), cells=first.cells[:1])
    with Store.open(tmp_path / "sandbox.db") as store:
        record = StudyRecord(store)
        assert freeze(record, first) and freeze(record, second)
        assert not freeze(record, first), "what is there is not kept twice"
    with Store.open(tmp_path / "sandbox.db") as store:
        record = StudyRecord(store)
        assert [StudyPlan.model_validate(one.plan) for one in record.plans("r00t")] == [first, second]
        assert record.named("worry").hash == plan_hash(second) == record.all()[0].hash
        assert record.named(plan_hash(first)[:8]).hash == plan_hash(first)
        assert record.named("worry").before == plan_hash(first)
        with pytest.raises(NotFoundError, match="There are: worry"):
            record.named("other")
        with pytest.raises(UsageError, match="another study"):
            freeze(record, study_plan(root="0ther"))


def test_a_plan_that_cannot_be_read_is_listed_all_the_same(tmp_path: Path) -> None:
    """It came from elsewhere, before plans were looked at: Home must open."""
    with Store.open(tmp_path / "sandbox.db") as store:
        freeze(StudyRecord(store), study_plan())
        with store.writing() as (db, at):
            row = {"hash": "f" * 64, "root": "0ther", "name": "odd", "plan": '{"x": 1}', "at": at.isoformat()}
            insert(db, "studies", {**row, "before": None, "author": "a", "app_version": "1"})
        odd, worry = StudyListing(store, lambda _: ()).newest()
    assert (odd.name, odd.title, odd.stands) == ("odd", "Its plan cannot be read", "planned")
    assert (worry.title, worry.cells, worry.sessions) == ("Worry", 2, 6)


def test_plans_and_log_only_grow(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    with Store.open(path) as store:
        record = StudyRecord(store)
        freeze(record, study_plan())
        record.log("r00t", "look", {"repeats": 2, "within": {"breathing": 3.5}})
        record.claim("r00t", breathing_and_control())
        assert record.logged("r00t")[0].detail["within"] == {"breathing": 3.5}
        assert record.logged("r00t", kinds=["cap"]) == ()
    db = sqlite3.connect(path)
    for table in ("studies", "study_sessions", "study_log"):
        for statement in (f"UPDATE {table} SET root = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(statement)
    db.close()


def _claims(path: Path, cells: Sequence[Sequence[SessionHead]], go, told) -> None:
    with Store.open(path) as store:
        record = StudyRecord(store)
        go.wait()
        told.put([heads[0].id for heads in cells if record.claim("r00t", heads).to_run])
        go.wait()  # alive until both have tried


def test_of_two_processes_each_cell_goes_to_one_alone(tmp_path: Path) -> None:
    """Both ask for every cell at the same moment. Only that of a dead process is given away again."""
    path = tmp_path / "sandbox.db"
    Store.open(path).close()
    cells = [breathing_and_control(seed=seed) for seed in range(40)]
    spawn = multiprocessing.get_context("spawn")
    go, told = spawn.Barrier(2), spawn.Queue()
    both = [spawn.Process(target=_claims, args=(path, cells, go, told), daemon=True) for _ in range(2)]
    for process in both:
        process.start()
    taken = [told.get(timeout=60) for _ in both]
    for process in both:
        process.join(60)
    assert sorted(taken[0] + taken[1]) == sorted(heads[0].id for heads in cells)
    with Store.open(path) as store:
        assert StudyRecord(store).claim("r00t", cells[0]).to_run, "both are gone"


def test_what_a_study_has_in_line_is_begun_by_nobody_else(tmp_path: Path, monkeypatch) -> None:
    heads, others = breathing_and_control(), breathing_and_control()
    with Store.open(tmp_path / "sandbox.db") as store:
        StudyRecord(store).claim("r00t", heads)
        store.record(RunPlanned(others))
        monkeypatch.setattr("sandbox.store.state.Process.ours", False)
        store.record(SessionStarted(others[0].id, MODEL))
        with pytest.raises(UsageError, match="another program"):
            store.record(SessionStarted(heads[0].id, MODEL))


async def test_a_claim_leaves_out_what_is_finished_or_removed(tmp_path: Path) -> None:
    heads = breathing_and_control()
    with Store.open(tmp_path / "sandbox.db") as store:
        record = StudyRecord(store)
        assert record.claim("r00t", heads).to_run == tuple(head.id for head in heads)
        await record_run(store, heads[:2])
        assert record.claim("r00t", heads).to_run == (heads[2].id,)
        store.remove(heads[2].id, "a slip")
        assert record.claim("r00t", heads).to_run == ()
        assert heads[1].id in record.states("r00t").sessions


async def test_news_added_up_say_what_a_whole_reading_says(tmp_path: Path) -> None:
    with Store.open(tmp_path / "sandbox.db") as store:
        reading = StudyRecord(store)
        for seed in (1, 2, 3):
            heads = breathing_and_control(seed=seed)
            reading.claim("r00t", heads)
            await record_run(store, heads)
            await record_run(store, breathing_and_control(seed=seed))  # of no study
            told = reading.states("r00t")
            assert told == StudyRecord(store).states("r00t")
        assert len(told.sessions) == 9 and {one.state for one in told.sessions.values()} == {"finished"}
        calls = [call for id in told.sessions for call in store.calls(id)]
        assert told.spent.calls == len(calls)
        assert told.spent.prompt_tokens == sum(call.prompt_tokens or 0 for call in calls)


def test_what_nobody_runs_any_more_is_not_at_work(tmp_path: Path) -> None:
    with Store.open(tmp_path / "sandbox.db") as store:
        record = StudyRecord(store)
        record.log("r00t", "started")
        assert [entry.kind for entry in record.at_work("r00t")] == ["started"]
        record.log("r00t", "ended")
        assert record.at_work("r00t") == ()
        heads = breathing_and_control()
        record.claim("r00t", heads)
        record.release([head.id for head in heads], "The study was stopped.")
        assert {one.state for one in record.states("r00t").sessions.values()} == {"interrupted"}
