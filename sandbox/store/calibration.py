"""Calibrations in the record: the directions, the neutral texts, and every administration at a dose.

What they come to is worked out anew when read (measurement/validity/dose_response.py).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sandbox
from sandbox.engine.calibration import CalibrationPlan, InstrumentKey, TextTold, trial_key
from sandbox.library.document import document_hash
from sandbox.library.questionnaire import Questionnaire
from sandbox.measurement.validity.dose_response import DoseTrial
from sandbox.models.phantom.directions import Directions
from sandbox.models.provider import Message, ModelDescription
from sandbox.store.document import store_documents
from sandbox.store.measurement import ADMINISTRATION
from sandbox.store.row import Row, as_json, insert, messages_json, model_in, model_json
from sandbox.store.store import Store


@dataclass(frozen=True, slots=True)
class StoredCalibration:
    """One model given doses along the directions with that hash. What was measured is added as it comes."""

    number: int
    at: datetime
    model: ModelDescription
    directions: str
    seed: int


class CalibrationRecord:
    """The calibrations of a workspace's record."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, plan: CalibrationPlan, model: ModelDescription, directions: Directions) -> int:
        """The number of the calibration to add to: one begun before with the same model, directions, client
        and seed, or a new one."""
        key: dict[str, str | int] = {
            "model": model_json(model),
            "directions_hash": directions.sha256,
            "client": document_hash(plan.client),
            "seed": plan.seed,
        }
        with self._store.writing() as (db, at):
            found = db.execute(
                "SELECT max(number) FROM calibrations"
                " WHERE model = ? AND directions_hash = ? AND client = ? AND seed = ?",
                list(key.values()),
            ).fetchone()
            if found[0] is not None:
                return int(found[0])
            store_documents(db, {document_hash(plan.client): plan.client})
            row: Row = {
                **key,
                "at": at.isoformat(),
                "model_name": model.name,
                "directions": directions.as_json(),
                "app_version": sandbox.__version__,
            }
            return insert(db, "calibrations", row)

    def add_text(self, calibration: int, told: TextTold) -> None:
        """Keep a neutral conversation."""
        said = messages_json(told.conversation)
        with self._store.writing() as (db, _):
            scenario = document_hash(told.scenario)
            store_documents(db, {scenario: told.scenario})
            row: Row = {"calibration": calibration, "text": told.text, "scenario": scenario}
            insert(db, "calibration_texts", {**row, "conversation": said})

    def add_trial(self, calibration: int, questionnaire: Questionnaire, trial: DoseTrial) -> None:
        """Keep one administration at a dose."""
        _, way, form = trial_key(trial.administration)
        given = ADMINISTRATION.dump_python(trial.administration, mode="json", exclude_defaults=True)
        with self._store.writing() as (db, at):
            asked = document_hash(questionnaire)
            store_documents(db, {asked: questionnaire})
            row: Row = {
                "calibration": calibration,
                "questionnaire": asked,
                "way": way,
                "form": form,
                "direction": trial.direction,
                "dose": trial.dose,
                "text": trial.text,
                "administration": as_json(given),
                "at": at.isoformat(),
            }
            insert(db, "calibration_trials", row)

    def texts(self, calibration: int) -> Mapping[int, tuple[Message, ...]]:
        """The neutral conversations by their number."""
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT text, conversation FROM calibration_texts WHERE calibration = ?", [calibration]
            ).fetchall()
        return {text: tuple(Message(*one) for one in json.loads(said)) for text, said in rows}

    def trials(
        self, calibration: int, questionnaire: Questionnaire
    ) -> Mapping[InstrumentKey, tuple[DoseTrial, ...]]:
        """What was measured with this text of the questionnaire, by instrument, in the order given."""
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT direction, dose, text, administration FROM calibration_trials"
                " WHERE calibration = ? AND questionnaire = ? ORDER BY number",
                [calibration, document_hash(questionnaire)],
            ).fetchall()
        found: dict[InstrumentKey, list[DoseTrial]] = {}
        for direction, dose, text, administration in rows:
            trial = DoseTrial(direction, dose, text, ADMINISTRATION.validate_json(administration))
            found.setdefault(trial_key(trial.administration), []).append(trial)
        return {key: tuple(trials) for key, trials in found.items()}

    def newest(self, model: ModelDescription) -> StoredCalibration | None:
        """The newest calibration of the model with these weights; None if there is none."""
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT number, at, model, directions_hash, seed FROM calibrations"
                " WHERE model_name = ? ORDER BY number DESC",
                [model.name],
            ).fetchall()
        for number, at, described, directions, seed in rows:
            theirs = model_in(described)
            if theirs.facts.get("sha256") == model.facts.get("sha256"):
                return StoredCalibration(number, datetime.fromisoformat(at), theirs, directions, seed)
        return None
