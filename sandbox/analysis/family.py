"""A shared start with its arms, read from the record: for an export, or to compare arms of several."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

from sandbox.analysis.arm import (
    Arm,
    arm_of,
    beginning,
    control_beside,
    in_place_of,
    main_scales,
    numbers,
    scales,
    skips,
)
from sandbox.analysis.effect import (
    Direction,
    Effect,
    change,
    induction_effect,
    residual,
    scale_of,
    technique_effect,
)
from sandbox.analysis.induction import small_induction
from sandbox.analysis.remarks import Remark, on_reading
from sandbox.analysis.reply_valence import REPLIES
from sandbox.analysis.suitability import Suitability
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.phase import Phase, Point
from sandbox.engine.plan import in_order
from sandbox.errors import NotFoundError, UsageError
from sandbox.models.provider import ModelDescription
from sandbox.store.afterwards import AskedAfterwards, asked_afterwards
from sandbox.store.integrity import Altered
from sandbox.store.progress import spent_in_each
from sandbox.store.session import StoredSession
from sandbox.store.store import Store
from sandbox.store.validity import StoredCheck
from sandbox.study.plan_changes import left_out_beside

Later = Mapping[str, tuple[AskedAfterwards, ...]]
"""By session, what was asked of it and of its ancestors afterwards."""


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


@dataclass(frozen=True)
class Family:
    """The sessions of one shared start in the order planned.

    `absent_trunk` is the id of the trunk when it holds a branch alone. `checks` are, by model, those that the
    record knows, the newest first. `altered` are, by session, the documents that were changed in the record,
    `later` what was asked of them afterwards.
    """

    planned: tuple[StoredSession, ...]
    absent_trunk: str | None = None
    checks: Mapping[str, tuple[StoredCheck, ...]] = field(default_factory=dict)
    altered: Mapping[str, tuple[Altered, ...]] = field(default_factory=dict)
    later: Later = field(default_factory=dict)
    _made: dict[str, Arm] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def sessions(self) -> tuple[StoredSession, ...]:
        """The trunk first, the controls last."""
        return tuple(sorted(self.planned, key=_is_control))

    @property
    def first(self) -> StoredSession:
        return self.sessions[0]

    @property
    def trunk(self) -> str:
        return self.absent_trunk or self.planned[0].head.id

    @cached_property
    def replaced(self) -> Mapping[str, str]:
        """The arms whose place a redo took, each with the id of the session that stands there now."""
        return in_place_of(self.planned)

    @cached_property
    def _known(self) -> dict[str, StoredSession]:
        return {session.head.id: session for session in self.planned}

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return numbers((session.head for session in self.planned), self.replaced)

    def holds(self, session: str | None) -> bool:
        return session in self._known

    def arm(self, session: str) -> Arm:
        """The session of that id as an arm, also the trunk or one whose place a redo took."""
        if session not in self._made:
            stored = self._known[session]
            self._made[session] = arm_of(
                stored,
                self.trunk,
                beginning(stored, self._known.get),
                checks=[check for known in self.checks.values() for check in known],
                answered_by=self._started_with(stored),
                altered=self.altered.get(session, ()),
                skips=skips(stored, self._known.get),
                number=self._numbers[session],
                place=list(self._known).index(session) - 1,
                replaces=[old for old, now in self.replaced.items() if now == session],
                replaced_by=self.replaced.get(session),
                later=self.later.get(session, ()),
            )
        return self._made[session]

    def _started_with(self, session: StoredSession | None) -> tuple[ModelDescription, ...]:
        """The models that a session and its ancestors were started with, the trunk's first."""
        if session is None:
            return ()
        before = self._started_with(self._known.get(session.head.parent or ""))
        return (*before, *(entry.model for entry in session.states if entry.model is not None))

    @cached_property
    def members(self) -> tuple[Arm, ...]:
        """Every session as an arm."""
        return tuple(self.arm(session.head.id) for session in self.sessions)

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """The sessions that go on from the trunk; the trunk alone when nothing branched from it.

        Without those whose place a redo took (`replaced`): they are in `sessions` and in the record.
        """
        standing = (one for one in self.members if one.replaced_by is None)
        return tuple(one for one in standing if not one.plan.is_trunk) or self.members

    @property
    def controls(self) -> tuple[Arm, ...]:
        return tuple(arm for arm in self.arms if arm.is_control)

    def called(self, control: Arm) -> str:
        """What a control is called in a sentence: `the control`, or its title where there are others."""
        return "the control" if len(self.controls) == 1 else control.title

    def control_for(self, arm: Arm) -> Arm | None:
        """The control that began where the arm did, rather a finished one; None for a control."""
        if arm.is_control or arm.plan.technique is None:
            return None
        return control_beside(arm, self.controls)

    def effects(self, arm: Arm, name: ScaleName) -> Effects:
        """All effects of an arm on a scale."""
        own, control = arm.course(name), self.control_for(arm)
        technique = technique_effect(own, control.course(name)) if control else None
        both = technique is not None and technique.value is not None
        return Effects(
            induction_effect(own),
            change(own),
            residual(own),
            technique,
            small.clause() if (small := small_induction(arm.asked, own)) else "",
            scale.higher_is if (scale := scale_of(arm.asked, name)) else "neither",
            change(own, technique.at) if both and technique else None,
            change(control.course(name), technique.at) if both and technique and control else None,
        )

    @property
    def suitabilities(self) -> tuple[Suitability, ...]:
        """Of each measure, whether it is known to work on the model."""
        return self.members[0].suitabilities

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What has to be said before the scores are read, of the main scale of each questionnaire."""
        return on_reading({arm.title: (arm,) for arm in self.arms}, self.main_scales)

    @property
    def cautions(self) -> tuple[str, ...]:
        """The remarks as sentences."""
        return tuple(remark.sentence for remark in self.remarks)

    @cached_property
    def scales(self) -> tuple[ScaleName, ...]:
        """Every scale of a questionnaire that was measured, `distress` first within its questionnaire."""
        return tuple(name for name in scales(self.members) if name != REPLIES)

    @property
    def main_scales(self) -> tuple[ScaleName, ...]:
        """One scale of each questionnaire given (`arm.main_scales`)."""
        return main_scales(self.scales)

    @cached_property
    def _order(self) -> tuple[Phase, ...]:
        return in_order(session.head.plan for session in self.planned)

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Every measurement point, in order; arms share the points of equal label."""
        by_label: dict[str, Point] = {}
        for session in self.planned:
            for measured in session.history.measured:
                by_label.setdefault(measured.point.label, measured.point)
        order = self._order
        return tuple(sorted(by_label.values(), key=lambda one: (order.index(one.phase), one.number)))

    @property
    def reply_labels(self) -> tuple[str, ...]:
        """The labels of all replies in order; arms share those of equal label."""
        found = {
            (self._order.index(point.phase), point.number, point.label)
            for one in self.members
            for point in one.replies.points
        }
        return tuple(dict.fromkeys(label for _, _, label in sorted(found)))


