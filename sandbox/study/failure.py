"""What ends a session of a study badly: whether it may pass, and what of its cell is still to be run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead
from sandbox.errors import SandboxError, UsageError
from sandbox.models.provider import FailureKind, ModelError


class WorkerLost(SandboxError):
    """A worker of a cluster is gone in mid-cell. What it told is kept; another goes on from there."""


PASSING: frozenset[FailureKind] = frozenset(
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


def ended_by(error: SandboxError) -> Failure:
    """That a session told of at its end."""
    return Failure(error, isinstance(error, ModelError) and error.kind in PASSING)


def raised(error: Exception) -> Failure:
    """That nobody told of. A start that the record refuses passes: another program was quicker with it. So
    does the loss of a worker."""
    if isinstance(error, SandboxError):
        return Failure(error, isinstance(error, UsageError | WorkerLost))
    what = f"{type(error).__name__}: {error}."
    return Failure(SandboxError(what, todo="This is a fault of the app. Please report it."), passes=False)


def without(failed: str, heads: Iterable[SessionHead]) -> tuple[SessionHead, ...]:
    """Those after the failed session that do not build on it."""
    gone, left, passed = {failed}, [], False
    for head in heads:
        if head.parent in gone:
            gone.add(head.id)
        elif passed:
            left.append(head)
        passed = passed or head.id == failed
    return tuple(left)


def begun(todo: Iterable[SessionHead], histories: Mapping[str, History]) -> dict[str, History]:
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
