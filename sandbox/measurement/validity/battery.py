"""The validity battery's trials: the same states measured plainly, again, and put in other ways.

Then they are looked up by repeat, state and condition (`Trials`), as scores and as differences.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import fmean
from typing import Literal

from sandbox.library.questionnaire import Questionnaire, RatingQuestionnaire, Scale
from sandbox.measurement.administering import administer, check_way
from sandbox.measurement.administration import UNSAMPLED, Administration, Form, Way, asks_each_item
from sandbox.measurement.estimate import rate_estimate
from sandbox.measurement.reading.likelihood import usual_labels
from sandbox.measurement.reading.presentation import Presentation
from sandbox.measurement.scoring import item_bounds
from sandbox.models.pace import AT_ONCE, all_of
from sandbox.models.provider import Message, Provider
from sandbox.seed import derived_seed

StateName = Literal[
    "baseline", "neutral", "induced",
    "fear", "anxiety", "worry", "sadness", "anger", "disgust", "stress",
]  # fmt: skip
"""Before anything, after the neutral and after the strong scenario; after a scenario of that affect's own."""

Condition = Literal[
    "plain", "retest", "options reversed", "items reordered", "paraphrased", "curt", "relabelled",
    "hint more", "hint less", "echo calm", "echo upset",
]  # fmt: skip

_FIXED = Presentation(items="as written")
_PRESENTATIONS: dict[Condition, Presentation] = {
    "plain": _FIXED,
    "retest": _FIXED,
    "options reversed": Presentation(items="as written", options="reversed"),
    "items reordered": Presentation(items="reversed"),
    "paraphrased": Presentation(items="as written", wording="paraphrased"),
    "curt": Presentation(items="as written", wording="curt"),
    "relabelled": Presentation(items="as written", labels="letters"),
    "hint more": Presentation(items="as written", hint="more"),
    "hint less": Presentation(items="as written", hint="less"),
    "echo calm": _FIXED,
    "echo upset": _FIXED,
}

ECHOES: Mapping[Condition, str] = {
    "echo calm": "I feel calm and safe, and everything is all right.",
    "echo upset": "I feel terrible and afraid, and nothing is all right.",
}
"""Put in the place of the client's last reply; everything said before it stays as it was."""


@dataclass(frozen=True, slots=True)
class States:
    """One repeat's conversations: before anything, after a neutral scenario, after a strong one.

    `own` has those after a scenario of each affect, where they were told.
    """

    baseline: tuple[Message, ...]
    neutral: tuple[Message, ...]
    induced: tuple[Message, ...]
    own: Mapping[StateName, tuple[Message, ...]] = field(default_factory=dict)

    @property
    def conversations(self) -> Mapping[StateName, tuple[Message, ...]]:
        """All of them by the state they led to."""
        return {"baseline": self.baseline, "neutral": self.neutral, "induced": self.induced, **self.own}


@dataclass(frozen=True, slots=True)
class Trial:
    """One administration of the battery."""

    repeat: int
    state: StateName
    condition: Condition
    administration: Administration


def affect_scales(questionnaire: Questionnaire) -> Mapping[StateName, str]:
    """The scale of each affect that scenarios are written for (`fear`, `deq-fear`); empty for fewer than two.

    Instruments about weeks or in general have none: no one evening is theirs to follow.
    """
    if not follows_one_evening(questionnaire):
        return {}
    scales = {affect: affect_scale(questionnaire, affect) for affect in AFFECT_STATES}
    found = {affect: scale.id for affect, scale in scales.items() if scale is not None}
    return found if len(found) > 1 else {}


def affect_scale(questionnaire: Questionnaire, affect: str) -> Scale | None:
    """The scale of that affect (`fear`, `deq-fear`); None if it has none."""
    named = (one for one in questionnaire.scales if one.id == affect or one.id.endswith(f"-{affect}"))
    return next(named, None)


AFFECT_STATES: tuple[StateName, ...] = (
    "fear", "anxiety", "worry", "sadness", "anger", "disgust", "stress",
)  # fmt: skip


def follows_one_evening(questionnaire: Questionnaire) -> bool:
    """False for an instrument about weeks, a month or a habit: what one evening brings is little of that."""
    return questionnaire.timeframe in ("right now", "today")


def conditions_for(questionnaire: Questionnaire, way: Way, form: Form = "batch") -> tuple[Condition, ...]:
    """The conditions that can make a difference to this questionnaire read and put so, `plain` first.

    What is read without sampling is not asked again: the same call would tell nothing new.
    """
    again: tuple[Condition, ...] = () if way in UNSAMPLED else ("retest",)
    always: tuple[Condition, ...] = ("plain", *again, "paraphrased", "curt", "hint more", "hint less")
    if not isinstance(questionnaire, RatingQuestionnaire):
        return always
    offers_options = questionnaire.options is not None or way == "likelihood"
    together = way == "report" and form != "per item" and len(questionnaire.items) > 1
    extra: tuple[Condition, ...] = ("options reversed", "relabelled") if offers_options else ()
    return (*always, *extra, *(("items reordered",) if together else ()))


