"""A session as a comparison sees it, and in what several of them differ besides the technique. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sandbox.analysis.arm import arm_title, redone_turn
from sandbox.analysis.beginning import Beginning
from sandbox.analysis.reply_valence import reply_trajectory
from sandbox.analysis.script import script_keys
from sandbox.analysis.suitability import Suitability, suitabilities
from sandbox.analysis.trajectory import ScaleName, Trajectory, TrajectoryPoint, trajectories
from sandbox.engine.guidance import Guidance
from sandbox.engine.history import Turn
from sandbox.engine.phase import Point
from sandbox.engine.plan import Measure, SessionPlan
from sandbox.library.document import Document, document_hash
from sandbox.models.name import short_name
from sandbox.store.session import StoredSession
from sandbox.store.state import State
from sandbox.store.validity import StoredCheck


@dataclass(frozen=True, slots=True)
class ComparedSession:
    """One session: its plan, scores and turns, where it belongs (`trunk`: its oldest ancestor or itself).

    Sessions of one trunk continue from the same state: that is what pairs them. `place` counts the trunk's
    branches from 0, in the order planned; a trunk has −1. `suitabilities` say whether its measures are known
    to work on its model. `redone` is the turn whose reply it asked for again, `replaces` the versions of the
    arm whose place it took, `replaced_by` the session that took its own place, if it is shown beside it.
    `record_cautions`: what the record itself says against its scores.
    """

    id: str
    trunk: str
    began: Beginning
    plan: SessionPlan
    state: State
    courses: tuple[Trajectory, ...]
    turns: tuple[Turn, ...] = ()
    suitabilities: tuple[Suitability, ...] = ()
    place: int = 0
    redone: str | None = None
    replaces: tuple[str, ...] = ()
    replaced_by: str | None = None
    record_cautions: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the arm is called beside others (analysis/arm.py)."""
        return arm_title(self.plan, self.redone, earlier=self.replaced_by is not None)

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
    checks: Iterable[StoredCheck] = (),
    place: int = 0,
    replaces: Iterable[str] = (),
    replaced_by: str | None = None,
    record_cautions: Iterable[str] = (),
) -> ComparedSession:
    """The session from the record; `trunk` is the id of its oldest ancestor, `checks` are of its model.

    `place` is its place among the trunk's branches; for `replaces`, `replaced_by` and
    `record_cautions` see there.
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
        turns=session.history.turns,
        suitabilities=suitabilities(head.plan, session.model, checks),
        place=place,
        redone=redone_turn(session),
        replaces=tuple(replaces),
        replaced_by=replaced_by,
        record_cautions=tuple(record_cautions),
    )


def scales(sessions: Sequence[ComparedSession]) -> tuple[ScaleName, ...]:
    """Every scale measured in any of them, `distress` first within its questionnaire."""
    names = list(dict.fromkeys(course.name for session in sessions for course in session.courses))
    given = list(dict.fromkeys(name[:2] for name in names))
    return tuple(sorted(names, key=lambda name: (given.index(name[:2]), name[2] != "distress")))


_CONDITIONS: tuple[tuple[str, Callable[[SessionPlan], tuple[object, str]]], ...] = (
    ("model", lambda plan: (plan.model, short_name(plan.model))),
    ("scenario", lambda plan: _named(plan.scenario)),
    ("client", lambda plan: _named(plan.client)),
    ("measures", lambda plan: (plan.measures, _measures(plan))),
    ("administration", lambda plan: (plan.administration, plan.administration.replace("_", " "))),
    ("follow-up", lambda plan: _named(plan.follow_up)),
)


def conditions_that_differ(sessions: Sequence[ComparedSession]) -> tuple[str, ...]:
    """A sentence a condition in which the sessions differ, since that too can make a difference."""
    found = []
    for name, look in _CONDITIONS:
        seen: list[tuple[object, str]] = []
        for session in sessions:
            one = look(session.plan)
            if one not in seen:
                seen.append(one)
        if len(seen) > 1:
            said = list(dict.fromkeys(text for _, text in seen))
            versions = "" if len(said) > 1 else f" in {len(seen)} versions"
            found.append(f"They differ in {name}: {' | '.join(said)}{versions}.")
    return (*found, *_therapists(sessions), *_technique_texts(sessions))


def _therapists(sessions: Sequence[ComparedSession]) -> Iterator[str]:
    """Where guided arms were guided by different models, or with different prompts."""
    seen = {session.guidance.model_dump_json(): session.guidance for session in sessions if session.guidance}
    if len(seen) > 1:
        models = list(dict.fromkeys(guidance.model for guidance in seen.values()))
        versions = "" if len(models) > 1 else f" with {len(seen)} prompts"
        yield f"They differ in therapist model: {' | '.join(models)}{versions}."


def _technique_texts(sessions: Sequence[ComparedSession]) -> Iterator[str]:
    """Where the script of a technique is not the same in all its arms."""
    texts: dict[str, set[str]] = {}
    said = [session.plan.technique for session in sessions if session.plan.technique is not None]
    keys = script_keys(said)
    for technique in said:
        texts.setdefault(technique.id, set()).add(keys[document_hash(technique)])
    for id, found in texts.items():
        if len(found) > 1:
            yield f"They differ in technique text: {id} in {len(found)} versions."


def repeated_trunks(sessions: Sequence[ComparedSession]) -> int:
    """How many trunks repeat another one: same model, client, scenario and seed. No evidence more."""
    trunks = {session.trunk: session.plan for session in sessions}
    kinds = {
        (p.model, document_hash(p.client), document_hash(p.scenario), p.administration, p.seed)
        for p in trunks.values()
    }
    return len(trunks) - len(kinds)


def _named(document: Document | None) -> tuple[object, str]:
    return document, document.id if document else "none"


def _measures(plan: SessionPlan) -> str:
    return ", ".join(map(_measure, plan.measures)) or "none"


def _measure(measure: Measure) -> str:
    form = f", {measure.form}" if measure.form != "batch" else ""
    shuffled = f", {' and '.join(measure.shuffled)} shuffled" if measure.shuffled else ""
    return f"{measure.questionnaire.id} by {measure.way}{form}{shuffled}"
