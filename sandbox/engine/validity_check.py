"""Checking what a model can be measured with: states are brought about, batteries run. Stores nothing."""

import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from sandbox.engine.conversation import conversation
from sandbox.engine.events import SessionFinished, TurnFinished
from sandbox.engine.history import History
from sandbox.engine.measure import measure_of
from sandbox.engine.plan import SessionHead, SessionPlan, new_session_id
from sandbox.engine.run import run
from sandbox.errors import SandboxError, UsageError
from sandbox.library.catalogue import Library
from sandbox.library.client import Client
from sandbox.library.questionnaire import Questionnaire
from sandbox.library.scenario import Scenario
from sandbox.measurement.administering import WAYS, check_way
from sandbox.measurement.administration import Form, Way, asks_each_item
from sandbox.measurement.validity.battery import (
    StateName,
    States,
    Trial,
    affect_scales,
    battery,
    battery_size,
)
from sandbox.measurement.validity.verdict import Validity, judge
from sandbox.models.name import full_name
from sandbox.models.provider import Capabilities, Message, Provider
from sandbox.models.recording import RecordingProvider
from sandbox.seed import derived_seed

STRONG, NEUTRAL, CLIENT = "night-attack", "doing-laundry", "study-participant"
OWN: Mapping[StateName, tuple[str, ...]] = {
    "fear": ("dog-on-the-path", "night-attack", "recalled-danger"),
    "anxiety": ("crowded-train", "new-group", "recalled-threshold"),
    "worry": ("overdue-bills", "test-results", "recalled-sleepless-night"),
    "sadness": ("friend-moves-away", "last-visit", "recalled-goodbye"),
    "anger": ("queue-jumper", "stolen-credit", "recalled-unfairness"),
    "disgust": ("bus-seat", "infected-wound", "recalled-bad-bite"),
    "stress": ("deadline-day", "double-booked-evening", "recalled-too-much"),
}
"""The scenarios of each affect, for scales of several affects: one a repeat, in this order."""

DEFAULT_QUESTIONNAIRES = ("word-probe", "affect-ratings")
REPEATS: dict[Way, int] = {"word": 8, "likelihood": 3, "report": 3, "completion": 3}
"""How often each way is repeated, so that the embedded model is done within five minutes on two cores.

A repeat is a new pair of scenario tellings. Without sampling (word, likelihood) repeats differ only by the
client's replies, so few are enough; what a report is drawn with adds noise that three can show, not average.
"""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One questionnaire read and put one way, and over how many repeats. `form` matters to reports alone."""

    questionnaire: Questionnaire
    way: Way
    repeats: int
    form: Form = "batch"

    @property
    def affects(self) -> frozenset[StateName]:
        """The affects that have scales of their own in it, to be told apart."""
        return frozenset(affect_scales(self.questionnaire))

    @property
    def title(self) -> str:
        """`affect-ratings by report, per item`."""
        return f"{self.questionnaire.id} by {self.how}"

    @property
    def how(self) -> str:
        """The way, and the form where it is not the usual one: `report, per item`."""
        return self.way if self.form == "batch" else f"{self.way}, {self.form}"

    def administrations(self, own: int = 0) -> int:
        """How many a whole battery has, with each affect's own scenario told in `own` of the repeats."""
        return battery_size(self.questionnaire, self.way, self.repeats, self.form, min(own, self.repeats))

    @property
    def calls_each(self) -> int:
        """Model calls of one administration in which nothing is asked again."""
        return len(self.questionnaire.items) if asks_each_item(self.way, self.form) else 1


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """What is checked with which model. `seed` fixes every random choice.

    `own` has the scenarios of each affect that an instrument has a scale for, as many for one as for another.
    """

    model: str
    client: Client
    strong: Scenario
    neutral: Scenario
    instruments: tuple[Instrument, ...]
    seed: int = 1
    own: Mapping[StateName, tuple[Scenario, ...]] = field(default_factory=dict)

    @property
    def own_repeats(self) -> int:
        """In how many repeats each affect's own scenario is told: one for each there is, or in none where the
        repeats are fewer, since one or two scenarios tell little of an affect."""
        each = min((len(scenarios) for scenarios in self.own.values()), default=0)
        return each if self.repeats >= each else 0

    @property
    def repeats(self) -> int:
        return max(instrument.repeats for instrument in self.instruments)

    @property
    def calls(self) -> int:
        """Calls expected when nothing is asked again and no battery ends early."""
        told = self.repeats * (_replies(self.strong) + _replies(self.neutral))
        told += sum(_replies(one) for own in self.own.values() for one in own[: self.own_repeats])
        return told + sum(i.administrations(self.own_repeats) * i.calls_each for i in self.instruments)