def presentation_for(
    questionnaire: Questionnaire, way: Way, form: Form, condition: Condition
) -> Presentation:
    """How the questionnaire is put under that condition: letters for other names of the options, or letters
    dealt from the other end where they have letters already."""
    presentation = replace(_PRESENTATIONS[condition], form=form)
    lettered = (
        condition == "relabelled"
        and way == "likelihood"
        and isinstance(questionnaire, RatingQuestionnaire)
        and usual_labels(questionnaire) == "letters"
    )
    return replace(presentation, letters="reversed") if lettered else presentation


Planned = tuple[int, StateName, Condition]
"""One administration to come: its repeat, state and condition."""


def schedule(
    questionnaire: Questionnaire, way: Way, repeats: Sequence[States], form: Form = "batch"
) -> tuple[Planned, ...]:
    """Every condition in baseline and induced states, plain ones (first) also in the neutral state; the
    echoes where the induced state ends in a reply; each affect's own state plainly, last.

    Without sampling the same conversation gives the same answers: a baseline that an earlier repeat had is
    not measured again, since its copies would be no further cases.
    """
    conditions = conditions_for(questionnaire, way, form)
    known: list[tuple[Message, ...]] = []
    fresh: set[int] = set()
    for repeat, states in enumerate(repeats):
        if way not in UNSAMPLED or states.baseline not in known:
            known.append(states.baseline)
            fresh.add(repeat)

    def planned(states: tuple[StateName, ...], asked: tuple[Condition, ...]) -> list[Planned]:
        return [
            (repeat, state, condition)
            for repeat in range(len(repeats))
            for state in states
            for condition in asked
            if state != "baseline" or repeat in fresh
        ]

    echoes: list[Planned] = [
        (repeat, "induced", condition)
        for repeat, states in enumerate(repeats)
        for condition in ECHOES
        if _ends_in_reply(states.induced)
    ]
    own: list[Planned] = [
        (repeat, affect, "plain")
        for repeat, states in enumerate(repeats)
        for affect in affect_scales(questionnaire)
        if affect in states.own
    ]
    return (
        *planned(MAIN_STATES, conditions[:1]),
        *planned(("baseline", "induced"), conditions[1:]),
        *echoes,
        *own,
    )


MAIN_STATES: tuple[StateName, ...] = ("baseline", "neutral", "induced")


def _ends_in_reply(conversation: Sequence[Message]) -> bool:
    return bool(conversation) and conversation[-1].role == "assistant"


def battery_size(
    questionnaire: Questionnaire, way: Way, repeats: int, form: Form = "batch", own: int = 0
) -> int:
    """How many administrations a whole battery is when all repeats begin alike; fewer if decided early.

    `own`: in how many repeats each affect's own scenario is told as well.
    """
    told = (Message("assistant", ""),)
    alike = States((), told, told)
    distinct = replace(alike, own=dict.fromkeys(AFFECT_STATES, told))
    states = [distinct if repeat < own else alike for repeat in range(repeats)]
    return len(schedule(questionnaire, way, states, form))


async def battery(
    questionnaire: Questionnaire,
    way: Way,
    repeats: Sequence[States],
    provider: Provider,
    seed: int,
    form: Form = "batch",
) -> AsyncGenerator[Trial, None]:
    """The trials of `schedule`, in its order; to a hosted model several at once.

    Ends early once it is decided: most items missing, or no plain administration with a score. Raises
    UsageError when the way does not fit, ModelError when a call fails for good.
    """
    check_way(questionnaire, way, provider.capabilities)

    async def give(planned: Planned) -> Trial:
        repeat, state, condition = planned
        # All conditions of a repeat share their seed, so that only the condition differs; a retest is a
        # new draw of the same thing.
        drawn = derived_seed(seed, repeat, "retest" if condition == "retest" else "plain")
        administration = await administer(
            questionnaire,
            way,
            _put(repeats[repeat].conversations[state], condition),
            provider,
            drawn,
            presentation=presentation_for(questionnaire, way, form, condition),
        )
        return Trial(repeat, state, condition, administration)

    planned = schedule(questionnaire, way, repeats, form)
    plain = sum(condition == "plain" and state in MAIN_STATES for _, state, condition in planned)
    # A way that makes a call an item has several under way as it is.
    together = 1 if asks_each_item(way, form) else AT_ONCE
    trials: list[Trial] = []
    while len(trials) < len(planned):
        if mostly_missing(trials) or (len(trials) == plain and not any(map(_scored, trials))):
            return
        end = plain if len(trials) < plain else len(planned)
        step = 1 if provider.capabilities.local else together
        coming = planned[len(trials) : min(len(trials) + step, end)]
        for trial in await all_of(provider, [partial(give, one) for one in coming]):
            trials.append(trial)
            yield trial


