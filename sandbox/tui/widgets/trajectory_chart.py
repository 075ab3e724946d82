"""The chart of one scale over the measurement points: in braille, one mark a session, two reference lines.

Drawn here and not by a library: CONTRIBUTING.md says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual.content import Content
from textual.widget import Widget

from sandbox.analysis.trajectory import Trajectory, TrajectoryPoint
from sandbox.engine.phase import PHASES, Phase, Point, point_in_short
from sandbox.tui.labels import MARKS, distinct, shortened
from sandbox.tui.scores import number

_STYLES = ("$primary bold", "$warning", "$success", "$secondary", "$error", "$accent")
_SEVERAL = "◎"
_REFERENCE = "$text-muted"
_WIDE = 5
"""Cells between points from which on turns are named t1, t2 …, not by their number alone."""
_SHORT = {"ind": "scen"}
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


@dataclass(frozen=True, slots=True)
class Line:
    """A trajectory within the scale's possible extremes. `place` fixes its mark and colour."""

    title: str
    trajectory: Trajectory
    bounds: tuple[float, float]
    place: int = 0

    @property
    def mark(self) -> str:
        return MARKS[self.place % len(MARKS)]

    @property
    def style(self) -> str:
        return _STYLES[self.place % len(_STYLES)]


class TrajectoryChart(Widget):
    """Lines over the named points, the first one on top; its baseline and induced level are dotted."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self._labels: tuple[str, ...] = ()
        self._cursor = ""

    def show(self, lines: Sequence[Line], labels: Sequence[str], cursor: str = "") -> None:
        """`labels` names every expected point from left to right; scores at other points are not drawn.

        A dashed line stands at the point named `cursor`.
        """
        if (tuple(lines), tuple(labels), cursor) != (self._lines, self._labels, self._cursor):
            self._lines, self._labels, self._cursor = tuple(lines), tuple(labels), cursor
            self.refresh()

    def render(self) -> Content:
        width, height = self.size
        if not self._lines or width < 12 or height < 4:
            return Content("")
        legend = _legend(self._lines, width, max(1, height - 6))
        plot = draw(self._lines, self._labels, width, height - len(legend), self._cursor)
        return Content("\n").join([*plot, *legend])


def draw(
    lines: Sequence[Line], labels: Sequence[str], width: int, height: int, cursor: str = ""
) -> list[Content]:
    """`height` rows of `width` cells: the plot, and under it the names of the points."""
    low, high = lines[0].bounds
    gutter = max(len(number(low)), len(number(high))) + 1
    columns, names = axis(labels, width - gutter)
    canvas = _Canvas(width - gutter, height - 1, (low, high), columns)
    first = lines[0].trajectory
    placed = [(line, _by_slot(line.trajectory, labels)) for line in lines]
    for line, scores in reversed(placed):
        canvas.join(line, scores)
    for line, scores in placed:
        canvas.place(line, scores)
    canvas.reference(_value(first.baseline), 0)
    canvas.reference(_value(first.induced), list(labels).index("ind") if "ind" in labels else 0)
    if cursor in labels:
        canvas.mark(list(labels).index(cursor))
    ticks = {canvas.row(low + (high - low) * part): low + (high - low) * part for part in (0, 0.5, 1)}
    rows = []
    for row in range(height - 1):
        tick = f"{number(ticks[row]):>{gutter - 1}}┤" if row in ticks else " " * (gutter - 1) + "│"
        rows.append(Content.assemble((tick, _REFERENCE), *canvas.cells(row)))
    rows.append(Content.styled(" " * gutter + names, _REFERENCE))
    return rows


def point_labels(steps: int, seen: Sequence[Point], order: Sequence[Phase] = PHASES) -> tuple[str, ...]:
    """The points a chart has room for: `base`, `ind`, `t1` … as many as planned or seen, end; in `order`."""
    turns = max([steps, *(point.number for point in seen if point.phase == "technique")])
    numbers = {"technique": range(1, turns + 1)}
    return tuple(Point(0, phase, n).label for phase in order for n in numbers.get(phase, (0,)))


def _by_slot(trajectory: Trajectory, labels: Sequence[str]) -> list[tuple[int, float | None]]:
    places = {label: slot for slot, label in enumerate(labels)}
    return [(places[point.label], point.value) for point in trajectory.points if point.label in places]


def _value(point: TrajectoryPoint | None) -> float | None:
    return point.value if point is not None else None


def axis(labels: Sequence[str], width: int) -> tuple[list[int], str]:
    """The column of each point, and the line that names them, for `width` cells.

    Turns stand equally far apart. Where it is tight the baseline is `base`, after the scenario `scen`, and
    turns are named by number, where it is tighter every second or third; the first turn keeps its name as
    long as each turn has a column.
    """
    most, short = width // max(1, len(labels) - 1), [_SHORT.get(label, label) for label in labels]
    whole = [(pitch, [*map(point_in_short, labels)]) for pitch in range(most, _WIDE - 1, -1)]
    for pitch, named in (*whole, *((pitch, short) for pitch in range(most, 0, -1))):
        names = named if pitch >= _WIDE else [name.removeprefix("t") for name in named]
        columns = _columns(labels, names, pitch)
        spare = width - 1 - columns[-1] - len(names[-1]) // 2
        if spare >= 0:
            columns = [column + spare // 2 for column in columns]
            return columns, _named(labels, names, columns, pitch)
    columns = [slot * (width - 1) // max(1, len(labels) - 1) for slot in range(len(labels))]
    return columns, _named(labels, [name.removeprefix("t") for name in short], columns, 1)[:width]


def _columns(labels: Sequence[str], names: Sequence[str], pitch: int) -> list[int]:
    """Columns `pitch` apart, or as far as the names on both sides need where one is no turn."""
    columns = [(len(names[0]) - 1) // 2]
    for at in range(1, len(names)):
        needed = len(names[at - 1]) // 2 + (len(names[at]) - 1) // 2 + 2
        between_turns = _is_turn(labels[at - 1]) and _is_turn(labels[at])
        columns.append(columns[-1] + (pitch if between_turns else max(pitch, needed)))
    return columns


def _named(labels: Sequence[str], names: Sequence[str], columns: Sequence[int], pitch: int) -> str:
    turns = [name for label, name in zip(labels, names, strict=True) if _is_turn(label)]
    every = -(-(max(map(len, turns), default=0) + 1) // pitch)
    text, turn = "", 0
    for label, name, column in zip(labels, names, columns, strict=True):
        start = max(0, column - (len(name) - 1) // 2)
        shown = not _is_turn(label) or turn % every == 0
        turn += _is_turn(label)
        if shown and (not text or start > len(text)):
            text = text.ljust(start) + name
    return text


def _is_turn(label: str) -> bool:
    return label.removeprefix("t").isdigit()


def _legend(lines: Sequence[Line], width: int, rows: int) -> list[Content]:
    """A row a line; where there are not so many, whole names in fewer rows, or all shortened in one row."""
    if len(lines) <= rows:
        return [_entry(line, width) for line in lines]
    if len(filled := _filled([_entry(line, width) for line in lines], width)) <= rows:
        return filled
    room = (width + 1) // len(lines) - 1
    names = distinct([line.title for line in lines], max(1, room - 2))
    apart = [replace(line, title=name) for line, name in zip(lines, names, strict=True)]
    return [Content(" ").join(_entry(line, room) for line in apart)]


def _filled(entries: Sequence[Content], width: int) -> list[Content]:
    """The entries one after another, in as many rows of `width` cells as they take."""
    rows: list[Content] = []
    for entry in entries:
        if rows and rows[-1].cell_length + 1 + entry.cell_length <= width:
            rows[-1] = Content(" ").join([rows[-1], entry])
        else:
            rows.append(entry)
    return rows


def _entry(line: Line, width: int) -> Content:
    return Content.assemble((f"{line.mark} ", line.style), Content(shortened(line.title, max(1, width - 2))))


class _Canvas:
    """A grid of braille cells over the values `bounds`, with a column a measurement point."""

    def __init__(self, width: int, height: int, bounds: tuple[float, float], columns: Sequence[int]) -> None:
        self._height = height
        self._width = width
        self._low, self._high = bounds
        self.columns = columns
        self._taken = frozenset(columns)
        self._dots: dict[tuple[int, int], int] = {}
        self._styles: dict[tuple[int, int], str] = {}
        self._marks: dict[tuple[int, int], str] = {}

    def row(self, value: float) -> int:
        """The cell row a value falls in, 0 at the top."""
        return self._dot_row(value) // 4

    def reference(self, value: float | None, from_slot: int) -> None:
        """A dotted level from a point to the right edge, in the cells that are still empty."""
        if value is None:
            return
        y = self._dot_row(value)
        for x in range(self.columns[from_slot] * 2, self._width * 2, 4):
            if (x // 2, y // 4) not in self._styles:
                self._dot(x, y, _REFERENCE)

    def mark(self, slot: int) -> None:
        """A dashed line from top to bottom at a point, in the cells that are still empty."""
        for row in range(self._height):
            cell = (self.columns[slot], row)
            if cell not in self._marks and cell not in self._dots:
                self._marks[cell], self._styles[cell] = "┊", "$accent"

    def join(self, line: Line, scores: Sequence[tuple[int, float | None]]) -> None:
        """Draw the strokes from score to score, none over a missing one."""
        last: tuple[int, float] | None = None
        for slot, value in scores:
            if value is not None and last is not None:
                self._stroke(last, (slot, value), line.style)
            last = None if value is None else (slot, value)

    def place(self, line: Line, scores: Sequence[tuple[int, float | None]]) -> None:
        """Put the line's mark at each score: beside another's in the same cell, or one sign for several."""
        for slot, value in scores:
            if value is not None:
                column, row = self.columns[slot], self.row(value)
                beside = (column, *(column + by for by in (1, -1) if self._is_free(column, by)))
                cell = next(((at, row) for at in beside if (at, row) not in self._marks), None)
                if cell is None:
                    self._marks[column, row], self._styles[column, row] = _SEVERAL, "bold"
                else:
                    self._marks[cell], self._styles[cell] = line.mark, line.style

    def _is_free(self, column: int, by: int) -> bool:
        """Whether a mark one cell beside the column would still be seen to belong to it."""
        return 0 <= column + by < self._width and self._taken.isdisjoint((column + by, column + 2 * by))

    def cells(self, row: int) -> list[tuple[str, str]]:
        result = []
        for column in range(self._width):
            cell = (column, row)
            character = self._marks.get(cell) or (
                chr(0x2800 + self._dots[cell]) if cell in self._dots else " "
            )
            result.append((character, self._styles.get(cell, "")))
        return result

    def _dot_row(self, value: float) -> int:
        share = (min(max(value, self._low), self._high) - self._low) / (self._high - self._low)
        return round((1 - share) * (self._height * 4 - 1))

    def _dot(self, x: int, y: int, style: str) -> None:
        cell = (x // 2, y // 4)
        if cell[0] < self._width:
            self._dots[cell] = self._dots.get(cell, 0) | _DOTS[y % 4][x % 2]
            self._styles[cell] = style

    def _stroke(self, start: tuple[int, float], end: tuple[int, float], style: str) -> None:
        x0, x1 = self.columns[start[0]] * 2, self.columns[end[0]] * 2
        y0, y1 = self._dot_row(start[1]), self._dot_row(end[1])
        count = max(abs(x1 - x0), abs(y1 - y0), 1)
        for i in range(count + 1):
            self._dot(x0 + round((x1 - x0) * i / count), y0 + round((y1 - y0) * i / count), style)