def _replies(scenario: Scenario) -> int:
    return sum(turn.reply for turn in scenario.turns)


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """`calls` made of about `expected` in all; `doing` is what goes on, in words."""

    calls: int
    expected: int
    doing: str


@dataclass(frozen=True, slots=True)
class InstrumentChecked:
    """One instrument is done. `states` are the conversations measured, one entry a repeat.

    `calls` and `seconds` (wall time) are this instrument's own, without bringing the states about.
    """

    instrument: Instrument
    states: tuple[States, ...]
    trials: tuple[Trial, ...]
    validity: Validity
    calls: int
    seconds: float


def plan_check(
    model: str,
    library: Library,
    capabilities: Capabilities,
    *,
    questionnaires: tuple[str, ...] = (),
    ways: tuple[Way, ...] = (),
    repeats: int | None = None,
    seed: int = 1,
) -> CheckPlan:
    """Each questionnaire (none: the word probe and the affect ratings) by each way that can read it.

    Written as for `written_instruments`, which says what is raised.
    """
    instruments = written_instruments(
        questionnaires or DEFAULT_QUESTIONNAIRES, library, capabilities, ways, repeats
    )
    return CheckPlan(
        model=full_name(model),
        client=library.client(CLIENT),
        strong=library.scenario(STRONG),
        neutral=library.scenario(NEUTRAL),
        instruments=instruments,
        seed=seed,
        own=_own_scenarios(library, instruments),
    )


def written_instruments(
    questionnaires: tuple[str, ...],
    library: Library,
    capabilities: Capabilities,
    ways: tuple[Way, ...] = (),
    repeats: int | None = None,
) -> tuple[Instrument, ...]:
    """Each questionnaire by each way that can read it.

    A questionnaire is written as for a run, `ID[:WAY[:FORM]]`; `ways` narrows down those written without a
    way, `repeats` replaces the defaults of REPEATS. Raises UsageError when nothing is left, NotFoundError or
    InvalidDocument for a questionnaire that cannot be used.
    """
    found: dict[tuple[str, Way, Form], Instrument] = {}
    refused: UsageError | None = None
    for text in questionnaires:
        for questionnaire, way, form in _meant(text, library, capabilities, ways):
            try:
                check_way(questionnaire, way, capabilities)
            except UsageError as error:
                refused = error
            else:
                instrument = Instrument(questionnaire, way, repeats or REPEATS[way], form)
                found.setdefault((questionnaire.id, way, form), instrument)
    if not found:
        raise refused or UsageError(
            f"None of these questionnaires can be read by {' or '.join(f'“{way}”' for way in ways)}.",
            todo="Leave out --way, or choose another questionnaire.",
        )
    return tuple(found.values())


def _own_scenarios(
    library: Library, instruments: Iterable[Instrument]
) -> Mapping[StateName, tuple[Scenario, ...]]:
    """The scenarios of the affects that some instrument has a scale for."""
    wanted = frozenset[StateName]().union(*(instrument.affects for instrument in instruments))
    return {
        affect: tuple(library.scenario(id) for id in ids) for affect, ids in OWN.items() if affect in wanted
    }


