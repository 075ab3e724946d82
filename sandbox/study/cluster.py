"""The workers of a Dask cluster as places where cells run. The driver alone writes the record.

A cell goes to a worker that has room and is bound to it: one that dies takes the cell with it, and the driver
gives what is not in the record yet to another. So no cell is ever run twice side by side.
"""

import asyncio
import logging
import pickle
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sandbox import __version__
from sandbox.engine.events import Event
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead
from sandbox.errors import SandboxError
from sandbox.models.name import is_own
from sandbox.models.pace import PaceChange
from sandbox.models.pool import OpenModel
from sandbox.study.cell_run import WorkerLost
from sandbox.study.meter import Meter
from sandbox.study.worker import (
    CallBegun,
    CallPaid,
    Errand,
    Told,
    break_off,
    dismiss,
    hear,
    run_errand,
    version,
)

SECONDS_TO_CONNECT = 10.0
_SECONDS_BETWEEN_WORDS = 5.0
_SECONDS_FOR_AN_ANSWER = 30.0
_SECONDS_TO_END = 10.0


class ClusterLost(SandboxError):
    """The cluster does not answer, or not any more."""


@asynccontextmanager
async def connected(address: str, opener: OpenModel) -> AsyncGenerator["Cluster", None]:
    """The cluster whose scheduler has that address (`tcp://HOST:8786`), until the end of the block.

    `opener` goes to the workers and opens models there: it must be picklable, and hold no key.
    Raises SandboxError without the extra, ClusterLost when nobody answers there.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise SandboxError(
            "--cluster needs Dask.",
            todo='Install the extra: pip install "therapy-sandbox[cluster]" (in a copy of the repository: '
            "uv sync --extra cluster).",
        ) from error

    for name in ("client", "comm", "core", "batched", "utils_comm"):  # what it says of a lost one we say
        logging.getLogger(f"distributed.{name}").setLevel(logging.CRITICAL)
    try:
        client = await Client(  # type: ignore[no-untyped-call]
            address, asynchronous=True, set_as_default=False, timeout=SECONDS_TO_CONNECT
        )
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterLost(
            "No Dask scheduler answers there.",
            where=address,
            todo="Give the address that `dask scheduler` printed, such as tcp://HOST:8786.",
        ) from error
    cluster = Cluster(address, opener, client)
    try:
        yield cluster
    finally:
        await cluster.close()


@dataclass(slots=True)
class _Worker:
    """`cells`: how many it may run at once; `runs`: those it runs, each with whether its model is one that
    the app serves itself."""

    cells: int
    runs: dict[str, bool]

    def has_room(self, own: bool) -> bool:
        # Runs on models served there go one at a time, as here.
        return len(self.runs) < self.cells and not (own and any(self.runs.values()))


class Cluster:
    """Workers by address, and what they tell of the runs that they were given."""

    def __init__(self, address: str, opener: OpenModel, client: Any) -> None:
        self.address = address
        self._opener = opener
        self._client = client
        self._topic = f"sandbox-{secrets.token_hex(8)}"
        self._workers: dict[str, _Worker] = {}
        self._misfits: dict[str, str] = {}
        self._runs: dict[str, _Run] = {}
        self._said = (False, False)
        self._said_at = 0.0
        self._changed: Callable[[], None] = lambda: None

    def attend(self, meter: Meter, changed: Callable[[], None], paced: Callable[[PaceChange], None]) -> None:
        """Count the workers' calls on the meter, and say when workers come and go and when paces change."""
        self._changed = changed

        def on_told(event: tuple[float, bytes]) -> None:
            told: Told = pickle.loads(event[1])  # noqa: S301 - Dask itself trusts its workers so
            match told.news:
                case CallBegun():
                    with meter.call():
                        pass
                case CallPaid(cost=cost, model=model):
                    meter.paid(cost, model)
                case PaceChange() as change:
                    paced(change)
                case happened if told.run in self._runs:
                    self._runs[told.run].told(told.number, happened)

        self._client.subscribe_topic(self._topic, on_told)

    @property
    def size(self) -> tuple[int, int]:
        """How many workers there are, and how many cells they can run at once."""
        return len(self._workers), sum(one.cells for one in self._workers.values())

    @property
    def _answers(self) -> bool:
        """Whether the scheduler is there. Once it was gone, so is all that was given out."""
        return bool(self._client.status == "running")

    def place(self, model: str) -> "Place | None":
        """Room for a cell of the model on the least busy worker, taken for it; None while there is none."""
        own = is_own(model)
        free = [at for at, one in self._workers.items() if one.has_room(own)]
        if not free:
            return None
        at = min(free, key=lambda at: len(self._workers[at].runs) / self._workers[at].cells)
        place = Place(self, at, secrets.token_hex(8))
        self._workers[at].runs[place.run] = own
        return place

    async def keep_up(self, *, holds: bool, capped: bool) -> int:
        """Learn who is there, and say whether sessions wait; once `capped`, how many calls are under way.

        To be called about every second. Raises ClusterLost, SandboxError where no worker fits this app.
        """
        try:
            if not self._answers:
                raise OSError
            async with asyncio.timeout(_SECONDS_FOR_AN_ANSWER):
                await self._meet(await self._client.nthreads())
            return await self._say(holds=holds, capped=capped)
        except (OSError, TimeoutError, RuntimeError, AttributeError) as error:
            raise ClusterLost(
                "The cluster does not answer any more. All that it told is in the record.", where=self.address
            ) from error

    async def _say(self, *, holds: bool, capped: bool) -> int:
        now = time.monotonic()
        quiet = now - self._said_at < _SECONDS_BETWEEN_WORDS
        if not self._workers or (quiet and not capped and self._said == (holds, capped)):
            return 0
        self._said, self._said_at = (holds, capped), now
        with suppress(TimeoutError):  # a worker whose machine is gone may take minutes to be missed
            async with asyncio.timeout(_SECONDS_TO_END):
                under_way = await self._client.run(
                    hear, self._topic, holds, capped, workers=list(self._workers), on_error="ignore"
                )
                return sum(under_way.values())
        return int(capped)

    async def _meet(self, there: Mapping[str, int]) -> None:
        gone = [at for at in self._workers if at not in there]
        for at in gone:
            for run in self._workers.pop(at).runs:
                if run in self._runs:
                    self._runs[run].over(WorkerLost(f"The worker {at} is gone."))
        new = [at for at in there if at not in self._workers and at not in self._misfits]
        if new:
            found = await self._client.run(version, workers=new, on_error="return")
            for at, answer in found.items():
                if answer == __version__:
                    self._workers[at] = _Worker(max(1, there[at]), {})
                    self._said_at = 0.0  # it has not heard yet what is asked of all
                elif not isinstance(answer, OSError):  # that one is gone again
                    self._misfits[at] = f"{answer}"
        if self._misfits and not self._workers:
            at, answer = next(iter(self._misfits.items()))
            raise SandboxError(
                f"A worker needs version {__version__} of the app, and has: {answer}.",
                where=at,
                todo='On every worker: pip install "therapy-sandbox[cluster]"',
            )
        if gone or new:
            self._changed()

    async def _run(
        self, at: str, run: str, heads: tuple[SessionHead, ...], known: Mapping[str, History]
    ) -> AsyncGenerator[Event, None]:
        if at not in self._workers:
            raise WorkerLost(f"The worker {at} is gone.")
        here = self._runs[run] = _Run()
        errand = Errand(self._topic, run, heads, known, self._opener)
        future = self._client.submit(
            run_errand, errand, key=f"cell-{run}", pure=False, workers=[at], allow_other_workers=False
        )
        ending = asyncio.create_task(_ending(future, at, here))
        over = None
        try:
            while not isinstance(happened := await here.queue.get(), _Over):
                yield happened
            over = happened
        except asyncio.CancelledError:
            if self._answers:
                await self._break_off(at, run)
                await asyncio.wait([ending], timeout=_SECONDS_TO_END)
            while not here.queue.empty():  # calls were made, and may have cost something
                if not isinstance(happened := here.queue.get_nowait(), _Over):
                    yield happened
            raise
        finally:
            del self._runs[run]
            if not ending.done() and at in self._workers and self._answers:
                await self._break_off(at, run)
            ending.cancel()
            future.release()
        if over.error is not None:
            raise over.error

    async def _break_off(self, at: str, run: str) -> None:
        with suppress(OSError, TimeoutError, RuntimeError, AttributeError, KeyError):
            async with asyncio.timeout(_SECONDS_TO_END):
                await self._client.run(break_off, self._topic, run, workers=[at], on_error="ignore")

    def _leave(self, at: str, run: str) -> None:
        if at in self._workers:
            self._workers[at].runs.pop(run, None)

    async def close(self) -> None:
        """Let the workers close what they had open for this study. They stay, and serve others."""
        with suppress(OSError, TimeoutError, RuntimeError, AttributeError):
            async with asyncio.timeout(_SECONDS_TO_END):
                if self._workers and self._answers:
                    await self._client.run(
                        dismiss, self._topic, workers=list(self._workers), on_error="ignore"
                    )
                await self._client.close()


