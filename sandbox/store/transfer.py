"""Sessions taken from one record into another: their rows, with every row that belongs to them.

What belongs to a session is read off the tables themselves, by what refers to what, so that a table added
later comes along. Process numbers and machine names stay behind: they mean nothing elsewhere, and without
them a session that was running counts as interrupted.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlite_utils import Database

from sandbox.errors import UsageError
from sandbox.store.document import pointers
from sandbox.store.mark import is_model
from sandbox.store.row import LISTED, insert_all, listed
from sandbox.store.state import APP
from sandbox.text import excerpt

_LEFT_BEHIND = frozenset({"pid", "process_started", "host"})
_MARKS = frozenset({"ratings", "notes", "ticks", "preferences"})
_APART = frozenset({"sessions", "study_sessions", "tags"}) | _MARKS
_NOBODY = frozenset({APP, "clinician"})
"""Authors who are no names of people."""

_AT_ONCE = 500
"""Sessions whose rows are looked for together."""

_ROWS = 1000
"""Rows that are held together."""


@dataclass(frozen=True, slots=True)
class Moved:
    """`new` sessions were added, `known` were there already, and of those `unlike` have other rows here;
    `marks` on known ones were added.

    `studies` are the roots of those of which a plan or a line of the log was added; `apart` are the names of
    those that were planned anew in both places, whose plans and log stay as they are here.
    """

    new: tuple[str, ...]
    known: tuple[str, ...]
    unlike: tuple[str, ...]
    studies: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    marks: int = 0


@dataclass(frozen=True, slots=True)
class _Table:
    """`refers`: by column, the table and column it refers to. `numbered`: others refer to its number."""

    name: str
    columns: tuple[str, ...]
    refers: Mapping[str, tuple[str, str]]
    numbered: bool

    def to(self, table: str) -> str | None:
        """The column that refers to that table's key, if one does."""
        return next((column for column, (other, _) in self.refers.items() if other == table), None)


@dataclass(slots=True)
class _Move:
    """One transfer under way: `numbers` has by table the new number of each old one. `aliases`: by person
    who reviewed what stands in place of the name, wherever it is an author's; None: names stay."""

    source: Database
    target: Database
    tables: Mapping[str, _Table]
    numbers: dict[str, dict[int, int]] = field(default_factory=dict)
    aliases: Mapping[str, str] | None = None

    def rows(self, table: _Table, where: str, *values: object) -> Iterator[dict[str, Any]]:
        order = "number" if "number" in table.columns else "rowid" if table.name == "documents" else "1, 2"
        found = self.source.execute(
            f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {where} ORDER BY {order}",  # noqa: S608
            list(values),
        )
        for row in found:
            yield dict(zip(table.columns, row, strict=True))

    def add(self, table: _Table, rows: Iterable[dict[str, Any]]) -> None:
        """Add the rows under numbers of the target's own."""
        coming = map(self._as_here(table), rows)
        while some := list(islice(coming, _ROWS)):
            insert_all(self.target, table.name, some)

    def _as_here(self, table: _Table) -> Any:
        highest = 0
        if table.numbered:
            row = self.target.execute(f"SELECT coalesce(max(number), 0) FROM {table.name}").fetchone()  # noqa: S608
            highest = int(row[0])
        given = self.numbers.setdefault(table.name, {})

        def as_here(row: dict[str, Any]) -> dict[str, Any]:
            nonlocal highest
            row = {key: None if key in _LEFT_BEHIND else value for key, value in row.items()}
            if self.aliases is not None:
                for who in {"reviewer", "author"} & row.keys():
                    if not is_model(row[who]) and row[who] not in _NOBODY:
                        row[who] = self.aliases.get(row[who], who)
            for column, (other, key) in table.refers.items():
                if key == "number" and row[column] is not None:
                    row[column] = self.numbers[other][row[column]]
            if table.numbered:
                highest += 1
                given[row["number"]] = highest
                row["number"] = highest
            elif "number" in row:
                del row["number"]
            return row

        return as_here


