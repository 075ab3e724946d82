"""A few entries of a conversation: their blocks while what is read is near, else only the room they need.

Laying out a screen takes time for every widget on it, seen or not; a long conversation would make each
frame slow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sandbox.engine.history import Skip, Turn
from sandbox.engine.plan import SessionPlan
from sandbox.engine.run_state import Entry
from sandbox.tui.widgets.measured_line import MeasuredLine, measured_rows
from sandbox.tui.widgets.turn import TurnBlock, turn_rows


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry with what its block says of those before it: what a turn is called, the score before."""

    entry: Entry
    place: str = ""
    before: float | None = None


class Page(Vertical):
    """`filled`: whether the blocks are there. `free`: the rows they need, 0 while nobody asked."""

    def __init__(self, plan: SessionPlan, *, filled: bool) -> None:
        super().__init__()
        self.filled = filled
        self.free = 0
        self._plan = plan
        self._placed: list[Placed] = []
        self._measured = (0, 0)
        self._kept = (0, True)

    @property
    def entries(self) -> int:
        return len(self._placed)

    @property
    def rows(self) -> int:
        """The height it has, or will have once it is laid out."""
        return self.free if self.free and not self.in_use else self.outer_size.height

    @property
    def in_use(self) -> bool:
        """Whether the reader has opened, marked or focused something on it that clearing would lose."""
        return any(block.has_focus or block.classes & {"-open", "-found"} for block in self.children)

    def holds(self, turn: int) -> bool:
        return any(isinstance(p.entry, Turn) and p.entry.index == turn for p in self._placed)

    def add(self, placed: Sequence[Placed], *, shown: bool = False) -> None:
        """Put more entries at the end of a mounted page; `shown`: their blocks are on it already."""
        self._placed += placed
        if self.filled and not shown:
            self.mount_all(block_of(one, self._plan) for one in placed)

    def measure(self, width: int) -> None:
        """Find out how many rows the blocks need in so many columns."""
        if self._measured != (width, self.entries):
            self._measured = (width, self.entries)
            self.free = sum(rows_of(placed, width) for placed in self._placed)

    def keep(self, rows: int, *, shown: bool) -> None:
        """Take at least so many rows, or no place at all; said again it costs nothing."""
        if (rows, shown) != self._kept:
            self._kept = rows, shown
            self.styles.min_height = rows
            self.display = shown

    async def fill(self) -> None:
        if not self.filled:
            self.filled = True
            await self.mount_all(block_of(one, self._plan) for one in self._placed)

    async def clear(self) -> None:
        if self.filled:
            self.filled = False
            await self.remove_children()


def keep_free(pages: Sequence[Page]) -> None:
    """Let the first of cleared pages in a row keep the room of them all, so that the others need no place."""
    for filled, run in groupby(pages, key=lambda page: page.filled):
        first, *others = run
        first.keep(first.free if filled else first.free + sum(page.free for page in others), shown=True)
        for page in others:
            page.keep(page.free, shown=filled)


def block_of(placed: Placed, plan: SessionPlan) -> Widget:
    if isinstance(placed.entry, Turn):
        return TurnBlock(placed.entry, plan, placed.place)
    if isinstance(placed.entry, Skip):
        return Static(_skipped(placed.entry), classes="skip", markup=False)
    return MeasuredLine(placed.entry, placed.before)


def rows_of(placed: Placed, width: int) -> int:
    """The rows its block takes in so many columns, with the empty one under it where there is one."""
    if isinstance(placed.entry, Turn):
        return turn_rows(placed.entry, width)
    if isinstance(placed.entry, Skip):
        return _skipped(placed.entry).get_height({}, max(1, width)) + 1
    return measured_rows(placed.entry, placed.before, width) + 1


def _skipped(skip: Skip) -> Content:
    why = "its condition does not hold" if skip.reason == "condition" else "by the clinician"
    return Content(f"── step {skip.step} skipped: {why}")
