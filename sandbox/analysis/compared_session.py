"""A session as a comparison sees it. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.analysis.arm import arm_title, redone_turn
from sandbox.analysis.beginning import Beginning
from sandbox.analysis.reply_valence import reply_trajectory
from sandbox.analysis.suitability import Suitability, suitabilities
from sandbox.analysis.trajectory import ScaleName, Trajectory, TrajectoryPoint, trajectories
from sandbox.engine.guidance import Guidance
from sandbox.engine.history import History, Skip, Turn
from sandbox.engine.phase import Point
from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.models.provider import ModelDescription
from sandbox.store.integrity import Altered
from sandbox.store.session import StoredSession
from sandbox.store.state import State, StateEntry
from sandbox.store.validity import StoredCheck


@dataclass(frozen=True, slots=True)
class ComparedSession:
    """One session: its plan, scores and turns, where it belongs (`trunk`: its oldest ancestor or itself).

    Sessions of one trunk continue from the same state: that is what pairs them. `place` counts the trunk's
    branches from 0, in the order planned; a trunk has −1. `suitabilities` say whether its measures are known
    to work on its model. `redone` is the turn whose reply it asked for again, `replaces` the versions of the
    arm whose place it took, `replaced_by` the session that took its own place, if it is shown beside it.
    `skips` has those of the session it redoes as well. `number` counts the family's sessions of one title.
    `measured_in` names the session that made each of `history.measured`. `answered_by` are the models it and
    its ancestors were started with, `altered` the documents that were changed in the record.
    """

    id: str
    trunk: str
    began: Beginning
    plan: SessionPlan
    state: State
    courses: tuple[Trajectory, ...]
    model: ModelDescription
    history: History = field(default_factory=History)
    measured_in: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()
    answered_by: tuple[ModelDescription, ...] = ()
    suitabilities: tuple[Suitability, ...] = ()
    altered: tuple[str, ...] = ()
    place: int = 0
    number: int = 1
    redone: str | None = None
    replaces: tuple[str, ...] = ()
    replaced_by: str | None = None

    @property
    def title(self) -> str:
        """What the arm is called beside others (analysis/arm.py)."""
        name = arm_title(self.plan, self.redone, earlier=self.replaced_by is not None)
        return name if self.number == 1 else f"{name} {self.number}"

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self.history.turns

    @property
    def is_control(self) -> bool:
        return self.plan.technique is not None and self.plan.technique.is_control

    @property
    def guidance(self) -> Guidance | None:
        """The therapist model that spoke in it. A plan names one for its guided branches, others leave it."""
        technique = self.plan.technique
        return self.plan.guidance if technique is not None and technique.delivery == "guided" else None

    @property
    def technique_turns(self) -> int:
        """The turns of the technique taken, inherited ones too; before the first, its number of steps."""
        taken = sum(turn.phase == "technique" for turn in self.turns)
        return taken or (len(self.plan.technique.steps) if self.plan.technique else 0)

    def course(self, name: ScaleName) -> Trajectory:
        """The trajectory of that scale, empty if it was not measured."""
        return next((c for c in self.courses if c.name == name), Trajectory(*name, ()))

    def is_own(self, point: Point) -> bool:
        """Whether what was measured there is its own technique's, and not of one it left in the middle."""
        return point.phase != "technique" or point.number > self.began.turns

    def at(self, name: ScaleName, label: str) -> TrajectoryPoint | None:
        return self.course(name).at(label)


def compared_session(
    session: StoredSession,
    trunk: str,
    began: Beginning,
    *,
    checks: Iterable[StoredCheck],
    answered_by: Iterable[ModelDescription],
    altered: Iterable[Altered],
    skips: Iterable[Skip],
    number: int,
    place: int = 0,
    replaces: Iterable[str] = (),
    replaced_by: str | None = None,
) -> ComparedSession:
    """The session from the record; `trunk` is the id of its oldest ancestor, `checks` are of its model.

    For the rest see ComparedSession.
    """
    head = session.head
    replies = reply_trajectory(session.history, head.plan.scenario.language)
    return ComparedSession(
        id=head.id,
        trunk=trunk,
        began=began,
        plan=head.plan,
        state=session.state.now,
        courses=(*trajectories(session.history), *([replies] if replies.points else [])),
        history=session.history,
        measured_in=session.measured_in,
        skips=tuple(skips),
        model=session.model,
        answered_by=tuple(answered_by),
        suitabilities=suitabilities(head.plan, session.model, checks),
        altered=tuple(map(str, altered)),
        place=place,
        number=number,
        redone=redone_turn(session),
        replaces=tuple(replaces),
        replaced_by=replaced_by,
    )


def started_with(
    head: SessionHead, heads: Mapping[str, SessionHead], states: Callable[[str], Iterable[StateEntry]]
) -> tuple[ModelDescription, ...]:
    """The models that a session and its ancestors were started with; `states` reads a session's log."""
    line: list[SessionHead] = [head]
    while (parent := heads.get(line[-1].parent or "")) is not None:
        line.append(parent)
    entries = (entry for one in reversed(line) for entry in states(one.id))
    return tuple(entry.model for entry in entries if entry.model is not None)


def scales(sessions: Sequence[ComparedSession]) -> tuple[ScaleName, ...]:
    """Every scale measured in any of them, `distress` first within its questionnaire."""
    names = list(dict.fromkeys(course.name for session in sessions for course in session.courses))
    given = list(dict.fromkeys(name[:2] for name in names))
    return tuple(sorted(names, key=lambda name: (given.index(name[:2]), name[2] != "distress")))
