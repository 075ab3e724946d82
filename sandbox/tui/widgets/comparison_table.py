"""The table of a comparison: a row a measurement point, score, change and difference of each arm in view."""

from rich.text import Text
from textual.message import Message
from textual.widgets import DataTable

from sandbox.analysis.comparison import Comparison
from sandbox.engine.phase import point_in_short
from sandbox.tui.arm_columns import POINT, ArmColumns, View


class ComparisonTable(DataTable[Text]):
    """Walked by rows; left and right bring other arms into view, Enter or a click jumps to the row's turn.

    Only whole columns are shown: as many arms as fit, and always the one the others are compared with.
    """

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

    class Viewed(Message):
        """Other arms are in view: see `view`."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=True, fixed_columns=1, header_height=2)
        self._comparison: Comparison | None = None
        self._columns: ArmColumns | None = None
        self._first = 0
        self._view: View | None = None
        self._drawn: tuple[Comparison, View] | None = None

    def show(self, comparison: Comparison) -> None:
        """Show its arms, from where the reader was among them."""
        self._comparison, self._columns = comparison, ArmColumns(comparison)
        self._lay_out()

    def bring(self, arm: int) -> None:
        """Bring that arm into view, by its place in the comparison."""
        if self._columns is not None:
            self._first = self._columns.place_of(arm)
            self._lay_out()

    @property
    def view(self) -> View | None:
        """The arms in view; None before there was room to draw any."""
        return self._view

    @property
    def point(self) -> str:
        """The label of the row under the cursor, empty while there is none."""
        if not self.row_count:
            return ""
        return str(self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value)

    def on_resize(self) -> None:
        self._lay_out()

    def action_cursor_right(self) -> None:
        if self._view is not None and self._view.first + self._view.shown < self._view.others:
            self._first = self._view.first + 1
            self._lay_out()

    def action_cursor_left(self) -> None:
        if self._view is not None and self._view.first:
            self._first = self._view.first - 1
            self._lay_out()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        self.post_message(self.PointMarked(str(event.row_key.value)))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self.post_message(self.TurnWanted(str(event.row_key.value)))

    def _lay_out(self) -> None:
        """Draw what fits, unless it stands there already."""
        width = self.size.width - 1  # a scroll bar may take one
        if self._comparison is None or self._columns is None or width <= 0:
            return
        view = self._columns.view(width, self._first)
        if (self._comparison, view) == self._drawn:
            return
        self._drawn = self._comparison, view
        kept = self.cursor_row
        self.clear(columns=True)
        self.add_column(Text("\npoint"), key="point", width=POINT)
        for column, title in view.columns:
            self.add_column(Text(f"{title}\n{column.head}", style="bold"))
        for place, row in enumerate(self._comparison.rows):
            numbers = (Text(column.lines[place]) for column, _ in view.columns)
            name = point_in_short(row.label)
            self.add_row(Text(name, style="bold"), *numbers, key=row.label)
        self.move_cursor(row=min(kept, self.row_count - 1))
        if view != self._view:
            self._view = view
            self.post_message(self.Viewed())
