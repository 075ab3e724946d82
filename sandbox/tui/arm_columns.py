"""The columns of a comparison: their texts, their widths, and which fit side by side. Knows no widget."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.analysis.comparison import ComparedArm, Comparison
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

    `first` is the place of the first of them that is in view, `shown` how many are.
    """

    columns: tuple[tuple[Column, str], ...]
    first: int
    shown: int
    others: int

    @property
    def places(self) -> tuple[int, ...]:
        """The arms in view, by their place in the comparison."""
        return tuple(column.place for column, _ in self.columns)

    def told(self) -> str:
        """`3 of 5 arms, → for more`; empty when all are in view."""
        if self.shown == self.others:
            return ""
        pinned = len(self.columns) - self.shown
        ways = [*(["←"] if self.first else []), *(["→"] if self.first + self.shown < self.others else [])]
        return f"{len(self.columns)} of {self.others + pinned} arms, {' and '.join(ways)} for more"


class ArmColumns:
    """All columns of a comparison. The one arm that the others are compared with stays in view, first; where
    there are several, as with runs of several trunks, each stands before those of its own trunk.
    """

    def __init__(self, comparison: Comparison) -> None:
        marks = [MARKS[mark] for mark in mark_places(comparison.arms, len(MARKS))]
        columns = [_column(comparison, place, mark) for place, mark in enumerate(marks)]
        references = [place for place, arm in enumerate(comparison.arms) if arm.reference]
        pinned = references if len(references) == 1 else []
        self._pinned = [column for column in columns if column.place in pinned]
        trunks = list(dict.fromkeys(arm.sessions[0].trunk for arm in comparison.arms))

        def by_trunk(column: Column) -> tuple[int, bool, int]:
            arm = comparison.arms[column.place]
            return trunks.index(arm.sessions[0].trunk), not arm.reference, column.place

        others = [column for column in columns if column.place not in pinned]
        self._others = others if pinned else sorted(others, key=by_trunk)
        self._names = [arm.title for arm in comparison.arms]

    @property
    def comfortable(self) -> int:
        """The cells that all arms take, names hardly shortened."""
        return _cells([*self._pinned, *self._others], _COMFORTABLE)

    @property
    def least(self) -> int:
        """The cells that are needed to show any arm beside what it is compared with."""
        return max(
            (_cells([*self._pinned, one], _SHORTEST) for one in self._others), default=self.comfortable
        )

    def place_of(self, arm: int) -> int:
        """Where among the columns that move that arm stands; the first for one that always is in view."""
        return next((n for n, column in enumerate(self._others) if column.place == arm), 0)

    def view(self, width: int, first: int) -> View:
        """What fits into so many cells from the `first` of the moving columns on; one of them at least."""
        first = max(0, min(first, len(self._others) - 1))
        shown = 0
        for count in range(1, len(self._others) - first + 1):
            if count > 1 and _cells([*self._pinned, *self._others[first : first + count]], _SHORTEST) > width:
                break
            shown = count
        while first and _cells([*self._pinned, *self._others[first - 1 : first + shown]], _SHORTEST) <= width:
            first, shown = first - 1, shown + 1
        columns = [*self._pinned, *self._others[first : first + shown]]
        room = next((n for n in range(_LONGEST, _SHORTEST, -1) if _cells(columns, n) <= width), _SHORTEST)
        return View(
            tuple(zip(columns, self._titles(columns, room), strict=True)), first, shown, len(self._others)
        )

    def _titles(self, columns: Sequence[Column], room: int) -> list[str]:
        """The names as they fit, told apart from those of all arms, in view or not."""
        inner = [max(c.width(room) - len(c.before) - len(c.after), 1) for c in columns]
        return [
            f"{c.before}{distinct(self._names, size)[c.place]}{c.after}"
            for c, size in zip(columns, inner, strict=True)
        ]


def _cells(columns: Sequence[Column], room: int) -> int:
    return POINT + PADDING + sum(column.width(room) + PADDING for column in columns)


def _column(comparison: Comparison, place: int, mark: str) -> Column:
    """The numbers stand one under another: score, change, and what the arm did beyond what it is beside."""
    arm = comparison.arms[place]
    against = "vs control" if comparison.has_control else "vs first"
    names = ("score", "change") if arm.reference else ("score", "change", against)
    parts = [_parts(comparison, arm, place, row) for row in range(len(comparison.rows))]
    widths = [max(len(name), *(len(texts[n]) for texts in parts), 0) for n, name in enumerate(names)]

    def joined(texts: Sequence[str]) -> str:
        return " ".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=True))

    count = f", n={len(arm.sessions)}" if len(arm.sessions) > 1 else ""
    return Column(
        place, f"{place + 1}{mark} ", arm.title, count, joined(names), tuple(joined(texts) for texts in parts)
    )


def _parts(comparison: Comparison, arm: ComparedArm, place: int, row: int) -> tuple[str, ...]:
    cell = comparison.rows[row].cells[place]
    own = (score_text(cell, arm, 0), change_text(cell, arm, 0))
    return own if arm.reference else (*own, difference_text(cell.difference, arm, 0))
