"""From a study's document, or sessions composed one by one, to a plan: documents, measures, cells in order.

Runs nothing. Only `look_at_models` asks a service.
"""

from collections.abc import Mapping, Sequence

from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.errors import UsageError
from sandbox.library.catalogue import Library
from sandbox.library.document import Document, InvalidDocument, document_hash
from sandbox.library.study import Study
from sandbox.library.study_fit import misfits
from sandbox.library.technique import Technique
from sandbox.models.name import full_name
from sandbox.study.conductor import Conductor
from sandbox.study.order import arms_in_order, places_in_order, wordings_in_order
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
    if wrong := misfits(study, conductor.library):
        raise InvalidDocument(wrong[:1])
    models = tuple(dict.fromkeys(map(full_name, study.models)))
    trunks = []
    for model in models:
        trunk, *branches = conductor.composed(_proposal(study, model))
        trunks.append(trunk.plan)
    told = [head.plan for head in branches]
    techniques = [plan.technique for plan in told if plan.technique is not None]
    clients = [conductor.library.client(id) for id in study.clients]
    scenarios = [conductor.library.scenario(id) for id in study.scenarios]
    told_last = [one for one in (trunks[0].follow_up,) if one is not None]
    texts = _texts(study, techniques, conductor.library)
    said = [text for wordings in texts.values() for text in wordings]
    documents: list[Document] = [*clients, *scenarios, *said, *told_last]
    arms = [
        Arm(
            technique=document_hash(plan.technique) if plan.technique else None,
            stretches=plan.stretches,
        )
        for plan in told
    ]
    seeds = study.all_seeds
    places = places_in_order(root, len(models), len(clients), len(scenarios), len(seeds))
    wordings = wordings_in_order(root, places, max(map(len, texts.values()), default=1))
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
                arms=tuple(_said_in(wording, arm, texts) for arm in ordered),
            )
            for number, (place, ordered, wording) in enumerate(
                zip(places, arms_in_order(root, places, arms), wordings, strict=True), 1
            )
        ),
    )


def series_plan(
    study: Study,
    runs: Sequence[tuple[SessionHead, ...]],
    seeds: Sequence[int],
    root: str,
    before: str | None = None,
) -> StudyPlan:
    """The plan where no document says what belongs to it: each of the runs (a trunk with its branches) with
    each seed, in that order.

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


def _texts(
    study: Study, techniques: Sequence[Technique], library: Library
) -> Mapping[str, Sequence[Technique]]:
    """By the hash of each technique, what is said at each wording of the study, the technique's own first.

    A control has its own text in all of them.
    """
    spread = {}
    if study.wordings == "spread":
        spread = {document_hash(one): library.technique(one.id) for one in techniques if not one.is_control}
    count = max((one.wordings for one in spread.values()), default=1)
    found = {}
    for one in techniques:
        written = spread.get(document_hash(one), one)
        found[document_hash(one)] = (one, *(written.worded(n) for n in range(1, count)))
    return found


def _said_in(wording: int, arm: Arm, texts: Mapping[str, Sequence[Technique]]) -> Arm:
    if not wording or arm.technique is None:
        return arm
    return arm.model_copy(update={"technique": document_hash(texts[arm.technique][wording])})


async def look_at_models(study: Study, conductor: Conductor) -> None:
    """Make one short call to each model of which nobody knows yet if it gives the log-probabilities that the
    study needs: what is planned afterwards fits its answer. Raises SandboxError as `Conductor.runnable` does.
    """
    for name in study.models:
        if model := conductor.unsure(_proposal(study, name)):
            await model.find_out()


def _proposal(study: Study, model: str) -> Proposal:
    """What is common to all cells of a model, with the first client and scenario."""
    return Proposal(
        scenario=study.scenarios[0],
        techniques=(*study.techniques, *study.all_controls),
        control=False,
        client=study.clients[0],
        measures=study.measures,
        shuffled=study.shuffled,
        model=model,
        administration=study.administration,
        follow_up=study.follow_up,
        therapist=study.therapist,
        designs=study.designs,
    )


def _refuse_too_many(study: Study) -> None:
    sessions = study.trunks * (1 + study.arms)
    if sessions > MOST_SESSIONS:
        raise UsageError(
            f"This study has {sessions:,} sessions: more than {MOST_SESSIONS:,}.",
            where=study.id,
            todo="Lower its repeats, or make several studies of it.",
        )
