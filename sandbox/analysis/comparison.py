"""Arms side by side: a row a measurement point, each arm's score, change, and difference from the control.

Rows are aligned by the number of the technique turn, `end` is each arm's own (effect.last_common_label).
change = score − score after the scenario; difference = change − the control's change in the same trunk: the
technique effect. Where the technique did not follow the
scenario, change = score − baseline (see effect). All in the scale's units and with the
score's own sign: below zero it fell, or fell further. Nothing is read or written here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from sandbox.analysis.arm import Arm, as_planned, control_beside
from sandbox.analysis.conditions import Members, kinds_of, titles_of
from sandbox.analysis.effect import (
    PairedDifference,
    change,
    last_common_label,
    paired_difference,
    room_of,
    technique_effect,
)
from sandbox.analysis.induction import Induction, inductions
from sandbox.analysis.remarks import Remark, on_reading
from sandbox.analysis.trajectory import ScaleName, TrajectoryPoint
from sandbox.engine.phase import Phase, Point, begins_at
from sandbox.engine.plan import in_order

Beside = Mapping[str, Arm | None]
"""For each session that is compared with another: which one, by its id. None: nothing stands beside it."""


@dataclass(frozen=True, slots=True)
class ComparedArm:
    """A column: one session, or in a pooled comparison the sessions of one technique, one a trunk.

    `reference` marks the arm that the others are compared with. `primary` labels the point named beforehand,
    the end: the last that it and its control have in common; empty for a reference.
    """

    title: str
    sessions: Members
    control: bool
    reference: bool = False
    primary: str = ""

    def usable(self, scale: ScaleName) -> str:
        """The verdict on what it was measured with, `never checked` without one; each once."""
        found = (
            known.usable or "never checked"
            for session in self.sessions
            for known in session.suitabilities
            if (known.questionnaire, known.measure.way) == scale[:2]
        )
        return " | ".join(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class ComparedPoint:
    """An arm at a measurement point: to a TrajectoryPoint what a ComparedArm is to an Arm.

    Not a point of one session but the means over `sessions`; None: not measured.
    `change` is the mean over `changes` sessions: those whose difference is known, so that a row adds up.
    `difference` is None for the arm that is compared with, and before the technique begins. `as_at`: the
    scores are those of an earlier point again, since nothing was said in between: `t5`, or, of sessions of
    unequal length, `t5 to t7`.
    """

    score: float | None
    change: float | None
    difference: PairedDifference | None
    sessions: int
    reliable: bool = True
    reason: str = ""
    changes: int = 0
    as_at: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement point with a cell an arm. `number` counts technique turns from 1, 0 elsewhere."""

    label: str
    phase: Phase
    number: int
    cells: tuple[ComparedPoint, ...]

    @property
    def as_at(self) -> str:
        """The turn whose row this one repeats; empty where some arm has another score here."""
        found = {cell.as_at for cell in self.cells if cell.score is not None or cell.reason}
        one = next(iter(found)) if len(found) == 1 else ""
        return "" if " " in one else one


