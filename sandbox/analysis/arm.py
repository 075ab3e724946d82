"""An arm: a session with where it began, its one title, its trajectories, and which control stands beside it.

Pure: what the record knows of a session is given to `arm_of`.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.analysis.afterwards import later_courses, later_measures
from sandbox.analysis.reply_valence import ReplyValence, as_trajectory, reply_valence
from sandbox.analysis.suitability import Suitability, later_suitabilities, suitabilities
from sandbox.analysis.trajectory import ScaleName, Trajectory, TrajectoryPoint, trajectories
from sandbox.engine.guidance import Guidance
from sandbox.engine.history import History, Skip, Turn
from sandbox.engine.phase import USUAL, Point, Stretches, technique_first
from sandbox.engine.plan import SessionHead, SessionPlan, arm_title
from sandbox.library.technique import DEFAULT_CONTROL
from sandbox.models.provider import ModelDescription
from sandbox.store.afterwards import AskedAfterwards
from sandbox.store.integrity import Altered
from sandbox.store.progress import Spent
from sandbox.store.session import StoredSession
from sandbox.store.state import State
from sandbox.store.validity import StoredCheck

# Where it began


@dataclass(frozen=True, slots=True)
class Beginning:
    """The session it left and the turn of the whole history after which its own technique began.

    `turns` of that history were technique turns already, said under `of` (titles of techniques): of a session
    that left in the middle of one. Its measurements up to `t{turns}` are not its own technique's. `stretches`
    are what it goes through: before the scenario is not without it.
    """

    parent: str | None
    after_turn: int
    turns: int = 0
    of: str = ""
    stretches: Stretches = USUAL

    def remark(self, title: str) -> str:
        """Whose the first rows of the session are where they are not all its own, and what its changes are
        counted from where that is not after the scenario."""
        of, said = self.of, []
        if self.turns:
            said.append(
                f"{title} left in the middle of {of}. Up to t{self.turns} its rows are those of {of}."
            )
        if "technique" not in self.stretches:
            said.append(f"{title} has no technique: its change is how far answers move by themselves.")
        elif technique_first(self.stretches):
            said.append(
                f"In {title} the scenario came after the technique. Its changes are counted from baseline,"
                " and the technique effect is the difference after the scenario."
            )
        elif "induction" not in self.stretches:
            said.append(f"In {title} no scenario was told. Its changes are counted from baseline.")
        return " ".join(said)


def beginning(session: StoredSession, find: Callable[[str], StoredSession | None]) -> Beginning:
    """Where its technique began: a redo, or a branch with a changed step, goes on with that of the session
    it left.

    `find` gives an ancestor by its id, None if it is not at hand.
    """
    parent, inherited = session.head.parent, session.history.inherited
    stretches = session.head.plan.stretches
    turns = sum(turn.phase == "technique" for turn in session.history.turns[:inherited])
    goes_on = session.head.plan.goes_on
    if parent is None or not (turns or goes_on):
        return Beginning(parent, inherited, stretches=stretches)
    left = find(parent)
    if left is None:
        return Beginning(parent, inherited, turns, f"session {parent}", stretches)
    before = beginning(left, find)
    technique = left.head.plan.technique
    if technique is None or goes_on:
        return before if technique is not None else Beginning(parent, inherited, stretches=stretches)
    of = before.of if turns <= before.turns else " and ".join(filter(None, (before.of, technique.title)))
    return Beginning(parent, inherited, turns, of, stretches)


def own_after(session: StoredSession) -> int:
    """The turn of the whole history after which its own part begins: where it left its parent, or the step
    comes that is said otherwise; the last turn, where that was not said yet."""
    history, edited = session.history, session.head.plan.edited
    if edited is None:
        return history.inherited
    said = (turn.index for turn in session.own_turns if turn.step == edited.step)
    return next(said, len(history.turns) + 1) - 1


def skips(session: StoredSession, find: Callable[[str], StoredSession | None]) -> tuple[Skip, ...]:
    """The steps left out before and in it, those of the session it goes on with among them."""
    left = find(session.head.parent) if session.head.plan.goes_on and session.head.parent else None
    before = skips(left, find) if left is not None else ()
    kept = (skip for skip in before if skip.after_turn <= session.history.inherited)
    return (*kept, *session.history.skips)


# What it is called


def redone_turn(session: StoredSession) -> str | None:
    """The turn whose reply the session asks for again, as `s2` or `t3`; None when it is no redo."""
    redo, history = session.head.plan.redo, session.history
    return None if redo is None else redo.place(history.turns[: history.inherited])


def in_place_of(sessions: Iterable[StoredSession]) -> dict[str, str]:
    """The arms whose place a redo took, each with the id of the session that stands there now.

    An arm and all its redos are versions of one arm. The newest stands for it, but one that has not begun or
    was cut short does so only where no other was finished. Of a control the first that was finished stands,
    and later redos beside it: what everything is measured against does not change by itself.
    """
    known = {session.head.id: session for session in sessions}
    versions: dict[str, list[StoredSession]] = {}
    for session in known.values():
        if not session.head.plan.is_trunk:
            versions.setdefault(_first_version(session, known), []).append(session)
    found: dict[str, str] = {}
    for group in versions.values():
        now = _standing(group)
        stay = ("finished", "running") if _said_by_a_finished_control(now) else ()
        gone = (one for one in group if one is not now and one.state.now not in stay)
        found.update({one.head.id: now.head.id for one in gone})
    return found


def _said_by_a_finished_control(session: StoredSession) -> bool:
    technique = session.head.plan.technique
    return technique is not None and technique.is_control and session.state.now == "finished"


def _first_version(session: StoredSession, known: dict[str, StoredSession]) -> str:
    while session.head.plan.redo is not None and session.head.parent in known:
        parent = known[session.head.parent or ""]
        if parent.head.plan.is_trunk:
            break
        session = parent
    return session.head.id


def _standing(versions: Sequence[StoredSession]) -> StoredSession:
    """The one of an arm's versions, in the order planned, that stands for it."""

    def worth(session: StoredSession) -> int:
        state = session.state.now
        if state in ("finished", "running"):
            return 2
        return int(state != "planned" and bool(session.own_turns))

    return next(filter(_said_by_a_finished_control, versions), None) or max(reversed(versions), key=worth)


