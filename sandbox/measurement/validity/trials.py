"""The trials of a battery, looked up by repeat, state and condition, as scores and as differences. Pure."""

from dataclasses import dataclass
from statistics import fmean

from sandbox.library.questionnaire import Questionnaire, Scale
from sandbox.measurement.administration import Administration, Form, Way
from sandbox.measurement.scoring import item_bounds
from sandbox.measurement.validity.battery import Condition, StateName, Trial, conditions_for


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