def _is_control(session: StoredSession) -> bool:
    technique = session.head.plan.technique
    return technique is not None and technique.is_control


# From the record


def gather(store: Store, session: str, *, whole_family: bool | None = None) -> Family:
    """The session from the record: a trunk with all its branches, a branch alone (None), or as asked.

    Raises NotFoundError for an unknown id.
    """
    heads = store.family(session)
    whole = session == heads[0].id if whole_family is None else whole_family
    ids = [head.id for head in heads] if whole else [session]
    stored = store.stored(ids)
    return family(store, [stored[id] for id in ids])


def gather_families(store: Store, families: Sequence[Sequence[str]]) -> tuple[Family, ...]:
    """Whole families by the ids of their members in the order planned, the trunk first, with all that is
    stored. The same few statements, however many they are. Raises NotFoundError.
    """
    everybody = [member for members in families for member in members]
    known, altered = store.stored(everybody), store.altered_in(everybody)
    later = asked_afterwards(store, known)
    checks = _checks(store, known.values(), later)
    return tuple(
        Family(tuple(known[id] for id in members), None, checks, altered, later) for members in families
    )


def family(store: Store, members: Iterable[StoredSession]) -> Family:
    """These sessions of one family, in the order planned, with what the record knows of them."""
    planned = tuple(members)
    first = planned[0].head
    trunk = store.family(first.id)[0].id if first.parent else None
    ids = [one.head.id for one in planned]
    later = asked_afterwards(store, ids)
    return Family(planned, trunk, _checks(store, planned, later), store.altered_in(ids), later)


def _checks(
    store: Store, sessions: Iterable[StoredSession], later: Later
) -> dict[str, tuple[StoredCheck, ...]]:
    names = {session.model.name for session in sessions}
    names |= {one.model.name for own in later.values() for one in own}
    return {name: store.checks(name) for name in names}


def gather_compared(
    store: Store, ids: Iterable[str], *, controls: bool = True, earlier: bool = False
) -> tuple[Arm, ...]:
    """The arms from the record; a trunk stands for all its branches. Raises NotFoundError, UsageError.

    With `controls` the control that stands beside an arm comes along, as every comparison needs it. Of a
    trunk's arms those are left out whose place a redo took; with `earlier` they come along, marked
    (`replaced_by`). A session named by itself always comes.
    """
    with _collector_paused():
        return _gathered(store, tuple(ids), controls=controls, earlier=earlier)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Python looks for garbage again and again while much is made of which nothing is garbage.

    A third of the time for 1,000 sessions went into that. Of two at once the first one ends the pause.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


