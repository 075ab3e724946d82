"""How far the runs under way are: the sessions a living process planned, and what they took so far.

A trunk with nothing still to be run belongs to a run that has ended, and is left out with its branches.
"""

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from sandbox.store.process import Process
from sandbox.store.session import SUMMARY, SessionSummary, family_of, summary
from sandbox.store.state import State, latest_states

_TURNS_FOR_A_PACE = 3


@dataclass(frozen=True, slots=True)
class Spent:
    """What model calls took: tokens as far as servers told, `cost` in US dollars (None: not known of all).

    `retries` counts attempts beyond the first of each call.
    """

    calls: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        known = self.cost is not None and other.cost is not None
        return Spent(
            self.calls + other.calls,
            self.retries + other.retries,
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.completion_tokens + other.completion_tokens,
            (self.cost or 0.0) + (other.cost or 0.0) if known else None,
        )


@dataclass(frozen=True, slots=True)
class SessionProgress:
    """A session of a run. `turns` is how many turns of its own it has if no step is left out or repeated."""

    summary: SessionSummary
    turns: int
    spent: Spent
    began: datetime | None

    @property
    def done(self) -> bool:
        """Nothing more happens to it in this run."""
        return self.summary.state not in ("planned", "running")


@dataclass(frozen=True, slots=True)
class RunProgress:
    """The sessions that one process planned, in order, of the trunks with one that is still to end."""

    process: Process
    sessions: tuple[SessionProgress, ...]

    @property
    def spent(self) -> Spent:
        return sum((session.spent for session in self.sessions), Spent())

    @property
    def turns_done(self) -> int:
        return sum(session.summary.turns for session in self.sessions)

    @property
    def turns_left(self) -> int:
        """Turns still to come, as far as the plans tell."""
        return sum(max(0, s.turns - s.summary.turns) for s in self.sessions if not s.done)

    def count(self, *states: State) -> int:
        return sum(session.summary.state in states for session in self.sessions)

    def seconds_left(self, now: datetime) -> float | None:
        """About how long it will still take at the pace so far; None before three turns are done."""
        starts = [session.began for session in self.sessions if session.began is not None]
        if not starts or self.turns_done < _TURNS_FOR_A_PACE:
            return None
        return (now - min(starts)).total_seconds() / self.turns_done * self.turns_left


def runs_of(db: Database) -> tuple[RunProgress, ...]:
    """Every living process with a session running or still to begin, and all of its run, oldest first."""
    open_states = latest_states(db, ["planned", "running"])
    living: dict[Process, set[str]] = {}
    for entry in open_states:
        if entry.process and entry.process.alive:
            living.setdefault(entry.process, set()).update(family_of(db, entry.session))
    return tuple(RunProgress(process, _planned_by(db, process, kin)) for process, kin in living.items())


def _planned_by(db: Database, process: Process, kin: Set[str]) -> tuple[SessionProgress, ...]:
    """What the process planned of the sessions of `kin`."""
    rows = db.execute(
        f"{SUMMARY} WHERE l.state <> 'removed' AND s.id IN"  # noqa: S608
        " (SELECT session FROM states WHERE pid = ? AND process_started = ?) ORDER BY s.number",
        [process.pid, process.started],
    ).fetchall()
    lengths: dict[str, int] = {}
    found = []
    for one in (summary(row) for row in rows):
        if one.id not in kin:
            continue
        plan, left_at, began = db.execute(
            "SELECT s.plan, s.parent_turn,"
            " (SELECT min(at) FROM states WHERE session = s.id AND state = 'running')"
            " FROM sessions s WHERE s.id = ?",
            [one.id],
        ).fetchone()
        turns = _turns(db, json.loads(plan), left_at, lengths)
        started = datetime.fromisoformat(began) if began else None
        found.append(SessionProgress(one, turns, _spent(db, one.id), started))
    return tuple(found)


def _spent(db: Database, session: str) -> Spent:
    calls, attempts, prompt, cached, completion, priced, cost = db.execute(
        """SELECT count(DISTINCT id), count(*), coalesce(sum(prompt_tokens), 0),
            coalesce(sum(cached_tokens), 0), coalesce(sum(completion_tokens), 0),
            count(cost) = count(finish_reason), coalesce(sum(cost), 0.0)
        FROM calls WHERE session = ?""",
        [session],
    ).fetchone()
    return Spent(calls, attempts - calls, prompt, cached, completion, cost if priced else None)


def _turns(db: Database, plan: Mapping[str, Any], left_at: int | None, lengths: dict[str, int]) -> int:
    """A trunk tells its scenario; a branch says its steps, and a neutral stretch if there is one.

    A trunk told again has only what follows the turn it left at, a redone branch only the steps not passed.
    """
    if plan.get("technique") is None:
        return _length(db, plan["scenario"], lengths) - (left_at or 0)
    stretch = _length(db, plan["follow_up"], lengths) if plan.get("follow_up") else 0
    passed = (plan.get("redo") or {}).get("passed", ())
    return _length(db, plan["technique"], lengths) - len(passed) + stretch


def _length(db: Database, pointer: Mapping[str, str], lengths: dict[str, int]) -> int:
    (name,) = pointer.values()
    if name not in lengths:
        row = db.execute("SELECT json FROM documents WHERE hash = ?", [name]).fetchone()
        document = json.loads(row[0]) if row else {}
        told = document.get("steps", document.get("turns", ()))
        asked = sum(task["stop"]["questions"] for task in document.get("tasks") or ())
        lengths[name] = len(told) + asked
    return lengths[name]
