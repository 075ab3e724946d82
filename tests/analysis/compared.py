"""Compared sessions for tests, built from their scores."""

from sandbox.analysis.arm import Arm, Beginning
from sandbox.analysis.trajectory import ScaleName, Trajectory, TrajectoryPoint
from sandbox.engine.phase import Point
from sandbox.models.provider import ModelDescription
from tests.documents import plan, technique

DISTRESS: ScaleName = ("probe", "word", "distress")
MODEL = ModelDescription("scripted", "Scripted model")
BREATHING = technique(id="breathing")
FILLER = technique(id="filler", family="control")


def session(id: str, chosen=BREATHING, *, scores, trunk="t1", seed=7, end=None, **fields) -> Arm:
    """Scores at base, ind, t1, t2 …; the induction is of two turns."""
    points = [Point(0, "baseline"), Point(2, "induction")]
    points += [Point(2 + n, "technique", n) for n in range(1, len(scores) - 1)]
    values = [*scores]
    if end is not None:
        points.append(Point(len(scores), "follow-up"))
        values.append(end)
    course = Trajectory(*DISTRESS, tuple(map(TrajectoryPoint, points, values)))
    planned = plan(technique=chosen, seed=seed, **fields)
    return Arm(id, trunk, Beginning(trunk, 2), planned, "finished", (course,), MODEL)


ONE = session("a1", scores=[8.0, 80.0, 50.0, 20.0], end=18.0)
ITS_CONTROL = session("c1", FILLER, scores=[8.0, 80.0, 60.0, 45.0], end=40.0)
