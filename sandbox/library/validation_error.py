"""A document's validation errors in a clinician's words: what is wrong with a value, and what is allowed."""

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from sandbox.errors import Problem, Route
from sandbox.library.document import (
    DOI_PATTERN,
    HASH_PATTERN,
    LANGUAGE_PATTERN,
    LINE_PATTERN,
    SLUG_PATTERN,
    HasProblems,
)
from sandbox.text import excerpt

_PATTERNS: Mapping[str, tuple[str, str]] = {
    HASH_PATTERN: ("is not a SHA-256", "64 digits and letters a to f, as a record or an export states it"),
    SLUG_PATTERN: (
        "is not an id",
        "an id has lower-case letters, digits and single hyphens, such as night-attack",
    ),
    DOI_PATTERN: ("is not a DOI", "write the DOI alone, such as 10.1000/182"),
    LINE_PATTERN: ("is more than one line", "write it in one line"),
    LANGUAGE_PATTERN: ("is not a language tag", "such as en, de or pt-BR"),
}
_LIMITS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_WANTED: Mapping[str, str] = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "an ordinary number",
    "tuple_type": "a list",
    "model_type": "a block of keys",
    "model_attributes_type": "a block of keys",
}


def explain(error: ErrorDetails, model: type[BaseModel], written: str) -> Iterator[Problem]:
    """What a validation error of `model` means. `written` is the value as it stands in the file, if a scalar.

    The place of an unknown key is the key's own; that of a missing key is the block it is missing from.
    """
    yield from (
        replace(problem, at=untagged(problem.at, model)) for problem in _explain(error, model, written)
    )


def untagged(at: Route, model: type[BaseModel]) -> Route:
    """A place that validation names, as it is in the file: without the kind of a block that has several."""
    return tuple(step for n, step in enumerate(at) if not _of_kind(_type_at(model, at[:n]), step))


def _explain(error: ErrorDetails, model: type[BaseModel], written: str) -> Iterator[Problem]:
    at: Route = error["loc"]
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, HasProblems):
        for problem in cause.problems:
            yield Problem(problem.message, (*at, *problem.at), problem.hint)
        return
    kind, value = error["type"], error["input"]
    if kind == "too_short" and len(value) >= error["ctx"]["min_length"]:
        return  # only because entries with problems of their own are not counted
    if kind == "extra_forbidden":
        yield _unknown(at, model, empty=value is None)
    elif kind in {"union_tag_invalid", "union_tag_not_found"}:
        yield _which_kind(error, _kinds(_type_at(model, at)))
    elif kind == "missing":
        yield _missing(at, model)
    elif kind == "literal_error":
        message, hint = _not_allowed(value, written, get_args(_type_at(model, at)))
        yield Problem(message, at, hint)
    elif kind in _WANTED:
        message, hint = _wrong_type(_WANTED[kind], value, written, _type_at(model, at))
        yield Problem(message, at, hint)
    else:
        message, hint = _wrong_size(error)
        yield Problem(message, at, hint)


def mistyped_keys(errors: Iterable[ErrorDetails], model: type[BaseModel]) -> frozenset[Route]:
    """The places of keys that are there under a wrong name: nobody needs to hear they are missing too."""
    unknown = (error["loc"] for error in errors if error["type"] == "extra_forbidden")
    meant = ((at, nearest(str(at[-1]), _keys(_type_at(model, at[:-1])))) for at in unknown)
    return frozenset((*at[:-1], name) for at, name in meant if name is not None)


def nearest(word: str, known: tuple[str, ...]) -> str | None:
    """The one of `known` that `word` was probably meant to be."""
    close = get_close_matches(word.casefold(), [k.casefold() for k in known], n=1, cutoff=0.6)
    return next((k for k in known if k.casefold() == close[0]), None) if close else None


def suggestion(word: str, known: tuple[str, ...], told: str) -> str:
    """`did you mean “distress”? scales: …`: the nearest of `known`, then what is `told`; or that alone."""
    meant = nearest(word, known)
    return f"did you mean “{meant}”? {told}" if meant else told


def _unknown(at: Route, model: type[BaseModel], *, empty: bool) -> Problem:
    """`empty`: the key has no value, as what follows a comma within { } has none."""
    key, keys = str(at[-1]), _keys(_type_at(model, at[:-1]))
    meant = nearest(key, keys) or (key == "if" and "when" in keys and "when")
    allowed = f"keys allowed here: {', '.join(keys)}"
    comma = "; if it goes on from a comma, put the whole text in quotes" if empty else ""
    hint = f"did you mean “{meant}”?" if meant else f"{allowed}{comma}"
    return Problem(f"unknown key “{excerpt(key, 60)}”", at, hint, key=True)


def _missing(at: Route, model: type[BaseModel]) -> Problem:
    name = at[-1]
    if isinstance(name, int):
        return Problem("the list is too short", at[:-1], f"it needs {name + 1} entries at least")
    holder = _type_at(model, at[:-1])
    about = (
        holder.model_fields[name].description if _is_model(holder) and name in holder.model_fields else None
    )
    return Problem(
        f"the key “{name}” is missing", at[:-1], f"add {name}: {about}" if about else f"add {name}:", key=True
    )


