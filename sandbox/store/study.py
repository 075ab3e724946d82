"""Studies in the record: their frozen plans, which sessions belong to each, and what happened to each.

A study is named by its root through all its plans. What a plan says is the business of `sandbox.study`; here
it is a tree of values in which every document stands once.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel
from sqlite_utils import Database

import sandbox
from sandbox.engine.plan import SessionHead
from sandbox.errors import NotFoundError, UsageError
from sandbox.store.document import Documents, folded, store_documents
from sandbox.store.listing import studies_of
from sandbox.store.progress import SPENT, Spent, spent_in
from sandbox.store.row import LISTED, as_json, insert, insert_all, listed
from sandbox.store.session import store_heads
from sandbox.store.state import (
    APP,
    Process,
    State,
    append_states,
    interrupt_elsewhere,
    newest_states,
    now_in,
    owner,
    this_process,
)
from sandbox.store.store import Store
from sandbox.text import excerpt

LogKind = Literal[
    "started", "paused", "resumed", "ended", "pause asked", "resume asked", "stop asked", "look", "pace",
    "cap", "cell failed", "cell again", "model given up",
]  # fmt: skip
"""What a line of a study's log tells. `… asked` is written by whoever wants it, anywhere; whoever runs the
study sees it between turns."""

WORK: tuple[LogKind, ...] = ("started", "paused", "resumed", "ended")
"""The lines that tell whether somebody runs a study."""
_LOG = "number, root, at, kind, detail, pid, process_started, host, author"


@dataclass(frozen=True, slots=True)
class FrozenStudy:
    """A plan as it was frozen. `hash` is its name; `before` that of the plan it replaces (None: the first).

    `plan` is the plan's tree of plain values with its documents in their places.
    """

    hash: str
    root: str
    name: str
    before: str | None
    plan: Mapping[str, Any]
    at: datetime
    author: str
    app_version: str


@dataclass(frozen=True, slots=True)
class StudyEntry:
    """A line of a study's log. `process` wrote it; `detail` is what there is to say, by kind."""

    number: int
    root: str
    at: datetime
    kind: LogKind
    detail: Mapping[str, Any]
    process: Process | None
    author: str


@dataclass(frozen=True, slots=True)
class SessionNow:
    """The newest line of a session's log; `running` in a process that is gone is told as interrupted."""

    session: str
    state: State
    at: datetime
    reason: str
    number: int
    process: Process | None = None


@dataclass(frozen=True, slots=True)
class StudyStates:
    """Every session of a study that was begun or claimed, by id, and what all their calls took together.

    `known_cost` in US dollars is that of the calls whose cost is known; `spent.cost` is None unless all are.
    """

    sessions: Mapping[str, SessionNow]
    spent: Spent
    known_cost: float


@dataclass(frozen=True, slots=True)
class Claim:
    """What came of asking for a cell: the ids of the sessions to run, in order, or who has it in hand."""

    to_run: tuple[str, ...] = ()
    whose: Process | None = None


@dataclass(slots=True)
class _Read:
    """What was read of a study so far: the record only grows, so a refresh reads what came since."""

    state: int = 0
    call: int = 0
    sessions: dict[str, SessionNow] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)
    cost: float = 0.0


