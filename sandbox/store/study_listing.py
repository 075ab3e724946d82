"""Studies as lists show them: what each is called, how many sessions it has, and how they stand."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from sandbox.store.document import POINTER
from sandbox.store.row import LISTED, listed
from sandbox.store.state import Process, State, now_in, owner
from sandbox.store.store import Store
from sandbox.store.study import conditions

_WORDS = {
    "enough": "finished",
    "capped": "stopped",
    "finished": "unfinished",
    "broken off": "interrupted",
}
"""How a study with sessions left stands; one of an earlier plan, or a pilot, has ended and is unfinished."""


@dataclass(frozen=True, slots=True)
class StudySummary:
    """A study in a line. `at`: when its newest plan was frozen; `sessions` are all of that plan.

    `states` counts those of them that were begun. `condition`: `store.study.condition_in`.
    """

    root: str
    name: str
    title: str
    at: datetime
    cells: int
    sessions: int
    states: Mapping[State, int]
    condition: str

    @property
    def finished(self) -> int:
        return self.states.get("finished", 0) + self.states.get("removed", 0)

    @property
    def at_work(self) -> bool:
        """Whether a living process runs it, or may, on another machine."""
        return self.condition in ("running", "paused")

    @property
    def stands(self) -> str:
        """How it stands, in the word that stands for a session too: `paused`, `stopped`, `interrupted`."""
        if self.at_work:
            return self.condition
        if self.sessions and self.finished >= self.sessions:
            return "finished"
        if self.condition == "not begun":  # or it was brought in without its log
            return "interrupted" if self.states else "planned"
        return _WORDS.get(self.condition, self.condition)


class StudyListing:
    """The newest studies of a record. Keep one: what a frozen plan comes to is read once."""

    def __init__(self, store: Store, members: Callable[[str], Iterable[str]]) -> None:
        """`members` gives the ids of all sessions of a study's newest plan, by the study's root. That takes a
        second for many thousands, and is asked once for a plan that replaced another."""
        self._store = store
        self._members_of = members
        self._members: dict[str, tuple[str, ...]] = {}
        self._plans: dict[str, tuple[str, int, int]] = {}

    def newest(self, limit: int = 50) -> tuple[StudySummary, ...]:
        """The study planned last first."""
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT root, name, hash, at, before FROM studies"
                " WHERE number IN (SELECT max(number) FROM studies GROUP BY root)"
                " ORDER BY number DESC LIMIT ?",
                [limit],
            ).fetchall()
            roots = [row[0] for row in rows]
            replaced = {root: self._own(root, hash) for root, _, hash, _, before in rows if before}
            states, how = _states(db, roots, replaced), conditions(db, roots)
            return tuple(
                StudySummary(
                    root=root,
                    name=name,
                    title=plan[0],
                    at=datetime.fromisoformat(at),
                    cells=plan[1],
                    sessions=plan[2],
                    states=states.get(root, {}),
                    condition=how[root],
                )
                for root, name, hash, at, _ in rows
                for plan in (self._plan(db, hash),)
            )

    def _own(self, root: str, hash: str) -> tuple[str, ...]:
        if hash not in self._members:
            self._members[hash] = tuple(self._members_of(root))
        return self._members[hash]

    def _plan(self, db: Database, hash: str) -> tuple[str, int, int]:
        """Its title, and how many cells and sessions it has."""
        if hash not in self._plans:
            (text,) = db.execute("SELECT plan FROM studies WHERE hash = ?", [hash]).fetchone()
            try:
                plan = json.loads(text)
                cells = plan["cells"]
                sessions = sum(1 + len(cell["arms"]) for cell in cells)
                study = plan["study"].get(POINTER)
            except (ValueError, KeyError, TypeError, AttributeError):  # a list is shown with it all the same
                self._plans[hash] = "Its plan cannot be read", 0, 0
                return self._plans[hash]
            (title,) = db.execute("SELECT title FROM documents WHERE hash = ?", [study]).fetchone() or ("",)
            self._plans[hash] = title, len(cells), sessions
        return self._plans[hash]


def _states(
    db: Database, roots: Sequence[str], only: Mapping[str, Sequence[str]]
) -> dict[str, dict[State, int]]:
    """By study, how many of its sessions are in which state; `running` in a process that is gone is none.

    Of a study in `only` those sessions count and no others: earlier plans of it left more.
    """
    rows = db.execute(
        "SELECT m.root, st.state, st.pid, st.process_started, st.host, count(*) FROM study_sessions m"  # noqa: S608
        " JOIN states st ON st.number = (SELECT max(number) FROM states WHERE session = m.session)"
        f" WHERE m.root IN {LISTED} AND (m.root NOT IN {LISTED} OR m.session IN {LISTED})"
        " GROUP BY 1, 2, 3, 4, 5",
        [listed(roots), listed(only), listed(id for ids in only.values() for id in ids)],
    )
    alive: dict[Process, bool] = {}
    found: dict[str, dict[State, int]] = {}
    for root, state, pid, started, host, count in rows:
        own = found.setdefault(root, {})
        now = now_in(state, owner(pid, started, host), alive)
        own[now] = own.get(now, 0) + count
    return found
