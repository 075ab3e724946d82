"""What an export is about: one session, or a trunk with its branches, read from the record. No format."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.analysis.arm import (
    Arm,
    Beginning,
    arm_of,
    arm_title,
    beginning,
    control_beside,
    in_place_of,
    numbers,
    redone_turn,
    skips,
    started_with,
)
from sandbox.analysis.effect import Direction, Effect, change, induction_effect, residual, technique_effect
from sandbox.analysis.induction import scale_of, small_induction
from sandbox.analysis.numeral import numeral
from sandbox.analysis.remarks import Remark, on_reading
from sandbox.analysis.reply_valence import ReplyValence, reply_valence
from sandbox.analysis.suitability import Suitability, suitabilities
from sandbox.analysis.trajectory import ScaleName, Trajectory, TrajectoryPoint, trajectories
from sandbox.engine.phase import PHASES, Point
from sandbox.store.integrity import Altered
from sandbox.store.session import StoredSession
from sandbox.store.store import Store
from sandbox.store.validity import StoredCheck

NOTICE = (
    "Simulated affect: text and probabilities a language model produces, not a feeling."
    " A test bench for intervention scripts, never a treatment; it says nothing about a person."
)
"""The line that every file leaving the app carries."""


@dataclass(frozen=True, slots=True)
class Family:
    """The sessions of an export in the order planned, the trunk first and the controls last.

    `absent_trunk` is the id of the trunk when the export is of a branch alone. `checks` are those of the
    model that the record knows when the export is made, the newest first. `altered` are, by session, the
    documents that were changed in the record.
    """

    sessions: tuple[StoredSession, ...]
    absent_trunk: str | None = None
    checks: tuple[StoredCheck, ...] = ()
    altered: Mapping[str, tuple[Altered, ...]] = field(default_factory=dict)

    @property
    def first(self) -> StoredSession:
        return self.sessions[0]

    @property
    def arms(self) -> tuple[StoredSession, ...]:
        """The sessions with a technique; the trunk alone when nothing branched from it.

        Without those whose place a redo took (`replaced`): they are in `sessions` and in the record.
        """
        standing = (s for s in self.sessions if s.head.id not in self.replaced)
        return tuple(s for s in standing if s.head.plan.technique is not None) or self.sessions

    @property
    def replaced(self) -> Mapping[str, str]:
        """The arms whose place a redo took, each with the id of the session that stands there now."""
        return in_place_of(self.sessions)

    def title(self, session: StoredSession) -> str:
        """What the session is called beside the others: numbered from the second of a name, as in the app."""
        number = self._numbers[session.head.id]
        earlier = session.head.id in self.replaced
        name = arm_title(session.head.plan, redone_turn(session), earlier=earlier)
        return name if number == 1 else f"{name} {number}"

    @property
    def _numbers(self) -> dict[str, int]:
        return numbers((session.head for session in self.sessions), self.replaced)

    @property
    def suitabilities(self) -> tuple[Suitability, ...]:
        """Of each measure, whether it is known to work on the model."""
        return suitabilities(self.first.head.plan, self.first.model, self.checks)

    @property
    def compared(self) -> tuple[Arm, ...]:
        """The arms as a comparison sees them."""
        replaced, counted = self.replaced, self._numbers
        heads = {session.head.id: session.head for session in self.sessions}
        states = {session.head.id: session.states for session in self.sessions}
        return tuple(
            arm_of(
                arm,
                self.absent_trunk or self.first.head.id,
                self._beginning(arm),
                checks=self.checks,
                answered_by=started_with(arm.head, heads, states.__getitem__),
                altered=self.altered.get(arm.head.id, ()),
                skips=skips(arm, {member.head.id: member for member in self.sessions}.get),
                number=counted[arm.head.id],
                replaces=[old for old, now in replaced.items() if now == arm.head.id],
            )
            for arm in self.arms
        )

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What has to be said before the scores are read, of the main scale of each questionnaire."""
        return on_reading({arm.title: (arm,) for arm in self.compared}, self.main_scales)

    @property
    def cautions(self) -> tuple[str, ...]:
        """The remarks as sentences."""
        return tuple(remark.sentence for remark in self.remarks)

    @property
    def controls(self) -> tuple[StoredSession, ...]:
        return tuple(session for session in self.arms if is_control(session))

    def holds(self, session: str | None) -> bool:
        return any(member.head.id == session for member in self.sessions)

    def control_for(self, session: StoredSession) -> StoredSession | None:
        """The control that began where `session` did, rather a finished one; None for a control."""
        if is_control(session) or session.head.plan.technique is None:
            return None
        candidates = ((control, self._beginning(control), control.state.now) for control in self.controls)
        return control_beside(self._beginning(session), candidates)

    def _beginning(self, session: StoredSession) -> Beginning:
        return beginning(session, {member.head.id: member for member in self.sessions}.get)

    @property
    def scales(self) -> tuple[ScaleName, ...]:
        """Every scale measured, `distress` first within its questionnaire."""
        names = {
            (t.questionnaire, t.way, t.scale): None
            for session in self.sessions
            for t in trajectories(session.history)
        }
        questionnaires = list(dict.fromkeys((name[0], name[1]) for name in names))
        return tuple(
            sorted(names, key=lambda name: (questionnaires.index((name[0], name[1])), name[2] != "distress"))
        )

    @property
    def main_scales(self) -> tuple[ScaleName, ...]:
        """One scale of each questionnaire given: `distress`, else its first. `distress` comes first."""
        first = {name[:2]: name for name in reversed(self.scales)}
        given = [name for name in self.scales if first[name[:2]] == name]
        return tuple(sorted(given, key=lambda name: name[2] != "distress"))


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of one arm on one scale. `technique` is None where there is nothing to compare with.

    `little_induced`: `the scenario hardly raised it: 12.0 → 14.0`, empty when it did raise it. `higher_is`
    says what a higher score means. `own_change` and `control_change` are the two whose difference the
    technique effect is, at its point.
    """

    induction: Effect
    change: Effect
    residual: Effect
    technique: Effect | None
    little_induced: str = ""
    higher_is: Direction = "neither"
    own_change: Effect | None = None
    control_change: Effect | None = None


def gather(store: Store, session: str, *, whole_family: bool | None = None) -> Family:
    """The session from the record: a trunk with all its branches, a branch alone (None), or as asked.

    Raises NotFoundError for an unknown id.
    """
    wanted = store.session(session)
    if whole_family is None:
        whole_family = wanted.head.parent is None
    if whole_family:
        return family(store, [store.session(head.id) for head in store.family(session)])
    return family(store, [wanted])


def family(store: Store, members: Iterable[StoredSession]) -> Family:
    """These sessions of one family, in the order planned, with what the record knows of them."""
    ordered = tuple(sorted(members, key=is_control))
    first = ordered[0]
    trunk = store.family(first.head.id)[0].id if first.head.parent else None
    altered = {one.head.id: store.altered([one.head.id]) for one in ordered}
    return Family(ordered, trunk, store.checks(first.model.name), altered)


def is_control(session: StoredSession) -> bool:
    technique = session.head.plan.technique
    return technique is not None and technique.is_control


def course(session: StoredSession, name: ScaleName) -> Trajectory:
    """The session's trajectory of that scale, empty if it was not measured."""
    questionnaire, way, scale = name
    for found in trajectories(session.history):
        if (found.questionnaire, found.way, found.scale) == (questionnaire, way, scale):
            return found
    return Trajectory(questionnaire, way, scale, ())


