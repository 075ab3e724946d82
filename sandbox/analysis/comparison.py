"""Arms side by side: a row a measurement point, each arm's score, change, and difference from the control.

Rows are aligned by the number of the technique turn. change = score − score after the scenario; difference =
change − the control's change in the same trunk: the technique effect. All in the scale's units and with the
score's own sign: below zero it fell, or fell further. Nothing is read or written here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from sandbox.analysis.beginning import control_beside
from sandbox.analysis.compared_session import ComparedSession, conditions_that_differ, repeated_trunks
from sandbox.analysis.effect import change, technique_effect
from sandbox.analysis.induction import small_induction
from sandbox.analysis.length import unequal_lengths
from sandbox.analysis.paired import PairedDifference, paired_difference
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.phase import PHASES, Phase, Point
from sandbox.models.name import short_name
from sandbox.store.document import document_hash

Members = tuple[ComparedSession, ...]


@dataclass(frozen=True, slots=True)
class Arm:
    """A column: one session, or in a pooled comparison the sessions of one technique, one a trunk.

    `reference` marks the arm that the others are compared with.
    """

    title: str
    sessions: Members
    control: bool
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """An arm at a measurement point. Means over `sessions` when there are several; None: not measured.

    `difference` is None for the arm that is compared with, and before the technique begins.
    """

    score: float | None
    change: float | None
    difference: PairedDifference | None
    sessions: int
    reliable: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement point with a cell an arm. `number` counts technique turns from 1, 0 elsewhere."""

    label: str
    phase: Phase
    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`trunks` counts the independent observations; with one there is no interval. `warnings`: sentences."""

    scale: ScaleName
    arms: tuple[Arm, ...]
    rows: tuple[Row, ...]
    trunks: int
    warnings: tuple[str, ...]

    @property
    def reference(self) -> Arm | None:
        return next((arm for arm in self.arms if arm.reference), None)


def compare(sessions: Sequence[ComparedSession], scale: ScaleName, *, pooled: bool = False) -> Comparison:
    """The sessions side by side on one scale, controls last.

    `pooled` joins sessions of one technique under the same conditions from different trunks into one arm,
    with intervals over the trunks. Without a control the first arm is compared with.
    """
    arms = _arms(sessions, pooled=pooled)
    points = _points(sessions, scale)
    rows = tuple(
        Row(p.label, p.phase, p.number, tuple(_cell(arm, arms, scale, p) for arm in arms)) for p in points
    )
    return Comparison(
        scale,
        arms,
        rows,
        trunks=len({session.trunk for session in sessions}),
        warnings=_warnings(sessions, arms, scale),
    )


def worth_pooling(sessions: Sequence[ComparedSession]) -> bool:
    """True when some technique was run in several trunks under the same conditions."""
    return len(_arms(sessions, pooled=True)) < len(sessions)


# Arms


def _arms(sessions: Sequence[ComparedSession], *, pooled: bool) -> tuple[Arm, ...]:
    ordered = sorted(sessions, key=lambda session: session.is_control)
    groups: dict[object, list[ComparedSession]] = {}
    taken: dict[object, int] = {}
    for session in ordered:
        key = _kind(session) if pooled else session.id
        # A second session of the same technique in the same trunk is another arm, not a second observation.
        turn = taken[key, session.trunk] = taken.get((key, session.trunk), 0) + 1
        groups.setdefault((key, turn), []).append(session)
    members = [tuple(group) for group in groups.values()]
    compared = _references(members)
    return tuple(
        Arm(title, group, group[0].is_control, reference=group in compared)
        for title, group in zip(_titles(members), members, strict=True)
    )


def _references(members: Sequence[Members]) -> tuple[Members, ...]:
    """The arms the others are compared with: every control that stands beside a session, or else the first
    control, or without one the first arm."""
    sessions = [session for group in members for session in group]
    controls = [session for session in sessions if session.is_control]
    beside = [_beside(session, controls) for session in sessions if not session.is_control]
    found = tuple(group for group in members if any(session in beside for session in group))
    first = _best_control(members) or next(iter(members), None)
    return found or ((first,) if first else ())


def _best_control(members: Sequence[Members]) -> Members | None:
    """The first control that was finished: one that was stopped may have been replaced by a redo."""
    controls = [group for group in members if group[0].is_control]
    return max(controls, key=lambda group: all(s.state == "finished" for s in group), default=None)


def _kind(session: ComparedSession) -> object:
    """What pooled sessions have in common: what is said, by whom and to whom, and how it is measured."""
    plan = session.plan
    said = tuple(document_hash(one) if one else "" for one in (plan.technique, plan.follow_up))
    guidance = session.guidance.model_dump_json() if session.guidance else ""
    measures = tuple((m.questionnaire.id, m.way, m.form, m.shuffled) for m in plan.measures)
    return said, guidance, plan.model, plan.client.id, plan.scenario.id, measures, plan.administration


def _titles(members: Sequence[Members]) -> list[str]:
    """Technique titles, told apart by what differs: models, version, scenario, seed, at last the id."""
    titles = [_title(group[0]) for group in members]
    for told in (
        lambda s: short_name(s.plan.model),
        lambda s: f"therapist {short_name(s.guidance.model)}" if s.guidance else "",
        lambda s: f"version {s.plan.technique.version}" if s.plan.technique else "",
        lambda s: s.plan.scenario.title,
        lambda s: f"seed {s.plan.seed}",
        lambda s: s.id,
    ):
        for title in {title for title in titles if titles.count(title) > 1}:
            places = [place for place, one in enumerate(titles) if one == title]
            parts = [told(members[place][0]) for place in places]
            if len(set(parts)) > 1:
                for place, part in zip(places, parts, strict=True):
                    titles[place] = f"{title}, {part}"
    return titles


def _title(session: ComparedSession) -> str:
    return f"{session.title} (control)" if session.is_control else session.title


# Rows


def _points(sessions: Sequence[ComparedSession], scale: ScaleName) -> tuple[Point, ...]:
    by_label: dict[str, Point] = {}
    for session in sessions:
        for point in session.course(scale).points:
            by_label.setdefault(point.label, point.point)
    return tuple(sorted(by_label.values(), key=lambda point: (PHASES.index(point.phase), point.number)))


def _cell(arm: Arm, arms: Sequence[Arm], scale: ScaleName, point: Point) -> Cell:
    found = [session.at(scale, point.label) for session in arm.sessions]
    scores = [one.value for one in found if one is not None and one.value is not None]
    technique = point.phase in ("technique", "follow-up")
    found_changes = (
        [change(one.course(scale), point.label).value for one in arm.sessions if one.is_own(point)]
        if technique
        else []
    )
    changes = [one for one in found_changes if one is not None]
    return Cell(
        score=fmean(scores) if scores else None,
        change=fmean(changes) if changes else None,
        difference=_difference(arm, arms, scale, point) if technique else None,
        sessions=len(scores),
        reliable=all(one is None or one.reliable for one in found),
        reason=next((one.reason for one in found if one is not None and one.reason), ""),
    )


def _difference(arm: Arm, arms: Sequence[Arm], scale: ScaleName, point: Point) -> PairedDifference | None:
    label = point.label
    measured = [one for one in arm.sessions if one.is_own(point) and one.at(scale, label) is not None]
    if arm.reference or not measured or _is_compared_with_itself(arm, arms):
        return None
    differences: list[float | None] = []
    reliable = True
    why = ""
    for session in measured:
        other = compared_with(session, arms)
        if other is None:
            why = "nothing to compare with began where it did, from the same state"
            continue
        effect = technique_effect(session.course(scale), other.course(scale), label)
        why = effect.reason or why
        differences.append(effect.value)
        reliable = reliable and effect.reliable
    found = replace(paired_difference(differences), reliable=reliable)
    return PairedDifference(None, None, None, 0, found.left_out, why) if found.mean is None and why else found


def _is_compared_with_itself(arm: Arm, arms: Sequence[Arm]) -> bool:
    """Whether it is a control that was run twice, of which the other one is compared with."""
    references = {_technique_of(other) for other in arms if other.reference}
    return arm.control and _technique_of(arm) in references


def _technique_of(arm: Arm) -> str:
    technique = arm.sessions[0].plan.technique
    return technique.id if technique else ""


def compared_with(session: ComparedSession, arms: Sequence[Arm]) -> ComparedSession | None:
    """The session of a reference arm in the same trunk whose technique began where this one's did."""
    return _beside(session, [other for arm in arms if arm.reference for other in arm.sessions])


