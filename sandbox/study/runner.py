"""Running a study to its end: several cells at once, failures tried again, caps and looks kept to.

A cell is its sessions, and their ids follow from what is run; so what is in the record already is not run
again, and the claim in the record keeps two processes from running one cell. Says nothing to anybody.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from sandbox.errors import SandboxError, UsageError
from sandbox.models.pace import PaceChange
from sandbox.models.pool import ModelPool
from sandbox.models.provider import Provider
from sandbox.store.error import StoreError
from sandbox.store.state import Process
from sandbox.store.study import LogKind
from sandbox.study.cell_run import CellRun, Failure
from sandbox.study.cluster import Cluster, Place
from sandbox.study.conductor import Conductor
from sandbox.study.controls import StudyControls
from sandbox.study.events import (
    CapReached,
    CellFailed,
    CellFinished,
    CellStarted,
    Ending,
    ModelGivenUp,
    StudyEnded,
    StudyEvent,
    StudyPaused,
    StudyResumed,
    StudyStarted,
    WorkersChanged,
)
from sandbox.study.frozen import Outline
from sandbox.study.lanes import Due, Lane, Patience, lanes_of, lanes_on_workers
from sandbox.study.looks import Look, Looks
from sandbox.study.meter import Meter, metered
from sandbox.study.plan import Cell, heads
from sandbox.study.progress import cell_states

_SECONDS_BETWEEN_LOOKS = 0.5
"""At the study's log, for what others ask."""

_SECONDS_AT_THE_END = 0.05
_EVENTS_KEPT = 256


async def run_study(
    conductor: Conductor,
    outline: Outline,
    controls: StudyControls | None = None,
    *,
    look: Look | None = None,
    patience: Patience | None = None,
    cluster: Cluster | None = None,
) -> AsyncGenerator[StudyEvent, None]:
    """Run what is missing of the study and record it; the last event is StudyEnded.

    Cells of hosted models run side by side (`Study.at_once`), those of a model that the app serves itself one
    after another; with `cluster` all run on its workers. Without `look` a stop rule is passed over. Whatever
    ends it, what was said is in the record, and running it again goes on from there. Close the result
    (`contextlib.aclosing`) when leaving it early: cells under way are then broken off. Raises SandboxError
    before any call for what cannot be run, ClusterLost when the cluster is gone, StoreError when the record
    cannot be written.
    """
    check_study(conductor, outline)
    study = _RunningStudy(
        conductor, outline, controls or StudyControls(), look, patience or Patience(), cluster
    )
    work = asyncio.create_task(study.work())
    work.add_done_callback(lambda _: study.told.put_nowait(None))
    try:
        while (event := await study.told.get()) is not None:
            study.room.release()
            yield event
        await work
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def check_study(conductor: Conductor, outline: Outline) -> None:
    """Raises SandboxError for a study that cannot be run here: a model without a key, a technique that a
    clinician types. Asks no service."""
    seen = set()
    for cell in outline.plan.cells:
        if (cell.model, cell.arms) not in seen:
            seen.add((cell.model, cell.arms))
            conductor.check(heads(outline.plan, cell), clinician=False)


