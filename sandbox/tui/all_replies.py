"""Every run's reply at one turn, an arm after the other: how far one script varies by chance. No widget."""

from collections.abc import Iterator, Sequence

from textual.content import Content

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import ComparedArm
from sandbox.analysis.numeral import MISSING, numeral
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.history import Turn, turn_labels
from sandbox.engine.phase import point_name
from sandbox.text import number_of, printable


def all_replies(arms: Sequence[ComparedArm], scale: ScaleName, label: str) -> tuple[Content, ...]:
    """Of each arm its runs by their score there, the lowest first; empty where the point follows no turn."""
    lines: list[Content] = []
    for arm in arms:
        said = [(session, turn) for session in arm.sessions if (turn := _turn(session, label)) is not None]
        if not said:
            continue
        runs = number_of(len(said), "run")
        lines += [
            Content.styled(f"{printable(arm.title)} · {point_name(label)} · {runs}", "bold"),
            Content(""),
        ]
        for session, turn in sorted(said, key=lambda one: _by_score(one[0], scale, label)):
            lines += [*_reply(session, turn, scale, label), Content("")]
    return tuple(lines[:-1])


def _reply(session: Arm, turn: Turn, scale: ScaleName, label: str) -> Iterator[Content]:
    point, start = session.at(scale, label), session.course(scale).start
    before = numeral(start.value) if start is not None else MISSING
    now = numeral(point.value, reliable=point.reliable) if point is not None else MISSING
    yield Content.styled(f"seed {session.plan.seed} · {session.id} · {before} → {now}", "$text-muted")
    if turn.refused:
        yield Content.styled("declined to answer", "italic")
    yield Content(printable(turn.reply) if turn.reply is not None else "(no reply was awaited)")


def _turn(session: Arm, label: str) -> Turn | None:
    """The turn that the point follows: `ind` follows the scenario's last, `end` the last of all."""
    labels = turn_labels(session.turns)
    told = [turn for turn in session.turns if labels[turn.index] == label]
    if not told and label == "ind":
        told = [turn for turn in session.turns if turn.phase == "induction"]
    if not told and label == "end":
        told = list(session.turns)
    return told[-1] if told else None


def _by_score(session: Arm, scale: ScaleName, label: str) -> tuple[float, int]:
    point = session.at(scale, label)
    value = point.value if point is not None and point.value is not None else float("inf")
    return value, session.plan.seed
