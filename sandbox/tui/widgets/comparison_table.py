"""The table of a comparison: a row a measurement point, score, change and difference of each arm."""

from collections.abc import Sequence

from rich.text import Text
from textual.message import Message
from textual.widgets import DataTable

from sandbox.analysis.comparison import Arm, Cell, Comparison
from sandbox.analysis.numeral import numeral
from sandbox.analysis.paired import PairedDifference
from sandbox.text import excerpt
from sandbox.tui.side_by_side import mark_places
from sandbox.tui.widgets.trajectory_chart import MARKS

_TITLE = 18
"""Cells a column has at least, for the arm's title."""


class ComparisonTable(DataTable[Text]):
    """Walked by rows; left and right scroll sideways, Enter or a click jumps to the row's turn."""

    class PointMarked(Message):
        """The cursor is on the row of this point."""

        def __init__(self, label: str) -> None:
            super().__init__()
            self.label = label

    class TurnWanted(Message):
        """The turn before this point shall be shown."""

        def __init__(self, label: str) -> None:
            super().__init__()
            self.label = label

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=True, fixed_columns=2, header_height=2)

    def show(self, comparison: Comparison) -> None:
        kept = self.cursor_row
        self.clear(columns=True)
        self.add_column(Text("\npoint"), key="point")
        against = "vs control" if comparison.reference is None or comparison.reference.control else "vs first"
        # What the others are compared with comes first and stays in view.
        ordered = sorted(enumerate(comparison.arms), key=lambda numbered: not numbered[1].reference)
        marks = [MARKS[mark] for mark in mark_places(comparison.arms, len(MARKS))]
        columns = [
            _column(
                f"{place + 1}{marks[place]} ", arm, [row.cells[place] for row in comparison.rows], against
            )
            for place, arm in ordered
        ]
        for title, _ in columns:
            self.add_column(Text(title, style="bold"))
        for place, row in enumerate(comparison.rows):
            self.add_row(
                Text(row.label, style="bold"), *(Text(texts[place]) for _, texts in columns), key=row.label
            )
        self.move_cursor(row=min(kept, self.row_count - 1))

    @property
    def point(self) -> str:
        """The label of the row under the cursor, empty while there is none."""
        if not self.row_count:
            return ""
        return str(self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        self.post_message(self.PointMarked(str(event.row_key.value)))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self.post_message(self.TurnWanted(str(event.row_key.value)))


def _column(mark: str, arm: Arm, cells: Sequence[Cell], against: str) -> tuple[str, list[str]]:
    """The head of an arm's column (two lines, its mark first) and its rows, the numbers one under another."""
    names = ("score", "change") if arm.reference else ("score", "change", against)
    parts = [_parts(arm, cell) for cell in cells]
    widths = [max(len(name), *(len(row[n]) for row in parts)) for n, name in enumerate(names)]

    def joined(texts: Sequence[str]) -> str:
        return " ".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=True))

    count = f", n={len(arm.sessions)}" if len(arm.sessions) > 1 else ""
    room = max(sum(widths) + len(widths) - 1, _TITLE) - len(mark) - len(count)
    title = excerpt(arm.title, room)[:room]
    return f"{mark}{title}{count}\n{joined(names)}", [joined(row) for row in parts]


def _parts(arm: Arm, cell: Cell) -> tuple[str, ...]:
    missing = "–" if cell.reason else ""
    score = (
        missing if cell.score is None else f"{numeral(cell.score, decimals=0)}{'' if cell.reliable else '?'}"
    )
    own = (score, signed(cell.change))
    return own if arm.reference else (*own, difference(cell.difference))


def signed(value: float | None) -> str:
    """`−20`, `+3`, `±0`, nothing for None."""
    if value is None:
        return ""
    return numeral(value, signed=True, decimals=0)


def difference(found: PairedDifference | None) -> str:
    """`−20 [−31, −9]`, or without an interval; – where it is undefined, `?` after it where unreliable."""
    if found is None:
        return ""
    if found.mean is None:
        return "–"
    doubt = "" if found.reliable else "?"
    if found.low is None or found.high is None:
        return signed(found.mean) + doubt
    return f"{signed(found.mean)} [{signed(found.low)}, {signed(found.high)}]{doubt}"
