"""The trials of a battery, looked up by repeat, state and condition, as scores and as differences. Pure."""

from dataclasses import dataclass

from sandbox.library.questionnaire import Questionnaire, Scale
from sandbox.measurement.administration import Administration, Way
from sandbox.measurement.battery import Condition, StateName, Trial, conditions_for
from sandbox.measurement.scoring import item_bounds


def main_scale(questionnaire: Questionnaire) -> Scale:
    """The scale the battery watches: `distress` where there is one, else the first."""
    return next((s for s in questionnaire.scales if s.id == "distress"), questionnaire.scales[0])


@dataclass(frozen=True, slots=True)
class Trials:
    """All trials of one questionnaire read one way, and the scale that is watched."""

    questionnaire: Questionnaire
    way: Way
    scale: Scale
    all: tuple[Trial, ...]

    @property
    def repeats(self) -> range:
        return range(1 + max((trial.repeat for trial in self.all), default=-1))

    def applies(self, condition: Condition) -> bool:
        return condition in conditions_for(self.questionnaire, self.way)

    def score(self, repeat: int, state: StateName, condition: Condition) -> float | None:
        """The scale's score in percent of its range, turned so that more is more distress."""
        for trial in self.all:
            if (trial.repeat, trial.state, trial.condition) == (repeat, state, condition):
                value = trial.administration.score(self.scale.id)
                low, high = self.scale.range
                share = None if value is None else 100 * (value - low) / (high - low)
                return 100 - share if share is not None and self.scale.higher_is == "less distress" else share
        return None

    def differences(self, repeat: int, condition: Condition) -> list[float]:
        """Condition minus plain in baseline and induced state, where both have a score."""
        found: list[float] = []
        for state in ("baseline", "induced"):
            plain = self.score(repeat, state, "plain")
            other = self.score(repeat, state, condition)
            if plain is not None and other is not None:
                found.append(other - plain)
        return found

    def item_differences(self, repeat: int, condition: Condition) -> list[float]:
        """The same item by item, raw, in percent of an item's range: a liking for a place among the options
        can cancel out of a scale that has items keyed both ways."""
        low, high = item_bounds(self.questionnaire)
        found: list[float] = []
        for state in ("baseline", "induced"):
            plain, other = self.values(repeat, state, "plain"), self.values(repeat, state, condition)
            found += [
                100 * (theirs - ours) / (high - low)
                for item, ours in plain.items()
                if ours is not None and (theirs := other.get(item)) is not None
            ]
        return found

    def values(self, repeat: int, state: StateName, condition: Condition) -> dict[str, float | None]:
        """Each item's raw value; empty when that was not asked."""
        for trial in self.all:
            if (trial.repeat, trial.state, trial.condition) == (repeat, state, condition):
                return {answer.item: answer.value for answer in trial.administration.final_answers}
        return {}

    def administrations(self, *conditions: Condition) -> list[Administration]:
        return [t.administration for t in self.all if not conditions or t.condition in conditions]
