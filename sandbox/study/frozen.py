"""A study's plan on its way into the record and out of it, and which sessions each of its cells comes to."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.errors import SandboxError, UsageError
from sandbox.library.study import Study
from sandbox.store.study import FrozenStudy, LogKind, SessionNow, StudyEntry, StudyRecord
from sandbox.study.conductor import Conductor
from sandbox.study.events import Ending
from sandbox.study.plan import StudyPlan, heads, plan_hash, session_ids
from sandbox.study.planning import planned


@dataclass(frozen=True, slots=True)
class Outline:
    """A frozen plan, and by the number of each cell the ids of its sessions, the trunk's first.

    Made once for a plan: with thousands of cells that takes a second.
    """

    plan: StudyPlan
    hash: str
    name: str
    cells: Mapping[int, tuple[str, ...]]

    @property
    def root(self) -> str:
        return self.plan.root


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A study as it is written now. `before`: the plan this one replaces; None: nothing changed, or it is the
    first."""

    outline: Outline
    before: StudyPlan | None


MakePlan = Callable[[str, str | None], StudyPlan]
"""From the study's root, and the hash of the plan before or None, to its plan."""


def take_up(conductor: Conductor, study: Study, make: MakePlan | None = None) -> TakenUp:
    """Plan the study as it is written and freeze it; what did not change is not planned a second time.

    `make` plans it, where that is not done from its document alone. What was run under an earlier plan of the
    same id is kept, and counts where the new plan has it too.
    Raises SandboxError for what cannot be run.
    """
    draft = drafted(conductor, study, make)
    try:
        freeze(conductor.studies, draft.outline.plan)
    except UsageError:  # another program was quicker with that name
        draft = drafted(conductor, study, make)
        freeze(conductor.studies, draft.outline.plan)
    return draft


def drafted(conductor: Conductor, study: Study, make: MakePlan | None = None) -> TakenUp:
    """The same without keeping it."""
    make = make or partial(planned, study, conductor)
    found = conductor.studies.newest(study.id)
    if found is None:
        return TakenUp(_outline(make(secrets.token_hex(8), None)), None)
    last = plan_of(found)
    plan = make(last.root, found.hash)
    if plan.model_copy(update={"before": last.before}) == last:
        return TakenUp(outline_of(found), None)
    return TakenUp(_outline(plan), last)


def freeze(studies: StudyRecord, plan: StudyPlan) -> Outline:
    """Keep the plan in the record under its hash, if it is not there; what it comes to.

    The study is called by its document's id. Raises UsageError when another study is called so.
    """
    outline = _outline(plan)
    studies.freeze(plan, hash=outline.hash, root=plan.root, name=outline.name, before=plan.before)
    return outline


def outline_of(found: FrozenStudy) -> Outline:
    """What a plan of the record comes to. Raises UsageError for one that this version cannot read."""
    plan = plan_of(found)
    return Outline(plan, found.hash, found.name, _cells(plan))


def members(studies: StudyRecord, root: str) -> tuple[str, ...]:
    """The ids of all sessions of the study's newest plan; none where this version cannot read it."""
    try:
        cells = outline_of(studies.named(root)).cells
    except SandboxError:
        return ()
    return tuple(id for ids in cells.values() for id in ids)


def plan_of(found: FrozenStudy) -> StudyPlan:
    """The plan as it was frozen. Raises UsageError for one that this version cannot read."""
    ours = StudyPlan.model_fields["format"].default
    if found.plan.get("format", ours) > ours:
        raise UsageError(
            "A newer version of the app planned this study.",
            where=found.name,
            todo="Install the newer version: `pip install --upgrade therapy-sandbox`.",
        )
    try:
        return StudyPlan.model_validate(found.plan)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise UsageError(
            f"This version cannot read the plan ({place}: {problem['msg']}).",
            where=found.name,
            todo="Run it with the version it was made with, or plan it anew: `sandbox study plan FILE`.",
        ) from error


def compared_arms(cells: Iterable[tuple[str, ...]], sessions: Mapping[str, SessionNow]) -> tuple[str, ...]:
    """What a comparison of these cells takes: the arms that the plan has, none that was removed.

    Not the shared start, which stands for all that ever left from it: also for arms of an earlier plan and
    those that somebody opened by hand. It stands for itself where the plan has no arm.
    """
    return tuple(id for trunk, *arms in cells for id in arms or [trunk] if sessions[id].state != "removed")


def _outline(plan: StudyPlan) -> Outline:
    return Outline(plan, plan_hash(plan), plan.study.id, _cells(plan))


def _cells(plan: StudyPlan) -> dict[int, tuple[str, ...]]:
    return {cell.number: session_ids(plan, cell) for cell in plan.cells}


# A study from another record


class _Line(BaseModel):
    model_config = ConfigDict(strict=True)


class _Look(_Line):
    plan: str
    repeats: int
    within: dict[str, float | None]
    enough: bool


class _Ended(_Line):
    ending: Ending
    seconds: float = 0.0


class _Cap(_Line):
    what: str


_READ: Mapping[LogKind, type[_Line]] = {"look": _Look, "ended": _Ended, "cap": _Cap}
"""What is read of a line of the log, by its kind; nothing is of the others."""


def read_once(plans: Sequence[FrozenStudy], log: Sequence[StudyEntry]) -> None:
    """Read all of a study that came from elsewhere as it will be read here: its plans' cells, and its log.

    Raises UsageError for a plan that this version cannot read, ValueError, KeyError or TypeError for one that
    contradicts itself and for a line that says not what its kind tells.
    """
    for found in plans:
        plan = outline_of(found).plan
        if plan.root != found.root:
            raise ValueError("the plan is of another study")
        seen: set[Any] = set()
        for cell in plan.cells:
            kind = (cell.model, cell.client, cell.scenario, cell.arms)
            if kind not in seen:
                seen.add(kind)
                heads(plan, cell)
    for entry in log:
        if entry.kind in _READ:
            _READ[entry.kind].model_validate(entry.detail)
