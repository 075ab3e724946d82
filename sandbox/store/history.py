"""Turns and skips in the record, and histories put together from them: of any number of sessions at once.

A parent's part is stored with the parent; here it is put in front again.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter
from sqlite_utils import Database

from sandbox.engine.history import History, Measured, Skip, Turn
from sandbox.store.measurement import measured_of
from sandbox.store.row import LISTED, insert, listed, more, without_more

T = TypeVar("T", Turn, Skip)

Line = Mapping[str, tuple[str | None, int | None]]
"""Of each session and each of its ancestors: its parent, and the turn it left from."""

_TURN = ("index", "phase", "origin", "said", "reply", "step", "repeat", "seed", "call_id")
_SKIP = ("step", "after_turn", "reason")
_READ_TURN: TypeAdapter[Turn] = TypeAdapter(Turn)
_READ_SKIP: TypeAdapter[Skip] = TypeAdapter(Skip)


def store_turn(db: Database, session: str, turn: Turn, at: datetime) -> None:
    insert(
        db,
        "turns",
        {
            "session": session,
            "turn": turn.index,
            "phase": turn.phase,
            "origin": turn.origin,
            "step": turn.step,
            "repeat": turn.repeat,
            "said": turn.said,
            "reply": turn.reply,
            "seed": turn.seed,
            "call_id": turn.call_id,
            "at": at.isoformat(),
            "more": more(turn, _TURN),
        },
    )


def store_skip(db: Database, session: str, skip: Skip, at: datetime) -> None:
    insert(
        db,
        "skips",
        {
            "session": session,
            "step": skip.step,
            "after_turn": skip.after_turn,
            "reason": skip.reason,
            "at": at.isoformat(),
            "more": more(skip, _SKIP),
        },
    )


_WRITTEN = {
    "an answer to “{}”": "SELECT s.session, w.item, w.raw FROM administrations s"
    " JOIN answers w ON w.administration = s.number",
    "an answer to “{}”, asked afterwards": "SELECT s.session, json_extract(w.value, '$.item'),"
    " json_extract(w.value, '$.raw') FROM later_measurements s, json_each(s.administration, '$.answers') w",
    "what the model thought at turn {}": "SELECT s.session, s.turn, coalesce(s.thoughts, '') FROM calls s",
}


def said_in(db: Database, sessions: Collection[str]) -> Iterator[tuple[str, int, str]]:
    """Session, turn and text of all that was said and replied in them, their ancestors' part left out."""
    rows = db.execute(
        f"SELECT session, turn, said, reply FROM turns WHERE session IN {LISTED} ORDER BY number",  # noqa: S608
        [listed(sessions)],
    )
    for session, turn, said, reply in rows:
        yield session, turn, said
        if reply:
            yield session, turn, reply


def written_in(db: Database, sessions: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Session, what it is, and text of what models wrote beside the conversation: answers, also those given
    afterwards, and what was thought before a reply."""
    for what, sql in _WRITTEN.items():
        for session, place, text in db.execute(f"{sql} WHERE s.session IN {LISTED}", [listed(sessions)]):
            yield session, what.format(place), text


def histories(
    db: Database, sessions: Collection[str], line: Line, *, answers: bool = True
) -> dict[str, tuple[History, tuple[str, ...]]]:
    """The history of each and, for each measurement in it, the session that made it; `answers` as in
    `measured_of`."""
    own = _Own(db, line, answers=answers)
    known: dict[str, tuple[History, tuple[str, ...]]] = {}

    def told(session: str) -> tuple[History, tuple[str, ...]]:
        if session not in known:
            parent, left_at = line[session]
            known[session] = own.after(session, *(told(parent) if parent else (History(), ())), left_at)
        return known[session]

    return {session: told(session) for session in sessions}


class _Own:
    """What each session has itself."""

    def __init__(self, db: Database, line: Line, *, answers: bool) -> None:
        self._turns = _rows(db, "turns", ("turn", *_TURN[1:]), "session, turn", line, _turn)
        self._skips = _rows(db, "skips", _SKIP, "number", line, _skip)
        self._measured = measured_of(db, line, answers=answers)

    def after(
        self, session: str, history: History, measured_in: tuple[str, ...], left_at: int | None
    ) -> tuple[History, tuple[str, ...]]:
        """The session's history, given its parent's and the turn it left from."""
        inherited = history.branch(left_at)
        kept = {id(given) for given in inherited.measured}
        pairs = zip(history.measured, measured_in, strict=True)
        before = tuple(by for given, by in pairs if id(given) in kept)
        own: tuple[Measured, ...] = self._measured.get(session, ())
        whole = History(
            turns=(*inherited.turns, *self._turns.get(session, ())),
            measured=(*inherited.measured, *own),
            skips=tuple(self._skips.get(session, ())),
            inherited=inherited.inherited,
        )
        return whole, (*before, *[session] * len(own))


def _rows(
    db: Database,
    table: str,
    columns: tuple[str, ...],
    order: str,
    sessions: Collection[str],
    read: Callable[..., T],
) -> Mapping[str, list[T]]:
    rows = db.execute(
        f"SELECT session, {', '.join(columns)}, more FROM {table}"  # noqa: S608
        f" WHERE session IN {LISTED} ORDER BY {order}",
        [listed(sessions)],
    )
    found: defaultdict[str, list[T]] = defaultdict(list)
    for session, *values in rows:
        found[session].append(read(*values))
    return found


def _turn(*values: object) -> Turn:
    *own, rest = values
    if rest is None:
        return Turn(*own)  # type: ignore[arg-type]  # STRICT tables give the types that were put in
    return _READ_TURN.validate_python(without_more(dict(zip((*_TURN, "more"), values, strict=True))))


def _skip(*values: object) -> Skip:
    return _READ_SKIP.validate_python(without_more(dict(zip((*_SKIP, "more"), values, strict=True))))