class StudyRecord:
    """The studies of a workspace's record. Keep one: it remembers what it has read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[str, _Read] = {}

    @cached_property
    def _documents(self) -> Documents:
        return Documents()

    # Plans

    def freeze(
        self,
        plan: BaseModel,
        *,
        hash: str,
        root: str,
        name: str,
        before: str | None = None,
    ) -> bool:
        """Keep a plan under its hash, with its documents; False if it is there already.

        Raises UsageError for a name that another study has.
        """
        tree, documents = folded(plan)
        with self._store.writing() as (db, at):
            taken = db.execute(
                "SELECT root FROM studies WHERE name = ? ORDER BY number DESC LIMIT 1", [name]
            ).fetchone()
            if taken is not None and taken[0] != root:
                raise UsageError(
                    f"There is another study named “{excerpt(name, 60)}” in this record.",
                    todo="Choose another name.",
                )
            if db.execute("SELECT 1 FROM studies WHERE hash = ?", [hash]).fetchone():
                return False
            store_documents(db, documents)
            row = {"hash": hash, "root": root, "name": name, "before": before, "plan": tree}
            insert(
                db,
                "studies",
                {**row, "at": at.isoformat(), "author": APP, "app_version": sandbox.__version__},
            )
        return True

    def newest(self, name: str) -> FrozenStudy | None:
        """The newest plan of the study of that name or root; None if there is none."""
        return self._one("(name = ? OR root = ?) ORDER BY number DESC LIMIT 1", name, name)

    def named(self, name: str) -> FrozenStudy:
        """The same, or the plan whose hash begins so. Raises NotFoundError, saying what there is."""
        found = self.newest(name)
        if found is None and len(name) >= 6:
            found = self._one("substr(hash, 1, ?) = ? ORDER BY number DESC LIMIT 1", len(name), name)
        if found is None:
            known = ", ".join(study.name for study in self.all())
            todo = f"There are: {known}." if known else "Plan one: `sandbox study plan FILE`."
            raise NotFoundError(f"No study “{excerpt(name, 60)}” was planned here.", todo=todo)
        return found

    def all(self) -> tuple[FrozenStudy, ...]:
        """The newest plan of every study, the study planned last first."""
        return self._plans("number IN (SELECT max(number) FROM studies GROUP BY root) ORDER BY number DESC")

    def plans(self, root: str) -> tuple[FrozenStudy, ...]:
        """Every plan of a study, the first one first."""
        return self._plans("root = ? ORDER BY number", root)

    def _one(self, where: str, *values: object) -> FrozenStudy | None:
        return next(iter(self._plans(where, *values)), None)

    def _plans(self, where: str, *values: object) -> tuple[FrozenStudy, ...]:
        with self._store.reading() as db:
            rows = db.execute(
                f"SELECT hash, root, name, before, plan, at, author, app_version FROM studies WHERE {where}",  # noqa: S608
                list(values),
            ).fetchall()
            trees = self._documents.unfolded(db, {row[0]: row[4] for row in rows})
        return tuple(
            FrozenStudy(
                hash, root, name, before, trees[hash], datetime.fromisoformat(at), author, app_version
            )
            for hash, root, name, before, _, at, author, app_version in rows
        )

    # Sessions

    def claim(self, root: str, heads: Sequence[SessionHead]) -> Claim:
        """Take a cell for this process: write down its sessions, and `planned` for those that are to be run.

        Those are all that are neither finished nor removed. Nothing is written when another process that may
        be alive has one of them in hand. One transaction: of two processes only one gets a cell.
        """
        ids = [head.id for head in heads]
        with self._store.writing() as (db, at):
            known = newest_states(db, ids)
            in_hand = (entry.process for entry in known.values() if entry.state in ("planned", "running"))
            whose = next((one for one in in_hand if one is not None and not one.ours and one.alive), None)
            if whose is not None:
                return Claim(whose=whose)
            left = [id for id in ids if id not in known or known[id].now not in ("finished", "removed")]
            if not left:
                return Claim()
            store_heads(db, heads, at)
            _add_sessions(db, root, ids)
            append_states(db, left, "planned", at)
        return Claim(tuple(left))

    def release(self, sessions: Iterable[str], reason: str) -> None:
        """Give back what this process claimed and did not begin, so that another may."""
        with self._store.writing() as (db, at):
            states = newest_states(db, list(sessions))
            ours = [
                id
                for id, entry in states.items()
                if entry.state == "planned" and entry.process is not None and entry.process.ours
            ]
            append_states(db, ours, "interrupted", at, reason=reason)

    def take_over(self, root: str) -> tuple[str, ...]:
        """Write `interrupted` for what another machine is said to run of it, and that its run of the study
        ended; the ids. A person decides."""
        for entry in self.at_work(root):
            if entry.process is not None and not entry.process.here:
                self._log(root, "ended", {"ending": "broken off"}, "clinician", entry.process)
        with self._store.writing() as (db, at):
            rows = db.execute("SELECT session FROM study_sessions WHERE root = ?", [root]).fetchall()
            return interrupt_elsewhere(db, [row[0] for row in rows], at)

    def condition_of(self, sessions: Collection[str]) -> str | None:
        """How the study stands that has one of the sessions (`condition_in`); None where none has."""
        with self._store.reading() as db:
            row = db.execute(
                f"SELECT root FROM study_sessions WHERE session IN {LISTED} LIMIT 1",  # noqa: S608
                [listed(sessions)],
            ).fetchone()
            return conditions(db, row)[row[0]] if row else None

    def studies_of(self, sessions: Collection[str]) -> dict[str, str]:
        """By session, the name of the study it belongs to; those of none are left out."""
        with self._store.reading() as db:
            return {session: names[-1] for session, names in studies_of(db, sessions).items()}

    def changed(self, sessions: Collection[str]) -> tuple[str, ...]:
        """The roots of those studies of these sessions that have several plans, or a removed session."""
        with self._store.reading() as db:
            rows = db.execute(
                "WITH own AS (SELECT DISTINCT root FROM study_sessions"  # noqa: S608
                f" WHERE session IN {LISTED})"
                " SELECT root FROM own WHERE"
                " EXISTS (SELECT 1 FROM studies s WHERE s.root = own.root AND before IS NOT NULL) OR"
                " EXISTS (SELECT 1 FROM study_sessions m JOIN states t ON t.session = m.session"
                " WHERE m.root = own.root AND t.state = 'removed')",
                [listed(sessions)],
            )
            return tuple(row[0] for row in rows)

    def states(self, root: str) -> StudyStates:
        """How far the study's sessions are, and what they took. After the first time only news is read."""
        read = self._read.setdefault(root, _Read())
        with self._store.reading() as db:
            _read_states(db, root, read)
            _read_calls(db, root, read)
        alive: dict[Process, bool] = {}
        now = dict(read.sessions)
        for id, one in read.sessions.items():
            if one.state == "running" and now_in(one.state, one.process, alive) != "running":
                reason = "The program ended before the session did."
                now[id] = SessionNow(id, "interrupted", one.at, reason, one.number, one.process)
        return StudyStates(now, read.spent, read.cost)

    # The log

    def log(
        self, root: str, kind: LogKind, detail: Mapping[str, Any] | None = None, author: str = APP
    ) -> int:
        """Add a line to the study's log, by this process; its number."""
        return self._log(root, kind, detail or {}, author, this_process())

    def _log(self, root: str, kind: LogKind, detail: Mapping[str, Any], author: str, process: Process) -> int:
        with self._store.writing() as (db, at):
            return insert(
                db,
                "study_log",
                {
                    "root": root,
                    "at": at.isoformat(),
                    "kind": kind,
                    "detail": as_json(detail),
                    "pid": process.pid,
                    "process_started": process.started,
                    "host": process.host,
                    "author": author,
                },
            )

    def logged(self, root: str, *, after: int = 0, kinds: Sequence[LogKind] = ()) -> tuple[StudyEntry, ...]:
        """The lines after that number, oldest first: all, or those of these kinds."""
        only = f" AND kind IN {LISTED}" if kinds else ""
        with self._store.reading() as db:
            rows = db.execute(
                f"SELECT {_LOG} FROM study_log WHERE root = ? AND number > ?{only} ORDER BY number",  # noqa: S608
                [root, after, *([listed(kinds)] if kinds else [])],
            ).fetchall()
        return tuple(_entry(row) for row in rows)

    def at_work(self, root: str) -> tuple[StudyEntry, ...]:
        """The newest line of each living process that runs the study: started, resumed or paused."""
        return at_work_in(self.logged(root, kinds=WORK))


