"""Sessions in the record: planning them, finding them, listing them, and their place in the family."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

import sandbox
from sandbox.engine.history import History, Measured, Turn
from sandbox.engine.phase import USUAL, Stretches
from sandbox.engine.plan import SessionHead
from sandbox.errors import NotFoundError, UsageError
from sandbox.library.document import document_hash
from sandbox.models.provider import ModelDescription
from sandbox.store.call import StoredAttempt
from sandbox.store.document import Documents, folded, store_documents
from sandbox.store.row import LISTED, Row, insert_all, listed
from sandbox.store.state import Process, State, StateEntry, now_in, owner
from sandbox.text import excerpt


@dataclass(frozen=True, slots=True)
class Script:
    """A document's title and version as they were, and the hash of its text: equal texts have equal ones.

    A control's is that of its title and its first step: cut to another length it is the same control.
    """

    title: str
    version: str
    hash: str


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A line of the list of sessions. `turns` counts the session's own turns, not its parent's.

    `scripts`: the scenario's, then the technique's where there is one.
    """

    id: str
    parent: str | None
    created: datetime
    model: str
    seed: int
    scenario: str
    affect: str
    technique: str | None
    control: bool
    state: State
    reason: str
    turns: int
    scripts: tuple[Script, ...]
    stretches: Stretches = USUAL


@dataclass(frozen=True, slots=True)
class StoredSession:
    """All that the record holds of one session. `measured_in` names, for each of `history.measured`,
    the session that made the measurement: this one or an ancestor. `calls` are this session's own.
    """

    head: SessionHead
    history: History
    measured_in: tuple[str, ...]
    states: tuple[StateEntry, ...]
    calls: tuple[StoredAttempt, ...]
    created: datetime
    app_version: str

    @property
    def state(self) -> StateEntry:
        return self.states[-1]

    @property
    def model(self) -> ModelDescription:
        """The model as it described itself when the session was last started."""
        described = [entry.model for entry in self.states if entry.model is not None]
        return described[-1] if described else ModelDescription(self.head.plan.model, self.head.plan.model)

    @property
    def own_turns(self) -> tuple[Turn, ...]:
        return self.history.own_turns

    @property
    def own_measured(self) -> tuple[Measured, ...]:
        pairs = zip(self.history.measured, self.measured_in, strict=True)
        return tuple(measured for measured, by in pairs if by == self.head.id)


def store_heads(db: Database, heads: Iterable[SessionHead], at: datetime) -> set[str]:
    """Add the sessions with their documents; the ids of those that were not there already."""
    by_id = {head.id: head for head in heads}
    there = db.execute(f"SELECT id FROM sessions WHERE id IN {LISTED}", [listed(by_id)])  # noqa: S608
    known = {row[0] for row in there}
    new = [head for head in by_id.values() if head.id not in known]
    plans = {head.id: folded(head.plan) for head in new}
    store_documents(db, {name: one for _, documents in plans.values() for name, one in documents.items()})
    insert_all(db, "sessions", [_head_row(head, plans[head.id][0], at) for head in new])
    return {head.id for head in new}


def _head_row(head: SessionHead, plan: str, at: datetime) -> Row:
    return {
        "id": head.id,
        "parent": head.parent,
        "parent_turn": head.parent_turn,
        "model": head.plan.model,
        "seed": head.plan.seed,
        "client": document_hash(head.plan.client),
        "scenario": document_hash(head.plan.scenario),
        "technique": document_hash(head.plan.technique) if head.plan.technique else None,
        "plan": plan,
        "app_version": sandbox.__version__,
        "created": at.isoformat(),
    }


def heads_of(db: Database, sessions: Collection[str], documents: Documents) -> dict[str, SessionHead]:
    """The head of each, its documents as they were, in the order planned. Raises NotFoundError."""
    rows = db.execute(
        f"SELECT id, plan, parent, parent_turn FROM sessions WHERE id IN {LISTED} ORDER BY number",  # noqa: S608
        [listed(sessions)],
    ).fetchall()
    refuse_unknown(sessions, {row[0] for row in rows})
    plans = documents.plans(db, {id: plan for id, plan, _, _ in rows})
    return {
        id: SessionHead(id=id, plan=plans[id], parent=parent, parent_turn=left_at)
        for id, _, parent, left_at in rows
    }


