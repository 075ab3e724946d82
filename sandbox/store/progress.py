"""How far the runs under way are: the sessions a living process planned, and what they took so far.

A trunk with nothing still to be run belongs to a run that has ended, and is left out with its branches.
"""

import json
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from sandbox.engine.phase import USUAL, technique_first
from sandbox.store.document import POINTER, pointers
from sandbox.store.row import LISTED, listed
from sandbox.store.session import SUMMARY, SessionSummary, families_of, summaries_in
from sandbox.store.state import Open, Process, State, now_in, owner

_TURNS_FOR_A_PACE = 3


@dataclass(frozen=True, slots=True)
class Spent:
    """What model calls took: tokens as far as servers told, `cost` in US dollars (None: not known of all).

    `retries` counts attempts beyond the first of each call, `seconds` what they took one after another.
    """

    calls: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = 0.0
    seconds: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        known = self.cost is not None and other.cost is not None
        return Spent(
            self.calls + other.calls,
            self.retries + other.retries,
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.completion_tokens + other.completion_tokens,
            (self.cost or 0.0) + (other.cost or 0.0) if known else None,
            self.seconds + other.seconds,
        )


_NOTHING = Spent()

SPENT = """total(attempt = 1), count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(cached_tokens), 0),
    coalesce(sum(completion_tokens), 0), count(cost) = count(finish_reason), total(cost),
    total(seconds)"""
"""What stands after SELECT for `spent_in`, of the table `calls`."""


def spent_in(row: Sequence[Any]) -> Spent:
    """What the attempts took that SPENT was asked of."""
    calls, attempts, prompt, cached, completion, priced, cost, seconds = row
    known = cost if priced else None
    return Spent(int(calls), attempts - int(calls), prompt, cached, completion, known, seconds)


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
    """The sessions that one process planned, in order, of the trunks with one that is still to end.

    `study`: the root of the study that the first of them belongs to; empty for none.
    """

    process: Process
    sessions: tuple[SessionProgress, ...]
    study: str = ""

    @property
    def spent(self) -> Spent:
        return sum((session.spent for session in self.sessions), _NOTHING)

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


def runs_of(db: Database, open_now: Open, known: dict[str, SessionProgress]) -> tuple[RunProgress, ...]:
    """Every living process with a session running or still to begin, and all of its run, oldest first.

    `known` keeps what was read last: what a plan says is read once, what happens is read again.
    """
    opened = open_now.owned(db, ["planned", "running"])
    living = {process: sessions for process, sessions in opened.items() if process.alive}
    families = families_of(db, [session for sessions in living.values() for session in sessions])
    kin = {
        process: {member for session in sessions for member in families[session]}
        for process, sessions in living.items()
    }
    for over in known.keys() - set().union(*kin.values()):
        del known[over]
    planned = ((process, _planned_by(db, process, of, known)) for process, of in kin.items())
    return tuple(RunProgress(process, own, _study_of(db, own)) for process, own in planned)


def _study_of(db: Database, sessions: Sequence[SessionProgress]) -> str:
    first = sessions[0].summary.id if sessions else ""
    row = db.execute("SELECT root FROM study_sessions WHERE session = ?", [first]).fetchone()
    return str(row[0]) if row else ""


def _planned_by(
    db: Database, process: Process, kin: Set[str], known: dict[str, SessionProgress]
) -> tuple[SessionProgress, ...]:
    """What the process planned of `kin`."""
    _take_up(db, kin - known.keys(), known)
    wanted = listed(kin)
    spent = spent_in_each(db, kin)
    rows = db.execute(
        f"""SELECT s.id, l.state, l.reason, l.pid, l.process_started, l.host,
            (SELECT count(*) FROM turns WHERE session = s.id),
            (SELECT min(at) FROM states WHERE session = s.id AND state = 'running')
        FROM sessions s JOIN states l ON l.number = (SELECT max(number) FROM states WHERE session = s.id)
        WHERE s.id IN {LISTED} AND l.state <> 'removed' AND EXISTS (SELECT 1 FROM states
            WHERE session = s.id AND pid = ? AND process_started = ? AND coalesce(host, '') = ?)
        ORDER BY s.number""",  # noqa: S608
        [wanted, process.pid, process.started, process.host],
    )
    alive = {process: True}
    planned = []
    for id, state, reason, pid, started, host, turns, began in rows:
        now = now_in(state, owner(pid, started, host), alive) if state == "running" else state
        one = known[id] = _gone_on(known[id], (now, reason, turns), spent.get(id, _NOTHING), began)
        planned.append(one)
    return tuple(planned)


