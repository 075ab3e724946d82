"""A worker of a Dask cluster: it runs sessions for a driver and tells what happens. It keeps no record.

What is asked of it holds documents, what was said so far, and the names of models; keys it finds for itself.
"""

import asyncio
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sandbox import __version__
from sandbox.engine.controls import Controls
from sandbox.engine.events import Event, TextDelta
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead
from sandbox.library.study import Caps
from sandbox.models.opening import refuse_without_key
from sandbox.models.pace import PaceChange
from sandbox.models.pool import ModelPool, OpenModel
from sandbox.models.provider import Provider
from sandbox.study.conductor import models_of, started
from sandbox.study.meter import Meter, metered

SECONDS_ALONE = 60.0
"""After so long without a word from its driver a worker breaks off: what it says is heard by nobody."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Sessions of one cell to run, parents first. `study`: the topic to tell of them under; `run` names this
    one try."""

    study: str
    run: str
    heads: tuple[SessionHead, ...]
    known: Mapping[str, History]
    opener: OpenModel


@dataclass(frozen=True, slots=True)
class CallBegun:
    """A call to a model begins."""


@dataclass(frozen=True, slots=True)
class CallPaid:
    """What an answer cost, in US dollars; None: not known."""

    cost: float | None
    model: str


News = Event | CallBegun | CallPaid | PaceChange


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened: as the `number`th of that run, from 1; of no run where `run` is empty."""

    run: str
    number: int
    news: News


async def run_errand(errand: Errand) -> int:
    """Run the sessions; how many things were told of them, -1 if broken off. Raises SandboxError."""
    from distributed import get_worker

    post = _posts.get(errand.study)
    if post is None:
        post = _posts[errand.study] = _Post(errand.study, errand.opener, get_worker())
    return await post.run(errand)


def version() -> str:
    """Of the app on this worker."""
    return __version__


def hear(study: str, holds: bool, capped: bool) -> int:
    """The driver is there. It says whether sessions wait before their next turn (`holds`), and whether no
    call is begun any more (`capped`); how many calls are under way."""
    post = _posts.get(study)
    return 0 if post is None else post.hear(holds=holds, capped=capped)


async def break_off(study: str, run: str) -> None:
    """End that run in mid-call, and tell of the calls that were made."""
    if (post := _posts.get(study)) is not None:
        await post.break_off(run)


async def dismiss(study: str) -> None:
    """The driver has ended: close the models that were open for it."""
    if (post := _posts.pop(study, None)) is not None:
        await post.close()


class _Tally(Meter):
    """Has no caps of its own: tells of each call, and is told when a cap is reached."""

    def __init__(self, say: Callable[[News], None]) -> None:
        super().__init__(Caps(), 0, 0.0, lambda: None)
        self._say = say

    @contextmanager
    def call(self) -> Iterator[None]:
        self._say(CallBegun())
        with super().call():
            yield

    def paid(self, cost: float | None, model: str) -> None:
        self._say(CallPaid(cost, model))


class _Post:
    """What this worker does for one driver, with models of its own."""

    def __init__(self, study: str, opener: OpenModel, worker: Any) -> None:
        self._study = study
        self._worker = worker
        self._meter = _Tally(lambda news: self._tell(Told("", 0, news)))
        self._own = ModelPool(opener)
        self._own.paces.tell = lambda change: self._tell(Told("", 0, change))
        self._models = ModelPool(self._opened)
        self._holds = False
        self._word = asyncio.Event()
        self._running: dict[str, tuple[Controls, asyncio.Task[int]]] = {}
        self._watch = asyncio.create_task(self._until_alone())

    def _opened(self, name: str) -> Provider:
        return metered(self._own.model(name), self._meter)

    def _tell(self, told: Told) -> None:
        self._worker.log_event(self._study, pickle.dumps(told))

    def hear(self, *, holds: bool, capped: bool) -> int:
        self._word.set()
        self._holds = holds
        if capped:
            self._meter.reach("A cap is reached")
        for controls, _ in self._running.values():
            (controls.pause if holds else controls.resume)()
        return self._meter.under_way

    async def run(self, errand: Errand) -> int:
        refuse_without_key(*models_of(errand.heads))
        controls = Controls(paused=self._holds)
        task = asyncio.create_task(self._play(errand, controls))
        self._running[errand.run] = controls, task
        try:
            return await task
        finally:
            del self._running[errand.run]

    async def _play(self, errand: Errand, controls: Controls) -> int:
        number = 0
        try:
            async with aclosing(started(errand.heads, errand.known, controls, self._models)) as events:
                async for event in events:
                    if not isinstance(event, TextDelta):
                        number += 1
                        self._tell(Told(errand.run, number, event))
        except asyncio.CancelledError:  # broken off: no count that could pass for an end
            return -1
        return number

    async def break_off(self, run: str) -> None:
        if (running := self._running.get(run)) is not None:
            running[1].cancel()
            await asyncio.wait([running[1]])

    async def _until_alone(self) -> None:
        with suppress(TimeoutError):
            while True:
                self._word.clear()
                async with asyncio.timeout(SECONDS_ALONE):
                    await self._word.wait()
        _posts.pop(self._study, None)
        await self._end()

    async def close(self) -> None:
        self._watch.cancel()
        await self._end()

    async def _end(self) -> None:
        for run in tuple(self._running):
            await self.break_off(run)
        await self._own.close()


_posts: dict[str, _Post] = {}
"""By topic, in this process: a worker may serve several drivers."""
