"""Formulas of calculated fields, read as sums of fields with weights. Nothing is ever evaluated as code."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MAX_LENGTH = 20_000
MAX_DEPTH = 40

Syntax = Literal["redcap", "xlsform"]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d*)?|\.\d+)
      | \[(?P<redcap>[A-Za-z0-9_]{1,100})\]
      | \$\{(?P<xlsform>[^\s{}]{1,100})\}
      | (?P<word>[A-Za-z_]{1,20})
      | (?P<sign>[-+*/(),])
    )""",
    re.VERBOSE,
)
_SAME = {"int", "number"}  # of a whole number, and the questions' answers are


class NotLinear(ValueError):
    """The formula is something else than a weighted sum; the message says what."""


@dataclass(frozen=True, slots=True)
class Linear:
    """constant + Σ weight · field. `rounded` if the formula rounds its result."""

    constant: float
    weights: Mapping[str, float]
    rounded: bool = False

    def plus(self, other: "Linear") -> "Linear":
        """The two added up."""
        weights = dict(self.weights)
        for name, weight in other.weights.items():
            weights[name] = weights.get(name, 0.0) + weight
        return Linear(self.constant + other.constant, weights, self.rounded or other.rounded)

    def times(self, factor: float) -> "Linear":
        """The sum multiplied by a number."""
        weights = {name: weight * factor for name, weight in self.weights.items()}
        return Linear(self.constant * factor, weights, self.rounded)


def read_formula(text: str, syntax: Syntax) -> Linear:
    """The weighted sum that `text` is: + − * / with numbers, sum(), mean(), round(). Raises NotLinear."""
    if len(text) > MAX_LENGTH:
        raise NotLinear("it is too long")
    reader = _Reader(_tokens(text, syntax))
    found = reader.sum(0)
    if reader.next() is not None:
        raise NotLinear("it is not a plain sum or mean")
    numbers = (found.constant, *found.weights.values())
    if not found.weights or not all(map(math.isfinite, numbers)):
        raise NotLinear("it is not a sum of fields")
    return found


def _tokens(text: str, syntax: Syntax) -> list[tuple[str, str]]:
    tokens = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        kind = match.lastgroup if match else None
        if match is None or kind is None or kind in {"redcap", "xlsform"} - {syntax}:
            raise NotLinear("it is not a plain sum or mean")
        value = match.group(kind)
        if kind == syntax:
            tokens.append(("field", value))
        elif kind == "word" and value == "div" and syntax == "xlsform":
            tokens.append(("sign", "/"))
        else:
            tokens.append((kind, value))
        at = match.end()
    return tokens


class _Reader:
    """Recursive descent; every sign is read once, nesting is bounded."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def next(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def sum(self, depth: int) -> Linear:
        if depth > MAX_DEPTH:
            raise NotLinear("it is nested too deeply")
        found = self._product(depth)
        while (sign := self._taken("+", "-")) is not None:
            part = self._product(depth)
            found = found.plus(part if sign == "+" else part.times(-1))
        return found

    def _product(self, depth: int) -> Linear:
        found = self._factor(depth)
        while (sign := self._taken("*", "/")) is not None:
            other = self._factor(depth)
            if sign == "*" and not found.weights:
                found, other = other, found
            if other.weights or (sign == "/" and other.constant == 0):
                raise NotLinear("it multiplies or divides by a field" if other.weights else "it divides by 0")
            found = found.times(other.constant if sign == "*" else 1 / other.constant)
        return found

    def _factor(self, depth: int) -> Linear:
        negative = False
        while (sign := self._taken("+", "-")) is not None:
            negative ^= sign == "-"
        kind, value = self.next() or ("", "")
        self._at += 1
        if kind == "number":
            found = Linear(float(value), {})
        elif kind == "field":
            found = Linear(0.0, {value: 1.0})
        elif kind == "word":
            found = self._function(value.lower(), depth)
        elif value == "(":
            found = self.sum(depth + 1)
            self._needed(")")
        else:
            raise NotLinear("it is not a plain sum or mean")
        return found.times(-1) if negative else found

    def _function(self, name: str, depth: int) -> Linear:
        if name not in {"sum", "mean", "round", *_SAME}:
            raise NotLinear(f"it uses “{name}”")
        self._needed("(")
        parts = [self.sum(depth + 1)]
        while self._taken(",") is not None:
            parts.append(self.sum(depth + 1))
        self._needed(")")
        if name == "round":
            if len(parts) > 2 or (len(parts) == 2 and parts[1].weights):
                raise NotLinear("it rounds by a field")
            return Linear(parts[0].constant, parts[0].weights, rounded=True)
        if name in _SAME:
            if len(parts) > 1 or parts[0].constant or list(parts[0].weights.values()) != [1.0]:
                raise NotLinear(f"it uses “{name}” on more than a field")
            return parts[0]
        total = parts[0]
        for part in parts[1:]:
            total = total.plus(part)
        return total.times(1 / len(parts)) if name == "mean" else total

    def _taken(self, *signs: str) -> str | None:
        kind, value = self.next() or ("", "")
        if kind == "sign" and value in signs:
            self._at += 1
            return value
        return None

    def _needed(self, sign: str) -> None:
        if self._taken(sign) is None:
            raise NotLinear("its brackets do not match")
