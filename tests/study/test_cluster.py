"""Studies on a Dask cluster: real workers in processes of their own, one of them killed; a lost cluster."""

import asyncio
import os
import pickle
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from distributed import LocalCluster, Scheduler, Worker

from sandbox.engine.events import Event, TurnFinished
from sandbox.models.opening import open_model
from sandbox.models.provider import Completion, ModelError, Provider, Request, StreamPart
from sandbox.study import worker
from sandbox.study.cell_run import CellRun, WorkerLost
from sandbox.study.cluster import ClusterLost, connected
from sandbox.study.conductor import Conductor
from sandbox.study.controls import StudyControls
from sandbox.study.events import CapReached, CellFailed, InCell, StudyEnded
from sandbox.study.frozen import Outline, freeze
from sandbox.study.lanes import Patience
from sandbox.study.plan import heads
from sandbox.study.runner import run_study
from sandbox.study.worker import Errand
from tests.study.driver import Unhurried
from tests.study.plans import study_plan
from tests.study.test_runner import HOSTED, TOP, Data, conducted, data, hosted, only, run, says


def opened(_: str) -> Provider:
    """What a worker opens."""
    return Unhurried(says, top=TOP, capabilities=HOSTED)


class Slower(Unhurried):
    """From the tenth call on it answers once its worker has heard of the cap, so that no clock is raced."""

    begun = 0

    async def complete(self, request: Request) -> Completion:
        await self._hears()
        return await super().complete(request)

    async def stream(self, request: Request) -> AsyncGenerator[StreamPart, None]:
        await self._hears()
        async with aclosing(super().stream(request)) as parts:
            async for part in parts:
                yield part

    async def _hears(self) -> None:
        self.begun += 1
        if self.begun >= 10:
            while not any(post._meter.reached for post in worker._posts.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


def opened_slower(_: str) -> Provider:
    return SLOWER


SLOWER = Slower(says, top=TOP, capabilities=HOSTED)


class LeftAlone(Unhurried):
    """In its sixth call its worker comes to think that its driver is gone, and breaks the run off."""

    begun = 0

    async def stream(self, request: Request) -> AsyncGenerator[StreamPart, None]:
        self.begun += 1
        if self.begun == 6:
            patience, worker.SECONDS_ALONE = worker.SECONDS_ALONE, 0.0
            try:
                await asyncio.Event().wait()
            finally:
                worker.SECONDS_ALONE = patience
        async with aclosing(super().stream(request)) as parts:
            async for part in parts:
                yield part


@asynccontextmanager
async def in_this_process(workers: int) -> AsyncGenerator[Scheduler, None]:
    """A scheduler and workers of two threads each, without processes of their own."""
    async with AsyncExitStack() as stack:
        scheduler = await stack.enter_async_context(Scheduler(host="127.0.0.1", port=0, dashboard=False))
        for _ in range(workers):
            await stack.enter_async_context(Worker(scheduler.address, host="127.0.0.1", nthreads=2))
        yield scheduler


async def undisturbed(place: Path, cells: int) -> tuple[dict[str, Data], int]:
    async with conducted(place, provider := hosted()) as conductor:
        outline = freeze(conductor.studies, study_plan(cells))
        await run(conductor, outline)
        return data(conductor, outline), len(provider.requests)


async def test_a_worker_killed_in_mid_cell_is_redone_and_nothing_is_doubled(tmp_path: Path) -> None:
    cells = 8
    whole, calls = await undisturbed(tmp_path / "whole", cells)
    async with (
        conducted(tmp_path, opened) as conductor,
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=2, dashboard_address=None, asynchronous=True, silence_logs=50
        ) as machines,
    ):
        outline = freeze(conductor.studies, study_plan(cells))
        seen, turns = [], 0
        async with connected(machines.scheduler_address, opened) as cluster:
            study = run_study(conductor, outline, patience=Patience(pauses=(0.0,) * 5), cluster=cluster)
            async with aclosing(study) as events:
                async for event in events:
                    seen.append(event)
                    if isinstance(event, InCell) and isinstance(event.event, TurnFinished):
                        turns += 1
                        if turns == 6:
                            os.kill(machines.workers[0].pid, signal.SIGKILL)
        assert seen[-1] == StudyEnded("finished", 0, 0)
        assert any(isinstance(failed.error, WorkerLost) for failed in only(CellFailed, seen))
        assert data(conductor, outline) == whole
        assert conductor.store.damages() == ()
        assert conductor.studies.states(outline.root).spent.calls == calls, "none doubled"