class _RunningStudy:
    """A study on its way: `work` runs it, `told` has its events, `room` says how many more it may hold."""

    def __init__(
        self,
        conductor: Conductor,
        outline: Outline,
        controls: StudyControls,
        look: Look | None,
        patience: Patience,
        cluster: Cluster | None,
    ) -> None:
        self.told: asyncio.Queue[StudyEvent | None] = asyncio.Queue()
        self.room = asyncio.Semaphore(_EVENTS_KEPT)
        self._conductor = conductor
        self._outline = outline
        self._plan = outline.plan
        self._controls = controls
        self._patience = patience
        self._cluster = cluster
        self._workers: tuple[int, int] | None = None
        self._studies = conductor.studies
        self._began = time.monotonic()
        self._paused = False
        self._paused_at = 0.0
        self._seconds_paused = 0.0
        self._failed: set[int] = set()
        self._claimed: dict[int, tuple[str, ...]] = {}
        self._running: list[CellRun] = []
        self._news = controls.changed
        self._log_read = 0
        self._log_read_at = 0.0

        cells = cell_states(self._studies, outline)
        self._finished = {number for number, state in cells.items() if state == "finished"}
        states, caps = self._studies.states(outline.root), self._plan.study.caps
        self._meter = Meter(caps, states.spent.calls, states.known_cost, self._news.set)
        self._seconds_before = sum(
            float(entry.detail.get("seconds", 0))
            for entry in self._studies.logged(outline.root, kinds=("ended",))
        )
        self._pool = ModelPool(self._opened)
        missing = (cell for cell in self._plan.cells if cell.number not in self._finished)
        at_once = self._plan.study.at_once
        if cluster is not None:
            self._lanes = lanes_on_workers(missing, at_once)
            cluster.attend(self._meter, self._news.set, self._pace_changed)
        else:
            self._lanes = lanes_of(missing, conductor.models, at_once)
        self._looks = Looks(self._studies, outline, look)
        self._ending: Ending | None = "enough" if self._looks.enough else None

    def _opened(self, name: str) -> Provider:
        return metered(self._conductor.models.model(name), self._meter)

    # The whole

    async def work(self) -> None:
        cells, root = len(self._plan.cells), self._outline.root
        self._conductor.store.mark_interrupted()
        detail = {"plan": self._outline.hash, "cells": cells, "finished": len(self._finished)}
        self._log_read = self._studies.log(root, "started", detail)
        paces = self._conductor.models.paces
        paces.tell = self._pace_changed
        if (at_once := self._plan.study.at_once) is not None:
            paces.bound(at_once)
        await self._tell(StudyStarted(cells, len(self._finished)))
        try:
            await self._take_looks()
            await self._run_lanes()
            self._ending = self._ending or ("unfinished" if self._left else "finished")
        finally:
            self._ending = self._ending or "broken off"
            with suppress(StoreError):  # what went wrong first matters more
                self._give_back()
                seconds = round(self._seconds_run, 1)
                told = {"ending": self._ending, "left": self._left, "failed": len(self._failed)}
                self._studies.log(root, "ended", {**told, "seconds": seconds})
        await self._tell(StudyEnded(self._ending, self._left, len(self._failed)))

    def _pace_changed(self, change: PaceChange) -> None:
        with suppress(StoreError):
            self._studies.log(self._outline.root, "pace", asdict(change))

    @property
    def _seconds_run(self) -> float:
        """Since it began, without what it was paused for."""
        now = time.monotonic()
        return now - self._began - self._seconds_paused - (now - self._paused_at if self._paused else 0.0)

    @property
    def _left(self) -> int:
        return len(self._plan.cells) - len(self._finished)

    async def _tell(self, event: StudyEvent) -> None:
        await self.room.acquire()
        self.told.put_nowait(event)

    async def _run_lanes(self) -> None:
        """Run until nothing is due or something ends it. An error in one cell's running ends all."""
        workers = [
            asyncio.create_task(self._serve(lane))
            for lane in self._lanes
            for _ in range(min(lane.at_once, len(lane.line)))
        ]
        served = asyncio.gather(*workers)
        watch = asyncio.create_task(self._watch())
        try:
            both: tuple[asyncio.Future[Any], ...] = (served, watch)
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            await (served if served.done() else watch)
        finally:
            for task in (*workers, watch):
                task.cancel()
            await asyncio.gather(*workers, watch, served, return_exceptions=True)

    def _give_back(self) -> None:
        """What was claimed and not begun may be run by others."""
        ids = [id for claimed in self._claimed.values() for id in claimed]
        self._studies.release(ids, "The study ended before it began.")

    # What is asked of the whole

    async def _watch(self) -> None:
        """Take up what is asked, here and elsewhere, until it was asked to end and everything rests."""
        while True:
            await self._take_up()
            if self._cluster is not None:
                await self._keep_up(self._cluster)
            if self._ending is not None and self._rests:
                return
            await self._until_news(_SECONDS_BETWEEN_LOOKS if self._ending is None else _SECONDS_AT_THE_END)

    async def _keep_up(self, cluster: Cluster) -> None:
        capped = bool(self._meter.reached)
        self._meter.under_way = await cluster.keep_up(holds=self._holds, capped=capped)
        if cluster.size != self._workers:
            self._workers = cluster.size
            await self._tell(WorkersChanged(*cluster.size))

    @property
    def _holds(self) -> bool:
        """Whether sessions wait before their next turn."""
        return self._controls.paused or self._controls.stopping or bool(self._meter.reached)

    @property
    def _rests(self) -> bool:
        """Whether no call is under way that somebody would have to pay for and nobody could read."""
        no_calls = bool(self._meter.reached) and not self._meter.under_way
        return no_calls or all(one.waits for one in self._running)

    async def _take_up(self) -> None:
        if time.monotonic() - self._log_read_at >= _SECONDS_BETWEEN_LOOKS:
            self._read_log()
        for one in self._running:
            (one.controls.pause if self._holds else one.controls.resume)()
        if self._ending is None and (self._controls.stopping or self._meter.reached):
            self._ending = "stopped" if self._controls.stopping else "capped"
            if self._ending == "capped":
                self._studies.log(self._outline.root, "cap", {"what": self._meter.reached})
                await self._tell(CapReached(self._meter.reached))
            self._news.set()
        elif self._paused != self._controls.paused and self._ending is None:
            now = time.monotonic()
            if self._paused:
                self._seconds_paused += now - self._paused_at
            self._paused, self._paused_at = self._controls.paused, now
            self._studies.log(self._outline.root, "paused" if self._paused else "resumed")
            await self._tell(StudyPaused() if self._paused else StudyResumed())
            self._news.set()

    def _read_log(self) -> None:
        """What others ask, and what was used by now, here and by them."""
        root = self._outline.root
        self._log_read_at = time.monotonic()
        asked = self._studies.logged(
            root, after=self._log_read, kinds=("pause asked", "resume asked", "stop asked")
        )
        for entry in asked:
            self._log_read = entry.number
            match entry.kind:
                case "pause asked":
                    self._controls.pause()
                case "resume asked":
                    self._controls.resume()
                case _:
                    self._controls.stop()
        self._meter.has_run((self._seconds_before + self._seconds_run) / 3600)
        if self._meter.counts:
            states = self._studies.states(root)
            self._meter.found(states.spent.calls, states.known_cost)

    async def _until_news(self, seconds: float | None = None) -> None:
        """Wait until something changed, or for so long."""
        # One event wakes all: it is cleared by whoever waits, before others can set it again.
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    # The cells, one after another

    async def _serve(self, lane: Lane) -> None:
        while (found := await self._next(lane)) is not None:
            due, place = found
            lane.running += 1
            running = CellRun(due.cell, self._conductor, self._pool, place, paused=self._paused)
            self._running.append(running)
            try:
                await self._run(lane, due, running)
            finally:
                self._running.remove(running)
                if place is not None:
                    place.leave()
                lane.running -= 1
                self._news.set()

    async def _next(self, lane: Lane) -> tuple[Due, Place | None] | None:
        """The next cell and its place on a cluster, as soon as there are both; None: the lane has no more."""
        while self._ending is None and (lane.waits or lane.running):
            at = None
            place = None if self._cluster is None else self._cluster.place(lane.model)
            if not self._paused and (place is not None or self._cluster is None):
                now = time.monotonic()
                due, at = lane.take(now, self._looks.most_repeats)
                if due is not None:
                    return due, place
            if place is not None:
                place.leave()
            await self._until_news(None if at is None else at - time.monotonic())
        return None

    async def _run(self, lane: Lane, due: Due, running: CellRun) -> None:
        planned = heads(self._plan, due.cell)
        claim = self._studies.claim(self._outline.root, planned)
        if claim.whose is not None:
            await self._leave_to(claim.whose, lane, due)
            return
        failures: list[Failure] = []
        if claim.to_run:
            self._claimed[due.cell.number] = claim.to_run
            # As the record has them: what was planned before is finished as it was planned.
            stored = self._conductor.store.heads([head.id for head in planned])
            todo = tuple(stored[id] for id in claim.to_run)
            await self._tell(CellStarted(due.cell, todo))
            failures = await running.play(tuple(stored), todo, self._tell)
        if running.went_on:  # tries are bounded by what fails without getting anywhere
            due.failed = 0
            lane.went_well()
        if failures:
            await self._failed_in(lane, due, failures)
        else:
            self._claimed.pop(due.cell.number, None)
            self._finished.add(due.cell.number)
            await self._tell(CellFinished(due.cell))
        await self._take_looks()

    async def _leave_to(self, process: Process, lane: Lane, due: Due) -> None:
        """Another process runs the cell: ask again later, unless nobody here can tell whether it lives."""
        if process.here:
            lane.again(due, time.monotonic() + self._patience.elsewhere)
            return
        error = UsageError(
            f"Another machine has this cell in hand ({process}).",
            todo=f"If it no longer runs there: sandbox study resume {self._outline.name} --take-over",
        )
        await self._fails_for_good(due.cell, error)
        await self._take_looks()

    # What goes wrong

    async def _failed_in(self, lane: Lane, due: Due, failures: Sequence[Failure]) -> None:
        worst = next((one for one in failures if not one.passes), failures[0])
        error = worst.error
        if not worst.passes:
            await self._fails_for_good(due.cell, error)
            if lane.went_wrong_for_good() or worst.hopeless:
                await self._give_up(lane, due.cell, error)
            return
        now = time.monotonic()
        hopeless = lane.went_wrong(now, self._patience)
        if worst.wait is not None:  # all cells of the model wait: nothing is said of this one
            lane.again(due, now + worst.wait)
            if lane.hold(now + worst.wait):
                await self._will_try_again(due.cell, error, worst.wait)
        elif due.failed >= len(self._patience.pauses):
            await self._fails_for_good(due.cell, error)
        else:
            pause = self._patience.pauses[due.failed]
            due.failed += 1
            lane.again(due, now + pause)
            await self._will_try_again(due.cell, error, pause)
        if hopeless:
            await self._give_up(lane, due.cell, error)

    async def _will_try_again(self, cell: Cell, error: SandboxError, seconds: float) -> None:
        self._log_failure("cell again", cell, error)
        await self._tell(CellFailed(cell, error, seconds))

    async def _fails_for_good(self, cell: Cell, error: SandboxError) -> None:
        self._failed.add(cell.number)
        self._log_failure("cell failed", cell, error)
        await self._tell(CellFailed(cell, error, None))

    async def _give_up(self, lane: Lane, cell: Cell, error: SandboxError) -> None:
        model = cell.model
        cells = lane.give_up(model)
        if not cells:
            return
        self._failed.update(one.number for one in cells)
        detail = {"model": model, "cells": len(cells), "reason": str(error)}
        self._studies.log(self._outline.root, "model given up", detail)
        await self._tell(ModelGivenUp(model, error, len(cells)))

    def _log_failure(self, kind: LogKind, cell: Cell, error: SandboxError) -> None:
        self._studies.log(
            self._outline.root,
            kind,
            {"cell": cell.number, "model": cell.model, "repeat": cell.repeat, "reason": str(error)},
        )

    async def _take_looks(self) -> None:
        """Look at the stop rule as often as is planned for what is done by now."""
        while self._ending is None and (looked := await self._looks.next(self._finished, self._failed)):
            if looked.enough:
                self._ending = "enough"
            self._news.set()
            await self._tell(looked)