def at_work_in(log: Iterable[StudyEntry]) -> tuple[StudyEntry, ...]:
    """The same, of a study's log."""
    newest = {whose: entry for entry in log if entry.kind in WORK and (whose := entry.process) is not None}
    return tuple(entry for process, entry in newest.items() if entry.kind != "ended" and process.alive)


def condition_in(log: Sequence[StudyEntry]) -> str:
    """How a study with that log stands: `running` or `paused` while a living process has it, else how it
    ended last; `not begun` if it never began."""
    if at_work := at_work_in(log):
        return "paused" if all(entry.kind == "paused" for entry in at_work) else "running"
    last = next((entry for entry in reversed(log) if entry.kind in ("started", "ended")), None)
    if last is None:
        return "not begun"
    return str(last.detail["ending"]) if last.kind == "ended" else "broken off"


def conditions(db: Database, roots: Collection[str]) -> dict[str, str]:
    """`condition_in` of each of these studies, by its root."""
    rows = db.execute(
        f"SELECT {_LOG} FROM study_log WHERE root IN {LISTED} AND kind IN {LISTED} ORDER BY number",  # noqa: S608
        [listed(roots), listed(WORK)],
    )
    logs: dict[str, list[StudyEntry]] = {root: [] for root in roots}
    for row in rows:
        entry = _entry(row)
        logs[entry.root].append(entry)
    return {root: condition_in(log) for root, log in logs.items()}


