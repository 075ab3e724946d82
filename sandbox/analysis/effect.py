"""Effects within one trunk, undefined ones with a reason, and their mean over several trunks.

change = score now − score after the scenario; technique effect = change under the technique − change under
the control; residual = score now − baseline. All in the scale's units and with one sign, the score's own:
below zero it fell, or fell further. What that means for the better or worse, `in_words` says.

Where no scenario was told before the technique, change = score now − baseline; where it was told after it,
the technique effect is the difference after the scenario.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.analysis.numeral import numeral
from sandbox.analysis.trajectory import ScaleName, Trajectory, TrajectoryPoint
from sandbox.engine.phase import at_point, begins_at, technique_first
from sandbox.engine.plan import SessionPlan
from sandbox.library.questionnaire import Scale
from sandbox.measurement.estimate import mean_estimate

Direction = Literal["more distress", "less distress", "neither"]
"""What a higher score of a scale means."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference of scores; None, with a `reason`, when it is undefined. `at` is the label of “now”.

    `reliable` is False when a score that went into it had too little coverage.
    """

    value: float | None
    at: str = ""
    reason: str = ""
    reliable: bool = True


def induction_effect(trajectory: Trajectory) -> Effect:
    """Score after the scenario − baseline."""
    if "induction" not in trajectory.stretches:
        return Effect(None, "ind", "no scenario was told")
    return _difference(trajectory.induced, trajectory.baseline, "after the scenario", "at baseline", at="ind")


def change(trajectory: Trajectory, label: str | None = None) -> Effect:
    """Score at `label` (None: at the last telling point) − score after the scenario, or − baseline."""
    known = trajectory.changes
    if label not in known:
        known[label] = _change(trajectory, label)
    return known[label]


def _change(trajectory: Trajectory, label: str | None) -> Effect:
    now = _now(trajectory, label)
    if now is not None and now.phase == "technique" and now not in trajectory.after_start:
        return Effect(None, now.label, f"{now.label} came before the scenario")
    start = "after the scenario" if begins_at(trajectory.stretches) == "induction" else "at baseline"
    return _difference(now, trajectory.start, _place(trajectory, now, label), start, at=_label(now, label))


def residual(trajectory: Trajectory, label: str | None = None) -> Effect:
    """Score at `label` (None: at the last telling point) − baseline."""
    now = _now(trajectory, label)
    place = _place(trajectory, now, label)
    return _difference(now, trajectory.baseline, place, "at baseline", at=_label(now, label))


def technique_effect(technique: Trajectory, control: Trajectory, label: str | None = None) -> Effect:
    """Change under the technique − change under the control, at like points (last_common_label).

    `label` None: the last of them. The two must continue from the same state and go through the same
    stretches (branches of one trunk): that is what pairs them, and a difference there makes the effect
    undefined.
    """
    if apart := _not_paired(technique, control):
        return Effect(None, label or "", apart)
    label = label or last_common_label(technique, control)
    if label is None:
        for whose, one in (("technique", technique), ("control", control)):
            if not one.telling:
                return Effect(None, reason=f"under the {whose} {change(one).reason}")
        return Effect(None, reason="technique and control have no measurement in common")
    under_technique, under_control = change(technique, label), change(control, label)
    if under_technique.value is None or under_control.value is None:
        whose = "technique" if under_technique.value is None else "control"
        return Effect(None, label, f"under the {whose} {under_technique.reason or under_control.reason}")
    return Effect(
        under_technique.value - under_control.value,
        label,
        reliable=under_technique.reliable and under_control.reliable,
    )


def _not_paired(technique: Trajectory, control: Trajectory) -> str:
    """Why the two cannot be held against each other at any point; empty where they can."""
    if technique.name != control.name:
        return "technique and control were measured differently"
    if technique.stretches != control.stretches:
        return "technique and control stand in different places of the session"
    if technique.start != control.start:
        return "technique and control did not start from the same state"
    return ""


def in_words(effect: Effect, higher_is: Direction, little_induced: str = "") -> str:
    """`24.8 lower than under the control: less distress`; empty for an undefined effect.

    `higher_is` is the scale's own direction. Less distress is no relief where the scenario raised nothing
    (`little_induced`): then that stands there instead.
    """
    if effect.value is None:
        return ""
    size = numeral(abs(effect.value))
    if float(size) == 0:
        return "the same as under the control"
    higher = effect.value > 0
    better = {"more distress": not higher, "less distress": higher}.get(higher_is)
    meaning = "" if better is None else f": {'less' if better else 'more'} distress"
    if little_induced and better is not False:
        meaning = f", though {little_induced.partition(':')[0]}"
    return f"{size} {'higher' if higher else 'lower'} than under the control{meaning}"


def moved_under_control(change: Effect, control: str = "the control") -> str:
    """What the control alone did to the score, which has to be told before any effect; no full stop."""
    if change.value is None:
        return ""
    size = numeral(abs(change.value))
    if float(size) == 0:
        return f"Under {control} it did not change, {at_point(change.at)}"
    return f"Under {control} it {'rose' if change.value > 0 else 'fell'} by {size}, {at_point(change.at)}"


def last_common_label(one: Trajectory, other: Trajectory) -> str | None:
    """The last like point of two arms: the end, each arm's own, or else the last turn that both had.

    This is where like points are defined: points of one label, each in the arm's own part. `t3` is the same
    turn under both; `end` is each arm's own end, after however many turns.
    """
    measured = {point.label for point in other.telling}
    return next((point.label for point in reversed(one.telling) if point.label in measured), None)


def _now(trajectory: Trajectory, label: str | None) -> TrajectoryPoint | None:
    if label is not None:
        return trajectory.at(label)
    return trajectory.telling[-1] if trajectory.telling else None


def _label(now: TrajectoryPoint | None, label: str | None) -> str:
    return now.label if now else label or ""


def _place(trajectory: Trajectory, now: TrajectoryPoint | None, label: str | None) -> str:
    if place := _label(now, label):
        return at_point(place)
    own = all(trajectory.is_own(point.point) for point in trajectory.after_start)
    return "once the technique began" if own else "in its own part"


def _difference(
    one: TrajectoryPoint | None, other: TrajectoryPoint | None, place: str, other_place: str, *, at: str
) -> Effect:
    for point, where in ((one, place), (other, other_place)):
        if point is None:
            return Effect(None, at, f"nothing was measured {where}")
        if point.value is None:
            why = f" ({point.reason})" if point.reason else ""
            return Effect(None, at, f"the score {where} is missing{why}")
    assert one is not None and other is not None and one.value is not None and other.value is not None  # noqa: S101
    return Effect(one.value - other.value, at, reliable=one.reliable and other.reliable)


# How large is large

SMALL = 0.1
"""A difference under this share of the scale's range is small: the project's own convention, the same share
as in the validity battery (docs/measurement.md)."""


def worsening(plan: SessionPlan, trajectories: Sequence[Trajectory]) -> float | None:
    """By how much the score got worse on average from after the scenario to the end, in the scale's units.

    None where that is less than SMALL of its range, cannot be known, or neither end of the scale is worse;
    and where the scenario came last, which is meant to make it worse.
    """
    if technique_first(plan.stretches):
        return None
    scale = scale_of(plan, trajectories[0].name)
    changes = [found.value for one in trajectories if (found := change(one)).value is not None]
    if scale is None or scale.higher_is == "neither" or not changes:
        return None
    mean = sum(changes) / len(changes) * (1 if scale.higher_is == "more distress" else -1)
    low, high = scale.range
    return mean if mean >= SMALL * (high - low) else None


def scale_of(plan: SessionPlan, name: ScaleName) -> Scale | None:
    """The scale as the plan's questionnaire defines it; None for the replies' tone, which has none."""
    questionnaire, way, scale = name
    for measure in plan.measures:
        if (measure.questionnaire.id, measure.way) == (questionnaire, way):
            return next((one for one in measure.questionnaire.scales if one.id == scale), None)
    return None


def room_of(plan: SessionPlan, name: ScaleName) -> float:
    """The width of the scale's range; infinite where no questionnaire defines it."""
    scale = scale_of(plan, name)
    return scale.range[1] - scale.range[0] if scale is not None else math.inf


