"""YAML read into plain values with the place of each. Anchors, tags and other powers of YAML are refused.

No document is known here: mappings become dicts, sequences tuples, scalars str, bool, int, float or None.
Syntax errors are told in a clinician's words; both of PyYAML's parsers are understood.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from sandbox.errors import Problem, Route

MAX_DEPTH = 20
MAX_VALUES = 50_000
MAX_PROBLEMS = 200

_PLAIN_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,14})")
_PLAIN_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
# U+0085, U+2028 and U+2029 end lines for YAML but not for editors: later problems would name other lines.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_TRUE = {"yes", "true", "on"}
_IGNORED = "\0"  # stands in routes for what is no part of the values
_TAG = "tag:yaml.org,2002:"

Explained = tuple[int, int, str, str]
"""Line and column from 1, message, hint."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands (from 1), and how it is written there (scalars only; `literal` after a `|`)."""

    line: int
    column: int
    written: str = ""
    literal: bool = False


@dataclass(slots=True)
class Tree:
    """A file's values. `complete` is False when reading stopped early; `value` is useless then."""

    value: object = None
    complete: bool = False
    values: dict[Route, Place] = field(default_factory=dict)
    keys: dict[Route, Place] = field(default_factory=dict)
    problems: dict[Route, Problem] = field(default_factory=dict)

    def spoilt(self, at: Route) -> bool:
        """Whether a problem already says why the value there is no use."""
        length = len(at)
        return at in self.problems or any(
            route[:length] == at and len(route) > length + 1 and route[length] == _IGNORED
            for route in self.problems
        )


class _Stop(Exception):
    """Reading cannot go on; the problem is in the tree."""


