"""What stored sessions were asked afterwards: never among what was measured in the run, append-only too."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sandbox
from sandbox.engine.afterwards import GivenAfterwards
from sandbox.engine.history import Measured
from sandbox.engine.measure import Measure
from sandbox.engine.phase import PHASES, Point
from sandbox.library.document import document_hash
from sandbox.models.provider import ModelDescription
from sandbox.models.recording import Call
from sandbox.store.call import call_rows
from sandbox.store.document import Documents, folded, store_documents
from sandbox.store.measurement import ADMINISTRATION
from sandbox.store.row import LISTED, insert, insert_all, listed, model_in, model_json
from sandbox.store.session import lineage
from sandbox.store.store import Store


@dataclass(frozen=True, slots=True)
class AskedAfterwards:
    """A questionnaire that was given at a point of the session when the session was long over.

    `asked` is the name of the model that was asked, `model` what it said it was. The phases of `measure` mean
    nothing here.
    """

    session: str
    measured: Measured
    measure: Measure
    asked: str
    model: ModelDescription
    at: datetime


def add_afterwards(
    store: Store, given: GivenAfterwards, measure: Measure, asked: str, model: ModelDescription
) -> bool:
    """Keep what was given with the calls it took, in one transaction; False if it is there already."""
    text, documents = folded(_anywhere(measure))
    with store.writing() as (db, at):
        turn = given.measured.point.after_turn if given.measured else 0
        rows = [row for call in given.calls for row in call_rows(given.session, turn, call, asked)]
        insert_all(db, "later_calls", rows)
        if given.measured is None:
            return False
        point = given.measured.point
        key = [given.session, point.after_turn, point.phase, text, asked]
        if db.execute(
            "SELECT 1 FROM later_measurements WHERE session = ? AND after_turn = ? AND phase = ?"
            " AND measure = ? AND model = ?",
            key,
        ).fetchone():
            return False
        store_documents(db, documents)
        administration = ADMINISTRATION.dump_python(given.measured.administration, mode="json")
        insert(
            db,
            "later_measurements",
            {
                "session": given.session,
                "after_turn": point.after_turn,
                "phase": point.phase,
                "point_number": point.number,
                "questionnaire": document_hash(measure.questionnaire),
                "measure": text,
                "model": asked,
                "described": model_json(model),
                # Not sorted: a distribution is kept in the order the model gave it.
                "administration": json.dumps(administration, ensure_ascii=False, allow_nan=False),
                "at": at.isoformat(),
                "app_version": sandbox.__version__,
            },
        )
    return True


def add_calls(store: Store, session: str, turn: int, calls: Iterable[Call], model: str) -> None:
    """Keep calls made about a session when it was over; `turn` is the last one they were told of."""
    with store.writing() as (db, _):
        insert_all(
            db, "later_calls", [row for call in calls for row in call_rows(session, turn, call, model)]
        )


def asked_afterwards(store: Store, sessions: Collection[str]) -> Mapping[str, tuple[AskedAfterwards, ...]]:
    """By session, what was asked of it afterwards, and of its ancestors as far as it shares their points, in
    the order given. Raises NotFoundError."""
    found: defaultdict[str, list[AskedAfterwards]] = defaultdict(list)
    with store.reading() as db:
        line = lineage(db, sessions)
        rows = db.execute(
            "SELECT session, after_turn, phase, point_number, measure, model, described, administration, at"  # noqa: S608
            f" FROM later_measurements WHERE session IN {LISTED} ORDER BY number",
            [listed(line)],
        ).fetchall()
        trees = Documents().unfolded(db, {row[4]: row[4] for row in rows})
    measures = {text: Measure.model_validate(tree) for text, tree in trees.items()}
    for session, after_turn, phase, number, measure, model, described, administration, at in rows:
        found[session].append(
            AskedAfterwards(
                session,
                Measured(Point(after_turn, phase, number), ADMINISTRATION.validate_json(administration)),
                measures[measure],
                model,
                model_in(described),
                datetime.fromisoformat(at),
            )
        )

    def told(session: str) -> tuple[AskedAfterwards, ...]:
        parent, left_at = line[session]
        before = told(parent) if parent is not None else ()
        return *(one for one in before if _inherited(one.measured.point, left_at)), *found[session]

    return {session: told(session) for session in sessions}


def _inherited(point: Point, left_at: int | None) -> bool:
    return point.phase != "follow-up" and (left_at is None or point.after_turn <= left_at)


def same_measure(one: Measure, other: Measure) -> bool:
    """Whether both ask the same text in the same way, wherever they are given."""
    return _anywhere(one) == _anywhere(other)


def _anywhere(measure: Measure) -> Measure:
    return measure.model_copy(update={"phases": PHASES, "instead_of": ""})
