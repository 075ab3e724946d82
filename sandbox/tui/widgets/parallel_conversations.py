"""Conversations side by side, a row a turn, scrolling together; what all share stands once, full width."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sandbox.engine.history import Turn
from sandbox.text import printable
from sandbox.tui.side_by_side import AlignedTurn


class ParallelConversations(VerticalScroll):
    """One column a session. A row is as high as its longest text, so that turns stay beside one another."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[Widget] = []

    async def show(self, titles: Sequence[str], rows: Sequence[AlignedTurn]) -> None:
        await self.remove_children()
        self._rows = [_Row(row) for row in rows]
        if not rows:
            await self.mount(Static("Nothing has been said yet.", markup=False))
            return
        await self.mount(_Titles(titles), *self._rows)

    def jump(self, place: int) -> None:
        """Bring that row to the top and mark it."""
        for at, row in enumerate(self._rows):
            row.set_class(at == place, "-here")
        if 0 <= place < len(self._rows):
            self.scroll_to_widget(self._rows[place], top=True, animate=False)


class _Titles(Horizontal):
    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__(classes="titles")
        self._titles = titles

    def compose(self) -> ComposeResult:
        yield Static("", classes="turn-label", markup=False)
        for title in self._titles:
            yield Static(Content(printable(title)), classes="cell-title", markup=False)


class _Row(Horizontal):
    def __init__(self, row: AlignedTurn) -> None:
        super().__init__(classes="turn-row")
        self._row = row

    def compose(self) -> ComposeResult:
        yield Static(self._row.label, classes="turn-label", markup=False)
        if self._row.shared:
            yield Static(_text(self._row.turns[0], shared=len(self._row.turns)), classes="cell", markup=False)
            return
        for turn in self._row.turns:
            yield Static(_text(turn), classes="cell", markup=False)


def _text(turn: Turn | None, shared: int = 0) -> Content:
    if turn is None:
        return Content.styled("–", "$text-muted")
    who = "own words: " if turn.origin == "live" else ""
    note = f"  (the same in {'both' if shared == 2 else 'all'})" if shared else ""
    said = Content.assemble(
        (who, "bold"), (printable(turn.said), "$text-secondary"), (note, "$text-muted italic")
    )
    if turn.reply is None:
        return said
    return Content.assemble(said, "\n", ("▌ ", "$primary"), printable(turn.reply))
