"""When a scenario did too little for an effect to mean anything, and in which words that is said."""

import pytest

from sandbox.analysis.effect import small_induction
from sandbox.analysis.trajectory import ScaleName, Trajectory, TrajectoryPoint
from sandbox.engine.phase import Point
from tests.documents import plan


def course(*values: float | None, scale: str = "distress") -> Trajectory:
    points = (Point(0, "baseline"), Point(2, "induction"), Point(3, "technique", 1))
    made = tuple(TrajectoryPoint(point, value) for point, value in zip(points, values, strict=False))
    return Trajectory("probe", "word", scale, made)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (course(12.0, 14.0, 10.0), "the scenario hardly raised it: 12.0 → 14.0"),
        (course(40.0, 20.0, 10.0), "the scenario did not raise it: 40.0 → 20.0"),
        (course(90.0, 85.0, 95.0, scale="calm"), "the scenario hardly lowered it: 90.0 → 85.0"),
        (course(85.0, 90.0, scale="calm"), "the scenario did not lower it: 85.0 → 90.0"),
    ],
)
def test_a_small_induction_is_said_with_its_numbers(found, said):
    small = small_induction(plan(), found)
    assert small is not None and small.clause() == said


@pytest.mark.parametrize(
    "found",
    [
        course(12.0, 22.0, 10.0),
        course(90.0, 60.0, scale="calm"),
        course(12.0, None, 10.0),
        course(None, 14.0),
        course(),
    ],
)
def test_nothing_is_said_of_a_marked_induction_or_of_one_that_cannot_be_known(found):
    assert small_induction(plan(), found) is None


def test_nothing_is_said_of_a_scale_the_plan_does_not_know():
    other: ScaleName = ("elsewhere", "word", "distress")
    assert small_induction(plan(), Trajectory(*other, course(12.0, 14.0).points)) is None
