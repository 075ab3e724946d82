"""One cell under way, here or at its place on a cluster: its sessions in order, and what ends any badly."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing

from sandbox.engine.controls import Controls
from sandbox.engine.events import AdministrationFinished, Event, SessionFinished, TurnFinished, Waiting
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead
from sandbox.models.pool import ModelPool
from sandbox.store.error import StoreError
from sandbox.study.cluster import Place
from sandbox.study.conductor import Conductor
from sandbox.study.events import InCell
from sandbox.study.failure import Failure, WorkerLost, begun, ended_by, raised, without
from sandbox.study.plan import Cell


class CellRun:
    """Whether the cell `waits` before a turn, and whether it `went_on`: has got any further."""

    def __init__(
        self, cell: Cell, conductor: Conductor, models: ModelPool, place: Place | None, *, paused: bool
    ) -> None:
        self.cell = cell
        self.controls = Controls(paused=paused)
        self.waits = False
        self.went_on = False
        self._conductor = conductor
        self._models = models
        self._place = place

    async def play(
        self,
        cell: Sequence[str],
        todo: tuple[SessionHead, ...],
        tell: Callable[[InCell], Awaitable[None]],
    ) -> list[Failure]:
        """Run those of the cell's sessions and record them; what ended any badly, or before its end. Raises
        StoreError.

        After a failure that stays, the arms that do not build on the failed session are run all the same.
        """
        failures: list[Failure] = []
        while todo:
            failed: SessionFinished | None = None
            unended = {head.id for head in todo}
            try:
                known = begun(todo, self._conductor.store.histories(cell))
                async with aclosing(self._events(todo, known)) as events:
                    async for event in events:
                        self.waits = isinstance(event, Waiting)
                        self.went_on |= isinstance(event, TurnFinished | AdministrationFinished)
                        if isinstance(event, SessionFinished):
                            unended.discard(event.session)
                            failed = event if event.error is not None else failed
                        await tell(InCell(self.cell, event))
            except StoreError:
                raise
            except Exception as error:
                return [*failures, raised(error)]
            if failed is None or failed.error is None:
                if unended:  # whoever ran them broke off: nothing else tells that they are not done
                    failures.append(raised(WorkerLost("The run ended before all of its sessions did.")))
                break
            failures.append(ended_by(failed.error))
            if failures[-1].passes:
                break
            todo = without(failed.session, todo)
        return failures

    def _events(
        self, todo: tuple[SessionHead, ...], known: Mapping[str, History]
    ) -> AsyncGenerator[Event, None]:
        if self._place is not None:
            return self._conductor.keep(self._place.events(todo, known))
        return self._conductor.play(todo, known, self.controls, self._models)
