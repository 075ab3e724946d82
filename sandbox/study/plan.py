"""A study's plan: every cell with its seed and its place in the order, frozen before the first call.

A cell is one trunk with its branches. Ids of sessions follow from the study's root and from what is run, so
that a cell is the same wherever and whenever it is met: what the record has is not run again, and no two
processes run it twice. A later plan of the same study names the one before it and keeps its root.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny

from sandbox.engine.guidance import guidance_for
from sandbox.engine.measure import Measure, written
from sandbox.engine.phase import Phase
from sandbox.engine.plan import SessionHead, SessionPlan, leaves_at
from sandbox.library.client import Client
from sandbox.library.document import Document, document_hash
from sandbox.library.lint import scales_named
from sandbox.library.scenario import Scenario
from sandbox.library.study import Study
from sandbox.library.technique import Technique
from sandbox.models.name import full_name

D = TypeVar("D", bound=Document)

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


def heads(plan: StudyPlan, cell: Cell) -> tuple[SessionHead, ...]:
    """The sessions of a cell: the trunk, then its branches in the order they are run."""
    trunk, *branches = session_ids(plan, cell)
    start = _trunk(plan, cell)
    return (
        SessionHead(id=trunk, plan=start),
        *(
            SessionHead(
                id=id,
                plan=_branch(plan, arm, start),
                parent=trunk,
                parent_turn=leaves_at(arm.stretches),
            )
            for id, arm in zip(branches, cell.arms, strict=True)
        ),
    )


def session_ids(plan: StudyPlan, cell: Cell) -> tuple[str, ...]:
    """The ids of the same, without the rest: of many thousand cells in a second.

    They follow from whatever shapes what is said. Measures do not, unless they are given inside the
    conversation, or a technique goes by their scores.
    """
    study = plan.study
    drawn = (study.sampling.temperature, study.sampling.max_tokens)
    inside = _measured(plan, cell.model) if study.administration == "in_conversation" else ()
    content = (cell.model, cell.client, cell.scenario, cell.seed, *drawn, study.administration, *inside)
    return (
        _session_id(plan.root, *content),
        *(_session_id(plan.root, *content, *_shaping(plan, cell.model, arm)) for arm in cell.arms),
    )


def _trunk(plan: StudyPlan, cell: Cell) -> SessionPlan:
    study = plan.study
    techniques = [_document(plan, arm.technique, Technique) for arm in cell.arms if arm.technique]
    follow_up = _follow_up(plan)
    return SessionPlan(
        model=cell.model,
        client=_document(plan, cell.client, Client),
        scenario=_document(plan, cell.scenario, Scenario),
        measures=plan.measures[cell.model],
        seed=cell.seed,
        administration=study.administration,
        follow_up=_document(plan, follow_up, Scenario) if follow_up else None,
        guidance=guidance_for(techniques, full_name(study.therapist or cell.model)),
        sampling=study.sampling,
    )


def _branch(plan: StudyPlan, arm: Arm, trunk: SessionPlan) -> SessionPlan:
    technique = _document(plan, arm.technique, Technique) if arm.technique else None
    return trunk.model_copy(update={"technique": technique, "stretches": arm.stretches})


def _document(plan: StudyPlan, hash: str, kind: type[D]) -> D:
    found = plan.documents[hash]
    if not isinstance(found, kind):
        raise TypeError(f"document {hash} of the plan is no {kind.__name__.lower()}")
    return found


def _follow_up(plan: StudyPlan) -> str | None:
    """The hash of the scenario that is told before the last measurement."""
    named = plan.study.follow_up
    if named is None:
        return None
    scenarios = ((hash, one) for hash, one in plan.documents.items() if isinstance(one, Scenario))
    return next(hash for hash, one in scenarios if one.id == named)


def _shaping(plan: StudyPlan, model: str, arm: Arm) -> tuple[str | None, ...]:
    """What shapes a branch beside its trunk."""
    study = plan.study
    content = [arm.technique, *arm.stretches, _follow_up(plan)]
    if arm.technique is not None:
        technique = _document(plan, arm.technique, Technique)
        if technique.delivery == "guided":
            content.append(full_name(study.therapist or model))
        if scales := {scale for _, scale in scales_named(technique)}:
            content += _measured(plan, model, scales)
    return tuple(content)


def _measured(plan: StudyPlan, model: str, scales: Collection[str] | None = None) -> tuple[str, ...]:
    """The measures as they are written, with the hashes of their questionnaires: those with such a scale."""
    return tuple(
        f"{written(measure)} {','.join(measure.shuffled)} {document_hash(measure.questionnaire)}"
        for measure in plan.measures[model]
        if scales is None or any(scale.id in scales for scale in measure.questionnaire.scales)
    )


def _session_id(root: str, *content: str | int | float | None) -> str:
    """The id of a session of the study: twelve letters and digits that follow from root and content alone.

    Measures are not part of the content: a questionnaire that is added later is asked of the stored session.
    """
    digest = int.from_bytes(hashlib.sha256(json.dumps([root, *content]).encode()).digest(), "big")
    return "".join(_letters(digest, _ID_LENGTH))


def _letters(number: int, count: int) -> Iterator[str]:
    for _ in range(count):
        number, letter = divmod(number, len(_LETTERS))
        yield _LETTERS[letter]
