"""A study's plan from sessions that were composed one by one, where no document says which belong to it."""

from collections.abc import Sequence

from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.library.document import Document, document_hash
from sandbox.library.study import Study
from sandbox.study.plan import Arm, Cell, StudyPlan


def series_plan(
    study: Study,
    runs: Sequence[tuple[SessionHead, ...]],
    seeds: Sequence[int],
    root: str,
    before: str | None = None,
) -> StudyPlan:
    """Each of the runs (a trunk with its branches) with each seed, in that order.

    `study` says what is common to all: how questionnaires are given, who speaks guided techniques.
    """
    documents: dict[str, Document] = {}
    cells: list[Cell] = []
    for trunk, *branches in runs:
        client, scenario = (_kept(documents, one) for one in (trunk.plan.client, trunk.plan.scenario))
        arms = tuple(_arm(documents, branch.plan) for branch in branches)
        for repeat, seed in enumerate(seeds, 1):
            cells.append(
                Cell(
                    number=len(cells) + 1,
                    model=trunk.plan.model,
                    client=client,
                    scenario=scenario,
                    repeat=repeat,
                    seed=seed,
                    arms=arms,
                )
            )
    return StudyPlan(
        root=root,
        before=before,
        study=study,
        documents=documents,
        measures={trunk.plan.model: trunk.plan.measures for trunk, *_ in runs},
        cells=tuple(cells),
    )


def _arm(documents: dict[str, Document], plan: SessionPlan) -> Arm:
    technique = _kept(documents, plan.technique) if plan.technique is not None else None
    return Arm(technique=technique, stretches=plan.stretches)


def _kept(documents: dict[str, Document], document: Document) -> str:
    name = document_hash(document)
    documents[name] = document
    return name
