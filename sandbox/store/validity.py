"""Validity checks in the record: a verdict with its indices, and every trial and conversation it rests on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

import sandbox
from sandbox.engine.validity_check import CheckPlan, InstrumentChecked
from sandbox.library.document import Document, document_hash
from sandbox.library.questionnaire import Questionnaire
from sandbox.measurement.administration import UNSAMPLED, Form, Way
from sandbox.measurement.estimate import Estimate
from sandbox.measurement.validity.battery import Condition, StateName, Trial
from sandbox.measurement.validity.index import Index, Judgement, Unit
from sandbox.measurement.validity.verdict import Validity
from sandbox.models.provider import ModelDescription
from sandbox.store.document import store_documents
from sandbox.store.measurement import ADMINISTRATION
from sandbox.store.row import as_json, insert, messages_json, model_in, model_json

_COLUMNS = (
    "number, at, model, questionnaire_id, questionnaire, client, way, scale, usable, verdict,"
    " repeats, seed, form"
)


@dataclass(frozen=True, slots=True)
class AskedTwice:
    """Scores of one scale, in its units: of each state as it was asked first, and asked the same again.

    Where answers are drawn the second asking is unchanged; what is read without drawing is put in other
    words.
    """

    scale: str
    pairs: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class StoredCheck:
    """One check: what came out for one questionnaire read one way on one model.

    `questionnaire_hash` and `client_hash` name the documents as they were; `form` is how a report was put;
    `number` counts the record's checks.
    """

    number: int
    at: datetime
    model: ModelDescription
    questionnaire_hash: str
    repeats: int
    seed: int
    validity: Validity
    client_hash: str = ""
    form: Form = "batch"
    asked_twice: tuple[AskedTwice, ...] = ()

    def is_of(
        self, questionnaire: Questionnaire, way: Way, model: ModelDescription, form: Form = "batch"
    ) -> bool:
        """True for the same text read the same way on the same model, a report also put in the same form.

        A digest that both descriptions state, such as that of the weights, has to agree.
        """
        mine, theirs = self.model.facts, model.facts
        return (
            self.model.name == model.name
            and self.validity.way == way
            and (way != "report" or self.form == form)
            and self.questionnaire_hash == document_hash(questionnaire)
            and all(
                mine[fact] == theirs[fact] for fact in mine.keys() & theirs.keys() if "sha" in fact.casefold()
            )
        )


def store_check(
    db: Database, plan: CheckPlan, checked: InstrumentChecked, model: ModelDescription, at: datetime
) -> int:
    """Add a check with its indices, states and trials; its number."""
    questionnaire, validity = checked.instrument.questionnaire, checked.validity
    own = (scenario for scenarios in plan.own.values() for scenario in scenarios)
    documents: tuple[Document, ...] = (questionnaire, plan.client, plan.strong, plan.neutral, *own)
    store_documents(db, {document_hash(document): document for document in documents})
    number = insert(
        db,
        "validity_checks",
        {
            "at": at.isoformat(),
            "model": model_json(model),
            "model_name": model.name,
            "questionnaire_id": questionnaire.id,
            "questionnaire": document_hash(questionnaire),
            "client": document_hash(plan.client),
            "strong": document_hash(plan.strong),
            "neutral": document_hash(plan.neutral),
            "way": validity.way,
            "scale": validity.scale,
            "usable": validity.usable,
            "verdict": validity.verdict,
            "form": checked.instrument.form,
            "repeats": len(checked.states),
            "seed": plan.seed,
            "calls": checked.calls,
            "seconds": checked.seconds,
            "app_version": sandbox.__version__,
        },
    )
    for position, index in enumerate(validity.indices, start=1):
        insert(db, "validity_indices", {"validity_check": number, "position": position, **_index_row(index)})
    for repeat, states in enumerate(checked.states):
        for state, conversation in states.conversations.items():
            said = messages_json(conversation)
            insert(
                db,
                "validity_states",
                {"validity_check": number, "repeat": repeat, "state": state, "conversation": said},
            )
    for position, trial in enumerate(checked.trials, start=1):
        insert(db, "validity_trials", _trial_row(number, position, trial))
    return number


def checks_of(db: Database, model: str | None = None) -> tuple[StoredCheck, ...]:
    """The newest check of every model, questionnaire text, way and form, newest first; of one model if
    named."""
    where = "WHERE model_name = ?" if model is not None else ""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM validity_checks WHERE number IN"  # noqa: S608
        f" (SELECT max(number) FROM validity_checks {where} GROUP BY model, questionnaire, way, form)"
        " ORDER BY number DESC",
        [model] if model is not None else [],
    ).fetchall()
    return tuple(_check(db, row) for row in rows)


def trials_of(db: Database, number: int) -> tuple[Trial, ...]:
    """Every administration of the check of that number, in the order given."""
    rows = db.execute(
        "SELECT repeat, state, condition, administration FROM validity_trials"
        " WHERE validity_check = ? ORDER BY position",
        [number],
    )
    return tuple(_trial(*row) for row in rows)


def _asked_twice(db: Database, number: int, way: Way) -> tuple[AskedTwice, ...]:
    second: Condition = "paraphrased" if way in UNSAMPLED else "retest"
    rows = db.execute(
        "SELECT repeat, state, condition, json_extract(administration, '$.scores') FROM validity_trials"
        " WHERE validity_check = ? AND condition IN ('plain', ?) ORDER BY position",
        [number, second],
    )
    first: dict[tuple[int, str, str], float] = {}
    again: dict[tuple[int, str, str], float] = {}
    for repeat, state, condition, scores in rows:
        into = first if condition == "plain" else again
        for score in json.loads(scores or "[]"):
            if score.get("value") is not None:
                into[repeat, state, score["scale"]] = score["value"]
    pairs: dict[str, list[tuple[float, float]]] = {}
    for key in first.keys() & again.keys():
        pairs.setdefault(key[2], []).append((first[key], again[key]))
    return tuple(AskedTwice(scale, tuple(sorted(found))) for scale, found in sorted(pairs.items()))


def _trial(repeat: int, state: StateName, condition: Condition, administration: str) -> Trial:
    return Trial(repeat, state, condition, ADMINISTRATION.validate_json(administration))


def _trial_row(number: int, position: int, trial: Trial) -> Mapping[str, str | int]:
    given = ADMINISTRATION.dump_python(trial.administration, mode="json", exclude_defaults=True)
    return {
        "validity_check": number,
        "position": position,
        "repeat": trial.repeat,
        "state": trial.state,
        "condition": trial.condition,
        "administration": as_json(given),
    }


def _index_row(index: Index) -> Mapping[str, str | int | float | None]:
    estimate = index.estimate
    return {
        "id": index.id,
        "title": index.title,
        "unit": index.unit,
        "value": estimate.value if estimate else None,
        "low": estimate.low if estimate else None,
        "high": estimate.high if estimate else None,
        "n": estimate.n if estimate else None,
        "judgement": index.judgement,
        "acceptable": index.acceptable,
        "note": index.note,
    }


def _check(db: Database, row: tuple[Any, ...]) -> StoredCheck:
    number, at, model, questionnaire, hash, client, way, scale, usable, verdict, repeats, seed, form = row
    indices = db.execute(
        "SELECT id, title, unit, judgement, acceptable, note, value, low, high, n FROM validity_indices"
        " WHERE validity_check = ? ORDER BY position",
        [number],
    )
    return StoredCheck(
        number=number,
        at=datetime.fromisoformat(at),
        model=model_in(model),
        questionnaire_hash=hash,
        repeats=repeats,
        seed=seed,
        client_hash=client,
        form=form,
        asked_twice=_asked_twice(db, number, way),
        validity=Validity(
            questionnaire, way, scale, tuple(_index(*index) for index in indices), usable, verdict
        ),
    )


def _index(
    id: str,
    title: str,
    unit: Unit,
    judgement: Judgement,
    acceptable: str,
    note: str,
    *estimate: Any,
) -> Index:
    known = Estimate(*estimate) if estimate[0] is not None else None
    return Index(id, title, unit, known, judgement, acceptable, note)
