"""The appendix that answers GUIDE-LLM as far as the record can: what is left is for the author to fill in.

GUIDE-LLM 1.0 (Feuerriegel and others 2026, www.llm-checklist.com): 14 core items on what has to be told of a
study with language models. The items are put here in words of our own, under their own numbers.
"""

from collections.abc import Iterator, Mapping, Sequence

from sandbox.analysis.arm import Arm
from sandbox.analysis.reported import ReportOn
from sandbox.engine.plan import SessionPlan
from sandbox.export.report.blocks import Block, Heading, Paragraph, Table
from sandbox.library.document import Document
from sandbox.models.hosted import stays_here
from sandbox.models.provider import ModelDescription
from sandbox.text import number_of, spans

AUTHOR = "— for the author"
"""Stands where only the author can answer."""
_ALWAYS = ("temperature", "max_tokens")
"""Parameters that are told also where they are nothing."""


def guide_llm(on: ReportOn) -> Iterator[Block]:
    """A row an item: its number, what it asks, what the record says."""
    rows = tuple(_rows(on))
    yield Heading("Appendix: GUIDE-LLM")
    left = [number for number, _, answer in rows if AUTHOR in answer]
    yield Paragraph(
        "The 14 core items of GUIDE-LLM 1.0 (www.llm-checklist.com), answered from the record. Only the"
        f" author can answer or complete {', '.join(left)}."
    )
    yield Table("What is told of the language models", ("item", "asks for", "answer"), rows, numbers_from=9)


def _rows(on: ReportOn) -> Iterator[tuple[str, str, str]]:
    plans = [arm.plan for arm in on.arms]
    yield "A.1", "what models were used for", _use(plans)
    yield "A.2", "how far people were in the loop", f"{by_people(on.arms)} Who watched over it: {AUTHOR}"
    yield "B.1", "which models, exactly, and when", _models(on)
    yield "B.2", "how they were reached, in one chat or in single calls", _access(on)
    yield "B.3", "temperature and the like, seeds, number of runs", _parameters(on)
    yield "B.4", "what was added to the model", _customised(plans)
    yield (
        "B.5",
        "memory from one session to the next",
        "No: each session is a conversation of its own, and a model is sent nothing but that.",
    )
    yield (
        "C.1",
        "the exact prompts",
        "What was said in one run stands under “What was said”; the texts of all documents are in the record,"
        " under the hashes above, and in a bundle of it (`sandbox export data`). Where that is to be found:"
        f" {AUTHOR}",
    )
    yield "C.2", "system-wide instructions", _systems(plans)
    yield (
        "D.1",
        "personal or sensitive data",
        f"The app adds none: clients are simulated. Whether a text was drawn from a person: {AUTHOR}",
    )
    yield "E.1", "whether people checked what models wrote", AUTHOR
    yield "E.2", "what was done to the models' answers", _processed(on)
    yield (
        "F.1",
        "code and scripts that can be had",
        "Every call was made by this app from the documents above. Link to app, documents and record:"
        f" {AUTHOR}",
    )
    yield "G.1", "funding, support, relationships", AUTHOR


def _use(plans: list[SessionPlan]) -> str:
    said = ["as the object of study: models play a simulated client and answer questionnaires"]
    if any(plan.guidance for plan in plans):
        said.append("a model words the steps of guided techniques")
    drafted = [
        document.title for document in _documents(plans) if document.source.drafted_by == "language model"
    ]
    if drafted:
        said.append(f"a model drafted the texts of {', '.join(drafted)}")
    return f"{'; '.join(said)[:1].upper()}{'; '.join(said)[1:]}."


def _documents(plans: list[SessionPlan]) -> tuple[Document, ...]:
    found: dict[tuple[str, str], Document] = {}
    for plan in plans:
        asked = (measure.questionnaire for measure in plan.measures)
        for one in (plan.scenario, plan.technique, plan.client, plan.follow_up, *asked):
            if one is not None:
                found.setdefault((type(one).__name__, one.id), one)
    return tuple(found.values())


