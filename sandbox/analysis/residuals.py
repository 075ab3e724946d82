"""What was left at the end: for each scale and arm whether it came back to where it was before the scenario.

One rule says of which of them nothing can be said. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import ComparedArm
from sandbox.analysis.effect import PairedDifference, paired_difference, residual, room_of, scale_of
from sandbox.analysis.paired import LEAST_FOR_P
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.phase import technique_first

_FLOOR = 0.05
"""A baseline within this share of the scale's range from its calm end leaves no room to return to."""

Returned = Literal["above it", "below it", "not told apart from it", "cannot be said"]


@dataclass(frozen=True, slots=True)
class Residual:
    """The last score − the baseline of an arm on a scale, over its runs.

    `returned` says whether that is back at the baseline; `why` it cannot be said, empty where it can.
    """

    scale: ScaleName
    title: str
    left: PairedDifference
    returned: Returned
    why: str


def residuals(arms: Sequence[ComparedArm], names: Sequence[ScaleName]) -> Iterator[Residual]:
    """Of each scale and each arm that ends with what its technique left, where it was measured at both, over
    the runs that came to their end."""
    for name in names:
        for arm in arms:
            if technique_first(arm.sessions[0].plan.stretches):
                continue
            ended = [session.course(name) for session in arm.sessions if session.ended(name)]
            room = room_of(arm.sessions[0].asked, name)
            left = paired_difference([residual(course).value for course in ended], room)
            if left.mean is not None:
                why = _unsayable(left, arm.sessions, name)
                yield Residual(name, arm.title, left, "cannot be said" if why else _returned(left), why)


def _unsayable(left: PairedDifference, sessions: Sequence[Arm], name: ScaleName) -> str:
    if _at_floor(sessions, name):
        return "baseline at the floor"
    if left.pairs < LEAST_FOR_P:
        return "too few runs"
    return left.reason if left.low is None else ""


def _returned(left: PairedDifference) -> Returned:
    if (left.low or 0.0) > 0:
        return "above it"
    return "below it" if (left.high or 0.0) < 0 else "not told apart from it"


def _at_floor(sessions: Sequence[Arm], name: ScaleName) -> bool:
    """Whether the baseline lies at the calm end: whatever moves can only move away from there."""
    scale = scale_of(sessions[0].asked, name)
    begun = [session.course(name).baseline for session in sessions]
    values = [point.value for point in begun if point is not None and point.value is not None]
    if scale is None or scale.higher_is == "neither" or not values:
        return False
    low, high = scale.range
    calm = low if scale.higher_is == "more distress" else high
    return abs(median(values) - calm) <= _FLOOR * (high - low)
