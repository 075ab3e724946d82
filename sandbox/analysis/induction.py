"""Whether a scenario moved a score enough for a technique to have something to undo. Pure."""

from dataclasses import dataclass

from sandbox.analysis.effect import induction_effect
from sandbox.analysis.numeral import numeral
from sandbox.analysis.trajectory import ScaleName, Trajectory
from sandbox.engine.plan import SessionPlan
from sandbox.library.questionnaire import Scale

SMALL = 0.1
"""An induction effect under this share of the scale's range is small: the project's own convention, the same
share as in the validity battery (docs/measurement.md)."""

_MOVED = {
    "more distress": ("hardly raised", "did not raise"),
    "less distress": ("hardly lowered", "did not lower"),
    "neither": ("hardly changed", "did not change"),
}


@dataclass(frozen=True, slots=True)
class SmallInduction:
    """What the scenario did to a score, in words (`hardly raised`), and the score before and after it."""

    moved: str
    before: float
    after: float

    def clause(self, what: str = "it") -> str:
        """`the scenario hardly raised it: 12.0 → 14.0`."""
        return f"the scenario {self.moved} {what}: {numeral(self.before)} → {numeral(self.after)}"


def small_induction(plan: SessionPlan, trajectory: Trajectory) -> SmallInduction | None:
    """What there is to say when the scenario moved the score by less than SMALL; None when it moved it more.

    None too when that cannot be known. On a scale where higher is better a fall is what an induction does;
    where neither end is, any change.
    """
    scale = scale_of(plan, trajectory.name)
    effect = induction_effect(trajectory).value
    before = trajectory.baseline.value if trajectory.baseline else None
    if scale is None or effect is None or before is None:
        return None
    toward = {"more distress": effect, "less distress": -effect, "neither": abs(effect)}[scale.higher_is]
    low, high = scale.range
    if toward >= SMALL * (high - low):
        return None
    hardly, not_at_all = _MOVED[scale.higher_is]
    return SmallInduction(hardly if toward > 0 else not_at_all, before, before + effect)


def scale_of(plan: SessionPlan, name: ScaleName) -> Scale | None:
    """The scale as the plan's questionnaire defines it; None for the replies' tone, which has none."""
    questionnaire, way, scale = name
    for measure in plan.measures:
        if (measure.questionnaire.id, measure.way) == (questionnaire, way):
            return next((one for one in measure.questionnaire.scales if one.id == scale), None)
    return None