async def on_cluster(conductor: Conductor, outline: Outline, scheduler: Scheduler, opener=opened, **how):
    async with connected(scheduler.address, opener) as cluster:
        return await run(conductor, outline, cluster=cluster, **how)


async def test_stopped_capped_or_refused_it_ends_as_on_one_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    async with conducted(tmp_path, opened) as conductor, in_this_process(2) as scheduler:
        capped = freeze(conductor.studies, study_plan(12, of={"caps": {"calls": 10}}))
        events = await on_cluster(conductor, capped, scheduler, opened_slower)
        assert only(CapReached, events)
        assert events[-1] == StudyEnded("capped", 12, 0)
        spent = conductor.studies.states(capped.root).spent.calls
        assert 10 <= spent <= 10 + 4, "within one call a running cell"

        controls = StudyControls()
        controls.stop()
        whole = freeze(conductor.studies, study_plan(12))
        assert (await on_cluster(conductor, whole, scheduler, controls=controls))[-1].ending == "stopped"

        hosted_there = freeze(conductor.studies, study_plan(1, model="openai/gpt-4o"))
        events = await on_cluster(conductor, hosted_there, scheduler, partial(open_model, local_only=True))
        (failed,) = only(CellFailed, events)
        assert isinstance(failed.error, ModelError) and "Local only is on" in str(failed.error)


async def test_a_run_that_its_worker_broke_off_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.study.cluster._SECONDS_BETWEEN_WORDS", 0.0)
    monkeypatch.setattr(worker, "SECONDS_ALONE", 60.0)
    whole, _ = await undisturbed(tmp_path / "whole", 2)
    model = LeftAlone(says, top=TOP, capabilities=HOSTED)
    monkeypatch.setattr("tests.study.test_cluster.SLOWER", model)
    async with conducted(tmp_path, opened) as conductor, in_this_process(1) as scheduler:
        outline = freeze(conductor.studies, study_plan(2, of={"at_once": 1}))
        how = {"patience": Patience(pauses=(0.0,) * 3)}
        events = await on_cluster(conductor, outline, scheduler, opened_slower, **how)
        (failed,) = only(CellFailed, events)
        assert isinstance(failed.error, WorkerLost)
        assert events[-1] == StudyEnded("finished", 0, 0)
        assert data(conductor, outline) == whole


async def test_a_cell_whose_sessions_did_not_all_end_is_not_done(tmp_path: Path) -> None:
    class Silent:
        async def events(self, *_: object) -> AsyncGenerator[Event, None]:
            return
            yield

    async with conducted(tmp_path, hosted()) as conductor:
        plan = study_plan(1)
        freeze(conductor.studies, plan)
        todo = heads(plan, plan.cells[0])
        conductor.studies.claim(plan.root, todo)
        cell = CellRun(plan.cells[0], conductor, conductor.models, Silent(), paused=False)  # type: ignore[arg-type]
        (failure,) = await cell.play([head.id for head in todo], todo, AsyncMock())
        assert failure.passes


async def test_a_lost_cluster_is_told_and_the_study_goes_on_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.study.cluster.SECONDS_TO_CONNECT", 0.5)
    whole, calls = await undisturbed(tmp_path / "whole", 4)
    async with conducted(tmp_path, opened) as conductor:
        outline = freeze(conductor.studies, study_plan(4))
        async with in_this_process(1) as scheduler:
            address = scheduler.address
            with pytest.raises(ClusterLost, match="does not answer any more"):
                async with (
                    connected(address, opened) as cluster,
                    aclosing(run_study(conductor, outline, cluster=cluster)) as events,
                ):
                    async for event in events:
                        if isinstance(event, InCell) and isinstance(event.event, TurnFinished):
                            await scheduler.close()
        with pytest.raises(ClusterLost, match="No Dask scheduler answers there"):
            async with connected(address, opened):
                pass
        assert (await run(conductor, outline))[-1] == StudyEnded("finished", 0, 0)
        assert data(conductor, outline) == whole
        assert conductor.studies.states(outline.root).spent.calls >= calls


def test_no_key_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    open_model("openai/gpt-4o")
    for cell in (plan := study_plan(1, model="openai/gpt-4o")).cells:
        errand = Errand("study", "run", heads(plan, cell), {}, partial(open_model, local_only=False))
        assert b"sk-secret" not in pickle.dumps(errand) and b"openai/gpt-4o" in pickle.dumps(errand)