def numbers(heads: Iterable[SessionHead], replaced: Container[str]) -> dict[str, int]:
    """By id, the how manieth of its title each session of a family is, in the order planned.

    `replaced` are the ids of those whose place a redo took.
    """
    given: Counter[tuple[str, int | None]] = Counter()
    found = {}
    for head in heads:
        redone = head.parent_turn if head.plan.redo is not None else None
        title = arm_title(head.plan, earlier=head.id in replaced), redone
        given[title] += 1
        found[head.id] = given[title]
    return found


# The arm


@dataclass(frozen=True, slots=True)
class Arm:
    """One session: its plan, scores and turns, where it belongs (`trunk`: its oldest ancestor or itself).

    Sessions of one trunk continue from the same state: that is what pairs them. `place` counts the trunk's
    branches from 0, in the order planned; a trunk has −1. `suitabilities` say whether its measures are known
    to work on its model. `redone` is the turn whose reply it asked for again, `replaces` the versions of the
    arm whose place it took, `replaced_by` the session that took its own place, if it is shown beside it.
    `replies` says how negative the client's replies are, turn by turn.
    `skips` has those of the session it redoes as well. `number` counts the family's sessions of one title.
    `measured_in` names the session that made each of `history.measured`. `answered_by` are the models it and
    its ancestors were started with; `model` is the last of them, since one that was never started knows its
    model's name alone. `altered` are the documents that were changed in the record. `later` is what was asked
    when it was over. `planned` is when it was planned, the same for all that were planned together.
    `left_out` says what else was run of the study whose results it is compared in (`left_out_beside`).
    `took`: what the calls of its own and of its trunk took, by their ids.
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
    replies: ReplyValence = field(default_factory=ReplyValence)
    later: tuple[AskedAfterwards, ...] = ()
    planned: datetime | None = None
    left_out: tuple[str, ...] = ()
    took: Mapping[str, Spent] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the arm is called beside others."""
        name = arm_title(self.plan, self.redone, earlier=self.replaced_by is not None)
        return name if self.number == 1 else f"{name} {self.number}"

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self.history.turns

    @property
    def asked(self) -> SessionPlan:
        """The plan with what was asked afterwards among its measures: what its scales are looked up in."""
        if not self.later:
            return self.plan
        measures = (*self.plan.measures, *later_measures(self.later, self.plan))
        return self.plan.model_copy(update={"measures": measures})

    @property
    def is_control(self) -> bool:
        return self.plan.technique is not None and self.plan.technique.is_control

    @property
    def guidance(self) -> Guidance | None:
        """The therapist model that spoke in it. A plan names one for its guided branches, others leave it."""
        return self.plan.guided_by

    @property
    def technique_turns(self) -> int:
        """The turns of the technique taken, inherited ones too."""
        return sum(turn.phase == "technique" for turn in self.turns)

    @property
    def begun(self) -> bool:
        """Whether it went on from where it began: one that is only planned did not."""
        return self.state == "finished" or len(self.turns) > self.began.after_turn

    @property
    def measured(self) -> bool:
        """Whether anything was measured after it began: what never began stands for no run."""
        return any(one.point.after_turn > self.began.after_turn for own in self.courses for one in own.points)

    def ended(self, name: ScaleName) -> bool:
        """Whether its last score on that scale is one of its end: what was broken off has none."""
        told = self.course(name).telling
        return self.state == "finished" or (bool(told) and told[-1].phase == "follow-up")

    def course(self, name: ScaleName) -> Trajectory:
        """The trajectory of that scale, empty if it was not measured."""
        for course in self.courses:
            if course.scale == name[2] and course.name == name:
                return course
        return Trajectory(*name, (), self.plan.stretches)

    def is_own(self, point: Point) -> bool:
        """Whether what was measured there is its own technique's, and not of one it left in the middle."""
        return point.phase != "technique" or point.number > self.began.turns

    def at(self, name: ScaleName, label: str) -> TrajectoryPoint | None:
        return self.course(name).at(label)


