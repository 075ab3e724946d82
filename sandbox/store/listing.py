"""Finding sessions in the record: what is looked for, a page of what was found, what there is to choose."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from sandbox.engine.phase import Phase, turn_label
from sandbox.engine.plan import told_apart
from sandbox.store.row import LISTED, listed, storable
from sandbox.store.session import (
    OF_NO_STUDY,
    SUMMARY,
    SessionSummary,
    families_of,
    stretches_in,
    summaries_in,
    summary,
)
from sandbox.store.tag import tags_of

_SELECT, _FROM = SUMMARY.split("FROM sessions s\n")


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """What a session must fit; None and empty fit all. Scenario and technique: a title as it was when it was
    run, or an id. `study` is the root of a study.

    `since` and `until` are times with a zone, `until` not included. `said`: words that a turn must contain.
    `alone`: it belongs to no study.
    """

    scenario: str | None = None
    technique: str | None = None
    model: str | None = None
    tag: str | None = None
    study: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    said: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True)
class FoundSession:
    """A session that fits. When words are looked for, `turn` has them and `excerpt` marks each with « »;
    `turn_label` is what that turn is called.

    `name` tells it from the others of its trunk. `place` goes into the next call to get the next page.
    `studies` are the names of those it belongs to.
    """

    summary: SessionSummary
    name: str
    tags: tuple[str, ...]
    place: int
    studies: tuple[str, ...] = ()
    turn: int | None = None
    turn_label: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the sessions of the record differ in, each in alphabetical order."""

    scenarios: tuple[str, ...]
    techniques: tuple[str, ...]
    models: tuple[str, ...]
    tags: tuple[str, ...]


def _words_query(text: str) -> str:
    """`text` for FTS5, every word quoted so that its own language (NEAR, column:, *) means nothing."""
    words = [word for word in text.split() if any(letter.isalnum() for letter in word)]
    return storable(" ".join('"' + word.replace('"', '""').replace("\0", "") + '"' for word in words))


def found_sessions(
    db: Database, wanted: SessionFilter, limit: int, after: int | None
) -> tuple[FoundSession, ...]:
    """A page, the newest session first; `after` is the `place` of the last one of the page before.

    A trunk that has branches stands in them and has no line of its own, unless words are looked for: then
    every turn that has them makes a line. Removed sessions are left out.
    """
    clauses, values = _clauses(wanted)
    query = _words_query(wanted.said)
    if wanted.said.strip():
        return _hits(db, clauses, values, query, limit, after) if query else ()
    clauses.append("(s.technique IS NOT NULL OR NOT EXISTS (SELECT 1 FROM sessions k WHERE k.parent = s.id))")
    if after is not None:
        clauses.append("s.number < ?")
        values.append(after)
    rows = db.execute(
        f"{_SELECT}, s.number FROM sessions s {_FROM} WHERE {' AND '.join(clauses)}"
        " ORDER BY s.number DESC LIMIT ?",
        [*values, limit],
    ).fetchall()
    found = [row[0] for row in rows]
    names, tags, studies = _names(db, found), tags_of(db, found), studies_of(db, found)
    told = summaries_in(row[:-1] for row in rows)
    return tuple(
        FoundSession(one, names[one.id], tags[one.id], row[-1], studies.get(one.id, ()))
        for one, row in zip(told, rows, strict=True)
    )


def _hits(
    db: Database, clauses: list[str], values: list[Any], query: str, limit: int, after: int | None
) -> tuple[FoundSession, ...]:
    if after is not None:
        clauses.append("turns_text.rowid < ?")
        values.append(after)
    rows = db.execute(
        f"""{_SELECT}, h.turn, h.phase, snippet(turns_text, -1, '«', '»', '…', 16), turns_text.rowid
        FROM turns_text JOIN turns h ON h.number = turns_text.rowid JOIN sessions s ON s.id = h.session
        {_FROM} WHERE turns_text MATCH ? AND {" AND ".join(clauses)}
        ORDER BY turns_text.rowid DESC LIMIT ?""",
        [query, *values, limit],
    ).fetchall()
    found = [row[0] for row in rows]
    names, tags, studies = _names(db, found), tags_of(db, found), studies_of(db, found)
    return tuple(
        FoundSession(
            summary(row),
            names[row[0]],
            tags[row[0]],
            rowid,
            studies.get(row[0], ()),
            turn=turn,
            turn_label=turn_label(phase, _turns_in(db, row[0], phase, turn)),
            excerpt=excerpt,
        )
        for *row, turn, phase, excerpt, rowid in rows
    )


