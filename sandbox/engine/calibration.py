"""Calibrating the measures of a model: neutral texts, then every dose of every direction. Stores nothing."""

from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass, replace

from sandbox.engine.validity_check import CLIENT, Instrument, conversation_after, written_instruments
from sandbox.library.catalogue import Library
from sandbox.library.client import Client
from sandbox.library.questionnaire import Questionnaire, RatingQuestionnaire
from sandbox.library.scenario import Scenario
from sandbox.measurement.administering import administer
from sandbox.measurement.administration import Administration, Form, Way
from sandbox.measurement.reading.presentation import Presentation
from sandbox.measurement.validity.dose_response import DOSES, STRONGEST, DoseTrial, judged_scales
from sandbox.models.name import full_name
from sandbox.models.phantom.directions import AFFECTS, PLACEBOS
from sandbox.models.phantom.dosed import Phantom
from sandbox.models.provider import Capabilities, Message
from sandbox.seed import derived_seed

TEXTS = ("doing-laundry", "ordinary-room", "recalled-usual-route")
"""The neutral scenarios, told in turn: in each the replies of the client are drawn anew."""

DEFAULT_MEASURES = ("word-probe", "discrete-emotions-questionnaire:likelihood", "affect-ratings:likelihood")
SEEDS = 5

InstrumentKey = tuple[str, Way, Form]
"""The questionnaire's id, the way, and the form where it is a report."""

Place = tuple[str, int, int]
"""Where a trial belongs: its direction ("" at dose 0), its dose, its text."""


def key_of(instrument: Instrument) -> InstrumentKey:
    return _key(instrument.questionnaire.id, instrument.way, instrument.form)


def trial_key(given: Administration) -> InstrumentKey:
    """The instrument that gave this administration."""
    return _key(given.questionnaire, given.way, given.form)


def _key(questionnaire: str, way: Way, form: Form) -> InstrumentKey:
    return questionnaire, way, form if way == "report" else "batch"


def judged_part(instrument: Instrument) -> Questionnaire:
    """What is asked of the questionnaire: where each item is asked on a side copy of its own, only those of
    the scales that are judged. The answers are the same as if all were asked."""
    questionnaire = instrument.questionnaire
    if instrument.way != "likelihood" or not isinstance(questionnaire, RatingQuestionnaire):
        return questionnaire
    scales = judged_scales(questionnaire, AFFECTS)
    wanted = {item for scale in scales for item in scale.items}
    items = tuple(item for item in questionnaire.items if item.id in wanted)
    return questionnaire.model_copy(update={"items": items, "scales": scales})


@dataclass(frozen=True, slots=True)
class CalibrationPlan:
    """What is calibrated on which model. `seed` fixes every random choice; `texts` has a scenario a seed."""

    model: str
    client: Client
    texts: tuple[Scenario, ...]
    instruments: tuple[Instrument, ...]
    affects: tuple[str, ...]
    seed: int = 1

    @property
    def places(self) -> tuple[Place, ...]:
        """Every dose of every direction for every text, in that order; placebos at the strongest only."""
        doses = [("", 0)]
        doses += [(affect, dose) for affect in self.affects for dose in DOSES]
        doses += [(placebo, dose) for placebo in PLACEBOS for dose in STRONGEST]
        return tuple((direction, dose, text) for direction, dose in doses for text in range(len(self.texts)))

    def calls(self, left: int | None = None) -> int:
        """Calls of the model when nothing is asked again, for so many places (all of them if not given)."""
        asked = (replace(one, questionnaire=judged_part(one)) for one in self.instruments)
        each = sum(instrument.calls_each for instrument in asked)
        return each * (len(self.places) if left is None else left)


@dataclass(frozen=True, slots=True)
class TextTold:
    """A neutral conversation, told by the model as it is."""

    text: int
    scenario: Scenario
    conversation: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class DoseGiven:
    """One administration at a dose. `done` of `total` are made."""

    questionnaire: Questionnaire
    trial: DoseTrial
    done: int
    total: int


def plan_calibration(
    model: str,
    library: Library,
    capabilities: Capabilities,
    *,
    questionnaires: tuple[str, ...] = (),
    affects: tuple[str, ...] = (),
    seeds: int = SEEDS,
    seed: int = 1,
) -> CalibrationPlan:
    """Each questionnaire by each way that can read it (none: DEFAULT_MEASURES), for each affect (none: all).

    Raises UsageError, NotFoundError or InvalidDocument for a questionnaire that cannot be used.
    """
    scenarios = [library.scenario(id) for id in TEXTS]
    return CalibrationPlan(
        model=full_name(model),
        client=library.client(CLIENT),
        texts=tuple(scenarios[text % len(scenarios)] for text in range(seeds)),
        instruments=written_instruments(
            questionnaires or DEFAULT_MEASURES, library, capabilities, repeats=seeds
        ),
        affects=tuple(affect for affect in AFFECTS if not affects or affect in affects),
        seed=seed,
    )


async def calibrate(
    plan: CalibrationPlan,
    phantom: Phantom,
    texts: Mapping[int, tuple[Message, ...]],
    known: Mapping[InstrumentKey, Collection[Place]],
) -> AsyncGenerator[TextTold | DoseGiven, None]:
    """Tell the texts that are not there yet, then measure what is not `known`. Raises SandboxError, OSError.

    Every dose is measured after the same words: what the model says at a dose enters no conversation.
    """
    told = dict(texts)
    for text, scenario in enumerate(plan.texts):
        if text not in told:
            seed = derived_seed(plan.seed, "text", text)
            plain = await phantom.at("", 0)
            told[text] = await conversation_after(plan.model, plan.client, scenario, plain, seed)
            yield TextTold(text, scenario, told[text])
    left = [
        (place, instrument)
        for place in plan.places
        for instrument in plan.instruments
        if place not in known.get(key_of(instrument), ())
    ]
    total = len(plan.places) * len(plan.instruments)
    for number, ((direction, dose, text), instrument) in enumerate(left, start=1):
        questionnaire = instrument.questionnaire
        given = await administer(
            judged_part(instrument),
            instrument.way,
            told[text],
            await phantom.at(direction, dose),
            # The same draw at every dose, so that only the dose differs.
            derived_seed(plan.seed, questionnaire.id, instrument.way, text),
            presentation=Presentation(items="as written", form=instrument.form),
        )
        trial = DoseTrial(direction, dose, text, given)
        yield DoseGiven(questionnaire, trial, total - len(left) + number, total)
