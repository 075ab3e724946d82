"""Several conversations laid side by side: their turns aligned by phase and number. Pure; knows no widget."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import ComparedArm, Comparison
from sandbox.analysis.trajectory import Trajectory, TrajectoryPoint
from sandbox.engine.history import Turn
from sandbox.engine.phase import Phase, Point, turn_label
from sandbox.engine.plan import in_order
from sandbox.workbench.versions import Piece, word_diff

_ALIKE = 0.2
"""Two texts that share less of their words are not one text, changed."""


@dataclass(frozen=True, slots=True)
class AlignedTurn:
    """The turns of equal phase and number, one a session (None: it had none). `shared`: all are the same."""

    label: str
    phase: Phase
    number: int
    turns: tuple[Turn | None, ...]

    def said_otherwise(self, place: int) -> tuple[Piece, ...]:
        """What was said there in pieces, `added` what another one does not say, where both are texts of one
        step; empty where there is no such other, or the texts have little in common."""
        turn = self.turns[place]
        if turn is None or turn.step is None:
            return ()
        for other in self.turns:
            if other is not None and other.step == turn.step and other.said != turn.said:
                found = tuple(piece for piece in word_diff(other.said, turn.said) if piece.kind != "removed")
                same = sum(len(piece.words) for piece in found if piece.kind == "same")
                return found if same >= _ALIKE * len(turn.said) else ()
        return ()

    @property
    def shared(self) -> bool:
        return len(self.turns) > 1 and self.turns[0] is not None and len(set(self.turns)) == 1


def aligned(sessions: Sequence[Arm]) -> tuple[AlignedTurn, ...]:
    """Every turn of every session, scenario first: `s1` with `s1`, `t1` with `t1`, `f1` with `f1`."""
    order = in_order(session.plan for session in sessions)
    columns = [_numbered(session.turns, order) for session in sessions]
    keys = sorted({key for column in columns for key in column})
    return tuple(
        AlignedTurn(
            turn_label(order[phase], number),
            order[phase],
            number,
            tuple(c.get((phase, number)) for c in columns),
        )
        for phase, number in keys
    )


def turn_at(rows: Sequence[AlignedTurn], label: str) -> int | None:
    """Which of `rows` a measurement point stands after: `base` before the first, `end` after the last."""
    if not rows:
        return None
    if label == "base":
        return 0
    if label == "end":
        return len(rows) - 1
    if label == "ind":
        told = [place for place, row in enumerate(rows) if row.phase == "induction"]
        return told[-1] if told else 0
    return next((place for place, row in enumerate(rows) if row.label == label), None)


def courses(comparison: Comparison) -> tuple[Trajectory, ...]:
    """A trajectory an arm for the chart: its scores, or their means over its sessions."""
    return tuple(
        Trajectory(
            *comparison.scale,
            tuple(
                TrajectoryPoint(Point(place, row.phase, row.number), cell.score, cell.reliable, cell.reason)
                for place, row in enumerate(comparison.rows)
                if (cell := row.cells[column]).sessions or cell.reason
            ),
        )
        for column in range(len(comparison.arms))
    )


def mark_places(arms: Sequence[ComparedArm], marks: int) -> tuple[int, ...]:
    """Which of so many marks each arm has: the one it has in its own family, where no other arm has it."""
    wanted = [arm.sessions[0].place for arm in arms]
    own = {place for place in wanted if 0 <= place < marks}
    free = (place for place in range(marks) if place not in own)
    given: list[int] = []
    for at, place in enumerate(wanted):
        given.append(place if place in own and place not in given else next(free, at % marks))
    return tuple(given)


def bounds(comparison: Comparison) -> tuple[float, float]:
    """The scale's possible extremes."""
    questionnaire, _, scale = comparison.scale
    for arm in comparison.arms:
        for measure in arm.sessions[0].asked.measures:
            if measure.questionnaire.id == questionnaire:
                for one in measure.questionnaire.scales:
                    if one.id == scale:
                        return one.range
    return (0.0, 100.0)


def _numbered(turns: Sequence[Turn], order: Sequence[Phase]) -> dict[tuple[int, int], Turn]:
    counts: dict[Phase, int] = {}
    found = {}
    for turn in turns:
        counts[turn.phase] = counts.get(turn.phase, 0) + 1
        found[order.index(turn.phase), counts[turn.phase]] = turn
    return found