@dataclass(frozen=True, slots=True)
class Comparison:
    """`trunks` counts the independent observations; with one there is no interval.

    `pooled`: some arm is a mean over trunks. `inductions`: what each scenario did to the score. The answer
    begins with what has to be said of that, so `remarks` leave it out, unless there is no answer.
    """

    scale: ScaleName
    arms: tuple[ComparedArm, ...]
    rows: tuple[Row, ...]
    trunks: int
    remarks: tuple[Remark, ...]
    inductions: tuple[Induction, ...] = ()

    def induction_of(self, arm: ComparedArm) -> Induction | None:
        """What the scenario did to the states the arm began from; None where it began without one."""
        first = arm.sessions[0]
        if begins_at(first.plan.stretches) != "induction":
            return None
        return next((one for one in self.inductions if first.trunk in one.starts), None)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What else was run of the studies that these arms are all of."""
        return tuple(
            dict.fromkeys(text for arm in self.arms for one in arm.sessions for text in one.left_out)
        )

    @property
    def cautions(self) -> tuple[str, ...]:
        """The remarks as sentences."""
        return tuple(remark.sentence for remark in self.remarks)

    @property
    def reference(self) -> ComparedArm | None:
        return next((arm for arm in self.arms if arm.reference), None)

    @property
    def has_control(self) -> bool:
        return self.reference is None or self.reference.control

    @property
    def pooled(self) -> bool:
        return any(len(arm.sessions) > 1 for arm in self.arms)

    @property
    def intervals(self) -> int:
        """How many differences have an interval: that many chances to exclude 0 by chance."""
        found = (cell.difference for row in self.rows if not row.as_at for cell in row.cells)
        return sum(one is not None and one.low is not None and not one.too_wide for one in found)


def compare(sessions: Sequence[Arm], scale: ScaleName, *, pooled: bool = False) -> Comparison:
    """The sessions side by side on one scale, controls last.

    `pooled` joins sessions of one technique under the same conditions from different trunks into one arm,
    with intervals over the trunks. Without a control the first arm is compared with.
    """
    arms = _arms(sessions, scale, pooled=pooled)
    beside = _all_beside(arms)
    arms = tuple(replace(arm, primary=_primary(arm, beside, scale)) for arm in arms)
    rows = tuple(
        Row(
            p.label,
            p.phase,
            p.number,
            tuple(_cell(arm, arms, beside, scale, p) for arm in arms),
        )
        for p in _points(sessions, scale)
    )
    said = on_reading({arm.title: arm.sessions for arm in arms}, (scale,))
    raised = inductions(sessions, scale)
    trunks = len({session.trunk for session in sessions})
    found = Comparison(scale, arms, rows, trunks, said, raised)
    if not any(arms_compared_with(arm, arms) for arm in arms):
        return found
    answered = {one.sentence for one in raised}
    return replace(found, remarks=tuple(one for one in said if one.sentence not in answered))


def worth_pooling(sessions: Sequence[Arm], scale: ScaleName) -> bool:
    """True when some technique was run in several trunks under the same conditions."""
    return len(_arms(sessions, scale, pooled=True)) < len(sessions)


def why_not_pooled(sessions: Sequence[Arm], scale: ScaleName) -> str:
    """Why means over runs cannot be shown; empty where they can."""
    if worth_pooling(sessions, scale):
        return ""
    if len({session.trunk for session in sessions}) < 2:
        return "all arms share one start"
    return "no arm was run twice alike"


# Arms


def _arms(sessions: Sequence[Arm], scale: ScaleName, *, pooled: bool) -> tuple[ComparedArm, ...]:
    ordered = sorted(sessions, key=lambda session: session.is_control)
    controls = _by_trunk(session for session in ordered if session.is_control)
    beside = {s.id: None if s.is_control else _beside(s, controls.get(s.trunk, ())) for s in ordered}
    kinds = kinds_of(ordered, beside, scale) if pooled else {session.id: session.id for session in ordered}
    groups: dict[object, list[Arm]] = {}
    taken: dict[object, int] = {}
    for session in ordered:
        key = kinds[session.id]
        # A second session of the same technique in the same trunk is another arm, not a second observation.
        turn = taken[key, session.trunk] = taken.get((key, session.trunk), 0) + 1
        groups.setdefault((key, turn), []).append(session)
    members = [tuple(group) for group in groups.values()]
    compared = _references(members)
    return tuple(
        ComparedArm(title, group, group[0].is_control, reference=group in compared)
        for title, group in zip(titles_of(members, beside), members, strict=True)
    )


def _references(members: Sequence[Members]) -> tuple[Members, ...]:
    """The arms the others are compared with: every control that stands beside a session (`control_beside`),
    or else the control planned first, or without one the first arm."""
    sessions = [session for group in members for session in group]
    controls = [session for session in sessions if session.is_control]
    trunks = _by_trunk(controls)
    beside = {
        found.id
        for session in sessions
        if not session.is_control and (found := _beside(session, trunks.get(session.trunk, ()))) is not None
    }
    compared = tuple(group for group in members if any(session.id in beside for session in group))
    first = _best_control(members) or next(iter(members), None)
    return compared or ((first,) if first else ())


def _best_control(members: Sequence[Members]) -> Members | None:
    """The control that was planned first, as `control_beside` chooses where an arm has one beside it."""

    def worth(group: Members) -> tuple[bool, bool]:
        whole = all(session.state == "finished" for session in group)
        return whole, not any(session.plan.goes_on for session in group)

    controls = (group for group in members if group[0].is_control)
    return max(sorted(controls, key=lambda group: as_planned(group[0])), key=worth, default=None)


# What stands beside what


def _all_beside(arms: Sequence[ComparedArm]) -> dict[str, Arm | None]:
    """The session of a reference arm beside each session of the other arms, found once for all rows."""
    references = [arm for arm in arms if arm.reference]
    trunks = _by_trunk(session for arm in references for session in arm.sessions)
    return {
        session.id: _beside(session, trunks.get(session.trunk, ()))
        for arm in arms
        if not arm.reference and not _is_compared_with_itself(arm, references)
        for session in arm.sessions
    }


def _by_trunk(sessions: Iterable[Arm]) -> dict[str, list[Arm]]:
    found: dict[str, list[Arm]] = {}
    for session in sessions:
        found.setdefault(session.trunk, []).append(session)
    return found


def _beside(session: Arm, others: Iterable[Arm]) -> Arm | None:
    return control_beside(session, (other for other in others if other.id != session.id))


def _is_compared_with_itself(arm: ComparedArm, arms: Sequence[ComparedArm]) -> bool:
    """Whether it is a control that was run twice, in the same words, of which the other is compared with."""
    references = {_technique_of(other) for other in arms if other.reference}
    return arm.control and arm.sessions[0].plan.edited is None and _technique_of(arm) in references


def _technique_of(arm: ComparedArm) -> str:
    technique = arm.sessions[0].plan.technique
    return technique.id if technique else ""


def compared_with(session: Arm, arms: Sequence[ComparedArm]) -> Arm | None:
    """The session of a reference arm in the same trunk whose technique began where this one's did."""
    others = [s for arm in arms if arm.reference for s in arm.sessions if s.trunk == session.trunk]
    return _beside(session, others)


