"""The columns of a comparison: their texts, their widths, and which fit side by side. Knows no widget."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.analysis.comparison import ComparedArm, Comparison, arms_compared_with
from sandbox.export.comparison_text import change_text, difference_text, score_text
from sandbox.tui.labels import MARKS, distinct
from sandbox.tui.side_by_side import mark_places

POINT = 9
"""Cells of the first column, the measurement points."""
PADDING = 2
"""Cells that a table adds to each column."""
_SHORTEST = 12
_COMFORTABLE = 26
_LONGEST = 60
"""Cells an arm's name has at least, by preference to a wider chart, and at most, where there is room."""


@dataclass(frozen=True, slots=True)
class Column:
    """An arm's column: its place among all arms, what stands before its name, its numbers line by line."""

    place: int
    before: str
    name: str
    after: str
    head: str
    lines: tuple[str, ...]

    def width(self, room: int) -> int:
        """Its cells when names have at most `room`."""
        named = len(self.before) + min(len(self.name), room) + len(self.after)
        return max(named, len(self.head), *map(len, self.lines), 0)


@dataclass(frozen=True, slots=True)
class View:
    """The columns that stand side by side, whole ones only, with their titles; `others` are all that move.

    `first` is the place of the first of them that is in view, `shown` how many are; `arms`: of how many.
    """

    columns: tuple[tuple[Column, str], ...]
    first: int
    shown: int
    others: int
    arms: int

    @property
    def places(self) -> tuple[int, ...]:
        """The arms in view, by their place in the comparison."""
        return tuple(column.place for column, _ in self.columns)

    def told(self) -> str:
        """`3 of 5 arms, → for more`; empty when all are in view."""
        if self.shown == self.others:
            return ""
        ways = [*(["←"] if self.first else []), *(["→"] if self.first + self.shown < self.others else [])]
        return f"{len(self.columns)} of {self.arms} arms, {' and '.join(ways)} for more"


class ArmColumns:
    """All columns of a comparison. What an arm is compared with stands before it, and stays in view with it:
    one control for all, or, as with runs of several trunks, each before those of its own trunk.
    """

    def __init__(self, comparison: Comparison) -> None:
        arms = comparison.arms
        marks = [MARKS[mark] for mark in mark_places(arms, len(MARKS))]
        self._full = [_column(comparison, place, mark) for place, mark in enumerate(marks)]
        self._slim = [_column(comparison, place, mark, slim=True) for place, mark in enumerate(marks)]
        self._beside = {
            place: [arms.index(found) for found in arms_compared_with(arm, arms)]
            for place, arm in enumerate(arms)
        }
        stand_by = {one for places in self._beside.values() for one in places}
        trunks = list(dict.fromkeys(arm.sessions[0].trunk for arm in arms))
        places = [place for place in range(len(arms)) if place not in stand_by]
        if len(stand_by) != 1:
            places.sort(key=lambda place: trunks.index(arms[place].sessions[0].trunk))
        self._others = places
        self._names = [arm.title for arm in arms]

    def _with_theirs(self, places: Sequence[int]) -> list[int]:
        """These arms, each after what it is compared with; no arm twice."""
        return list(dict.fromkeys(one for place in places for one in (*self._beside[place], place)))

    def _taken(self, places: Sequence[int], room: int, columns: Sequence[Column]) -> int:
        return _cells([columns[place] for place in self._with_theirs(places)], room)

    @property
    def comfortable(self) -> int:
        """The cells that all arms take, names hardly shortened."""
        return self._taken(self._others, _COMFORTABLE, self._full)

    @property
    def least(self) -> int:
        """The cells that are needed to show any arm beside what it is compared with."""
        return max(self._taken([one], _SHORTEST, self._full) for one in self._others)

    def place_of(self, arm: int) -> int:
        """Where among the columns that move that arm stands, or the first that is compared with it."""
        return next((n for n, one in enumerate(self._others) if arm in (one, *self._beside[one])), 0)

    def view(self, width: int, first: int) -> View:
        """What fits into so many cells from the `first` of the moving columns on; one of them at least,
        without its changes and counts if it has no room beside what it is compared with otherwise."""
        first = max(0, min(first, len(self._others) - 1))
        alone = self._others[first : first + 1]
        drawn = self._full if self._taken(alone, _SHORTEST, self._full) <= width else self._slim
        shown = 1

        def fits(start: int, count: int) -> bool:
            return self._taken(self._others[start : start + count], _SHORTEST, drawn) <= width

        while first + shown < len(self._others) and fits(first, shown + 1):
            shown += 1
        while first and first + shown == len(self._others) and fits(first - 1, shown + 1):
            first, shown = first - 1, shown + 1
        columns = [drawn[place] for place in self._with_theirs(self._others[first : first + shown])]
        room = next((n for n in range(_LONGEST, _SHORTEST, -1) if _cells(columns, n) <= width), _SHORTEST)
        titled = tuple(zip(columns, self._titles(columns, room), strict=True))
        return View(titled, first, shown, len(self._others), len(self._names))

    def _titles(self, columns: Sequence[Column], room: int) -> list[str]:
        """The names as they fit, told apart from those of all arms, in view or not."""
        inner = [max(c.width(room) - len(c.before) - len(c.after), 1) for c in columns]
        return [
            f"{c.before}{distinct(self._names, size)[c.place]}{c.after}"
            for c, size in zip(columns, inner, strict=True)
        ]


def _cells(columns: Sequence[Column], room: int) -> int:
    return POINT + PADDING + sum(column.width(room) + PADDING for column in columns)


def _column(comparison: Comparison, place: int, mark: str, *, slim: bool = False) -> Column:
    """The numbers stand one under another: score, change, and what the arm did beyond what it is beside.

    A `slim` one has no changes, and no counts of runs in its lines.
    """
    arm = comparison.arms[place]
    against = "vs control" if comparison.has_control else "vs first"
    names = ["score", "change", against]
    parts = [_parts(comparison, arm, place, row) for row in range(len(comparison.rows))]
    kept = [n for n in range(3) if not (n == 1 and slim) and not (n == 2 and arm.reference)]
    texts = [[row[n].partition(" n=")[0] if slim else row[n] for n in kept] for row in parts]
    heads = [names[n] for n in kept]
    widths = [max(map(len, column)) for column in zip(heads, *texts, strict=True)]

    def joined(texts: Sequence[str]) -> str:
        return " ".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=True))

    count = f", n={len(arm.sessions)}" if len(arm.sessions) > 1 else ""
    return Column(place, f"{place + 1}{mark} ", arm.title, count, joined(heads), tuple(map(joined, texts)))


def _parts(comparison: Comparison, arm: ComparedArm, place: int, row: int) -> tuple[str, str, str]:
    cell = comparison.rows[row].cells[place]
    return score_text(cell, arm, 0), change_text(cell, arm, 0), difference_text(cell.difference, arm, 0)
