"""How negative the client's ordinary replies are, turn by turn: a second trajectory that costs no call."""

from dataclasses import dataclass

from sandbox.analysis.trajectory import ScaleName, Trajectory, TrajectoryPoint
from sandbox.engine.history import History, Turn
from sandbox.engine.phase import USUAL, Phase, Point, Stretches, turn_label
from sandbox.library.document import is_english
from sandbox.measurement.valence import negativity

REPLIES: ScaleName = ("replies", "tone", "negativity")
"""What the trajectory of the replies is called, where scales of questionnaires have their names."""

_CLOSING: dict[Phase, str] = {"induction": "ind", "follow-up": "end"}


@dataclass(frozen=True, slots=True)
class ReplyPoint:
    """A reply's negativity (0 positive, 50 neutral, 100 negative; VADER).

    `label` is that of the measurement point which follows the turn, so that the two trajectories can be laid
    side by side; turns no measurement follows are `s1`, `s2`, … (scenario) and `f1`, … (follow-up). `number`
    counts the turns of the phase from 1.
    """

    turn: int
    phase: Phase
    number: int
    label: str
    negativity: float


@dataclass(frozen=True, slots=True)
class ReplyValence:
    """The replies of one session in order, inherited ones included; `own_after` as of a Trajectory."""

    points: tuple[ReplyPoint, ...] = ()
    own_after: int = 0

    def at(self, label: str) -> float | None:
        """The negativity of the reply with that label; None where there was none."""
        return next((point.negativity for point in reversed(self.points) if point.label == label), None)

    @property
    def change(self) -> float | None:
        """Negativity of the newest technique reply of its own part minus that of the last reply of the
        scenario before it."""
        induced = next((point for point in reversed(self.points) if point.label == "ind"), None)
        replied = [one for one in self.points if one.phase == "technique" and one.turn > self.own_after]
        if induced is None or not replied or replied[-1].turn < induced.turn:
            return None
        return replied[-1].negativity - induced.negativity


def reply_valence(history: History, language: str = "en", own_after: int = 0) -> ReplyValence:
    """The trajectory of a session's replies, refused ones left out; empty when they are not English, the word
    list's language."""
    if not is_english(language):
        return ReplyValence()
    counted: dict[Phase, int] = {}
    numbered: list[tuple[Turn, int]] = []
    for turn in history.turns:
        counted[turn.phase] = counted.get(turn.phase, 0) + 1
        if turn.reply is not None and turn.reply.strip() and not turn.refused:
            numbered.append((turn, counted[turn.phase]))
    last = {turn.phase: turn.index for turn, _ in numbered}
    return ReplyValence(
        tuple(
            ReplyPoint(
                turn.index,
                turn.phase,
                number,
                _label(turn, number, closing=turn.index == last[turn.phase]),
                negativity(turn.reply or ""),
            )
            for turn, number in numbered
        ),
        own_after,
    )


def reply_trajectory(history: History, language: str = "en", stretches: Stretches = USUAL) -> Trajectory:
    """The replies' negativity at the measurement points that follow them, to stand beside a self-report."""
    return as_trajectory(reply_valence(history, language), stretches)


def as_trajectory(replies: ReplyValence, stretches: Stretches = USUAL) -> Trajectory:
    """The same of replies that are read already."""
    points = []
    for reply in replies.points:
        point = Point(reply.turn, reply.phase, reply.number if reply.phase == "technique" else 0)
        if point.label == reply.label:  # else no measurement follows the reply
            points.append(TrajectoryPoint(point, reply.negativity))
    return Trajectory(*REPLIES, tuple(points), stretches, replies.own_after)


def _label(turn: Turn, number: int, *, closing: bool) -> str:
    return _CLOSING[turn.phase] if closing and turn.phase in _CLOSING else turn_label(turn.phase, number)
