"""The validity battery's trials: the same states measured plainly, again, and put in other ways."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from sandbox.library.questionnaire import Questionnaire, RatingQuestionnaire
from sandbox.measurement.administering import administer, check_way
from sandbox.measurement.administration import Administration, Way
from sandbox.measurement.estimate import rate_estimate
from sandbox.measurement.presentation import Presentation
from sandbox.models.provider import Message, Provider
from sandbox.seed import derived_seed

StateName = Literal["baseline", "neutral", "induced"]
Condition = Literal[
    "plain", "retest", "options reversed", "items reordered", "paraphrased", "curt", "relabelled",
    "hint more", "hint less",
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
}


@dataclass(frozen=True, slots=True)
class States:
    """One repeat's conversations: before anything, after a neutral scenario, after a strong one."""

    baseline: tuple[Message, ...]
    neutral: tuple[Message, ...]
    induced: tuple[Message, ...]

    def conversation(self, state: StateName) -> tuple[Message, ...]:
        return {"baseline": self.baseline, "neutral": self.neutral, "induced": self.induced}[state]


@dataclass(frozen=True, slots=True)
class Trial:
    """One administration of the battery."""

    repeat: int
    state: StateName
    condition: Condition
    administration: Administration


def conditions_for(questionnaire: Questionnaire, way: Way) -> tuple[Condition, ...]:
    """The conditions that can make a difference to this questionnaire read this way, `plain` first."""
    always: tuple[Condition, ...] = ("plain", "retest", "paraphrased", "curt", "hint more", "hint less")
    if not isinstance(questionnaire, RatingQuestionnaire):
        return always
    offers_options = questionnaire.options is not None or way == "likelihood"
    together = way == "report" and len(questionnaire.items) > 1
    extra: list[Condition] = []
    if offers_options:
        extra.append("options reversed")
    if together:
        extra.append("items reordered")
    if questionnaire.options is not None:
        extra.append("relabelled")
    return (*always, *extra)


def battery_size(questionnaire: Questionnaire, way: Way, repeats: int) -> int:
    """How many administrations a whole battery is; one that is decided early has fewer."""
    return repeats * (3 + 2 * (len(conditions_for(questionnaire, way)) - 1))


async def battery(
    questionnaire: Questionnaire, way: Way, repeats: Sequence[States], provider: Provider, seed: int
) -> AsyncGenerator[Trial, None]:
    """Every condition in baseline and induced states, plain ones (first) also in the neutral state.

    Ends early once it is decided: most items missing, or no plain administration with a score. Raises
    UsageError when the way does not fit, ModelError when a call fails for good.
    """
    check_way(questionnaire, way, provider.capabilities)
    varied = conditions_for(questionnaire, way)[1:]
    plain: list[tuple[int, StateName, Condition]] = [
        (repeat, state, "plain")
        for repeat in range(len(repeats))
        for state in ("baseline", "neutral", "induced")
    ]
    others: list[tuple[int, StateName, Condition]] = [
        (repeat, state, condition)
        for repeat in range(len(repeats))
        for state in ("baseline", "induced")
        for condition in varied
    ]
    trials: list[Trial] = []
    for repeat, state, condition in (*plain, *others):
        if mostly_missing(trials) or (len(trials) == len(plain) and not any(map(_scored, trials))):
            return
        # All conditions of a repeat share their seed, so that only the condition differs; a retest is a
        # new draw of the same thing.
        drawn = derived_seed(seed, repeat, "retest" if condition == "retest" else "plain")
        administration = await administer(
            questionnaire,
            way,
            repeats[repeat].conversation(state),
            provider,
            drawn,
            presentation=_PRESENTATIONS[condition],
        )
        trials.append(Trial(repeat, state, condition, administration))
        yield trials[-1]


def mostly_missing(trials: Sequence[Trial]) -> bool:
    """True when, with 95 % confidence, more than half of the items get no answer over all three states.

    Nothing asked further could make such scores usable.
    """
    if len({trial.state for trial in trials}) < 3:
        return False
    answers = [answer for trial in trials for answer in trial.administration.final_answers]
    missing = rate_estimate(sum(answer.value is None for answer in answers), len(answers))
    return missing is not None and missing.low is not None and missing.low > 0.5


def _scored(trial: Trial) -> bool:
    return any(score.value is not None for score in trial.administration.scores)


async def run_battery(
    questionnaire: Questionnaire,
    way: Way,
    repeats: Sequence[States],
    provider: Provider,
    seed: int,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Trial, ...]:
    """All of `battery`'s trials; `progress` is told how many of how many administrations are done."""
    size = battery_size(questionnaire, way, len(repeats))
    trials: list[Trial] = []
    async with aclosing(battery(questionnaire, way, repeats, provider, seed)) as given:
        async for trial in given:
            trials.append(trial)
            if progress is not None:
                progress(len(trials), size)
    return tuple(trials)
