"""The library as a page to read: what there is, where it comes from, under which licence; not the texts.

Documents that cannot be used are left out; `sandbox validate` names them.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar, get_args
from urllib.parse import quote

from sandbox.export.markdown_text import inline
from sandbox.export.table import markdown_table
from sandbox.library.catalogue import Library
from sandbox.library.client import Client
from sandbox.library.codebook import Codebook
from sandbox.library.document import Document, Kind, Reference
from sandbox.library.form import Form
from sandbox.library.lint import most_turns
from sandbox.library.questionnaire import (
    CompletionQuestionnaire,
    Questionnaire,
    RatingQuestionnaire,
    WordQuestionnaire,
)
from sandbox.library.scenario import Affect, Scenario
from sandbox.library.study import Study
from sandbox.library.task import Task
from sandbox.library.technique import Family, Technique
from sandbox.text import number_of

D = TypeVar("D", bound=Document)

_KINDS = {"rating": "ratings", "word": "next-word probe", "completion": "sentence completion"}

_INTRODUCTION = """\
# Catalogue

All scenarios, techniques, questionnaires, clients, studies, forms and codebooks at hand, made from the
documents themselves with `sandbox catalogue --to docs/catalogue.md`. To read one whole: `sandbox preview ID`.

The affect is simulated: text a model produces, not something felt. Nothing here is a treatment."""


def catalogue_page(library: Library) -> str:
    """The page in Markdown, ending in a line break."""
    parts = (
        _INTRODUCTION,
        *_scenarios(_all(library, "scenario", Scenario)),
        *_techniques(_all(library, "technique", Technique)),
        *_questionnaires(
            (
                *_all(library, "questionnaire", RatingQuestionnaire),
                *_all(library, "questionnaire", WordQuestionnaire),
                *_all(library, "questionnaire", CompletionQuestionnaire),
            )
        ),
        *_clients(_all(library, "client", Client)),
        *_studies(_all(library, "study", Study)),
        *_forms(_all(library, "form", Form)),
        *_codebooks(_all(library, "codebook", Codebook)),
    )
    return "\n\n".join(parts) + "\n"


def _all(library: Library, kind: Kind, type_: type[D]) -> tuple[D, ...]:
    documents = (entry.document for entry in library.entries(kind))
    return tuple(document for document in documents if isinstance(document, type_))


def _scenarios(scenarios: Sequence[Scenario]) -> Iterator[str]:
    yield f"## Scenarios ({len(scenarios)})"
    yield (
        "By the affect each is meant to induce. The intensity is the writer's judgement of the situation for "
        "a person; it is not measured."
    )
    for affect in get_args(Affect):
        mine = [scenario for scenario in scenarios if scenario.affect == affect]
        if mine:
            yield f"### {'Neutral' if affect == 'none' else affect.capitalize()}"
            yield markdown_table(
                (
                    "scenario",
                    "what happens",
                    "intensity",
                    "part of life",
                    "method",
                    "turns",
                    "content warning",
                ),
                [_scenario_row(scenario) for scenario in sorted(mine, key=_by_intensity)],
            )
            yield from _after(mine)


def _by_intensity(scenario: Scenario) -> tuple[int, str]:
    order = {None: 0, "mild": 1, "moderate": 2, "strong": 3}
    return order[scenario.intensity], scenario.id


def _scenario_row(scenario: Scenario) -> tuple[str, ...]:
    return (
        f"`{scenario.id}`",
        f"**{inline(scenario.title)}.** {inline(scenario.description)}",
        scenario.intensity or "",
        inline(scenario.domain or ""),
        inline(scenario.source.method or ""),
        " + ".join((str(len(scenario.turns)), *map(_task, scenario.tasks))),
        inline(", ".join(scenario.content_warning)),
    )


def _task(task: Task) -> str:
    most = task.most_questions
    return f"task of {most} question" if most == 1 else f"task of up to {most} questions"


def _after(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """The publications that scenarios lean on."""
    for scenario in scenarios:
        if scenario.references:
            yield f"`{scenario.id}` is drawn from:"
            yield "\n".join(f"- {_reference(reference)}" for reference in scenario.references)


def _techniques(techniques: Sequence[Technique]) -> Iterator[str]:
    controls = sum(technique.is_control for technique in techniques)
    yield f"## Techniques ({len(techniques) - controls}) and controls ({controls})"
    for family in get_args(Family):
        for technique in techniques:
            if technique.family == family:
                cautions = [f"Cautions: {inline(technique.cautions)}"] if technique.cautions else []
                why = f"Why: {inline(technique.rationale)}"
                yield from _entry(
                    technique, technique.references, _technique_facts(technique), why, *cautions
                )


def _technique_facts(technique: Technique) -> str:
    steps, most = len(technique.steps), most_turns(technique)
    fewest = sum(step.when is None for step in technique.steps)
    turns = f"{steps} steps" if fewest == most else f"{steps} steps, {fewest} to {most} turns"
    return f"{technique.family} · {technique.delivery} · {turns}"


def _questionnaires(questionnaires: Sequence[Questionnaire]) -> Iterator[str]:
    yield f"## Questionnaires ({len(questionnaires)})"
    yield (
        "Only those that ask about *right now* belong between turns. `score('…')` in a technique takes the "
        "name of a scale."
    )
    for one in sorted(questionnaires, key=lambda each: (each.timeframe != "right now", each.id)):
        count = number_of(len(one.items), "item")
        facts = f"{_KINDS[one.kind]} · {count} · asks about: {one.timeframe}"
        yield from _entry(one, one.references, facts, _scales(one))


def _scales(questionnaire: Questionnaire) -> str:
    return markdown_table(
        ("scale", "items", "score", "from", "to", "higher is"),
        [
            (
                f"`{scale.id}`",
                str(len(scale.items)),
                scale.method if scale.multiply == 1 else f"{scale.method} × {scale.multiply:g}",
                f"{scale.range[0]:g}",
                f"{scale.range[1]:g}",
                scale.higher_is,
            )
            for scale in questionnaire.scales
        ],
    )


def _clients(clients: Sequence[Client]) -> Iterator[str]:
    yield f"## Clients ({len(clients)})"
    yield markdown_table(
        ("client", "who"),
        [
            (f"`{client.id}`", f"**{inline(client.title)}.** {inline(client.description)}")
            for client in clients
        ],
    )


def _studies(studies: Sequence[Study]) -> Iterator[str]:
    yield f"## Studies ({len(studies)})"
    for study in studies:
        yield from _entry(study, study.references, " · ".join(_matrix(study)))


def _forms(forms: Sequence[Form]) -> Iterator[str]:
    yield f"## Forms for reviewers ({len(forms)})"
    for form in forms:
        asked = ", ".join(f"`{item.id}`" for item in form.items)
        yield from _entry(form, form.references, f"{len(form.items)} questions: {asked}")


def _codebooks(codebooks: Sequence[Codebook]) -> Iterator[str]:
    yield f"## Codebooks ({len(codebooks)})"
    for codebook in codebooks:
        tags = ", ".join(f"`{tag.id}`" for tag in codebook.tags)
        yield from _entry(codebook, codebook.references, f"{len(codebook.tags)} tags: {tags}")


def _matrix(study: Study) -> Iterator[str]:
    """What it runs, in sizes."""
    for number, noun in (
        (len(study.scenarios), "scenario"),
        (len(study.techniques), "technique"),
        (len(study.all_controls), "control"),
        (study.runs, "repeat"),
        (study.trunks * (1 + study.arms), "session"),
    ):
        yield number_of(number, noun)


def _entry(document: Document, references: Sequence[Reference], facts: str, *more: str) -> Iterator[str]:
    """A document under its title: what it is, what else is to be said of it, where it comes from."""
    yield f"### {inline(document.title)}"
    source = f"By {inline(document.source.author)}; first draft by a {document.source.drafted_by}."
    lines = [f"`{document.id}` · {facts}", inline(document.description), *more]
    lines.append(f"{source} Licence: {inline(document.licence)}.")
    if references:
        lines.append("\n".join(f"- {_reference(reference)}" for reference in references))
    yield "\n\n".join(lines)


def _reference(reference: Reference) -> str:
    title = inline(reference.title)
    if reference.doi is None:
        return title
    return f"{title} [doi:{inline(reference.doi)}](<https://doi.org/{quote(reference.doi, safe='/:;().')}>)"