def arms_compared_with(arm: ComparedArm, arms: Sequence[ComparedArm]) -> tuple[ComparedArm, ...]:
    """The reference arms whose sessions stand beside those of `arm`; none for a reference itself."""
    if arm.reference or _is_compared_with_itself(arm, arms):
        return ()
    used = {found.id for one in arm.sessions if (found := compared_with(one, arms)) is not None}
    return tuple(other for other in arms if any(session.id in used for session in other.sessions))


# Rows


def _points(sessions: Sequence[Arm], scale: ScaleName) -> tuple[Point, ...]:
    by_label: dict[str, Point] = {}
    for session in sessions:
        for point in session.course(scale).points:
            by_label.setdefault(point.label, point.point)
    order = in_order(session.plan for session in sessions)
    return tuple(sorted(by_label.values(), key=lambda point: (order.index(point.phase), point.number)))


def _as_at(found: Iterable[TrajectoryPoint | None]) -> str:
    """`t5` where all these scores are that of t5 again, `t3 to t5` where they differ, else empty."""
    given = sorted((one.point.after_turn, one.as_at) for one in found if one is not None)
    if not given or not all(label for _, label in given):
        return ""
    return " to ".join(dict.fromkeys((given[0][1], given[-1][1])))


def _primary(arm: ComparedArm, beside: Beside, scale: ScaleName) -> str:
    """The last point at which most of the arm's sessions can be set against what stands beside them.

    A run that was stopped has no end: of few it leaves them out, of many the end is where those are.
    """
    pairs = [
        (session.course(scale), other.course(scale))
        for session in arm.sessions
        if (other := beside.get(session.id)) is not None
    ]
    labels = list(dict.fromkeys(label for one, other in pairs if (label := last_common_label(one, other))))
    if len(labels) < 2:
        return next(iter(labels), "")
    known = {
        label: sum(technique_effect(*both, label).value is not None for both in pairs) for label in labels
    }
    shown = [point.label for one, _ in pairs for point in one.points]
    return max(labels, key=lambda label: (known[label], shown.index(label) if label in shown else -1))


def _cell(
    arm: ComparedArm, arms: Sequence[ComparedArm], beside: Beside, scale: ScaleName, point: Point
) -> ComparedPoint:
    found = [session.at(scale, point.label) for session in arm.sessions]
    scores = [one.value for one in found if one is not None and one.value is not None]
    first = arm.sessions[0].plan
    moves = point.phase not in ("baseline", begins_at(first.stretches))
    changes = _changes(arm, arms, beside, scale, point) if moves else []
    return ComparedPoint(
        score=fmean(scores) if scores else None,
        change=fmean(changes) if changes else None,
        difference=_difference(arm, beside, scale, point) if moves else None,
        sessions=len(scores),
        reliable=all(one is None or one.reliable for one in found),
        reason=next((one.reason for one in found if one is not None and one.reason), ""),
        changes=len(changes),
        as_at=_as_at(found),
    )


def _changes(
    arm: ComparedArm, arms: Sequence[ComparedArm], beside: Beside, scale: ScaleName, point: Point
) -> list[float]:
    """The changes of an arm at a point: those of complete pairs where there are any, else all it has.

    A reference's pairs are complete where every arm beside it that was measured there has its change.
    """
    known = {s.id: value for s in arm.sessions if (value := _change(s, scale, point)) is not None}
    if len(arm.sessions) == 1:
        return list(known.values())
    if arm.reference:
        beside_it = [
            (other.id, _change(session, scale, point))
            for one in arms
            for session in one.sessions
            if (other := beside.get(session.id)) is not None
            and session.is_own(point)
            and session.at(scale, point.label) is not None
        ]
        incomplete = {id for id, value in beside_it if value is None}
        complete = {id for id, _ in beside_it} - incomplete
    else:
        complete = {
            session.id
            for session in arm.sessions
            if (other := beside.get(session.id)) is not None and _change(other, scale, point) is not None
        }
    return [value for id, value in known.items() if id in complete] or list(known.values())


def _change(session: Arm, scale: ScaleName, point: Point) -> float | None:
    return change(session.course(scale), point.label).value if session.is_own(point) else None


def _difference(arm: ComparedArm, beside: Beside, scale: ScaleName, point: Point) -> PairedDifference | None:
    label = point.label
    measured = [
        one
        for one in arm.sessions
        if one.id in beside and one.is_own(point) and one.at(scale, label) is not None
    ]
    if not measured:
        return None
    differences: list[float | None] = []
    reliable = True
    why = ""
    for session in measured:
        other = beside[session.id]
        if other is None:
            none = "nothing to compare with began where it did, from the same state"
            why = "it has no technique" if session.plan.measured_again else none
            continue
        effect = technique_effect(session.course(scale), other.course(scale), label)
        why = effect.reason or why
        differences.append(effect.value)
        reliable = reliable and effect.reliable
    room = room_of(arm.sessions[0].asked, scale)
    found = replace(paired_difference(differences, room), reliable=reliable)
    return PairedDifference(None, None, None, 0, found.left_out, why) if found.mean is None and why else found
