"""From a file to a document, with every problem found on the way at its line and column."""

import stat
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ValidationError

from sandbox.errors import NotFoundError, Problem, Route, SandboxError, reason_of
from sandbox.library.client import Client
from sandbox.library.codebook import Codebook
from sandbox.library.document import FOLDERS, Document, InvalidDocument, InvalidTemplate, Kind, is_id
from sandbox.library.form import Form
from sandbox.library.questionnaire import CompletionQuestionnaire, RatingQuestionnaire, WordQuestionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.study import Study
from sandbox.library.technique import Technique
from sandbox.library.template import scales_in_expression, scales_in_text
from sandbox.library.validation_error import explain, mistyped_keys, suggestion, untagged
from sandbox.library.yaml.tree import MAX_PROBLEMS, Place, Tree, read_tree

MAX_BYTES = 1024 * 1024
SUFFIX = ".yaml"

MODELS: Mapping[Kind, type[Document]] = {
    "scenario": Scenario,
    "technique": Technique,
    "client": Client,
    "study": Study,
    "form": Form,
    "codebook": Codebook,
}
"""What each kind of document is read as; a questionnaire says itself which of three it is."""

_QUESTIONNAIRES: Mapping[str, type[Document]] = {
    "rating": RatingQuestionnaire,
    "word": WordQuestionnaire,
    "completion": CompletionQuestionnaire,
}
_KIND_OF_FOLDER: Mapping[str, Kind] = {folder: kind for kind, folder in FOLDERS.items()}


def load_file(path: Path, kind: Kind | None = None) -> Document:
    """The document in `path`. Without `kind`, the name of its folder tells it (`techniques/` → technique).

    Raises NotFoundError when there is no such file, InvalidDocument with all its problems, SandboxError when
    it cannot be read.
    """
    file = str(path)
    content = _read(path)
    kind = kind or kind_of(path)
    return parse_document(content, kind, file, id_needed=_id_of(path))


def parse_document(
    text: bytes | str, kind: Kind, where: str = "(text)", *, id_needed: str | None = None
) -> Document:
    """The document in `text`. `where` names it in problems; `id_needed` is the id its file's name asks for.

    Raises InvalidDocument with every problem found.
    """
    tree = read_tree(_decoded(text, where), where)
    problems = list(tree.problems.values())
    document: Document | None = None
    if tree.complete:
        document, found = _validated(tree, kind, id_needed)
        problems += [located(problem, tree, where) for problem in found]
    if document is None or problems:
        raise InvalidDocument(_in_order(problems))
    return document


def read_values(path: Path) -> Tree:
    """The values of a file and their places, whether or not they make a document. Errors as load_file."""
    return read_tree(read_text(path), str(path))


def read_text(path: Path) -> str:
    """A file's text, whether or not it is a document. Errors as load_file."""
    return _decoded(_read(path), str(path))


def located(problem: Problem, tree: Tree, file: str) -> Problem:
    """The problem with its line and column in the file."""
    place = _place(problem, tree)
    column = 1 if problem.below else place.column
    return replace(problem, file=file, line=place.line + problem.below, column=column)


def kind_of(path: Path) -> Kind:
    """The kind of document a path's folder holds. Raises InvalidDocument when the folder is none of ours."""
    folder = path.absolute().parent.name
    if folder in _KIND_OF_FOLDER:
        return _KIND_OF_FOLDER[folder]
    what = f"the folder “{folder}” does not tell what kind of document this is"
    raise _unusable(path, what, f"documents stand in {', '.join(FOLDERS.values())}")