def read_tree(text: str, file: str) -> Tree:
    """The one YAML document in `text`, with the problems found on the way. `file` is named in them."""
    reader = _Reader(text, file)
    try:
        reader.read()
        reader.tree.complete = True
    except yaml.MarkedYAMLError as error:
        line, column, message, hint = explain_syntax(error, text)
        reader.note((_IGNORED, "syntax"), Place(line, column), message, hint)
    except yaml.YAMLError:
        message, hint = "the file cannot be read as YAML", "save it as plain UTF-8 text"
        reader.note((_IGNORED, "syntax"), Place(1, 1), message, hint)
    except _Stop:
        pass
    return reader.tree


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.tree = Tree()
        self._text = text
        self._file = file
        self._resolver = yaml.resolver.Resolver()
        self._count = 0
        self._events: Iterator[yaml.Event] = iter(())

    def note(self, at: Route, place: Place, message: str, hint: str = "") -> None:
        """Put a problem into the tree; the first at a route stays."""
        problem = Problem(message, hint=hint, file=self._file, line=place.line, column=place.column)
        self.tree.problems.setdefault(at, problem)

    def problem(self, at: Route, place: Place, message: str, hint: str = "") -> None:
        """Note a problem, and stop when there are enough."""
        self.note(at, place, message, hint)
        if len(self.tree.problems) >= MAX_PROBLEMS:
            raise _Stop

    def read(self) -> None:
        self._refuse_unprintable()
        self._events = yaml.parse(self._text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            self._stop(Place(1, 1), "the file is empty", "a document starts with id: and the file's name")
        self.tree.value = self._value(next(self._events), ())
        next(self._events)  # the document's end
        second = next(self._events)
        if not isinstance(second, yaml.StreamEndEvent):
            self._stop(
                _place(second),
                "a second document starts here",
                "one document a file: move it to a file of its own",
            )

    def _refuse_unprintable(self) -> None:
        if found := _CONTROL.search(self._text):
            before = self._text[: found.start()]
            place = Place(before.count("\n") + 1, found.start() - (before.rfind("\n") + 1) + 1)
            if found.group() == "\r":
                return self._refuse_lone_returns(place)
            self._stop(
                place, f"a control character (U+{ord(found.group()):04X})", "delete it; texts are plain text"
            )
        return None

    def _refuse_lone_returns(self, place: Place) -> None:
        rest = self._text.replace("\r\n", "\n")
        if "\r" in rest:
            self._stop(
                place, "a carriage return without a line feed", "save the file with ordinary line ends"
            )
        self._text = rest
        self._refuse_unprintable()

    def _stop(self, place: Place, message: str, hint: str) -> None:
        self.note((_IGNORED, "stop"), place, message, hint)
        raise _Stop

    def _value(self, event: yaml.Event, at: Route) -> object:
        place = _place(event)
        self._count += 1
        if self._count > MAX_VALUES:
            self._stop(
                place, f"more than {MAX_VALUES:,} values in one file", "split it into several documents"
            )
        if len(at) > MAX_DEPTH:
            self._stop(
                place,
                f"nested more than {MAX_DEPTH} levels deep",
                "no document needs that; check the brackets",
            )
        self.tree.values[at] = place
        self._refuse_powers(event, place, at)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place, at)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(at)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(at)
        return None

    def _refuse_powers(self, event: yaml.Event, place: Place, at: Route) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.problem(
                at, place, f"the alias *{event.anchor} stands for another value", "write the value out here"
            )
        elif getattr(event, "anchor", None) is not None:
            name = event.anchor  # type: ignore[attr-defined]
            self.problem(
                at, place, f"the anchor &{name} is not allowed", f"delete &{name}; a text with & needs quotes"
            )
        if (tag := getattr(event, "tag", None)) is not None:
            self.problem(
                at,
                place,
                f"the tag {tag.replace(_TAG, '!!')} is not allowed",
                "delete it; a text that starts with ! needs quotes",
            )

    def _sequence(self, at: Route) -> tuple[object, ...]:
        entries: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            entries.append(self._value(event, (*at, len(entries))))
        return tuple(entries)

    def _mapping(self, at: Route) -> dict[str, object]:
        entries: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, at)
            if key is None:
                self._value(next(self._events), (*at, _IGNORED))
                continue
            route = (*at, key)
            if key in entries:
                message = f"the key “{key}” appears twice (first in line {self.tree.keys[route].line})"
                self.problem((*route, _IGNORED), _place(event), message, "keep one of the two")
                self._value(next(self._events), (*route, _IGNORED))
                continue
            self.tree.keys[route] = _place(event)
            entries[key] = self._value(next(self._events), route)
        return entries

    def _key(self, event: yaml.Event, at: Route) -> str | None:
        """The key as text; None, with a problem, for anything else (it has been read past)."""
        place = _place(event)
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_powers(event, place, (*at, _IGNORED, self._count))
            if not event.implicit[0] or self._tag(event.value) in {"str", "merge", "value"}:
                return event.value
            self.problem(
                (*at, _IGNORED, self._count, "key"),
                place,
                f"the key {event.value or '(nothing)'} is not a word",
                "keys are words, such as title or steps",
            )
            self._count += 1
            return None
        self.problem(
            (*at, _IGNORED, self._count),
            place,
            "a list or a block of keys stands where a key should be",
            'a text that starts with { or [ needs quotes: "{{ last_reply }}"',
        )
        self._value(event, (*at, _IGNORED))
        return None

    def _tag(self, text: str) -> str:
        tag: str = self._resolver.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
        return tag.removeprefix(_TAG)

    def _scalar(self, event: yaml.ScalarEvent, place: Place, at: Route) -> object:
        text = event.value
        if found := _CONTROL.search(text):
            what = f"a control character (U+{ord(found.group()):04X}) in a text"
            self.problem(at, place, what, "take the escape (a backslash and letters) out of the quotes")
        if not event.implicit[0]:
            return text
        match self._tag(text):
            case "null":
                return None
            case "bool":
                return text.lower() in _TRUE
            case "int" | "float":
                return self._number(text, place, at)
            case "timestamp":
                self.problem(
                    at, place, f"{text} without quotes is read as a date", f'put it in quotes: "{text}"'
                )
        return text

    def _number(self, text: str, place: Place, at: Route) -> int | float | str:
        if _PLAIN_INT.fullmatch(text):
            return int(text)
        if _PLAIN_FLOAT.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        self.problem(
            at,
            place,
            f"{text[:40]} is not an ordinary number",
            "write digits, such as 30 or 2.5; if a text is meant, put it in quotes",
        )
        return text


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    assert mark is not None  # noqa: S101 - parsers set it; only hand-made events lack it
    if isinstance(event, yaml.ScalarEvent):
        return Place(mark.line + 1, mark.column + 1, event.value, event.style == "|")
    return Place(mark.line + 1, mark.column + 1)


