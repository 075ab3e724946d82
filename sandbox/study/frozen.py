"""A study's plan on its way into the record and out of it, and which sessions each of its cells comes to."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from sandbox.errors import UsageError
from sandbox.store.study import FrozenStudy, StudyRecord
from sandbox.study.plan import StudyPlan, plan_hash, session_ids


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


def freeze(studies: StudyRecord, plan: StudyPlan) -> Outline:
    """Keep the plan in the record under its hash, if it is not there; what it comes to.

    The study is called by its document's id. Raises UsageError when another study is called so.
    """
    name = plan.study.id
    hash = plan_hash(plan)
    studies.freeze(plan, hash=hash, root=plan.root, name=name, before=plan.before)
    return _outline(plan, hash, name)


def outline_of(found: FrozenStudy) -> Outline:
    """What a plan of the record comes to. Raises UsageError for one that this version cannot read."""
    return _outline(plan_of(found), found.hash, found.name)


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


def _outline(plan: StudyPlan, hash: str, name: str) -> Outline:
    return Outline(plan, hash, name, {cell.number: session_ids(plan, cell) for cell in plan.cells})