def transfer(
    source: Database,
    target: Database,
    sessions: Collection[str],
    aliases: Mapping[str, str] | None = None,
) -> Moved:
    """Add what `source` holds of the sessions to `target`, which has the same tables. All or nothing is up to
    the caller's transaction. Their ancestors must be among them or in `target`.

    With `aliases` people who reviewed go by these, in place of their names.

    A session that `target` has gets the marks that are new, and else is left as it is. Raises UsageError when
    it is another one of that id.
    """
    move = _Move(source, target, {table.name: table for table in _tables(source)}, aliases=aliases)
    known = _known(move, sessions)
    new = [id for id in sessions if id not in known]
    _add_documents(move, new)
    studies, apart = _add_studies(move, sessions)
    _add_checks(move, new)
    own = [table for table in move.tables.values() if table.to("sessions") and table.name != "sessions"]
    for some in _portions(new):
        move.add(move.tables["sessions"], move.rows(move.tables["sessions"], f"id IN {LISTED}", listed(some)))
    marks = 0
    for table in own:
        _add_of_sessions(move, table, new, sessions)
        if table.name in _MARKS:
            marks += _add_marks(move, table, list(known))
    for table in move.tables.values():
        for column, (other, key) in table.refers.items():
            if key == "number" and not table.to("sessions"):
                for numbers in _portions(list(move.numbers.get(other, {}))):
                    move.add(table, move.rows(table, f"{column} IN {LISTED}", json.dumps(numbers)))
    return Moved(tuple(new), tuple(known), _unlike(move, known), studies, apart, marks)


def _tables(db: Database) -> Iterator[_Table]:
    """Every table of the record's own, in the order made: what is referred to comes before what refers."""
    names = [
        row[0]
        for row in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            " AND name NOT LIKE 'turns\\_text%' ESCAPE '\\' ORDER BY rowid"
        ).fetchall()
    ]
    refers = {
        name: {row[3]: (row[2], row[4]) for row in db.execute(f"PRAGMA foreign_key_list({name})").fetchall()}
        for name in names
    }
    numbered = {table for found in refers.values() for table, column in found.values() if column == "number"}
    for name in names:
        columns = tuple(row[1] for row in db.execute(f"PRAGMA table_info({name})").fetchall())
        yield _Table(name, columns, refers[name], name in numbered)


def _known(move: _Move, sessions: Collection[str]) -> dict[str, None]:
    """Those of the sessions that the target has. Raises UsageError when one of them is another session."""
    columns = [name for name in move.tables["sessions"].columns if name != "number"]
    sql = f"SELECT {', '.join(columns)} FROM sessions WHERE id IN {LISTED} ORDER BY number"  # noqa: S608
    found: dict[str, None] = {}
    for some in _portions(list(sessions)):
        there = {row[0]: row for row in move.source.execute(sql, [listed(some)])}
        for row in move.target.execute(sql, [listed(some)]):
            if row != there.get(row[0]):
                raise UsageError(
                    f"This record has another session under the id “{excerpt(str(row[0]), 40)}”.",
                    todo="Nothing was changed. Bring the file into another workspace: sandbox init DIR.",
                )
            found[row[0]] = None
    return found


def _unlike(move: _Move, known: Iterable[str]) -> tuple[str, ...]:
    """The known sessions of which the two records hold another number of rows; what people said of them
    since, tags and marks, does not count."""
    unlike: dict[str, None] = {}
    for table in move.tables.values():
        column = table.to("sessions")
        if column is None or table.name in _APART:
            continue
        sql = f"SELECT {column}, count(*) FROM {table.name} WHERE {column} IN {LISTED} GROUP BY 1"  # noqa: S608
        for some in _portions(list(known)):
            here, there = (dict(db.execute(sql, [listed(some)])) for db in (move.target, move.source))
            unlike.update(dict.fromkeys(id for id in some if here.get(id) != there.get(id)))
    return tuple(unlike)


def _add_documents(move: _Move, sessions: Sequence[str]) -> None:
    for some in _portions(sessions):
        plans = move.source.execute(f"SELECT plan FROM sessions WHERE id IN {LISTED}", [listed(some)])  # noqa: S608
        _add_named(move, {name for (plan,) in plans for name in pointers(plan)})


def _add_named(move: _Move, names: Collection[str]) -> None:
    """The documents of those hashes, where the target lacks them."""
    sql = f"SELECT hash FROM documents WHERE hash IN {LISTED}"  # noqa: S608
    there = {row[0] for row in move.target.execute(sql, [listed(names)])}
    table = move.tables["documents"]
    move.add(table, move.rows(table, f"hash IN {LISTED}", listed(sorted(set(names) - there))))


