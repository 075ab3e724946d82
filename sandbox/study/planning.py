"""From a study's document to its plan: the documents it names, what each model is asked, every cell in order.

Runs nothing and asks no service.
"""

from collections.abc import Sequence

from sandbox.errors import UsageError
from sandbox.library.document import Document, document_hash
from sandbox.library.study import Study
from sandbox.library.technique import Technique
from sandbox.models.name import full_name
from sandbox.study.conductor import Conductor
from sandbox.study.order import arms_in_order, places_in_order
from sandbox.study.plan import Arm, Cell, StudyPlan
from sandbox.study.proposal import Proposal

MOST_SESSIONS = 100_000
"""More than this in one study is taken for a slip of the hand."""


def planned(study: Study, conductor: Conductor, root: str, before: str | None = None) -> StudyPlan:
    """The plan of a study; `root` names it through all its plans, `before` is the hash of the one before it.

    Raises SandboxError for what cannot be run: a document that is absent or wrong, a measure that a model
    cannot be asked, a control that is too short, a technique that a clinician types, more sessions than one
    study holds.
    """
    _refuse_too_many(study)
    models = tuple(dict.fromkeys(map(full_name, study.models)))
    trunks = []
    for model in models:
        trunk, *branches = conductor.composed(_proposal(study, model))
        trunks.append(trunk.plan)
    techniques = [head.plan.technique for head in branches if head.plan.technique is not None]
    _refuse_unfit(techniques)
    clients = [conductor.library.client(id) for id in study.clients]
    scenarios = [conductor.library.scenario(id) for id in study.scenarios]
    told_last = [one for one in (trunks[0].follow_up,) if one is not None]
    documents: list[Document] = [*clients, *scenarios, *techniques, *told_last]
    arms = [Arm(technique=document_hash(technique)) for technique in techniques]
    seeds = study.all_seeds
    places = places_in_order(root, len(models), len(clients), len(scenarios), len(seeds))
    return StudyPlan(
        root=root,
        before=before,
        study=study,
        documents={document_hash(one): one for one in documents},
        measures={trunk.model: trunk.measures for trunk in trunks},
        cells=tuple(
            Cell(
                number=number,
                model=models[place.model],
                client=document_hash(clients[place.client]),
                scenario=document_hash(scenarios[place.scenario]),
                repeat=place.repeat + 1,
                seed=seeds[place.repeat],
                arms=ordered,
            )
            for number, (place, ordered) in enumerate(
                zip(places, arms_in_order(root, places, arms), strict=True), 1
            )
        ),
    )


def _proposal(study: Study, model: str) -> Proposal:
    """What is common to all cells of a model, with the first client and scenario."""
    return Proposal(
        scenario=study.scenarios[0],
        techniques=(*study.techniques, *(study.controls or ())),
        control=study.controls is None,
        client=study.clients[0],
        measures=study.measures,
        shuffled=study.shuffled,
        model=model,
        administration=study.administration,
        follow_up=study.follow_up,
        therapist=study.therapist,
    )


def _refuse_too_many(study: Study) -> None:
    trunks = len(study.models) * len(study.clients) * len(study.scenarios) * study.runs
    arms = len(study.techniques) + (1 if study.controls is None else len(study.controls))
    sessions = trunks * (1 + arms * len(study.designs))
    if sessions > MOST_SESSIONS:
        raise UsageError(
            f"This study has {sessions:,} sessions: more than {MOST_SESSIONS:,}.",
            where=study.id,
            todo="Lower its repeats, or make several studies of it.",
        )


def _refuse_unfit(techniques: Sequence[Technique]) -> None:
    """Raises UsageError for a technique that a clinician types, or a control that is shorter than one."""
    for technique in techniques:
        if technique.delivery == "live":
            raise UsageError(
                f"“{technique.id}” is delivered live: a clinician types it, and a study runs alone.",
                todo="Leave it out of the study, or make a scripted or guided technique of it.",
            )
    longest = max((len(one.steps) for one in techniques if not one.is_control), default=0)
    for technique in techniques:
        if technique.is_control and len(technique.steps) < longest:
            raise UsageError(
                f"The control “{technique.id}” has {len(technique.steps)} steps, a technique {longest}.",
                todo="Give the control more steps, or choose another.",
            )
