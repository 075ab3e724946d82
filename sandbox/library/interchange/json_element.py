"""A JSON object read key by key, so that what nobody asked for can be told. No FHIR here."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping

from sandbox.library.interchange.loss import Loss, NoInstrument

MAX_DEPTH = 60


class Element:
    """An object of a JSON file. `at` is its place, such as item[3].answerOption[0]; errors name it."""

    def __init__(self, values: Mapping[str, object], at: str, file: str) -> None:
        self.at = at
        self._values = values
        self._file = file
        self._asked: set[str] = set()
        self._parts: dict[str, Element] = {}

    def text(self, key: str) -> str:
        """The text there, empty when there is none."""
        value = self._value(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def number(self, key: str) -> float | None:
        """The number there, if there is one."""
        value = self._value(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(key, "a number")
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
        if not math.isfinite(found):
            raise self.wrong(key, "a number of ordinary size")
        return found

    def flag(self, key: str) -> bool:
        """Whether true stands there."""
        value = self._value(key)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return bool(value)

    def parts(self, key: str) -> tuple["Element", ...]:
        """The objects of the list there; none when there is no list."""
        value = self._value(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self.wrong(key, "a list of objects")
        return tuple(self._part(entry, f"{key}[{n}]") for n, entry in enumerate(value))

    def part(self, key: str) -> "Element | None":
        """The object there, if there is one."""
        value = self._value(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(key, "an object")
        return self._part(value, key)

    def pass_over(self, *keys: str) -> None:
        """Count these keys as asked for; without keys, all."""
        self._asked.update(keys or self._values)

    def unasked(self) -> Iterator[Loss]:
        """A loss for each key that nobody asked for, here and in all parts."""
        for key in self._values:
            if key not in self._asked:
                yield Loss(f"“{key[:60]}” is left out", self.at or "the file")
        for part in self._parts.values():
            yield from part.unasked()

    def wrong(self, key: str, wanted: str) -> NoInstrument:
        """The error that something else than what is wanted stands at a key."""
        place = f"{self.at}.{key}" if self.at else key
        return NoInstrument(
            f"{place} should be {wanted}", where=self._file, todo="check how the file was made"
        )

    def _value(self, key: str) -> object:
        self._asked.add(key)
        return self._values.get(key)

    def _part(self, values: Mapping[str, object], key: str) -> "Element":
        place = f"{self.at}.{key}" if self.at else key
        return self._parts.setdefault(key, Element(values, place, self._file))


def read_object(text: str, file: str) -> Element:
    """The object a JSON text is. Raises NoInstrument with the line when it is none, or is out of bounds."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise NoInstrument(
            f"this is not JSON: {error.msg.lower()}",
            where=f"{file}:{error.lineno}:{error.colno}",
            todo="FHIR is read in its JSON form; XML is not read",
        ) from None
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise NoInstrument(f"the JSON is out of bounds: {reason}", where=file) from None
    if not isinstance(value, dict):
        raise NoInstrument("the JSON is not an object", where=file, todo="a FHIR resource is one object")
    if _depth(value) > MAX_DEPTH:
        raise NoInstrument("the JSON is nested too deeply", where=file)
    return Element(value, "", file)


def _once(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key “{key[:60]}” appears twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _depth(value: object) -> int:
    """How deep lists and objects are nested, counted level by level."""
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (
                outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ()
            )
        ]
    return depth
