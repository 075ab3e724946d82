"""A study's plan: every cell with its seed and its place in the order, frozen before the first call.

A cell is one trunk with its branches. Ids of sessions follow from the study's root and from what is run, so
that a cell is the same wherever and whenever it is met: what the record has is not run again, and no two
processes run it twice. A later plan of the same study names the one before it and keeps its root.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny

from sandbox.engine.phase import Phase
from sandbox.engine.plan import Measure
from sandbox.library.document import Document
from sandbox.library.study import Study

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_ID_LENGTH = 12


class Arm(BaseModel):
    """A branch: the technique's hash (None: only measured again) and the stretches it goes through.

    As in a session's plan (engine/plan: `STRETCHES` has those of each design, `leaves_at` the turn it leaves
    from), an arm without a technique has no stretch for one: a plan that has is a trunk.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    technique: str | None
    stretches: tuple[Phase, ...] = ("induction", "technique", "follow-up")


class Cell(BaseModel):
    """One trunk with its branches, in the order they are run. Documents are named by their hashes.

    `number` is the cell's place in the order of the study, from 1; `repeat` counts from 1 within its model,
    client and scenario.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    model: str
    client: str
    scenario: str
    repeat: int
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    arms: tuple[Arm, ...]


class StudyPlan(BaseModel):
    """What is going to be run: the study as it was written, its documents, what is measured, and every cell.

    `root` names the study through all its plans; `before` is the hash of the plan this one replaces.
    `measures` are by model, since not every model can be asked everything.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = 1
    root: str
    before: str | None = None
    study: Study
    documents: dict[str, SerializeAsAny[Document]]
    measures: dict[str, tuple[Measure, ...]]
    cells: tuple[Cell, ...]


def plan_hash(plan: StudyPlan) -> str:
    """SHA-256 of the plan, in hexadecimal: its name."""
    said = json.dumps(plan.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def session_id(root: str, *content: str | int | float | None) -> str:
    """The id of a session of the study: twelve letters and digits that follow from root and content alone.

    Measures are not part of the content: a questionnaire that is added later is asked of the stored session.
    """
    digest = int.from_bytes(hashlib.sha256(json.dumps([root, *content]).encode()).digest(), "big")
    return "".join(_letters(digest, _ID_LENGTH))


def _letters(number: int, count: int) -> Iterator[str]:
    for _ in range(count):
        number, letter = divmod(number, len(_LETTERS))
        yield _LETTERS[letter]