def _gathered(store: Store, ids: tuple[str, ...], *, controls: bool, earlier: bool) -> tuple[Arm, ...]:
    trunks, families = _families(store, ids)
    wanted: dict[str, Family] = {}
    for id in ids:
        own = families[trunks[id]]
        standing = [
            one.head.id
            for one in own.planned
            if not one.head.plan.is_trunk and (earlier or one.head.id not in own.replaced)
        ]
        for one in (standing or [id]) if id == own.trunk else [id]:
            wanted.setdefault(one, own)
    if controls:
        chosen: dict[str, list[Arm]] = {trunk: [] for trunk in families}
        for id, own in wanted.items():
            chosen[own.trunk].append(own.arm(id))
        for trunk, own in families.items():
            wanted.update((control.id, own) for control in _missing_controls(chosen[trunk], own))
    if len(wanted) < 2:
        raise UsageError(
            "There is nothing to compare this session with.",
            todo="Name two sessions, or a shared start with several arms; `b` in the app adds an arm.",
        )
    arms = (own.arm(id) for id, own in wanted.items())
    shown = (replace(arm, replaced_by=None) if arm.id in ids else arm for arm in arms)
    left_out = left_out_beside(store, wanted)
    with store.reading() as db:
        took = spent_in_each(db, wanted.keys() | set(trunks.values()))
    return tuple(
        replace(arm, left_out=left_out, took={id: took[id] for id in {arm.id, arm.trunk} if id in took})
        for arm in shown
    )


def _families(store: Store, ids: Sequence[str]) -> tuple[dict[str, str], dict[str, Family]]:
    """The trunk of each session, and by trunk the family, as far as a comparison reads it."""
    heads = store.families(ids)
    trunks = {id: members[0].id for id, members in heads.items()}
    longest = {trunks[id]: heads[id] for id in sorted(ids, key=lambda id: len(heads[id]))}
    everybody = [head.id for members in longest.values() for head in members]
    known, altered = store.scores(everybody), store.altered_in(everybody)
    later = asked_afterwards(store, everybody)
    checks = _checks(store, known.values(), later)
    families = {
        trunk: Family(tuple(known[head.id] for head in members), None, checks, altered, later)
        for trunk, members in longest.items()
    }
    return trunks, {trunk: families[trunk] for trunk in dict.fromkeys(trunks[id] for id in ids)}


def _missing_controls(chosen: Sequence[Arm], own: Family) -> Iterator[Arm]:
    """The controls that stand beside the chosen arms of a family, of those without one among the chosen. One
    that was changed by hand or redone is not what others are measured against: the one planned comes along.

    Where none does, and no control was chosen, one of the family's all the same, rather a finished one.
    """
    candidates = own.controls
    ids = {arm.id for arm in chosen}
    here = [control for control in candidates if control.id in ids and not control.plan.goes_on]
    found = False
    for arm in chosen:
        alone = arm.plan.goes_on if arm.is_control else control_beside(arm, here) is None
        beside = control_beside(arm, candidates) if alone else None
        if beside is not None and beside.id not in ids:
            found = True
            yield beside
    if candidates and not here and not found:
        yield max(candidates, key=lambda one: (one.state == "finished", not one.plan.goes_on))


def chosen_scale(
    sessions: tuple[Arm, ...], scale: str | None = None, questionnaire: str | None = None
) -> ScaleName:
    """The scale of that id measured in most of the sessions; without one `distress`, else the first there is.

    Raises NotFoundError, naming what there is.
    """
    names = scales(sessions)
    if not names:
        raise _nothing_measured(sessions)
    questionnaire = _as_named(names, questionnaire)
    given = dict.fromkeys(name[0] for name in names)
    if questionnaire is not None and questionnaire not in given:
        raise NotFoundError(
            f"The questionnaire “{questionnaire}” was not given in these sessions.",
            todo=f"Given were: {', '.join(given)}.",
        )
    if scale is None:
        offered = [name for name in names if questionnaire in (None, name[0])]
        scale = next((name[2] for name in offered if name[2] == "distress"), offered[0][2])
    fitting = [name for name in names if name[2] == scale and questionnaire in (None, name[0])]
    if not fitting:
        there = ", ".join(dict.fromkeys(f"{name[2]} ({name[0]})" for name in names))
        raise NotFoundError(
            f"None of the sessions was measured with a scale “{scale}”.", todo=f"Measured were: {there}."
        )
    return max(fitting, key=lambda name: sum(bool(session.course(name).points) for session in sessions))


def _as_named(names: Iterable[ScaleName], questionnaire: str | None) -> str | None:
    """The name of its scores: where it was not measured in the run, that of what was asked afterwards."""
    given = list(dict.fromkeys(name[0] for name in names))
    if questionnaire is None or questionnaire in given:
        return questionnaire
    later = (one for one in given if one.startswith(f"{questionnaire}, asked afterwards"))
    return next(later, questionnaire)


def _nothing_measured(sessions: tuple[Arm, ...]) -> NotFoundError:
    states = sorted({session.state for session in sessions})
    unfinished = states != ["finished"]
    trunk = sessions[0].trunk
    were = "they have not begun" if states == ["planned"] else f"they are {' or '.join(states)}"
    return NotFoundError(
        f"Nothing was measured in these sessions: {were}.",
        where=trunk,
        todo=f"Go on with them: sandbox resume {trunk}, or name others: sandbox compare A B."
        if unfinished
        else "Name others: sandbox compare A B.",
    )