def replies(session: StoredSession) -> ReplyValence:
    """How negative the session's replies are, turn by turn; empty unless its scenario is English."""
    return reply_valence(session.history, session.head.plan.scenario.language)


def reply_labels(family: Family) -> tuple[str, ...]:
    """The labels of all replies of the family in order; arms share those of equal label."""
    found = {
        (PHASES.index(point.phase), point.number, point.label)
        for session in family.sessions
        for point in replies(session).points
    }
    return tuple(dict.fromkeys(label for _, _, label in sorted(found)))


def effects(family: Family, session: StoredSession, name: ScaleName) -> Effects:
    """All effects of an arm on a scale."""
    own = course(session, name)
    control = family.control_for(session)
    technique = technique_effect(own, course(control, name)) if control else None
    both = technique is not None and technique.value is not None
    return Effects(
        induction_effect(own),
        change(own),
        residual(own),
        technique,
        small.clause() if (small := small_induction(session.head.plan, own)) else "",
        scale.higher_is if (scale := scale_of(session.head.plan, name)) else "neither",
        change(own, technique.at) if both and technique else None,
        change(course(control, name), technique.at) if both and technique and control else None,
    )


def points(family: Family) -> tuple[Point, ...]:
    """Every measurement point of the family, in order; arms share the points of equal label."""
    by_label: dict[str, Point] = {}
    for session in family.sessions:
        for measured in session.history.measured:
            by_label.setdefault(measured.point.label, measured.point)
    order = {"baseline": 0, "induction": 1, "technique": 2, "follow-up": 3}
    return tuple(sorted(by_label.values(), key=lambda point: (order[point.phase], point.number)))


def cell(point: TrajectoryPoint | None) -> str:
    """A score in a table: `?` after it when coverage was too low, nothing where it was not measured."""
    if point is None:
        return ""
    return numeral(point.value) + ("" if point.reliable else " ?")