_INDENT = "check the indentation: keys of one block start in the same column, lists with a dash"
_INDENT_OR_QUOTES = f"{_INDENT}; a quote inside quotes also does this"
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a colon that cannot be read as part of this line",
        "a text with a colon and a space needs quotes, or goes after | on lines of its own",
    ),
    (
        "could not find expected ':'",
        "a key without a colon",
        "write key: value; a text over several lines goes after | and is indented",
    ),
    ("sequence entries are not allowed", "a dash where no list can start", _INDENT),
    ("expected <block end>", "this line does not belong to the block above it", _INDENT_OR_QUOTES),
    ("did not find expected key", "this line does not belong to the block above it", _INDENT_OR_QUOTES),
    ("did not find expected '-' indicator", "this line does not belong to the list above it", _INDENT),
    ("unexpected end of stream", "a quote that is opened and never closed", "close it with the same quote"),
    (
        "unexpected document separator",
        "a quote that is opened and never closed",
        "close it with the same quote",
    ),
    (
        "',' or ']'",
        "a list in [ ] that ends early or not at all",
        "put a text with a colon or a comma in quotes, and one that starts with [; close the list with ]",
    ),
    (
        "',' or '}'",
        "a block in { } that ends early or not at all",
        "put a text with a colon or a comma in quotes, and one that starts with {; close the block with }",
    ),
    (
        "escape",
        "a backslash in double quotes that means nothing",
        "write \\\\ for a backslash, or use single quotes",
    ),
    (
        "did not find expected alphabetic",
        "a * or & that names nothing",
        "put a text that starts with * or & in quotes",
    ),
    (
        "expected alphabetic or numeric",
        "a * or & that names nothing",
        "put a text that starts with * or & in quotes",
    ),
    ("block scalar", "| or > with something after it", "start the text on the next line, indented"),
    (
        "line break",
        "| or > with something after it",
        "start the text on the next line, indented",
    ),
)
_GENERIC = (
    "this cannot be read as YAML",
    "check the quotes, colons and indentation here and in the line before",
)


def explain_syntax(error: yaml.MarkedYAMLError, text: str) -> Explained:
    """Where `text` stops being YAML, and what to look at there."""
    mark = error.problem_mark or error.context_mark
    problem = error.problem or ""
    unclosed = "end of stream" in problem or "document separator" in problem
    if unclosed and error.context_mark is not None:
        mark = error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return line, column, *_words(problem, text, line, column)


def _words(problem: str, text: str, line: int, column: int) -> tuple[str, str]:
    lines = text.split("\n")
    there = lines[line - 1] if line <= len(lines) else ""
    if "\t" in there[: len(there) - len(there.lstrip())]:
        return "a tab in the indentation", "indent with spaces, two a level"
    if "cannot start any token" in problem:
        first = there[column - 1 : column] or "this character"
        return (
            f"a text cannot start with {first} without quotes",
            f'put the whole text in quotes: "{first} …"',
        )
    for part, message, hint in _KNOWN:
        if part in problem:
            return message, hint
    return _GENERIC
