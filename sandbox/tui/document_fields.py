"""A document's texts as the fields of a form, and what the checks say with the field it is about.

Reads text and draws nothing; writing a field back is library.yaml.edit's business.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sandbox.errors import Problem, Route
from sandbox.library.document import FILL_IN, Kind
from sandbox.library.interchange.plain_text import without_control
from sandbox.library.text_name import text_name
from sandbox.library.yaml.edit import with_value
from sandbox.library.yaml.tree import Tree
from sandbox.text import printable

_LAST_COLUMN = 10**6

PARTS: Mapping[Kind, str] = {"technique": "steps", "scenario": "turns"}
"""The lists a form can add to and take from."""

_TEXTS: Mapping[Kind, tuple[Route, ...]] = {
    "technique": (("rationale",), ("steps", "id", "say"), ("fidelity", ""), ("cautions",)),
    "scenario": (("turns", "say"),),
    "questionnaire": (("preamble",), ("items", "text"), ("scales", "title")),
    "client": (("system",),),
    "study": (("question",),),
    "form": (("instruction",), ("items", "text"), ("preference",)),
    "codebook": (("tags", "title"), ("tags", "when")),
}
"""After the head: single texts, and lists with the texts of each part (“” for a list of texts)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One text of the document: where it stands, what it is called, and what it says."""

    at: Route
    label: str
    value: str

    @property
    def one_line(self) -> bool:
        return self.at[-1] in {"title", "id", "author"} or self.at[0] == "fidelity"


def fields_of(tree: Tree, kind: Kind) -> tuple[Field, ...]:
    """The texts a form has a field for; those that are missing in the file have none."""
    routes = [("title",), ("description",), ("source", "author"), *_routes(tree.value, _TEXTS[kind])]
    return tuple(Field(at, _label(at), value) for at in routes if isinstance(value := _at(tree, at), str))


def written(text: str, typed: Mapping[Route, str]) -> tuple[str, tuple[Route, ...]]:
    """The document's text with what was typed in its places, and the places where that was not possible."""
    failed = []
    for at, value in typed.items():
        changed = with_value(text, at, without_control(value).strip())
        if changed is None:
            failed.append(at)
        else:
            text = changed
    return text, tuple(failed)


def said_of(problem: Problem, tree: Tree | None, *, line: bool) -> str:
    """A problem in words, with the field it is about and, where asked for, its line."""
    name = "" if FILL_IN in problem.hint or tree is None else text_name(_about(problem, tree))
    where = ", ".join(part for part in (f"line {problem.line}" if line or tree is None else "", name) if part)
    message, hint = printable(problem.message).removesuffix("."), printable(problem.hint)
    said = f"{where}: {message}." if where else f"{message[:1].upper()}{message[1:]}."
    stop = "" if hint.endswith(("?", ".", "!")) else "."
    return f"{said} {hint[0].upper()}{hint[1:]}{stop}" if hint else said


def _routes(value: object, texts: tuple[Route, ...]) -> Iterator[Route]:
    for key, *names in texts:
        parts = value.get(str(key)) if isinstance(value, dict) else None
        if not names:
            yield (key,)
        for n in range(len(parts)) if names and isinstance(parts, tuple) else ():
            yield from ((key, n, name) if name else (key, n) for name in names)


def _at(tree: Tree, at: Route) -> object:
    value = tree.value
    for key in at:
        if isinstance(value, dict):
            value = value.get(str(key))
        elif isinstance(value, tuple) and isinstance(key, int):
            value = value[key]
        else:
            return None
    return value


def _label(at: Route) -> str:
    """Its name; where a part has several texts, the part's name first."""
    if at[0] == "steps":
        return f"{text_name(at[:-1])}: {'what is said' if at[-1] == 'say' else at[-1]}"
    return text_name(at)


def field_at(tree: Tree, kind: Kind, line: int) -> Route | None:
    """The field that the line belongs to; None for a line that no field shows."""
    about = _innermost(tree, (line, _LAST_COLUMN))
    return about if any(one.at == about for one in fields_of(tree, kind)) else None


def _about(problem: Problem, tree: Tree) -> Route:
    """The innermost value or key that begins at the problem's place, or last before it."""
    return _innermost(tree, (problem.line, problem.column))


def _innermost(tree: Tree, here: tuple[int, int]) -> Route:
    places = [
        ((place.line, place.column), -len(route), route)
        for known in (tree.keys, tree.values)
        for route, place in known.items()
        if (place.line, place.column) <= here
    ]
    return max(places, key=lambda one: one[:2])[2] if places else ()