def planned_by(db: Database, sessions: Collection[str]) -> dict[str, tuple[datetime, str]]:
    """When each session was planned, and by which version of the app."""
    rows = db.execute(
        f"SELECT id, created, app_version FROM sessions WHERE id IN {LISTED}",  # noqa: S608
        [listed(sessions)],
    )
    return {id: (datetime.fromisoformat(created), version) for id, created, version in rows}


def lineage(db: Database, sessions: Collection[str]) -> dict[str, tuple[str | None, int | None]]:
    """Of each session and each of its ancestors: its parent, and the turn it left from. Raises
    NotFoundError."""
    rows = db.execute(
        f"""WITH RECURSIVE line(id, parent, parent_turn) AS (
            SELECT id, parent, parent_turn FROM sessions WHERE id IN {LISTED}
            UNION SELECT s.id, s.parent, s.parent_turn FROM line JOIN sessions s ON s.id = line.parent)
        SELECT id, parent, parent_turn FROM line""",  # noqa: S608
        [listed(sessions)],
    )
    found = {id: (parent, left_at) for id, parent, left_at in rows}
    refuse_unknown(sessions, found)
    return found


def families_of(db: Database, sessions: Collection[str]) -> dict[str, tuple[str, ...]]:
    """By session, its trunk and everything that branched from it, in the order planned. Raises
    NotFoundError."""
    line = lineage(db, sessions)

    def trunk(session: str) -> str:
        parent, _ = line[session]
        return session if parent is None else trunk(parent)

    trunks = {session: trunk(session) for session in sessions}
    rows = db.execute(
        f"""WITH RECURSIVE kin(trunk, id, number) AS (
            SELECT id, id, number FROM sessions WHERE id IN {LISTED}
            UNION ALL SELECT kin.trunk, s.id, s.number FROM kin JOIN sessions s ON s.parent = kin.id)
        SELECT trunk, id FROM kin ORDER BY number""",  # noqa: S608
        [listed(set(trunks.values()))],
    )
    members: defaultdict[str, list[str]] = defaultdict(list)
    for of, member in rows:
        members[of].append(member)
    return {session: tuple(members[of]) for session, of in trunks.items()}


def _trunk_of(db: Database, session: str) -> str:
    """The session it all began with. Raises NotFoundError."""
    return families_of(db, [session])[session][0]


def branches_of(db: Database, session: str) -> tuple[str, ...]:
    """The session and everything that branched from it, in the order planned. Raises NotFoundError."""
    rows = db.execute(
        """WITH RECURSIVE kin(id, number) AS (
            SELECT id, number FROM sessions WHERE id = ?
            UNION ALL SELECT s.id, s.number FROM sessions s JOIN kin ON s.parent = kin.id)
        SELECT id FROM kin ORDER BY number""",
        [session],
    ).fetchall()
    refuse_unknown([session], {row[0] for row in rows})
    return tuple(row[0] for row in rows)


def refuse_unknown(wanted: Iterable[str], found: Container[str]) -> None:
    """Raises NotFoundError for the first session that was not found."""
    absent = next((session for session in wanted if session not in found), None)
    if absent is not None:
        raise unknown(absent)


def resolved(db: Database, text: str) -> str:
    """The session meant by a full id, the only beginning of one, or `last` (the trunk of the newest run)."""
    wanted = text.strip().lower()
    if wanted == "last":
        row = db.execute(
            """SELECT s.id FROM sessions s WHERE 'removed' <>
                (SELECT state FROM states WHERE session = s.id ORDER BY number DESC LIMIT 1)
            ORDER BY s.number DESC LIMIT 1"""
        ).fetchone()
        if row is None:
            raise NotFoundError("No session has been run here yet.", todo="Start one: `sandbox demo`.")
        return _trunk_of(db, row[0])
    if not wanted:
        raise unknown(text)
    rows = db.execute(
        "SELECT id FROM sessions WHERE id >= ? AND id < ? ORDER BY id LIMIT 5",
        [wanted, wanted + chr(0x10FFFF)],
    ).fetchall()
    found = [row[0] for row in rows]
    if wanted in found:
        return wanted
    if len(found) > 1:
        raise UsageError(
            f"More than one session begins with “{wanted}”: {', '.join(found[:4])}{' …' * (len(found) > 4)}",
            todo="Type more of the id.",
        )
    if not found:
        raise unknown(text)
    return str(found[0])


