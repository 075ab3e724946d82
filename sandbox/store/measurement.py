"""Administrations in the record, with every answer and score. The parent's part is stored with the parent."""

import json
from collections import defaultdict
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlite_utils import Database

from sandbox.engine.history import Measured
from sandbox.engine.phase import Point
from sandbox.measurement.administration import Administration, Answer, Score
from sandbox.store.row import as_json, insert, insert_all, more, without_more

_ADMINISTRATION = (
    "questionnaire", "way", "asked", "item_order", "seed", "reliable"
)  # fmt: skip
_ANSWER = ("item", "value", "missing", "raw", "attempt", "coverage", "distribution", "call_id")
_SCORE = ("scale", "value", "answered", "items", "reason")
_READ: TypeAdapter[Administration] = TypeAdapter(Administration)


def store_measured(db: Database, session: str, measured: Measured, at: datetime) -> None:
    """Add the administration, its answers (every asking) and its scores."""
    point, given = measured.point, measured.administration
    number = insert(
        db,
        "administrations",
        {
            "session": session,
            "after_turn": point.after_turn,
            "phase": point.phase,
            "point_number": point.number,
            "questionnaire": given.questionnaire,
            "way": given.way,
            "asked": as_json([[message.role, message.content] for message in given.asked]),
            "item_order": as_json(list(given.item_order)),
            "seed": given.seed,
            "reliable": int(given.reliable),
            "at": at.isoformat(),
            "more": more(given, (*_ADMINISTRATION, "answers", "scores")),
        },
    )
    insert_all(db, "answers", [_answer_row(number, *place) for place in enumerate(given.answers, start=1)])
    insert_all(db, "scores", [_row(number, *place, _SCORE) for place in enumerate(given.scores, start=1)])


def _row(
    administration: int, position: int, value: Answer | Score, columns: tuple[str, ...]
) -> dict[str, Any]:
    own = {name: getattr(value, name) for name in columns}
    return {"administration": administration, "position": position, **own, "more": more(value, columns)}


def _answer_row(administration: int, position: int, answer: Answer) -> dict[str, Any]:
    row = _row(administration, position, answer, _ANSWER)
    if answer.distribution is not None:
        row["distribution"] = json.dumps(dict(answer.distribution), allow_nan=False)
    return row


def measured_of(db: Database, session: str) -> tuple[Measured, ...]:
    """The session's own administrations, in the order given."""
    answers = _parts(db, "answers", _ANSWER, session)
    scores = _parts(db, "scores", _SCORE, session)
    columns = (*_ADMINISTRATION, "more")
    rows = db.execute(
        f"SELECT number, after_turn, phase, point_number, {', '.join(columns)} FROM administrations"  # noqa: S608
        " WHERE session = ? ORDER BY number",
        [session],
    )
    found = []
    for number, after_turn, phase, point_number, *rest in rows:
        given = without_more(dict(zip(columns, rest, strict=True)))
        given["asked"] = [{"role": role, "content": content} for role, content in json.loads(given["asked"])]
        given["item_order"] = json.loads(given["item_order"])
        given["answers"], given["scores"] = answers[number], scores[number]
        found.append(Measured(Point(after_turn, phase, point_number), _READ.validate_python(given)))
    return tuple(found)


def _parts(
    db: Database, table: str, columns: tuple[str, ...], session: str
) -> defaultdict[int, list[dict[str, Any]]]:
    """Rows of `answers` or `scores` of a session, by administration."""
    names = (*columns, "more")
    rows = db.execute(
        f"SELECT p.administration, {', '.join('p.' + name for name in names)} FROM {table} p"  # noqa: S608
        " JOIN administrations a ON a.number = p.administration"
        " WHERE a.session = ? ORDER BY p.administration, p.position",
        [session],
    )
    parts: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for administration, *values in rows:
        part = without_more(dict(zip(names, values, strict=True)))
        if part.get("distribution") is not None:
            part["distribution"] = json.loads(part["distribution"])
        parts[administration].append(part)
    return parts