def _meant(
    text: str, library: Library, capabilities: Capabilities, ways: tuple[Way, ...]
) -> tuple[tuple[Questionnaire, Way, Form], ...]:
    """What is meant by `ID`: every way of reading that there is; by `ID:WAY` or `ID:WAY:FORM`: that one."""
    if ":" in text or "@" in text:
        measure = measure_of(text, library, capabilities)
        return ((measure.questionnaire, measure.way, measure.form),)
    questionnaire = library.questionnaire(text)
    return tuple((questionnaire, way, "batch") for way in WAYS[questionnaire.kind] if not ways or way in ways)


async def check_validity(
    plan: CheckPlan, provider: Provider
) -> AsyncGenerator[CheckProgress | InstrumentChecked, None]:
    """Bring the states about, then check one instrument after the other. Raises SandboxError."""
    recording = RecordingProvider(provider)
    made = 0
    expected = plan.calls
    states: list[States] = []
    for repeat in range(plan.repeats):
        yield CheckProgress(made, expected, f"telling the scenarios, {repeat + 1} of {plan.repeats}")
        states.append(await _states(plan, recording, repeat))
        made += len(recording.drain())
    left = plan.calls - made
    for instrument in plan.instruments:
        began, before, trials = time.monotonic(), made, list[Trial]()
        administrations = instrument.administrations(plan.own_repeats)
        planned = administrations * instrument.calls_each
        left -= planned
        repeats = tuple(states[: instrument.repeats])
        seed = derived_seed(plan.seed, instrument.questionnaire.id, instrument.way)
        given = battery(instrument.questionnaire, instrument.way, repeats, recording, seed, instrument.form)
        async with aclosing(given) as given_trials:
            yield CheckProgress(made, expected, instrument.title)
            async for trial in given_trials:
                trials.append(trial)
                made += len(recording.drain())
                rate = (made - before) / len(trials)
                expected = made + left + round((administrations - len(trials)) * rate)
                yield CheckProgress(made, expected, f"{instrument.title}, {trial.condition}")
        yield InstrumentChecked(
            instrument,
            repeats,
            tuple(trials),
            judge(instrument.questionnaire, instrument.way, trials, instrument.form),
            calls=made - before,
            seconds=time.monotonic() - began,
        )


async def _states(plan: CheckPlan, provider: Provider, repeat: int) -> States:
    seed = derived_seed(plan.seed, "state", repeat)
    neutral = await _told(plan, plan.neutral, provider, seed)
    induced = await _told(plan, plan.strong, provider, seed)
    untold = SessionPlan(
        model=plan.model, client=plan.client, scenario=plan.neutral, measures=(), seed=plan.seed
    )
    own: dict[StateName, tuple[Message, ...]] = {}
    if repeat < plan.own_repeats:
        for affect, scenarios in plan.own.items():
            told = derived_seed(plan.seed, "own", affect, repeat)
            own[affect] = await _told(plan, scenarios[repeat], provider, told)
    return States(conversation(untold, History(), provider.capabilities), neutral, induced, own)


async def _told(plan: CheckPlan, scenario: Scenario, provider: Provider, seed: int) -> tuple[Message, ...]:
    return await conversation_after(plan.model, plan.client, scenario, provider, seed)


async def conversation_after(
    model: str, client: Client, scenario: Scenario, provider: Provider, seed: int
) -> tuple[Message, ...]:
    """The conversation after the scenario was told: a trunk without measurements. Raises SandboxError."""
    told = SessionPlan(model=model, client=client, scenario=scenario, measures=(), seed=seed)
    history = History()
    async with aclosing(run((SessionHead(id=new_session_id(), plan=told),), provider)) as events:
        async for event in events:
            if isinstance(event, TurnFinished):
                history = history.with_turn(event.turn)
            elif isinstance(event, SessionFinished) and event.ending != "finished":
                raise event.error or SandboxError("The scenario could not be told.", where=scenario.id)
    return conversation(told, history, provider.capabilities)