def by_people(arms: Sequence[Arm]) -> str:
    """What people did by hand in these sessions."""
    turns = [turn for arm in arms for turn in arm.turns if turn.origin != "scenario"]
    live = sum(turn.origin == "live" for turn in turns)
    skipped = sum(skip.reason == "clinician" for arm in arms for skip in arm.skips)
    did = [
        said
        for count, said in (
            (live, f"typed {live} of {len(turns)} turns of the therapist"),
            (skipped, f"left out {number_of(skipped, 'step')}"),
            *(
                (number, f"{what} in {number_of(number, 'session')}")
                for what, number in (
                    ("changed a step of the script", sum(arm.plan.edited is not None for arm in arms)),
                    ("asked for a reply again", sum(arm.plan.redo is not None for arm in arms)),
                )
            ),
        )
        if count
    ]
    if not did:
        return "Automatic: nobody typed, changed or left out a turn."
    return f"A person {', '.join(did)}; the rest ran automatically."


def _models(on: ReportOn) -> str:
    said = []
    for model in dict.fromkeys((arm.model.name, arm.model.title) for arm in on.arms):
        facts = next(arm.model.facts for arm in on.arms if (arm.model.name, arm.model.title) == model)
        told = [f"{name} {value}" for name, value in facts.items()]
        said.append(f"{model[1]} ({', '.join((model[0], *told))})")
    spoken = dict.fromkeys(arm.plan.guidance.model for arm in on.arms if arm.plan.guidance)
    said += [f"therapist: {name}" for name in spoken]
    days = sorted({f"{at:%Y-%m-%d}" for one in on.drawn for at in (one.first, one.last) if at is not None})
    when = f" Called {days[0]}" + (f" to {days[-1]}." if len(days) > 1 else ".") if days else ""
    return f"{'; '.join(said)}.{when}"


def _access(on: ReportOn) -> str:
    aside = {arm.plan.administration for arm in on.arms} == {"aside"}
    asked = (
        "questionnaires are asked on side copies of it, in one call or more each time, and leave no trace"
        if aside
        else "questionnaires are asked within it"
    )
    models = {arm.model.name: arm.model for arm in on.arms}
    here = [model.title for model in models.values() if on_this_machine(model)]
    elsewhere = [model.title for model in models.values() if not on_this_machine(model)]
    reached = [
        f"{how}: {', '.join(titles)}."
        for how, titles in (("On this machine", here), ("By the API of a service", elsewhere))
        if titles
    ]
    if told := {arm.plan.guidance.model for arm in on.arms if arm.plan.guidance} - models.keys():
        reached.append(f"Where {', '.join(sorted(told))} ran is not in the record: {AUTHOR}.")
    return f"{' '.join(reached)} Each session is one conversation; {asked}."


def on_this_machine(model: ModelDescription) -> bool:
    """Weights that the app read itself, or a server on this machine."""
    service = "/" in model.name and not model.name.startswith("gguf:")
    return not service or stays_here(model.name, model.facts.get("server", ""))


def _parameters(on: ReportOn) -> str:
    said = dict.fromkeys(
        f"{one.purpose}: {', '.join(_told(one.parameters))}"
        for one in on.drawn
        if one.parameters.get("temperature") is not None
    )
    seeds = spans(sorted({arm.plan.seed for arm in on.arms}))
    runs = len({arm.trunk for arm in on.arms})
    return f"{'; '.join(said)}. Runs: {runs}; seeds {seeds}."


def _told(parameters: Mapping[str, object]) -> Iterator[str]:
    for name, value in parameters.items():
        words = name.replace("_", " ")
        if isinstance(value, Mapping):
            yield from _told(value)
        elif isinstance(value, list) and value:
            yield f"{words} at {', '.join(map(repr, value))}"
        elif name in _ALWAYS or (value and not isinstance(value, bool)):
            yield f"{words} {value}"


def _customised(plans: list[SessionPlan]) -> str:
    said = ["The app added nothing: no fine-tuning, retrieval, tools, web search or agents."]
    if any(plan.client.small_model.examples or plan.client.small_model.opening for plan in plans):
        said.append(
            "A model that is marked as small is shown the client's example turns, and its replies are opened"
            " for it; both stand in the client's document."
        )
    said.append(f"What the model's maker did (instruction tuning, quantisation): {AUTHOR}")
    return " ".join(said)


def _systems(plans: list[SessionPlan]) -> str:
    texts = dict.fromkeys((plan.client.title, plan.client.told_first) for plan in plans)
    return " ".join(f"{title}: “{text}”" for title, text in texts)


def _processed(on: ReportOn) -> str:
    cut = any(one.parameters.get("cut_to_sentence") for one in on.drawn)
    return (
        ("Replies are cut after their last full sentence. " if cut else "")
        + "A written answer that cannot be read is asked for again, twice at most, and is then missing;"
        " nothing is guessed, and no answer is changed. Answers by likelihood are renormalised over the"
        " options, with their coverage kept."
    )
