"""What a calibration came to for one instrument: read from the record, worked out anew. No text layout."""

from collections.abc import Collection

from sandbox.engine.calibration import Place, key_of
from sandbox.engine.validity_check import Instrument
from sandbox.measurement.validity.dose_response import DoseResponse, dose_responses
from sandbox.models.phantom.directions import AFFECTS
from sandbox.models.provider import ModelDescription
from sandbox.store.calibration import CalibrationRecord
from sandbox.store.store import Store


def responses_in(
    record: CalibrationRecord,
    calibration: int,
    instrument: Instrument,
    places: Collection[Place] | None = None,
) -> tuple[DoseResponse, ...]:
    """How each scale responds in that calibration; of `places` only, if given."""
    trials = record.trials(calibration, instrument.questionnaire).get(key_of(instrument), ())
    if places is not None:
        trials = tuple(one for one in trials if (one.direction, one.dose, one.text) in places)
    return dose_responses(instrument.questionnaire, trials, AFFECTS)


def newest_responses(
    store: Store, model: ModelDescription, instrument: Instrument
) -> tuple[DoseResponse, ...]:
    """The same in the newest calibration of the model with these weights; nothing where it has none."""
    record = CalibrationRecord(store)
    newest = record.newest(model)
    return responses_in(record, newest.number, instrument) if newest is not None else ()
