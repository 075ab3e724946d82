"""One cell under way, here or at its place on a cluster: its sessions in order, and what ends any badly."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.engine.controls import Controls
from sandbox.engine.events import AdministrationFinished, Event, SessionFinished, TurnFinished, Waiting
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead
from sandbox.errors import SandboxError, UsageError
from sandbox.models.pool import ModelPool
from sandbox.models.provider import FailureKind, ModelError
from sandbox.store.error import StoreError
from sandbox.study.conductor import Conductor
from sandbox.study.events import InCell
from sandbox.study.plan import Cell

if TYPE_CHECKING:
    from sandbox.study.cluster import Place


class WorkerLost(SandboxError):
    """A worker of a cluster is gone in mid-cell. What it told is kept; another goes on from there."""


_PASSING: frozenset[FailureKind] = frozenset(
    {"unavailable", "timeout", "rate limited", "server error", "malformed"}
)
"""Failures of calls that may be gone when the cell is tried again."""

_LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class Failure:
    """What ended a session, and whether that may pass."""

    error: SandboxError
    passes: bool

    @property
    def wait(self) -> float | None:
        """Seconds that the model's server asks to wait, an hour at most; None if it did not say."""
        asked = self.error.retry_after if isinstance(self.error, ModelError) else None
        return None if asked is None else min(asked, _LONGEST_WAIT)

    @property
    def hopeless(self) -> bool:
        """Whether no cell of the same model can fare better."""
        return isinstance(self.error, ModelError) and self.error.kind == "authentication"


class CellRun:
    """Whether the cell `waits` before a turn, and whether it `went_on`: has got any further."""

    def __init__(
        self, cell: Cell, conductor: Conductor, models: ModelPool, place: "Place | None", *, paused: bool
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
                known = _begun(todo, self._conductor.store.histories(cell))
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
                return [*failures, _raised(error)]
            if failed is None or failed.error is None:
                if unended:  # whoever ran them broke off: nothing else tells that they are not done
                    failures.append(_raised(WorkerLost("The run ended before all of its sessions did.")))
                break
            failures.append(_ended_by(failed.error))
            if failures[-1].passes:
                break
            todo = _without(failed.session, todo)
        return failures

    def _events(
        self, todo: tuple[SessionHead, ...], known: Mapping[str, History]
    ) -> AsyncGenerator[Event, None]:
        if self._place is not None:
            return self._conductor.keep(self._place.events(todo, known))
        return self._conductor.play(todo, known, self.controls, self._models)


def _ended_by(error: SandboxError) -> Failure:
    """That a session told of at its end."""
    return Failure(error, isinstance(error, ModelError) and error.kind in _PASSING)


def _raised(error: Exception) -> Failure:
    """That nobody told of. A start that the record refuses passes: another program was quicker with it. So
    does the loss of a worker."""
    if isinstance(error, SandboxError):
        return Failure(error, isinstance(error, UsageError | WorkerLost))
    what = f"{type(error).__name__}: {error}."
    return Failure(SandboxError(what, todo="This is a fault of the app. Please report it."), passes=False)


def _without(failed: str, heads: Iterable[SessionHead]) -> tuple[SessionHead, ...]:
    """Those after the failed session that do not build on it."""
    gone, left, passed = {failed}, [], False
    for head in heads:
        if head.parent in gone:
            gone.add(head.id)
        elif passed:
            left.append(head)
        passed = passed or head.id == failed
    return tuple(left)


def _begun(todo: Iterable[SessionHead], histories: Mapping[str, History]) -> dict[str, History]:
    """The histories without those of sessions to run of which nothing has happened yet."""

    def is_begun(head: SessionHead) -> bool:
        own = histories[head.id]
        if head.parent is None:
            return own != History()
        inherited = histories[head.parent].branch(head.parent_turn)
        return (
            len(own.turns) > own.inherited or bool(own.skips) or len(own.measured) > len(inherited.measured)
        )

    fresh = {head.id for head in todo if not is_begun(head)}
    return {id: history for id, history in histories.items() if id not in fresh}