def _gone_on(
    last: SessionProgress, now: tuple[State, str, int], spent: Spent, began: str | None
) -> SessionProgress:
    """The session as it is now; as it was read last, where nothing happened since."""
    summary, at = last.summary, datetime.fromisoformat(began) if began else None
    if (summary.state, summary.reason, summary.turns) != now:
        state, reason, turns = now
        summary = replace(summary, state=state, reason=reason, turns=turns)
    elif last.spent == spent and last.began == at:
        return last
    return SessionProgress(summary, last.turns, spent, at)


def spent_by(db: Database, sessions: Collection[str]) -> Spent:
    """What the calls of all these sessions took together."""
    return sum(spent_in_each(db, sessions).values(), _NOTHING)


def spent_in_each(db: Database, sessions: Collection[str]) -> dict[str, Spent]:
    """By session, where it has made a call."""
    sql = f"SELECT session, {SPENT} FROM calls WHERE session IN {LISTED} GROUP BY session"  # noqa: S608
    return {session: spent_in(row) for session, *row in db.execute(sql, [listed(sessions)])}


def _take_up(db: Database, new: Set[str], known: dict[str, SessionProgress]) -> None:
    """Add what is told of each before it begins, and how many turns it is planned to have."""
    if not new:
        return
    wanted = listed(new)
    rows = db.execute(f"SELECT id, plan, parent_turn FROM sessions WHERE id IN {LISTED}", [wanted])  # noqa: S608
    plans = {id: (plan, left_at) for id, plan, left_at in rows}
    names = {name for plan, _ in plans.values() for name in pointers(plan)}
    documents = db.execute(f"SELECT hash, json FROM documents WHERE hash IN {LISTED}", [listed(names)])  # noqa: S608
    told = {name: _length(json.loads(text)) for name, text in documents}
    summaries = summaries_in(db.execute(f"{SUMMARY} WHERE s.id IN {LISTED}", [wanted]))
    known.update(
        (one.id, SessionProgress(one, _turns(json.loads(plan), left_at, told), _NOTHING, None))
        for one in summaries
        for plan, left_at in [plans[one.id]]
    )


def _turns(plan: Mapping[str, Any], left_at: int | None, told: Mapping[str, int]) -> int:
    """A trunk tells its scenario; a branch says its steps, and a neutral stretch if there is one. A branch
    whose technique comes first tells the scenario after it.

    A trunk told again has only what follows the turn it left at, a redone branch only the steps not passed.
    """

    def length(pointer: Mapping[str, str] | None) -> int:
        return told.get(pointer[POINTER], 0) if pointer else 0

    stretches = tuple(plan.get("stretches", USUAL))
    if plan.get("technique") is None and "technique" in stretches:
        return length(plan["scenario"]) - (left_at or 0)
    passed = (plan.get("redo") or {}).get("passed", ())
    own = length(plan.get("technique")) + length(plan.get("follow_up"))
    if technique_first(stretches):
        return own + length(plan["scenario"]) - ((left_at or 0) if plan.get("redo") else 0)
    return own - len(passed)


def _length(document: Mapping[str, Any]) -> int:
    said = document.get("steps", document.get("turns", ()))
    asked = (int(task["stop"]["questions"]) for task in document.get("tasks") or ())
    return len(said) + sum(asked)