def _add_sessions(db: Database, root: str, sessions: Collection[str]) -> None:
    there = db.execute(
        f"SELECT session FROM study_sessions WHERE root = ? AND session IN {LISTED}",  # noqa: S608
        [root, listed(sessions)],
    )
    known = {row[0] for row in there}
    insert_all(db, "study_sessions", [{"root": root, "session": id} for id in sessions if id not in known])


def _read_states(db: Database, root: str, read: _Read) -> None:
    columns = "st.number, st.session, st.state, st.at, st.reason, st.pid, st.process_started, st.host"
    # CROSS JOIN fixes the order: the first time by the study's sessions, then by what was written since.
    if read.state:
        joined = "states st CROSS JOIN study_sessions m ON m.root = ? AND m.session = st.session"
    else:
        joined = "study_sessions m CROSS JOIN states st ON m.root = ? AND m.session = st.session"
    rows = db.execute(
        f"SELECT {columns} FROM {joined} WHERE st.number > ? ORDER BY st.number",  # noqa: S608
        [root, read.state],
    )
    for number, session, state, at, reason, pid, started, host in rows:
        process = owner(pid, started, host)
        read.sessions[session] = SessionNow(
            session, state, datetime.fromisoformat(at), reason, number, process
        )
        read.state = number


def _read_calls(db: Database, root: str, read: _Read) -> None:
    if read.call:
        joined = "calls c CROSS JOIN study_sessions m ON m.root = ? AND m.session = c.session"
    else:
        joined = "study_sessions m CROSS JOIN calls c ON m.root = ? AND m.session = c.session"
    sql = f"SELECT coalesce(max(c.number), 0), total(cost), {SPENT} FROM {joined} WHERE c.number > ?"  # noqa: S608
    last, cost, *row = db.execute(sql, [root, read.call]).fetchone()
    read.call = max(read.call, last)
    read.cost += cost
    read.spent += spent_in(row)


def _entry(
    row: tuple[int, str, str, LogKind, str, int | None, float | None, str | None, str],
) -> StudyEntry:
    number, root, at, kind, detail, pid, started, host, author = row
    when = datetime.fromisoformat(at)
    return StudyEntry(number, root, when, kind, json.loads(detail), owner(pid, started, host), author)
