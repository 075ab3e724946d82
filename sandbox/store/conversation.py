"""Turns and skips of a session in the record. The parent's part is stored with the parent."""

from datetime import datetime

from pydantic import TypeAdapter
from sqlite_utils import Database

from sandbox.engine.history import Skip, Turn
from sandbox.store.row import insert, more, without_more

_TURN = {"index", "phase", "origin", "step", "repeat", "said", "reply", "seed", "call_id"}
_SKIP = {"step", "after_turn", "reason"}
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


def turns_of(db: Database, session: str) -> tuple[Turn, ...]:
    """The session's own turns, in order."""
    columns = ("index", "phase", "origin", "step", "repeat", "said", "reply", "seed", "call_id", "more")
    rows = db.execute(
        "SELECT turn, phase, origin, step, repeat, said, reply, seed, call_id, more FROM turns"
        " WHERE session = ? ORDER BY turn",
        [session],
    )
    return tuple(
        _READ_TURN.validate_python(without_more(dict(zip(columns, row, strict=True)))) for row in rows
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


def skips_of(db: Database, session: str) -> tuple[Skip, ...]:
    columns = ("step", "after_turn", "reason", "more")
    rows = db.execute(
        "SELECT step, after_turn, reason, more FROM skips WHERE session = ? ORDER BY number", [session]
    )
    return tuple(
        _READ_SKIP.validate_python(without_more(dict(zip(columns, row, strict=True)))) for row in rows
    )
