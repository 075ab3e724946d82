"""A study from another record: all of it read once as it will be read here, before it is kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from sandbox.store.study import FrozenStudy, LogKind, StudyEntry
from sandbox.study.events import Ending
from sandbox.study.frozen import outline_of
from sandbox.study.plan import heads


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
    """Make each kind of cell of the plans, and read the log.

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