def arms_compared_with(arm: Arm, arms: Sequence[Arm]) -> tuple[Arm, ...]:
    """The reference arms whose sessions stand beside those of `arm`; none for a reference itself."""
    if arm.reference or _is_compared_with_itself(arm, arms):
        return ()
    used = [compared_with(session, arms) for session in arm.sessions]
    return tuple(other for other in arms if any(session in used for session in other.sessions))


def _beside(session: ComparedSession, others: Iterable[ComparedSession]) -> ComparedSession | None:
    return control_beside(
        session.began,
        (
            (other, other.began, other.state)
            for other in others
            if other.trunk == session.trunk and other.id != session.id
        ),
    )


# Warnings


def _warnings(sessions: Sequence[ComparedSession], arms: Sequence[Arm], scale: ScaleName) -> tuple[str, ...]:
    unusable, lesser = _unsuitable(sessions, scale)
    said = [*unusable, *conditions_that_differ(sessions)]
    if repeats := repeated_trunks(sessions):
        said.append(f"{repeats} of the trunks repeat another one's seed: they are not independent.")
    if len(sessions) > 1 and not any(arm.control for arm in arms):
        said.append("No control was run: a fall may be the mere passage of time.")
    said += dict.fromkeys(filter(None, (s.began.remark(arm.title) for arm in arms for s in arm.sessions)))
    for arm in arms:
        states = sorted({session.state for session in arm.sessions if session.state != "finished"})
        if states:
            said.append(f"{arm.title} is not finished ({', '.join(states)}).")
        if not any(session.course(scale).points for session in arm.sessions):
            said.append(f"{arm.title} was not measured with {scale[2]} ({scale[0]}, by {scale[1]}).")
    turns = {
        arm.title: [session.technique_turns for session in arm.sessions]
        for arm in arms
        if arm.sessions[0].plan.technique is not None
    }
    said += [*filter(None, (unequal_lengths(turns), _little_induced(sessions, scale)))]
    said += [*filter(None, map(_own_words, arms)), *lesser]
    return tuple(said)


