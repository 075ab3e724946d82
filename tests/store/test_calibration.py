"""A calibration in the record: measured once, gone on with after a break, read back as its verdict."""

from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import cast

from sandbox.analysis.calibration import newest_responses
from sandbox.engine.calibration import (
    CalibrationPlan,
    DoseGiven,
    TextTold,
    calibrate,
    key_of,
    plan_calibration,
)
from sandbox.export.calibration import page
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.measurement.validity.dose_response import DOSES
from sandbox.models.phantom.directions import PLACEBOS, Directions
from sandbox.models.phantom.dosed import Phantom
from sandbox.models.provider import ModelDescription, Request
from sandbox.store.calibration import CalibrationRecord
from sandbox.store.store import Store
from tests.scripted import ABLE, ScriptedProvider

MODEL = ModelDescription("embedded", "Tiny", {"sha256": "5e1f"})
DIRECTIONS = Directions("5e1f", "Tiny", "5701", 1, 10.0, {"fear": [1.0, 0.0]}, {"fear": 0.1})


class FakePhantom:
    """A model whose next word is the likelier “afraid” the more fear it is given; placebos do nothing."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def at(self, direction: str, dose: float) -> ScriptedProvider:
        self.asked.append((direction, int(dose)))
        afraid = 0.4 + (0.1 * dose if direction == "fear" else 0)

        def top(request: Request) -> Mapping[str, float]:
            return {" afraid": afraid, " calm": 1 - afraid}

        return ScriptedProvider(top=top)


SHIPPED = Library(Workspace(shipped_content(), Path("sessions")))


def plan(library: Library = SHIPPED) -> CalibrationPlan:
    return plan_calibration(
        "embedded", library, ABLE, questionnaires=("word-probe",), affects=("fear",), seeds=3
    )


async def go_on(
    record: CalibrationRecord,
    phantom: FakePhantom,
    at_most: int,
    model: ModelDescription = MODEL,
    library: Library = SHIPPED,
) -> int:
    """Measure so many places more, or all that are left; the calibration's number."""
    planned = plan(library)
    (instrument,) = planned.instruments
    number = record.open(planned, model, DIRECTIONS)
    trials = record.trials(number, instrument.questionnaire).get(key_of(instrument), ())
    known = {key_of(instrument): {(one.direction, one.dose, one.text) for one in trials}}
    texts = record.texts(number)
    async with aclosing(calibrate(planned, cast("Phantom", phantom), texts, known)) as events:
        async for event in events:
            if isinstance(event, TextTold):
                record.add_text(number, event)
            elif isinstance(event, DoseGiven):
                record.add_trial(number, event.questionnaire, event.trial)
                at_most -= 1
                if not at_most:
                    break
    return number


async def test_a_broken_off_calibration_goes_on_without_measuring_anything_twice(store: Store) -> None:
    record, planned = CalibrationRecord(store), plan()
    (instrument,) = planned.instruments
    places = 3 * (1 + len(DOSES) + 2 * len(PLACEBOS))
    assert len(planned.places) == planned.calls() == places
    first, second = FakePhantom(), FakePhantom()
    number = await go_on(record, first, 10)
    assert await go_on(record, second, places) == number
    trials = record.trials(number, instrument.questionnaire)[key_of(instrument)]
    assert [(one.direction, one.dose, one.text) for one in trials] == list(planned.places)
    assert len(second.asked) == places - 10, "the texts are not told again either"
    assert (await go_on(record, third := FakePhantom(), places), third.asked) == (number, [])

    responses = newest_responses(store, MODEL, instrument)
    assert {(one.scale, one.follows) for one in responses} == {("fear", "yes"), ("distress", "yes")}
    told = "\n".join(page(responses, MODEL.name))
    assert "Follows a known dose: yes: fear (fear), fear (distress)." in told
    assert "▁▂▃▄▅▅▆" in told and "10.0" in told and max(map(len, told.splitlines())) <= 100

    others = ModelDescription("embedded", "Tiny", {"sha256": "0ther"})
    untried = newest_responses(store, others, instrument)
    assert untried == () and "sandbox calibrate embedded" in "".join(page(untried, "embedded"))
    assert "cannot be tested" in "".join(page(untried, "openai/gpt-4o"))
