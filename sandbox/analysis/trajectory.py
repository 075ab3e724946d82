"""Trajectories: the scores of one scale over the measurement points of a session. Nothing is estimated."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from sandbox.engine.history import History, Measured
from sandbox.engine.phase import USUAL, Phase, Point, Stretches, begins_at, technique_first
from sandbox.measurement.administration import Way

if TYPE_CHECKING:
    from sandbox.analysis.effect import Effect

Reading = Way | Literal["tone"]
"""How scores were come by: a way of reading a questionnaire, or the tone of the client's ordinary replies."""
ScaleName = tuple[str, Reading, str]
"""Questionnaire, reading, scale."""


def scale_in_words(name: ScaleName) -> str:
    """`distress (word-probe, read by word)`."""
    questionnaire, way, scale = name
    return f"{scale} ({questionnaire}, read by {way})"


class TrajectoryPoint(NamedTuple):
    """A score at a measurement point, in the scale's units; None, with a `reason`, when it is missing.

    `as_at` is the label of the point it was given at where it stands for a later one: nothing was said since.
    (A named tuple: a comparison of 1,000 sessions makes 100,000 of them, and they are made in half the time.)
    """

    point: Point
    value: float | None
    reliable: bool = True
    reason: str = ""
    as_at: str = ""

    @property
    def label(self) -> str:
        return self.point.label

    @property
    def phase(self) -> Phase:
        return self.point.phase


@dataclass(frozen=True)
class Trajectory:
    """The points of one scale of one questionnaire read in one way, in the order they were measured.

    Two questionnaires may both have a scale of that id, so the questionnaire belongs to its name. `stretches`
    are those of the session: they say what its changes are counted from. `own_after` is the turn of the whole
    history after which its own part begins: what was measured up to there shows what another arm did.
    """

    questionnaire: str
    way: Reading
    scale: str
    points: tuple[TrajectoryPoint, ...]
    stretches: Stretches = USUAL
    own_after: int = 0

    @property
    def name(self) -> ScaleName:
        return self.questionnaire, self.way, self.scale

    @cached_property
    def baseline(self) -> TrajectoryPoint | None:
        """The last point before the scenario."""
        return self.last("baseline")

    @cached_property
    def induced(self) -> TrajectoryPoint | None:
        """The last point of the induction."""
        return self.last("induction")

    @cached_property
    def start(self) -> TrajectoryPoint | None:
        """What changes are counted from: after the scenario, where the session begins with it; else the
        baseline."""
        return self.last(begins_at(self.stretches))

    @cached_property
    def after_start(self) -> tuple[TrajectoryPoint, ...]:
        """The points that have a change: a session that left another in its middle has others as well."""
        before = ("baseline", begins_at(self.stretches))
        since = self.start.point.after_turn if self.start else 0
        return tuple(
            point for point in self.points if point.phase not in before and point.point.after_turn >= since
        )

    @cached_property
    def telling(self) -> tuple[TrajectoryPoint, ...]:
        """Of those, the points of its own part that can show what the technique did: where it came before the
        scenario, those after the scenario."""
        first = technique_first(self.stretches)
        return tuple(
            point
            for point in self.after_start
            if (point.phase == "induction" or not first) and self.is_own(point.point)
        )

    def is_own(self, point: Point) -> bool:
        """Whether it lies in the session's own part. One without a technique says nothing of its own."""
        return "technique" not in self.stretches or point.after_turn > self.own_after

    @cached_property
    def changes(self) -> "dict[str | None, Effect]":
        """What `effect.change` found so far, by label: a comparison asks for each of them several times."""
        return {}

    def last(self, phase: Phase) -> TrajectoryPoint | None:
        return next((point for point in reversed(self.points) if point.phase == phase), None)

    def at(self, label: str) -> TrajectoryPoint | None:
        """The last point with that label; None if there was no measurement there."""
        return self._by_label.get(label)

    @cached_property
    def _by_label(self) -> dict[str, TrajectoryPoint]:
        return {point.label: point for point in self.points}


def trajectories(
    history: History, stretches: Stretches = USUAL, own_after: int = 0
) -> tuple[Trajectory, ...]:
    """Every scale's trajectory, parents' points included, in the order the scales first appear."""
    last: dict[tuple[str, Way], dict[Point, Measured]] = {}
    for measured in history.measured:
        given = measured.administration
        last.setdefault((given.questionnaire, given.way), {})[measured.point] = measured
    found = []
    for (questionnaire, way), by_point in last.items():
        kept: dict[str, list[TrajectoryPoint]] = {}
        for point, measured in by_point.items():
            given = measured.administration
            reliable, as_at = given.reliable, given.as_at
            for score in given.scores:
                made = TrajectoryPoint(point, score.value, reliable, score.reason, as_at)
                if (own := kept.get(score.scale)) is None:
                    own = kept[score.scale] = []
                own.append(made)
        found += [
            Trajectory(questionnaire, way, scale, tuple(points), stretches, own_after)
            for scale, points in kept.items()
        ]
    return tuple(found)
