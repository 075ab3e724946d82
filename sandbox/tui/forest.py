"""A forest plot in characters: technique effects with their intervals, one below the other. No widget."""

import math
import textwrap
from collections.abc import Iterator

from sandbox.analysis.answer import Answer
from sandbox.analysis.difference import Difference
from sandbox.analysis.effect import SMALL
from sandbox.analysis.numeral import numeral
from sandbox.analysis.rank import cluster_lines
from sandbox.text import number_of, printable

_NUMBERS = 24
"""Cells that the numbers beside the plot take."""
_LEAST = 20


def forest_lines(found: Answer, width: int) -> Iterator[str]:
    """Two lines an arm: what it is, then its interval around the mean, with the numbers; then the clusters.

    `■` is the mean of one told apart from its control, `□` of one that is not. At most `width` cells each,
    where that is 44 or more.
    """
    known = [one for one in found.beyond if one.paired.mean is not None]
    if not known:
        yield "Nothing stands beside a control with a score: there is no effect to draw."
        return
    room = max(_LEAST, width - _NUMBERS)
    least, most = _reach(known)
    for one in known:
        runs = number_of(len(one.values), "run")
        yield from _wrapped(f"{one.title}: {one.said} ({runs}, against {one.against} at {one.at})", width)
        yield f"{_drawn(one, least, most, room)} {_numbers(one)}"
    yield _axis(least, most, room)
    yield "left of │: lower than under the control; right of it: higher"
    for line in cluster_lines(found):
        yield ""
        yield from _wrapped(line, width)


def _reach(known: list[Difference]) -> tuple[float, float]:
    """From where to where the axis goes: all intervals and 0, and no more than the scale allows."""
    ends = [0.0]
    for one in known:
        limit = one.bound / SMALL if one.bound else math.inf
        values = (one.paired.mean, one.paired.low, one.paired.high)
        ends += [max(-limit, min(limit, value)) for value in values if value is not None]
    least, most = min(ends), max(ends)
    return (least, most) if most - least > 1e-9 else (-1.0, 1.0)


def _drawn(one: Difference, least: float, most: float, room: int) -> str:
    def place(at: float) -> int:
        return round((max(least, min(most, at)) - least) / (most - least) * (room - 1))

    cells = [" "] * room
    cells[place(0.0)] = "│"
    mean, low, high = one.paired.mean or 0.0, one.paired.low, one.paired.high
    if low is not None and high is not None and not one.paired.too_wide:
        for at in range(place(low), place(high) + 1):
            cells[at] = "┼" if at == place(0.0) else "─"
        cells[place(low)] = "├" if low >= least - 1e-9 else "◂"
        cells[place(high)] = "┤" if high <= most + 1e-9 else "▸"
    cells[place(mean)] = "■" if one.told_apart and len(one.values) > 1 else "□"
    return "".join(cells)


def _numbers(one: Difference) -> str:
    mean, low, high = one.paired.mean, one.paired.low, one.paired.high
    said = numeral(mean, signed=True, reliable=one.paired.reliable)
    if low is None or one.paired.too_wide:
        return said
    return f"{said} [{numeral(low, signed=True)}, {numeral(high, signed=True)}]"


def _axis(least: float, most: float, room: int) -> str:
    zero = round((0.0 - least) / (most - least) * (room - 1))
    cells = [" "] * room
    for text, at in (
        (numeral(least, decimals=0), 0),
        (numeral(most, signed=True, decimals=0), room),
        ("0", zero),
    ):
        start = max(0, min(at, room - len(text)))
        if all(cell == " " for cell in cells[max(0, start - 1) : start + len(text) + 1]):
            cells[start : start + len(text)] = text
    return "".join(cells).rstrip()


def _wrapped(text: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(printable(text), width)