def read_at_most(path: Path, most: int, *, todo: str) -> bytes:
    """The file's bytes; one more than `most` of one that is longer. `todo`: what to name instead of a folder.

    Raises NotFoundError, and SandboxError when it is no file or cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SandboxError("this is not a file", where=str(path), todo=todo)
        with path.open("rb") as file:
            return file.read(most + 1)
    except FileNotFoundError:
        raise NotFoundError("there is no such file", where=str(path)) from None
    except (OSError, ValueError) as error:
        raise SandboxError(f"the file cannot be read: {reason_of(error)}", where=str(path)) from None


def _read(path: Path) -> bytes:
    content = read_at_most(path, MAX_BYTES, todo="name a .yaml file or its folder")
    if len(content) > MAX_BYTES:
        raise _unusable(path, "the file is larger than 1 MiB", "a document is a few pages of text")
    return content


def _id_of(path: Path) -> str:
    if path.suffix != SUFFIX:
        hint = f"rename it to {path.with_suffix(SUFFIX).name if path.stem else 'name.yaml'}"
        raise _unusable(path, "the file's name does not end in .yaml", hint)
    return path.stem


def _unusable(path: Path, what: str, hint: str) -> InvalidDocument:
    return InvalidDocument((Problem(what, hint=hint, file=str(path)),))


def _decoded(text: bytes | str, where: str) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    text = text.removeprefix(BOM_UTF8)
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        before = text[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        hint = "save it as UTF-8 (in the editor: “Save with encoding”)"
        problem = Problem("the file is not UTF-8 text", hint=hint, file=where, line=line, column=column)
        raise InvalidDocument((problem,)) from None


def _validated(tree: Tree, kind: Kind, id_needed: str | None) -> tuple[Document | None, list[Problem]]:
    """The document, if it is valid, and what is wrong with it beyond the tree's own problems."""
    data = tree.value
    if not isinstance(data, dict):
        hint = f"a {kind} starts with id: and the file's name"
        return None, [Problem("the file is not a block of keys", (), hint)]
    problems: list[Problem] = []
    document: Document | None = None
    model = MODELS.get(kind) or _QUESTIONNAIRES.get(str(data.get("kind")))
    if model is None:
        problems.append(_which_questionnaire(data))
    else:
        try:
            document = model.model_validate(data)
        except ValidationError as error:
            problems += _explained(error, model, tree)
    if kind == "technique":
        problems += _template_problems(data, tree)
    given = data.get("id")
    if id_needed is not None and isinstance(given, str) and given != id_needed:
        rename = f"rename the file to {given}{SUFFIX}"
        hint = f"write id: {id_needed}, or {rename}" if is_id(id_needed) else rename
        problems.append(Problem(f"the id “{given}” is not the file's name, “{id_needed}”", ("id",), hint))
    return document, problems


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Each problem once, in file order; of very many the first, which is enough to refuse a hopeless file."""
    once = {(p.line, p.column, p.message, p.hint): p for p in problems}
    ordered = sorted(once.values(), key=lambda p: (p.line, p.column, p.message))
    return tuple(ordered[:MAX_PROBLEMS])


def _which_questionnaire(data: Mapping[str, object]) -> Problem:
    allowed = f"allowed: {', '.join(_QUESTIONNAIRES)}"
    if "kind" not in data:
        return Problem("the key “kind” is missing", (), f"add kind:, {allowed}")
    hint = suggestion(str(data["kind"]), tuple(_QUESTIONNAIRES), allowed)
    return Problem(f"“{data['kind']}” is not a kind of questionnaire", ("kind",), hint)


def _explained(error: ValidationError, model: type[BaseModel], tree: Tree) -> Iterator[Problem]:
    details = error.errors(include_url=False)[:MAX_PROBLEMS]
    mistyped = mistyped_keys(details, model)
    for detail in details:
        at = untagged(detail["loc"], model)
        if detail["type"] != "missing" and tree.spoilt(at):
            continue
        if detail["type"] == "missing" and detail["loc"] in mistyped:
            continue
        place = tree.values.get(at)
        yield from explain(detail, model, place.written if place else "")


def _template_problems(data: Mapping[str, object], tree: Tree) -> Iterator[Problem]:
    """What is wrong with the templates of a technique's steps, whatever else is wrong with it."""
    steps = data.get("steps")
    for n, step in enumerate(steps if isinstance(steps, tuple) else ()):
        if not isinstance(step, dict):
            continue
        for check, text, at in _templates(step, ("steps", n)):
            if not isinstance(text, str):
                continue
            try:
                check(text)
            except InvalidTemplate as error:
                # A literal block starts on the line after its |; other styles fold their lines.
                below = error.line if tree.values[at].literal else 0
                yield Problem(error.what, at, error.todo, below=below)


def _templates(
    step: Mapping[str, object], at: Route
) -> Iterator[tuple[Callable[[str], object], object, Route]]:
    """What has to be a template or a condition in a step, if it is a text at all."""
    repeat, variants = step.get("repeat"), step.get("variants")
    yield scales_in_text, step.get("say"), (*at, "say")
    yield scales_in_expression, step.get("when"), (*at, "when")
    if isinstance(repeat, dict):
        yield scales_in_expression, repeat.get("until"), (*at, "repeat", "until")
    for n, variant in enumerate(variants if isinstance(variants, tuple) else ()):
        if isinstance(variant, dict):
            yield scales_in_text, variant.get("say"), (*at, "variants", n, "say")


def _place(problem: Problem, tree: Tree) -> Place:
    """Where the value stands, or the key, or else the innermost of its blocks that is there."""
    first, second = (tree.keys, tree.values) if problem.key else (tree.values, tree.keys)
    for length in range(len(problem.at), -1, -1):
        route = problem.at[:length]
        if found := first.get(route) or second.get(route):
            return found
    return Place(1, 1)
