"""The states a session passes through, and whose it is: an append-only log, the newest entry counts."""

import os
import platform
from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import psutil
from sqlite_utils import Database

from sandbox.errors import UsageError
from sandbox.models.provider import ModelDescription
from sandbox.store.row import LISTED, as_json, insert_all, listed, model_in, model_json
from sandbox.text import printable

State = Literal["planned", "running", "finished", "stopped", "failed", "interrupted", "removed"]

APP = "sandbox"
"""The author of what the app itself writes into the log."""

_COLUMNS = "session, at, state, reason, pid, process_started, host, author, model"


_SLACK = 5.0
"""Seconds: a process's start is derived from the boot time, which clock corrections move a little."""


@dataclass(frozen=True, slots=True)
class Process:
    """Whose a session is: a process by its number and its start, so that a number used again is not it.

    `started` is in seconds since 1970, as the operating system tells it. `host` is the machine's name; empty
    in records from before it was kept: then this machine's.
    """

    pid: int
    started: float
    host: str = ""

    @property
    def here(self) -> bool:
        """Whether it is, or was, on this machine. Of another nobody here can tell what lives on it."""
        return self.host in ("", this_process().host)

    @property
    def alive(self) -> bool:
        """Whether it runs; one on another machine is never taken for dead."""
        if not self.here:
            return True
        try:
            process = psutil.Process(self.pid)
            return (
                abs(process.create_time() - self.started) < _SLACK
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True

    @property
    def ours(self) -> bool:
        own = this_process()
        return self.here and self.pid == own.pid and abs(own.started - self.started) < _SLACK

    @property
    def begun_by_us(self) -> bool:
        """Whether this process began it, itself or by way of another one."""
        if not self.here:
            return False
        try:
            return os.getpid() in (one.pid for one in psutil.Process(self.pid).parents())
        except psutil.Error:
            return False

    def __str__(self) -> str:
        """`process 12`, `process 12 on HOST`."""
        return f"process {self.pid}" if self.here else f"process {self.pid} on {printable(self.host)}"


@lru_cache(maxsize=4)
def _process(pid: int) -> Process:
    return Process(pid, psutil.Process(pid).create_time(), platform.node())


def this_process() -> Process:
    return _process(os.getpid())


@dataclass(frozen=True, slots=True)
class StateEntry:
    """A line of the log. `process` ran or planned the session; `model` is the one it was started with."""

    session: str
    at: datetime
    state: State
    reason: str
    author: str
    process: Process | None = None
    model: ModelDescription | None = None

    @property
    def now(self) -> State:
        """The state as it is: `running` in a process that is gone means interrupted."""
        return now_in(self.state, self.process)


def now_in(state: State, process: Process | None, alive: dict[Process, bool] | None = None) -> State:
    """`state`, but `interrupted` for a session left `running` by a process that is gone.

    `alive` keeps what was found out of processes: asking for one takes longer than reading its session.
    """
    if state != "running":
        return state
    known = {} if alive is None else alive
    if process is not None and process not in known:
        known[process] = process.alive
    return state if process is not None and known[process] else "interrupted"


def refuse_running_elsewhere(db: Database, session: str) -> None:
    """Raises UsageError when another process that may be alive is running the session, or has it in line as
    part of a study."""
    entry = newest_states(db, [session])[session]
    process = entry.process
    if process is None or process.ours or not _in_hand(db, entry) or not process.alive:
        return
    if process.here:
        raise UsageError(
            f"This session is being run by another program already ({process}).",
            where=entry.session,
            todo="Wait until it has ended there, or stop it there and go on here.",
        )
    raise UsageError(
        f"This session is run on another machine, {printable(process.host)} (process {process.pid}).",
        where=entry.session,
        todo="Wait until it has ended there, or stop it there. If that machine no longer runs it, take it"
        f" over: sandbox resume {entry.session} --take-over (in the app: p on Home, then t)",
    )


def _in_hand(db: Database, entry: StateEntry) -> bool:
    in_line = entry.state == "planned"
    study = "SELECT 1 FROM study_sessions WHERE session = ?"
    return entry.state == "running" or (in_line and db.execute(study, [entry.session]).fetchone() is not None)


def to_plan(db: Database, sessions: Sequence[str], new: Container[str]) -> list[str]:
    """Those of which it is news that they are planned: not what is finished, under way or in line."""
    known = newest_states(db, [id for id in sessions if id not in new])

    def is_news(id: str) -> bool:
        if id in new:
            return True
        in_line = known[id].state == "planned" and (process := known[id].process) and process.ours
        return known[id].now not in ("finished", "running") and not in_line

    return [id for id in sessions if is_news(id)]


def interrupt_elsewhere(db: Database, sessions: Collection[str], at: datetime) -> tuple[str, ...]:
    """Write `interrupted`, by the clinician, for what another machine runs or has in line; the ids."""
    elsewhere = {
        id: entry.process
        for id, entry in newest_states(db, sessions).items()
        if entry.state in ("planned", "running") and entry.process and not entry.process.here
    }
    for id, process in elsewhere.items():
        append_states(db, [id], "interrupted", at, reason=f"Taken over from {process}.", author="clinician")
    return tuple(elsewhere)


def to_resume(entry: StateEntry, at_work: Container[str]) -> bool:
    """Whether the session can be gone on with. `at_work`: the families of those that are running."""
    if entry.now != "planned":
        return entry.now in ("interrupted", "failed")
    elsewhere = entry.process is not None and entry.process.alive and not entry.process.ours
    return not elsewhere and entry.session not in at_work


def append_states(
    db: Database,
    sessions: Iterable[str],
    state: State,
    at: datetime,
    *,
    reason: str = "",
    author: str = APP,
    model: ModelDescription | None = None,
) -> None:
    """Add a line to the log of each. A planned or running session is tied to this process."""
    process = this_process() if state in ("planned", "running") else None
    line = {
        "at": at.isoformat(),
        "state": state,
        "reason": reason,
        "pid": process.pid if process else None,
        "process_started": process.started if process else None,
        "host": process.host if process else None,
        "author": author,
        "model": model_json(model) if model else None,
    }
    insert_all(db, "states", [{"session": session, **line} for session in sessions])


def states_of(db: Database, sessions: Collection[str]) -> dict[str, tuple[StateEntry, ...]]:
    """By session, its whole log, oldest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM states"  # noqa: S608
        f" WHERE session IN {LISTED} ORDER BY number",
        [listed(sessions)],
    )
    found: dict[str, list[StateEntry]] = {session: [] for session in sessions}
    for row in rows:
        found[row[0]].append(_entry(row))
    return {session: tuple(log) for session, log in found.items()}


def newest_states(db: Database, sessions: Collection[str]) -> dict[str, StateEntry]:
    """By session, the newest line of its log. Every stored session has one."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM states WHERE number IN"  # noqa: S608
        " (SELECT (SELECT max(number) FROM states WHERE session = value) FROM json_each(?))",
        [listed(sessions)],
    )
    return {row[0]: _entry(row) for row in rows}