@dataclass(frozen=True, slots=True)
class Place:
    """Room for one cell on a worker."""

    cluster: Cluster
    at: str
    run: str

    def events(
        self, heads: tuple[SessionHead, ...], known: Mapping[str, History]
    ) -> AsyncGenerator[Event, None]:
        """Run the sessions there; what they tell, word for word. Raises WorkerLost, or their own error."""
        return self.cluster._run(self.at, self.run, heads, known)

    def leave(self) -> None:
        """Give the room back."""
        self.cluster._leave(self.at, self.run)


@dataclass(frozen=True, slots=True)
class _Over:
    """A run has ended. `error`: what was raised there, or that nobody can tell."""

    error: Exception | None = None


class _Run:
    """What was told of a run, in order, and not taken up yet."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Event | _Over] = asyncio.Queue()
        self.number = 0

    def told(self, number: int, event: Event) -> None:
        self.number += 1
        if number == self.number:
            self.queue.put_nowait(event)
        else:  # a worker that came back at its old address was given it anew: none of that is ours
            self.over(WorkerLost("The worker began the run anew."))

    def over(self, error: Exception | None) -> None:
        self.queue.put_nowait(_Over(error))


async def _ending(future: Any, at: str, here: _Run) -> None:
    """Wait for the end of the run. It stands behind all that was told: both come the same way."""
    error: Exception | None = None
    try:
        if await future != here.number:
            error = WorkerLost(f"Not all that the worker {at} told has come.")
    except SandboxError as raised:
        error = raised
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        error = WorkerLost(f"The worker {at} let go of its run.")  # so Dask tells of a scheduler's loss
    except Exception as raised:
        lost = type(raised).__name__ in ("KilledWorker", "FutureCancelledError", "CommClosedError")
        error = WorkerLost(f"The worker {at} was lost: {raised}") if lost else raised
    here.over(error)