def studies_of(db: Database, sessions: Collection[str]) -> dict[str, tuple[str, ...]]:
    """By session, the names of the studies it belongs to, each by its newest; without those in none."""
    rows = db.execute(
        f"""SELECT m.session, s.name FROM study_sessions m JOIN studies s ON s.number =
            (SELECT max(number) FROM studies WHERE root = m.root)
        WHERE m.session IN {LISTED} ORDER BY s.name""",  # noqa: S608
        [listed(sessions)],
    )
    found: dict[str, tuple[str, ...]] = {}
    for session, name in rows:
        found[session] = (*found.get(session, ()), name)
    return found


def _names(db: Database, sessions: Collection[str]) -> dict[str, str]:
    """What each is called among the sessions of its trunk: by its technique, and the turn it asks for again.

    The second of a name and later ones are numbered, in the order planned.
    """
    families = set(families_of(db, sessions).values())
    rows = db.execute(
        "SELECT s.id, t.title, json_extract(t.json, '$.family') IS 'control',"  # noqa: S608
        " json_extract(s.plan, '$.redo.phase'), s.parent_turn, json_extract(s.plan, '$.stretches'),"
        " json_extract(s.plan, '$.edited.step')"
        " FROM sessions s LEFT JOIN documents t ON t.hash = s.technique"
        f" WHERE s.id IN {LISTED}",
        [listed(member for family in families for member in family)],
    )
    plain = {id: _name(db, id, *said) for id, *said in rows}
    names: dict[str, str] = {}
    for family in families:
        given: Counter[str] = Counter()
        for id in family:
            given[plain[id]] += 1
            names[id] = plain[id] if given[plain[id]] == 1 else f"{plain[id]} {given[plain[id]]}"
    return names


def _name(
    db: Database,
    session: str,
    title: str | None,
    control: int,
    redone: Phase | None,
    left: int,
    stretches: str | None,
    edited: str | None,
) -> str:
    again = turn_label(redone, _turns_in(db, session, redone, left) + 1) if redone is not None else None
    return told_apart(
        title, control=bool(control), stretches=stretches_in(stretches), redone=again, edited=edited
    )


def _turns_in(db: Database, session: str, phase: Phase, until: int) -> int:
    """How many turns of a phase its whole history has up to turn `until`. A follow-up is never inherited."""
    (count,) = db.execute(
        """WITH RECURSIVE line(id, parent, parent_turn, until) AS (
            SELECT id, parent, parent_turn, ? FROM sessions WHERE id = ?
            UNION ALL SELECT s.id, s.parent, s.parent_turn, min(until, coalesce(line.parent_turn, until))
            FROM sessions s JOIN line ON s.id = line.parent)
        SELECT count(*) FROM turns t JOIN line ON t.session = line.id
        WHERE t.turn <= until AND t.phase = ? AND (t.phase <> 'follow-up' OR t.session = ?)""",
        [until, session, phase, session],
    ).fetchone()
    return int(count)


def _clauses(wanted: SessionFilter) -> tuple[list[str], list[Any]]:
    """Conditions on the session itself come first: most rows are then left out before anything is joined."""
    clauses: list[str] = []
    values: list[Any] = []
    for column, title in (("scenario", wanted.scenario), ("technique", wanted.technique)):
        if title is not None:
            named = "SELECT hash FROM documents WHERE kind = ? AND ? IN (title, id)"
            clauses.append(f"s.{column} IN ({named})")
            values += [column, title]
    if wanted.model is not None:
        clauses.append("s.model = ?")
        values.append(wanted.model)
    if wanted.tag is not None:
        clauses.append("s.id IN (SELECT session FROM present_tags WHERE tag = ?)")
        values.append(wanted.tag)
    if wanted.study is not None:
        clauses.append("s.id IN (SELECT session FROM study_sessions WHERE root = ?)")
        values.append(wanted.study)
    if wanted.alone:
        clauses.append(OF_NO_STUDY)
    for comparison, moment in ((">=", wanted.since), ("<", wanted.until)):
        if moment is not None:
            clauses.append(f"julianday(s.created) {comparison} julianday(?)")
            values.append(moment.isoformat())
    clauses.append("l.state <> 'removed'")
    return clauses, values


def choices(db: Database) -> Choices:
    """Everything a filter can name."""

    def column(sql: str) -> tuple[str, ...]:
        return tuple(sorted((row[0] for row in db.execute(sql)), key=str.casefold))

    titles = "SELECT DISTINCT title FROM documents WHERE kind = '{}'"
    return Choices(
        scenarios=column(titles.format("scenario")),
        techniques=column(titles.format("technique")),
        models=column("SELECT DISTINCT model FROM sessions"),
        tags=column("SELECT DISTINCT tag FROM present_tags"),
    )