def _add_studies(move: _Move, sessions: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The plans and the log of the studies that the sessions belong to, as `Moved` tells them.

    A study with the name of another one here gets its root behind its name. One that is here gets the plans
    that go on from its newest, and the lines that it lacks.
    """
    roots: dict[str, None] = {}
    for some in _portions(list(sessions)):
        sql = f"SELECT DISTINCT root FROM study_sessions WHERE session IN {LISTED}"  # noqa: S608
        roots.update(dict.fromkeys(row[0] for row in move.source.execute(sql, [listed(some)])))
    names = {row[0] for row in move.target.execute("SELECT DISTINCT name FROM studies")}
    added, apart = [], []
    for root in roots:
        sql = "SELECT hash, name FROM studies WHERE root = ? ORDER BY number"
        here = dict(move.target.execute(sql, [root]).fetchall())
        plans = list(move.rows(move.tables["studies"], "root = ?", root))
        if here:
            newest, name = list(here.items())[-1]
            hashes = [plan["hash"] for plan in plans]
            if newest not in hashes:
                if set(hashes) - here.keys():
                    apart.append(name)
                continue
            plans = [{**plan, "name": name} for plan in plans[hashes.index(newest) + 1 :]]
        else:
            plans = [
                {**plan, "name": f"{plan['name']} {root[:8]}"} if plan["name"] in names else plan
                for plan in plans
            ]
        _add_named(move, {name for plan in plans for name in pointers(plan["plan"])})
        move.add(move.tables["studies"], plans)
        lines = _new_lines(move, root, known=bool(here))
        move.add(move.tables["study_log"], lines)
        if plans or lines:
            added.append(root)
    return tuple(added), tuple(apart)


def _new_lines(move: _Move, root: str, *, known: bool) -> list[dict[str, Any]]:
    """The lines of a study's log that the target lacks. What was asked of whoever ran it there is not asked
    of whoever runs it here."""
    lines = move.rows(move.tables["study_log"], "root = ?", root)
    if not known:
        return list(lines)
    sql = "SELECT at, kind, detail FROM study_log WHERE root = ?"
    here = {tuple(row) for row in move.target.execute(sql, [root])}
    return [
        line
        for line in lines
        if (line["at"], line["kind"], line["detail"]) not in here and not line["kind"].endswith(" asked")
    ]


def _add_checks(move: _Move, sessions: Sequence[str]) -> None:
    """The validity checks of the sessions' models. One that is older than the target's own is left out: the
    newest by number counts.
    """
    table = move.tables["validity_checks"]
    models: set[str] = set()
    for some in _portions(sessions):
        sql = f"SELECT DISTINCT model FROM sessions WHERE id IN {LISTED}"  # noqa: S608
        models.update(row[0] for row in move.source.execute(sql, [listed(some)]))
    rows = [
        row
        for row in move.rows(table, f"model_name IN {LISTED}", listed(sorted(models)))
        if not move.target.execute(
            "SELECT 1 FROM validity_checks"
            " WHERE (model, questionnaire, way, form) = (?, ?, ?, ?) AND at >= ?",
            [row["model"], row["questionnaire"], row["way"], row["form"], row["at"]],
        ).fetchone()
    ]
    _add_named(
        move, {row[column] for row in rows for column, to in table.refers.items() if to[0] == "documents"}
    )
    move.add(table, rows)


def _add_of_sessions(move: _Move, table: _Table, new: Sequence[str], sessions: Collection[str]) -> None:
    """The rows of a table that refers to sessions: of the new ones; of a study's sessions all that lack."""
    column = table.to("sessions")
    if table.name == "study_sessions":
        here = {tuple(row) for row in move.target.execute("SELECT root, session FROM study_sessions")}
        for some in _portions(list(sessions)):
            found = move.rows(table, f"{column} IN {LISTED}", listed(some))
            move.add(table, (row for row in found if (row["root"], row["session"]) not in here))
        return
    named = [own for own, (other, _) in table.refers.items() if other == "documents"]
    for some in _portions(new):
        for own in named:
            sql = f"SELECT DISTINCT {own} FROM {table.name} WHERE {column} IN {LISTED}"  # noqa: S608
            _add_named(move, {row[0] for row in move.source.execute(sql, [listed(some)])})
        move.add(table, move.rows(table, f"{column} IN {LISTED}", listed(some)))


def _add_marks(move: _Move, table: _Table, known: Sequence[str]) -> int:
    """The marks on sessions of the target that it lacks; how many.

    Who gave one is not compared: the source may have it without the name.
    """
    column = table.to("sessions")
    compared = [name for name in table.columns if name not in ("number", "reviewer")]
    named = [own for own, (other, _) in table.refers.items() if other == "documents"]
    added = 0
    for some in _portions(known):
        sql = f"SELECT {', '.join(compared)} FROM {table.name} WHERE {column} IN {LISTED}"  # noqa: S608
        here = set(move.target.execute(sql, [listed(some)]))
        rows = [
            row
            for row in move.rows(table, f"{column} IN {LISTED}", listed(some))
            if tuple(row[name] for name in compared) not in here
        ]
        _add_named(move, {row[own] for row in rows for own in named if row[own] is not None})
        move.add(table, rows)
        added += len(rows)
    return added


def _portions(values: Sequence[Any]) -> Iterator[list[Any]]:
    return (list(values[start : start + _AT_ONCE]) for start in range(0, len(values), _AT_ONCE))