def _which_kind(error: ErrorDetails, kinds: Mapping[str, Any]) -> Problem:
    """A block that comes in several kinds and does not say which of them it is."""
    at, tag = error["loc"], error.get("ctx", {}).get("tag")
    allowed = f"allowed: {', '.join(kinds)}"
    if tag is None:
        return Problem("the key “kind” is missing", at, f"add kind:, {allowed}", key=True)
    message, hint = _not_allowed(tag, str(tag), tuple(kinds))
    return Problem(message, (*at, "kind"), hint)


def _not_allowed(value: object, written: str, allowed: tuple[object, ...]) -> tuple[str, str]:
    words = tuple(str(word) for word in allowed)
    said = f"“{excerpt(written or str(value), 60)}”" if _is_scalar(value) else _kind_of(value)
    hint = f"allowed: {', '.join(words)}"
    return f"{said} is not allowed here", suggestion(value, words, hint) if isinstance(value, str) else hint


def _wrong_type(wanted: str, value: object, written: str, annotation: Any) -> tuple[str, str]:
    shown = f"{_kind_of(value)} ({excerpt(written, 40)})" if written else _kind_of(value)
    return f"{wanted} is needed here, not {shown}", _how_to_write(wanted, value, written, _keys(annotation))


def _how_to_write(wanted: str, value: object, written: str, keys: tuple[str, ...]) -> str:
    if value is None:
        return "write a value after the colon, or delete the key if it may be left out"
    match wanted:
        case "a text" if isinstance(value, bool | int | float):
            hint = f'put it in quotes: "{excerpt(written or str(value), 40)}"'
        case "a text":
            hint = "a text with a colon, or that starts with { [ or -, needs quotes or goes after |"
        case "a list":
            hint = "start each entry on a line of its own with a dash and a space"
        case "a block of keys":
            hint = f"keys allowed here: {', '.join(keys)}"
        case "true or false":
            hint = "write true or false, without quotes"
        case _:
            hint = "write digits, such as 30, without quotes"
    return hint


def _wrong_size(error: ErrorDetails) -> tuple[str, str]:
    kind, ctx, value = error["type"], error.get("ctx", {}), error["input"]
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        return f"{value:g} is not allowed here", f"it must be {words} {ctx[name]:g}"
    if kind == "string_pattern_mismatch" and ctx["pattern"] in _PATTERNS:
        what, hint = _PATTERNS[ctx["pattern"]]
        return f"“{excerpt(str(value), 60)}” {what}", hint
    sizes: Mapping[str, Callable[[], tuple[str, str]]] = {
        "string_too_short": lambda: (
            "the text is empty",
            "write something, or delete the key if it may be left out",
        ),
        "string_too_long": lambda: (
            f"the text has {len(value):,} characters",
            f"it may have at most {ctx['max_length']:,}",
        ),
        "too_short": lambda: (
            "the list is empty" if not value else "the list is too short",
            f"it needs at least {ctx['min_length']}, each on a line of its own with a dash",
        ),
        "too_long": lambda: ("the list is too long", f"it may have at most {ctx['max_length']:,} entries"),
    }
    return sizes[kind]() if kind in sizes else ("this value does not fit here", "see docs/documents.md")


def _is_scalar(value: object) -> bool:
    return not isinstance(value, tuple | dict) and value is not None


def _kind_of(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "a yes-or-no value"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case tuple():
            return "a list"
    return "a block of keys"


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _kinds(annotation: Any) -> Mapping[str, Any]:
    """The models a block may be of, by its key `kind`; empty when there is only one."""
    if get_origin(annotation) not in {Union, types.UnionType}:
        return {}
    models = (one for one in get_args(annotation) if _is_model(one) and "kind" in one.model_fields)
    return {kind: one for one in models for kind in get_args(one.model_fields["kind"].annotation)}


def _of_kind(annotation: Any, step: str | int) -> Any:
    """The model of that kind where a block comes in several, else None."""
    return _kinds(annotation).get(step) if isinstance(step, str) else None


def _keys(annotation: Any) -> tuple[str, ...]:
    if kinds := _kinds(annotation):
        return tuple(dict.fromkeys(key for one in kinds.values() for key in one.model_fields))
    return tuple(annotation.model_fields) if _is_model(annotation) else ()


def _type_at(model: Any, at: Route) -> Any:
    """The type expected at a place, without its constraints and without the None of an optional key."""
    here = _bare(model)
    for step in at:
        if chosen := _of_kind(here, step):
            here = chosen
        elif _is_model(here) and step in here.model_fields:
            here = _bare(here.model_fields[step].annotation)
        elif get_origin(here) is tuple and isinstance(step, int):
            entries = get_args(here)
            here = _bare(entries[0] if Ellipsis in entries else entries[min(step, len(entries) - 1)])
        else:
            return None
    return here


def _bare(annotation: Any) -> Any:
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in {Union, types.UnionType}:
            members = [a for a in get_args(annotation) if a is not type(None)]
            if len(members) > 1:
                return annotation
            annotation = members[0]
        else:
            return annotation
