"""Administrations in the record, with every answer and score. The parent's part is stored with the parent."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlite_utils import Database

from sandbox.engine.history import Measured
from sandbox.engine.phase import Point
from sandbox.measurement.administration import Administration, Answer, Score
from sandbox.store.row import LISTED, as_json, insert, insert_all, listed, messages_json, more, without_more

_GIVEN = ("questionnaire", "way", "asked", "item_order", "seed", "reliable")
_ANSWER = ("item", "value", "missing", "raw", "attempt", "coverage", "distribution", "call_id")
_SCORE = ("scale", "value", "answered", "items", "reason")
_FOR_SCORES = ("questionnaire", "way", "seed", "reliable", "more")
ADMINISTRATION: TypeAdapter[Administration] = TypeAdapter(Administration)
_READ_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
T = TypeVar("T", Answer, Score)


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
            "asked": messages_json(given.asked),
            "item_order": as_json(list(given.item_order)),
            "seed": given.seed,
            "reliable": int(given.reliable),
            "at": at.isoformat(),
            "more": more(given, (*_GIVEN, "answers", "scores")),
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


def asked_again(db: Database, sessions: Collection[str]) -> int:
    """How many calls of these sessions asked once more for what could not be read in an answer."""
    given = f"SELECT number FROM administrations WHERE session IN {LISTED}"  # noqa: S608
    sql = f"SELECT count(DISTINCT call_id) FROM answers WHERE attempt > 1 AND administration IN ({given})"  # noqa: S608
    return int(next(db.execute(sql, [listed(sessions)]))[0])


def measured_of(
    db: Database, sessions: Collection[str], *, answers: bool = True
) -> dict[str, tuple[Measured, ...]]:
    """The own administrations of each session that has any, in the order given.

    Without `answers` there are none, and nothing of what was asked, nor in which order.
    """
    wanted = listed(sessions)
    given = _parts(db, "answers", _ANSWER, wanted, _answer) if answers else {}
    scores = _parts(db, "scores", _SCORE, wanted, _score)
    columns = (*_GIVEN, "more") if answers else _FOR_SCORES
    rows = db.execute(
        f"SELECT session, after_turn, phase, point_number, number, {', '.join(columns)} FROM administrations"  # noqa: S608
        f" WHERE session IN {LISTED} ORDER BY number",
        [wanted],
    )
    found: defaultdict[str, list[Measured]] = defaultdict(list)
    for session, after_turn, phase, point_number, number, *rest in rows:
        own = tuple(scores.get(number, ()))
        administration = _whole(rest, tuple(given.get(number, ())), own) if answers else _bare(rest, own)
        found[session].append(Measured(Point(after_turn, phase, point_number), administration))
    return {session: tuple(own) for session, own in found.items()}


def _whole(row: Sequence[Any], answers: tuple[Answer, ...], scores: tuple[Score, ...]) -> Administration:
    given = without_more(dict(zip((*_GIVEN, "more"), row, strict=True)))
    given["asked"] = [{"role": role, "content": content} for role, content in json.loads(given["asked"])]
    given["item_order"] = json.loads(given["item_order"])
    return ADMINISTRATION.validate_python({**given, "answers": answers, "scores": scores})


def _bare(row: Sequence[Any], scores: tuple[Score, ...]) -> Administration:
    questionnaire, way, seed, reliable, rest = row
    return Administration(questionnaire, way, (), (), (), scores, seed, bool(reliable), **_told(rest or "{}"))


@lru_cache(maxsize=512)
def _told(rest: str) -> Mapping[str, Any]:
    """What `more` holds. Measurements of one kind mostly have the same, a long list of words among it."""
    known: Mapping[str, Any] = json.loads(rest)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}


def _parts(
    db: Database, table: str, columns: tuple[str, ...], wanted: str, read: Callable[..., T]
) -> Mapping[int, list[T]]:
    """Rows of `answers` or `scores` of the sessions, by administration."""
    rows = db.execute(
        f"SELECT p.administration, {', '.join('p.' + name for name in columns)}, p.more"  # noqa: S608
        f" FROM administrations a CROSS JOIN {table} p ON p.administration = a.number"
        f" WHERE a.session IN {LISTED} ORDER BY a.session, a.number, p.position",  # as the indexes have it
        [wanted],
    )
    parts: defaultdict[int, list[T]] = defaultdict(list)
    for administration, *own, rest in rows:
        parts[administration].append(read(own, rest))
    return parts


def _answer(own: Sequence[Any], rest: str | None) -> Answer:
    part = without_more(dict(zip((*_ANSWER, "more"), (*own, rest), strict=True)))
    if part["distribution"] is not None:
        part["distribution"] = json.loads(part["distribution"])
    return _READ_ANSWER.validate_python(part)


def _score(own: Sequence[Any], rest: str | None) -> Score:
    score = Score(*own)
    return replace(score, **json.loads(rest)) if rest else score