def control_beside(arm: Arm, controls: Iterable[Arm]) -> Arm | None:
    """The control that began where the arm did: from then on, only what is said differs.

    The first one planned, rather a finished one, and rather one that is said as it was planned: one that
    joined later, was changed by hand or redone is an arm of its own. Of that control rather the session with
    as many steps as the arm has: it is cut anew when a longer technique joins.
    """

    def worth(control: Arm) -> tuple[bool, bool]:
        return control.state == "finished", not control.plan.goes_on

    fitting = sorted((one for one in controls if one.began == arm.began), key=as_planned)
    first = max(fitting, key=worth, default=None)
    if first is None:
        return None
    alike = (one for one in fitting if worth(one) == worth(first) and _technique(one) == _technique(first))
    return next((one for one in alike if _steps(one) == _steps(arm)), first)


def as_planned(control: Arm) -> tuple[float, bool, str]:
    """What orders controls: when they were planned; of those planned together the usual one, then their ids.

    A study draws the order of the arms anew for each start, and its reference is to be one text all the same.
    """
    if control.planned is None:
        return float(control.place), False, ""
    id = _technique(control)
    return control.planned.timestamp(), id != DEFAULT_CONTROL, id


def _technique(arm: Arm) -> str:
    return arm.plan.technique.id if arm.plan.technique is not None else ""


def _steps(arm: Arm) -> int:
    return len(arm.plan.technique.steps) if arm.plan.technique is not None else 0


def arm_of(
    session: StoredSession,
    trunk: str,
    began: Beginning,
    *,
    checks: Iterable[StoredCheck],
    answered_by: Iterable[ModelDescription],
    altered: Iterable[Altered],
    skips: Iterable[Skip],
    number: int,
    place: int,
    replaces: Iterable[str],
    replaced_by: str | None,
    later: Iterable[AskedAfterwards],
) -> Arm:
    """The session from the record; `trunk` is the id of its oldest ancestor, `checks` are of its model.

    For the rest see Arm.
    """
    head = session.head
    own = own_after(session)
    replies = reply_valence(session.history, head.plan.scenario.language, own)
    tone = as_trajectory(replies, head.plan.stretches)
    later, checks, answered_by = tuple(later), tuple(checks), tuple(answered_by)
    model = next((one for one in reversed(answered_by) if one.name == head.plan.model), session.model)
    return Arm(
        id=head.id,
        trunk=trunk,
        began=began,
        plan=head.plan,
        state=session.state.now,
        courses=(
            *trajectories(session.history, head.plan.stretches, own),
            *later_courses(later, head.plan, own),
            *([tone] if tone.points else []),
        ),
        history=session.history,
        measured_in=session.measured_in,
        skips=tuple(skips),
        model=model,
        answered_by=answered_by,
        suitabilities=(
            *suitabilities(head.plan, model, checks),
            *later_suitabilities(later, head.plan, checks),
        ),
        altered=tuple(map(str, altered)),
        place=place,
        number=number,
        redone=redone_turn(session),
        replaces=tuple(replaces),
        replaced_by=replaced_by,
        replies=replies,
        later=later,
        planned=session.created,
    )


def main_scales(names: Sequence[ScaleName]) -> tuple[ScaleName, ...]:
    """One scale of each questionnaire given: `distress`, else its first. `distress` comes first."""
    first = {name[:2]: name for name in reversed(names)}
    given = [name for name in names if first[name[:2]] == name]
    return tuple(sorted(given, key=lambda name: name[2] != "distress"))


def scales(sessions: Sequence[Arm]) -> tuple[ScaleName, ...]:
    """Every scale measured in any of them, `distress` first within its questionnaire."""
    names = list(dict.fromkeys(course.name for session in sessions for course in session.courses))
    given = list(dict.fromkeys(name[:2] for name in names))
    return tuple(sorted(names, key=lambda name: (given.index(name[:2]), name[2] != "distress")))
