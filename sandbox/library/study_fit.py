"""Whether what a study names is there, and fits together: what only shows across files. Runs nothing."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from sandbox.errors import Problem, Route, SandboxError, UsageError
from sandbox.library.catalogue import WORD_PROBE, Library, document_files
from sandbox.library.document import FOLDERS, Document, InvalidDocument, Kind, is_id
from sandbox.library.loading import SUFFIX, kind_of, load_file, located, read_values
from sandbox.library.questionnaire import Questionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.study import Study, measure_id
from sandbox.library.technique import Technique
from sandbox.library.validation_error import suggestion
from sandbox.text import excerpt

_ID = re.compile(r"^id:[ \t]*[\"']?([a-z0-9-]+)[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)
_HEAD = 1 << 16

_USUAL_MEASURES = (WORD_PROBE, "affect-ratings")
"""One of them is measured at least where the study names none."""


def misfits(study: Study, library: Library) -> tuple[Problem, ...]:
    """Why the study cannot be run with the documents at hand; nothing of the models it is to run on."""
    found: dict[Route, Document] = {}
    problems = list(_claimed_twice(study, library))
    for at, kind, id in _named(study):
        try:
            found[at] = library.document(kind, id)
        except SandboxError as error:
            problems.append(Problem(error.what, at, error.todo))
    arms = {at: one for at, one in found.items() if isinstance(one, Technique)}
    problems += _live(arms)
    problems += _no_controls(arms)
    problems += _short_controls(study, arms)
    problems += _one_wording(study, arms)
    problems += _told_last(found.get(("follow_up",)))
    problems += _unmeasured(study, library)
    return tuple(problems)


def _named(study: Study) -> Iterator[tuple[Route, Kind, str]]:
    for n, id in enumerate(study.scenarios):
        yield ("scenarios", n), "scenario", id
    for n, id in enumerate(study.techniques):
        yield ("techniques", n), "technique", id
    for n, id in enumerate(study.controls or ()):
        yield ("controls", n), "technique", id
    if study.controls is None:
        for id in study.all_controls:
            yield (), "technique", id
    for n, id in enumerate(study.clients):
        yield (("clients", n) if "clients" in study.model_fields_set else ()), "client", id
    for n, text in enumerate(study.measures):
        yield ("measures", n), "questionnaire", measure_id(text)
    if study.follow_up is not None:
        yield ("follow_up",), "scenario", study.follow_up


def _claimed_twice(study: Study, library: Library) -> Iterator[Problem]:
    """Which of two files is meant by an id is not guessed."""
    named = list(_named(study))
    for kind in dict.fromkeys(kind for _, kind, _ in named):
        claims = _claims(library.workspace.content(kind))
        for at, of_kind, id in named:
            files = claims.get(id, [])
            if of_kind == kind and len(files) > 1:
                what = f"two files have the id “{id}”: {', '.join(path.name for path in files)}"
                yield Problem(what, at, "every document needs an id of its own: rename or delete one")


def _claims(folder: Path) -> dict[str, list[Path]]:
    claims: dict[str, list[Path]] = defaultdict(list)
    for path in document_files(folder):
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                said = _ID.search(file.read(_HEAD))
        except OSError:
            continue
        if said:
            claims[said[1]].append(path)
    return claims


def _live(arms: dict[Route, Technique]) -> Iterator[Problem]:
    for at, technique in arms.items():
        if technique.delivery == "live":
            what = f"“{technique.id}” is delivered live: a clinician types it, and a study runs alone"
            yield Problem(what, at, "leave it out, or make a scripted or guided technique of it")


def _no_controls(arms: dict[Route, Technique]) -> Iterator[Problem]:
    for at, technique in arms.items():
        if at[:1] == ("controls",) and not technique.is_control:
            hint = "name it under techniques, or give it family: control"
            yield Problem(f"“{technique.id}” is no control", at, hint)


def _short_controls(study: Study, arms: dict[Route, Technique]) -> Iterator[Problem]:
    """A control is cut to the longest technique, and cannot be made longer."""
    longest = max((one for one in arms.values() if not one.is_control), key=_steps, default=None)
    if longest is None:
        return
    for at, technique in arms.items():
        if technique.is_control and _steps(technique) < _steps(longest):
            what = (
                f"the control “{technique.id}” has {_steps(technique)} steps, the technique"
                f" “{longest.id}” {_steps(longest)}"
            )
            yield Problem(what, at, "give the control more steps, or choose another")


def _one_wording(study: Study, arms: dict[Route, Technique]) -> Iterator[Problem]:
    told = [one for one in arms.values() if not one.is_control]
    if study.wordings == "spread" and told and all(one.wordings == 1 for one in told):
        hint = "add variants to a step of one of them, or leave wordings out"
        yield Problem("no step of its techniques has variants to spread", ("wordings",), hint)


def _steps(technique: Technique) -> int:
    return len(technique.steps)


def _told_last(follow_up: Document | None) -> Iterator[Problem]:
    if isinstance(follow_up, Scenario) and follow_up.tasks:
        what = f"“{follow_up.id}” cannot be told before the last measurement: it has tasks"
        yield Problem(what, ("follow_up",), "choose a neutral scenario without tasks, such as doing-laundry")


def _unmeasured(study: Study, library: Library) -> Iterator[Problem]:
    """A stop rule that goes by a score nobody takes would never stop."""
    if study.stop is None:
        return
    scales: list[str] = []
    for text in study.measures or _USUAL_MEASURES:
        try:
            questionnaire: Questionnaire = library.questionnaire(measure_id(text))
        except SandboxError:
            return  # told already
        scales += [scale.id for scale in questionnaire.scales]
    if study.stop.scale not in scales:
        known = f"scales measured: {', '.join(dict.fromkeys(scales))}"
        hint = suggestion(study.stop.scale, tuple(scales), known)
        yield Problem(f"nothing measures the scale “{study.stop.scale}”", ("stop", "scale"), hint)


def find_study(text: str, library: Library, name: str | None = None) -> Study:
    """The study of that id in the library or, of a path, the one in that file, if it can be run.

    Raises NotFoundError, InvalidDocument with what is wrong at its place, and UsageError for a file that has
    the id of another study of the library: under one name only one of them can be planned. `name` is planned
    in place of its id.
    """
    path = Path(text)
    apart = path.suffix.lower() in {SUFFIX, ".yml"} or len(path.parts) > 1
    if not apart:
        path = library.path("study", text)
    elif path.absolute().parent.name in FOLDERS.values() and (kind := kind_of(path)) != "study":
        raise UsageError(
            f"This is a {kind}, not a study.",
            where=str(path),
            todo="A study names what to run (docs/studies.md); one technique: sandbox run --technique ID.",
        )
    study = load_file(path, "study")
    assert isinstance(study, Study)  # noqa: S101 - for the type checker
    if apart and name is None and study.id in library.ids("study"):
        known = library.path("study", study.id)
        if known.resolve() != path.resolve() and library.study(study.id) != study:
            raise UsageError(
                f"Two studies have the id “{study.id}”: this file, and {known}.",
                where=str(path),
                todo="Give it another id (and file name), or plan it under another name: --name NAME.",
            )
    if wrong := misfits(study, library):
        tree = read_values(path)
        found = sorted(
            (located(one, tree, str(path)) for one in wrong), key=lambda one: (one.line, one.column)
        )
        raise InvalidDocument(tuple(found))
    return study if name is None else _called(study, name)


def _called(study: Study, name: str) -> Study:
    if not is_id(name):
        raise UsageError(
            f"“{excerpt(name, 60)}” cannot be the name of a study.",
            todo="A name has lower-case letters, digits and single hyphens, such as worry-pilot.",
        )
    return study.model_copy(update={"id": name})