def _unsuitable(
    sessions: Sequence[ComparedSession], scale: ScaleName
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What has to be said of how the scale was measured on the models, each sentence once: where it is not
    usable, which comes before all else, and the rest, which holds of every comparison with it."""
    found = [
        known
        for session in sessions
        for known in session.suitabilities
        if (known.measure.questionnaire.id, known.measure.way) == scale[:2] and known.remark
    ]
    unusable = dict.fromkeys(one.remark for one in found if one.usable == "not usable with this model")
    return tuple(unusable), tuple(dict.fromkeys(one.remark for one in found if one.remark not in unusable))


def _own_words(arm: Arm) -> str:
    """From where on the arm's rows are not the script's steps in their order; empty when they all are."""
    spoken = [
        [turn.origin for turn in session.turns if turn.phase == "technique"]
        for session in arm.sessions
        if session.plan.technique is not None and session.plan.technique.delivery != "live"
    ]
    first = min((origins.index("live") + 1 for origins in spoken if "live" in origins), default=None)
    if first is None:
        return ""
    return (
        f"In {arm.title} the clinician said something in own words at t{first}: from there on its rows hold"
        " other steps than those of the arms beside it."
    )


def _little_induced(sessions: Sequence[ComparedSession], scale: ScaleName) -> str:
    """In how many trunks the scenario hardly moved the score: there is little to undo there."""
    by_trunk = {session.trunk: small_induction(session.plan, session.course(scale)) for session in sessions}
    small = [found for found in by_trunk.values() if found is not None]
    if not small:
        return ""
    if len(by_trunk) == 1:
        return f"Here {small[0].clause(scale[2])}. There is little for a technique to undo."
    return f"In {len(small)} of {len(by_trunk)} trunks the scenario {small[0].moved} {scale[2]}."
