"""The scores of a conversation as the screen needs them: a trajectory a scale, and its sparkline."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.analysis.effect import change
from sandbox.analysis.numeral import numeral
from sandbox.analysis.reply_valence import reply_trajectory
from sandbox.analysis.trajectory import ScaleName, Trajectory, TrajectoryPoint, trajectories
from sandbox.engine.history import History, Measured, Turn
from sandbox.engine.plan import SessionPlan
from sandbox.engine.run_state import Entry

_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class TitledTrajectory:
    """A trajectory with what a drawing of it needs besides: its scale's title and the possible extremes."""

    title: str
    bounds: tuple[float, float]
    trajectory: Trajectory

    @property
    def key(self) -> ScaleName:
        return self.trajectory.name

    @property
    def latest(self) -> TrajectoryPoint | None:
        return self.trajectory.points[-1] if self.trajectory.points else None

    @property
    def unusable(self) -> str:
        """Why nothing can be read from it: every score missing, or coverage too low at every point."""
        points = self.trajectory.points
        if points and all(point.value is None for point in points):
            return points[-1].reason or "every score is missing"
        return "coverage too low at every point" if points and not any(p.reliable for p in points) else ""


def titled_trajectories(entries: Iterable[Entry], plan: SessionPlan) -> tuple[TitledTrajectory, ...]:
    """One a scale of the plan, without points where nothing was measured yet, and that of the replies' tone.

    `distress` comes first within its questionnaire.
    """
    entries = tuple(entries)
    history = History(
        turns=tuple(entry for entry in entries if isinstance(entry, Turn)),
        measured=tuple(entry for entry in entries if isinstance(entry, Measured)),
    )
    measured = {found.name: found for found in trajectories(history, plan.stretches)}
    result = []
    for measure in plan.measures:
        for scale in sorted(measure.questionnaire.scales, key=lambda scale: scale.id != "distress"):
            name: ScaleName = measure.questionnaire.id, measure.way, scale.id
            found = measured.get(name) or Trajectory(*name, (), plan.stretches)
            result.append(TitledTrajectory(scale.title or scale.id, scale.range, found))
    replies = reply_trajectory(history, plan.scenario.language, plan.stretches)
    if replies.points:
        result.append(TitledTrajectory("Negativity of the replies", (0.0, 100.0), replies))
    return tuple(result)


def main_scale(measured: Measured) -> str | None:
    """The scale a measurement is summed up by: `distress` where there is one, else the first."""
    ids = [score.scale for score in measured.administration.scores]
    return "distress" if "distress" in ids else (ids[0] if ids else None)


def number(value: float | None, *, signed: bool = False) -> str:
    """A score or a difference as shown: no decimals, an en dash when missing."""
    return numeral(value, signed=signed, decimals=0)


def moved(trajectory: Trajectory, label: str) -> str:
    """The change at that point; empty where there is none: at the baseline, and at what it counts from."""
    if trajectory.at(label) not in trajectory.after_start:
        return ""
    return number(change(trajectory, label).value, signed=True)


def sparkline(values: Iterable[float | None], bounds: tuple[float, float], width: int) -> str:
    """The last `width` values as bars, a middle dot where one is missing."""
    low, high = bounds
    kept = list(values)[-width:] if width > 0 else []
    return "".join(
        "·" if v is None else _BARS[min(7, max(0, int((v - low) / (high - low) * 8)))] for v in kept
    )
