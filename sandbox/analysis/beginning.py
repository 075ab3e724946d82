"""Where a session's technique began, and so which control stands beside it. One rule for all; pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from sandbox.engine.history import Skip
from sandbox.store.session import StoredSession
from sandbox.store.state import State

Control = TypeVar("Control")


@dataclass(frozen=True, slots=True)
class Beginning:
    """The session it left and the turn of the whole history after which its own technique began.

    `turns` of that history were technique turns already, said under `of` (titles of techniques): of a session
    that left in the middle of one. Its measurements up to `t{turns}` are not its own technique's.
    """

    parent: str | None
    after_turn: int
    turns: int = 0
    of: str = ""

    def remark(self, title: str) -> str:
        """Whose the first rows of the session are; empty when they are all its own."""
        if not self.turns:
            return ""
        of = self.of
        return f"{title} left in the middle of {of}. Up to t{self.turns} its rows are those of {of}."


def beginning(session: StoredSession, find: Callable[[str], StoredSession | None]) -> Beginning:
    """Where its technique began: a redo goes on with that of the session it left.

    `find` gives an ancestor by its id, None if it is not at hand.
    """
    parent, inherited = session.head.parent, session.history.inherited
    turns = sum(turn.phase == "technique" for turn in session.history.turns[:inherited])
    redone = session.head.plan.redo is not None
    if parent is None or not (turns or redone):
        return Beginning(parent, inherited)
    left = find(parent)
    if left is None:
        return Beginning(parent, inherited, turns, f"session {parent}")
    before = beginning(left, find)
    technique = left.head.plan.technique
    if technique is None or redone:
        return before if technique is not None else Beginning(parent, inherited)
    of = before.of if turns <= before.turns else " and ".join(filter(None, (before.of, technique.title)))
    return Beginning(parent, inherited, turns, of)


def skips(session: StoredSession, find: Callable[[str], StoredSession | None]) -> tuple[Skip, ...]:
    """The steps left out before and in it: a redo goes on with what the session it redoes had left out."""
    left = find(session.head.parent) if session.head.plan.redo is not None and session.head.parent else None
    before = skips(left, find) if left is not None else ()
    kept = (skip for skip in before if skip.after_turn <= session.history.inherited)
    return (*kept, *session.history.skips)


def control_beside(began: Beginning, controls: Iterable[tuple[Control, Beginning, State]]) -> Control | None:
    """The control that began where the session did: from then on, only what is said differs.

    Rather a finished one: one that was stopped may have been replaced by a redo.
    """
    beside = [(control, state) for control, its, state in controls if its == began]
    best = max(beside, key=lambda one: one[1] == "finished", default=None)
    return best[0] if best else None