def last_removed(db: Database) -> dict[str, State]:
    """What was removed last in one go and is removed still: by session, its state before."""
    still = "state = 'removed' AND number = (SELECT max(number) FROM states n WHERE n.session = s.session)"
    rows = db.execute(
        f"SELECT session FROM states s WHERE {still} AND (at, reason) ="  # noqa: S608
        f" (SELECT at, reason FROM states s WHERE {still} ORDER BY number DESC LIMIT 1)"
    ).fetchall()
    logs = states_of(db, [row[0] for row in rows])
    return {session: log[-2].now for session, log in logs.items()}


_OVER = ("finished", "stopped", "removed")
"""The states from which a session does not go on by itself."""


class Open:
    """Which sessions are not over, and where their newest line stands. Keep one for each record.

    The log only grows: it is read whole once (0.1 s for 100,000 sessions), then only what came since.
    """

    def __init__(self) -> None:
        self._read = 0
        self._newest: dict[str, int] = {}

    def states(self, db: Database, states: Iterable[State]) -> tuple[StateEntry, ...]:
        """The newest line of every session whose newest line says one of `states`, oldest session first.

        Of those that are not over: asking for others finds nothing.
        """
        return tuple(map(_entry, self._rows(db, [f"l.{column}" for column in _COLUMNS.split(", ")], states)))

    def owned(self, db: Database, states: Iterable[State]) -> dict[Process, list[str]]:
        """By process, the sessions whose newest line says one of `states` and names it, oldest session
        first."""
        found: dict[tuple[int | None, float | None, str | None], list[str]] = {}
        for session, *process in self._rows(db, ["l.session, l.pid, l.process_started, l.host"], states):
            found.setdefault(tuple(process), []).append(session)
        return {whose: own for key, own in found.items() if (whose := owner(*key)) is not None}

    def _rows(self, db: Database, columns: Iterable[str], states: Iterable[State]) -> Iterable[Any]:
        self._go_on(db)
        wanted = list(states)
        return db.execute(
            f"SELECT {', '.join(columns)} FROM states l JOIN sessions s ON s.id = l.session"  # noqa: S608
            f" WHERE l.number IN {LISTED} AND l.state IN ({', '.join('?' * len(wanted))}) ORDER BY s.number",
            [as_json(list(self._newest.values())), *wanted],
        )

    def _go_on(self, db: Database) -> None:
        """Take up the lines written since the last time."""
        if not self._read:
            over = ", ".join(f"'{state}'" for state in _OVER)
            self._newest = dict(
                db.execute(f"SELECT session, number FROM latest_states WHERE state NOT IN ({over})")  # noqa: S608
            )
            (self._read,) = db.execute("SELECT coalesce(max(number), 0) FROM states").fetchone()
            return
        for number, session, state in db.execute(
            "SELECT number, session, state FROM states WHERE number > ? ORDER BY number", [self._read]
        ):
            self._read = number
            if state in _OVER:
                self._newest.pop(session, None)
            else:
                self._newest[session] = number


def owner(pid: int | None, started: float | None, host: str | None) -> Process | None:
    """The process that those columns of a state name."""
    return Process(pid, started, host or "") if pid is not None and started is not None else None


def _entry(
    row: tuple[str, str, State, str, int | None, float | None, str | None, str, str | None],
) -> StateEntry:
    session, at, state, reason, pid, started, host, author, model = row
    process = owner(pid, started, host)
    described = model_in(model) if model else None
    return StateEntry(session, datetime.fromisoformat(at), state, reason, author, process, described)