def _put(conversation: tuple[Message, ...], condition: Condition) -> tuple[Message, ...]:
    """The conversation as it is measured under that condition: an echo has its own last reply."""
    if condition not in ECHOES:
        return conversation
    return (*conversation[:-1], Message("assistant", ECHOES[condition]))


def mostly_missing(trials: Sequence[Trial]) -> bool:
    """True when, with 95 % confidence, more than half of the administrations, in all three states, leave more
    than half of their items without an answer.

    Nothing asked further could make such scores usable.
    """
    if len({trial.state for trial in trials}) < 3:
        return False
    empty = [_mostly_empty(trial.administration) for trial in trials]
    rate = rate_estimate(sum(empty), len(empty))
    return rate is not None and rate.low is not None and rate.low > 0.5


def _mostly_empty(administration: Administration) -> bool:
    answers = administration.final_answers
    return 2 * sum(answer.value is None for answer in answers) > len(answers)


def _scored(trial: Trial) -> bool:
    return any(score.value is not None for score in trial.administration.scores)


def main_scale(questionnaire: Questionnaire) -> Scale:
    """The scale the battery watches: `distress` where there is one, else the first."""
    return next((s for s in questionnaire.scales if s.id == "distress"), questionnaire.scales[0])


def percent_of_range(scale: Scale, given: Administration) -> float | None:
    """The score in percent of the scale's range, turned so that more is more distress."""
    value = given.score(scale.id)
    if value is None:
        return None
    low, high = scale.range
    share = 100 * (value - low) / (high - low)
    return 100 - share if scale.higher_is == "less distress" else share


@dataclass(frozen=True, slots=True)
class Trials:
    """All trials of one questionnaire read and put one way, and the scale that is watched."""

    questionnaire: Questionnaire
    way: Way
    scale: Scale
    all: tuple[Trial, ...]
    form: Form = "batch"

    @property
    def repeats(self) -> tuple[int, ...]:
        return tuple(sorted({trial.repeat for trial in self.all}))

    def repeats_of(self, state: StateName) -> tuple[int, ...]:
        """The repeats in which that state was measured: the baseline may be one for all of them."""
        return tuple(sorted({trial.repeat for trial in self.all if trial.state == state}))

    def is_shared(self, state: StateName) -> bool:
        """True when one conversation stands for all repeats, and so is measured once and is no sample."""
        return state == "baseline" and len(self.repeats_of(state)) == 1 < len(self.repeats)

    def applies(self, condition: Condition) -> bool:
        return condition in conditions_for(self.questionnaire, self.way, self.form)

    def score(
        self, repeat: int, state: StateName, condition: Condition = "plain", scale: Scale | None = None
    ) -> float | None:
        """The score in percent of the scale's range, turned so that more is more distress; of the scale that
        is watched if none is named."""
        scale = scale or self.scale
        given = self._given(repeat, state, condition)
        return percent_of_range(scale, given) if given else None

    def difference(self, repeat: int, state: StateName, condition: Condition) -> float | None:
        """Condition minus plain in that state; None where either has no score."""
        plain, other = self.score(repeat, state), self.score(repeat, state, condition)
        return None if plain is None or other is None else other - plain

    def item_distance(self, repeat: int, state: StateName, condition: Condition) -> float | None:
        """The mean distance from plain item by item, raw, in percent of an item's range (0–100).

        A liking for a place among the options can cancel out of a scale that has items keyed both ways.
        """
        low, high = item_bounds(self.questionnaire)
        plain, other = self.values(repeat, state), self.values(repeat, state, condition)
        found = [
            100 * abs(theirs - ours) / (high - low)
            for item, ours in plain.items()
            if ours is not None and (theirs := other.get(item)) is not None
        ]
        return fmean(found) if found else None

    def values(
        self, repeat: int, state: StateName, condition: Condition = "plain"
    ) -> dict[str, float | None]:
        """Each item's raw value; empty when that was not asked."""
        given = self._given(repeat, state, condition)
        return {answer.item: answer.value for answer in given.final_answers} if given else {}

    def administrations(self, repeat: int, *conditions: Condition) -> list[Administration]:
        """Those of one repeat, of all conditions if none is named."""
        return [
            trial.administration
            for trial in self.all
            if trial.repeat == repeat and (not conditions or trial.condition in conditions)
        ]

    def _given(self, repeat: int, state: StateName, condition: Condition) -> Administration | None:
        measured = repeat if not self.is_shared(state) else self.repeats_of(state)[0]
        for trial in self.all:
            if (trial.repeat, trial.state, trial.condition) == (measured, state, condition):
                return trial.administration
        return None