def unknown(session: str) -> NotFoundError:
    return NotFoundError(
        f"There is no session “{excerpt(session, 40)}”.", todo="`sandbox show last` shows the newest one."
    )


SUMMARY = """
WITH scenarios AS MATERIALIZED (
    SELECT hash, title, json_extract(json, '$.version') AS version, json_extract(json, '$.affect') AS affect
    FROM documents WHERE kind = 'scenario'),
techniques AS MATERIALIZED (
    SELECT hash, title, json_extract(json, '$.version') AS version, json_extract(json, '$.family') AS family,
        iif(json_extract(json, '$.family') = 'control', title || json_extract(json, '$.steps[0]'), hash)
            AS text
    FROM documents WHERE kind = 'technique')
SELECT s.id, s.parent, s.created, s.model, s.seed, c.title, c.affect, t.title, t.family = 'control',
    l.state, l.reason, l.pid, l.process_started, l.host,
    (SELECT count(*) FROM turns WHERE session = s.id), c.version, c.hash, t.version, t.text,
    json_extract(s.plan, '$.stretches')
FROM sessions s
JOIN scenarios c ON c.hash = s.scenario
LEFT JOIN techniques t ON t.hash = s.technique
JOIN states l ON l.number = (SELECT max(number) FROM states WHERE session = s.id)
"""


OF_NO_STUDY = "NOT EXISTS (SELECT 1 FROM study_sessions m WHERE m.session = s.id)"


def summaries(db: Database, limit: int, *, alone: bool = False) -> tuple[SessionSummary, ...]:
    """The newest sessions first, removed ones left out. `alone`: only those of no study."""
    only = f" AND {OF_NO_STUDY}" if alone else ""
    rows = db.execute(f"{SUMMARY} WHERE l.state <> 'removed'{only} ORDER BY s.number DESC LIMIT ?", [limit])
    return summaries_in(rows)


def summaries_in(rows: Iterable[tuple[Any, ...]]) -> tuple[SessionSummary, ...]:
    """Rows of SUMMARY as values; whether a process lives is asked once for all of them."""
    alive: dict[Process, bool] = {}
    return tuple(summary(row, alive) for row in rows)


@lru_cache(maxsize=256)
def _text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def summary(row: tuple[Any, ...], alive: dict[Process, bool] | None = None) -> SessionSummary:
    """A row of SUMMARY as a value. `alive` keeps which processes live, from one row to the next."""
    id_, parent, created, model, seed, scenario, affect, technique, control, *rest = row
    state, reason, pid, started, host, turns, version, text, own_version, own_text, stretches = rest
    scripts = [Script(scenario, version or "", text)]
    if technique is not None:
        # A control is known by how it begins: the app cuts it to the length of what stands beside it.
        text_hash = _text_hash(own_text) if control else own_text
        scripts.append(Script(technique, own_version or "", text_hash))
    return SessionSummary(
        id=id_,
        parent=parent,
        created=datetime.fromisoformat(created),
        model=model,
        seed=seed,
        scenario=scenario,
        affect=affect,
        technique=technique,
        control=bool(control),
        state=now_in(state, owner(pid, started, host), alive),
        reason=reason,
        turns=turns,
        scripts=tuple(scripts),
        stretches=stretches_in(stretches),
    )


def stretches_in(stored: str | None) -> Stretches:
    """The stretches of a stored plan, which leaves the usual ones out."""
    return tuple(json.loads(stored)) if stored else USUAL