# Over several shared starts

_EQUAL = 1e-9
"""Differences that lie closer together than this, in the scale's units, differ by rounding alone."""


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The mean of the differences and its 95 % interval in the scale's units; None, with a reason: undefined.

    `pairs` counts the trunks that had both values, `left_out` those that had not. `reliable` is False when a
    score that went into it had too little coverage. `too_wide`: the interval is wider than the scale, so it
    says nothing; sentences and tables have “too few runs for an interval” instead.
    """

    mean: float | None
    low: float | None
    high: float | None
    pairs: int
    left_out: int = 0
    reason: str = ""
    reliable: bool = True
    too_wide: bool = False


def paired_difference(differences: Sequence[float | None], room: float = math.inf) -> PairedDifference:
    """The mean of the differences, one a trunk, with Student's t interval (Student 1908).

    A missing one is left out and counted. One alone, or all equal, give a mean and no interval: neither shows
    how far chance moves them. `room` is the width of the scale's range.
    """
    found = [difference for difference in differences if difference is not None]
    left_out = len(differences) - len(found)
    estimate = mean_estimate(found)
    if estimate is None:
        return PairedDifference(None, None, None, 0, left_out, "no run has a score under both")
    if estimate.n == 1:
        return PairedDifference(estimate.value, None, None, 1, left_out, "one pair has no interval")
    if max(found) - min(found) < _EQUAL:
        why = f"the {estimate.n} differences are equal"
        return PairedDifference(estimate.value, None, None, estimate.n, left_out, why)
    low, high = estimate.low, estimate.high
    wide = low is not None and high is not None and high - low > room
    return PairedDifference(estimate.value, low, high, estimate.n, left_out, too_wide=wide)
