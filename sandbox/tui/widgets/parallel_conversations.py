"""Conversations side by side, a row a turn, scrolling together; what all share stands once, full width."""

from collections.abc import Sequence
from itertools import takewhile

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.engine.history import Turn
from sandbox.text import printable
from sandbox.tui.side_by_side import AlignedTurn
from sandbox.workbench.versions import Piece

_CHANGED = "bold underline $text-warning"
_AROUND = 2
"""Rows in view from the first changed words on, where there is room."""


class ParallelConversations(VerticalScroll):
    """One column a session. A row is as high as its longest text, so that turns stay beside one another."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[tuple[str, ...], tuple[AlignedTurn, ...]] | None = None
        self._rows: list[_Row] = []

    async def show(self, titles: Sequence[str], rows: Sequence[AlignedTurn]) -> None:
        """Replace what is shown, unless it is the same. What was scrolled to and marked stays so."""
        if (tuple(titles), tuple(rows)) == self._shown:
            return
        self._shown = tuple(titles), tuple(rows)
        marked = next((row.label for row in self._rows if row.has_class("-here")), None)
        self._rows = [_Row(row) for row in rows]
        for row in self._rows:
            row.set_class(row.label == marked, "-here")
        nothing = Static("Nothing has been said yet.", markup=False)
        async with self.batch():  # laid out between the two, it would scroll to the top
            await self.remove_children()
            await self.mount(*([_Titles(titles), *self._rows] if rows else [nothing]))

    def on_resize(self) -> None:
        """The marked row stays where the reader is."""
        marked = next((place for place, row in enumerate(self._rows) if row.has_class("-here")), None)
        if marked is not None:
            self.call_after_refresh(self.jump, marked)

    def jump(self, place: int) -> None:
        """Bring that row to the top and mark it, as soon as it is laid out; what is said otherwise in it is
        in view."""
        if 0 <= place < len(self._rows) and self._rows[place].is_attached and not self._rows[place].size:
            self.call_after_refresh(self.jump, place)
            return
        for at, row in enumerate(self._rows):
            row.set_class(at == place, "-here")
        if 0 <= place < len(self._rows):
            row, height = self._rows[place], self.scrollable_content_region.height
            below = max(0, row.first_otherwise - height + _AROUND)
            self.scroll_to(y=row.virtual_region.y + below, animate=False)


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

    @property
    def label(self) -> str:
        return self._row.label

    @property
    def first_otherwise(self) -> int:
        """The line on which the last column first says something otherwise, or one before it; 0 where none
        does."""
        for place in reversed(range(len(self._row.turns))):
            said = self._row.said_otherwise(place)
            if any(piece.kind == "added" for piece in said):
                same = "".join(one.words for one in takewhile(lambda one: one.kind == "same", said))
                width = self.query(".cell")[place].content_size.width
                return max(0, len(Content(printable(same)).wrap(max(1, width))) - 1)
        return 0

    def on_resize(self) -> None:
        """Mark the line too, where the turn's own label may be out of view."""
        if line := self.first_otherwise:
            marked = f"{self._row.label}≠"
            self.query_one(".turn-label", Static).update(Content(marked + "\n" * line + marked))

    def compose(self) -> ComposeResult:
        otherwise = [self._row.said_otherwise(place) for place in range(len(self._row.turns))]
        yield Static(f"{self._row.label}{'≠' if any(otherwise) else ''}", classes="turn-label", markup=False)
        if self._row.shared:
            yield Static(_text(self._row.turns[0], shared=len(self._row.turns)), classes="cell", markup=False)
            return
        for turn, said in zip(self._row.turns, otherwise, strict=True):
            yield Static(_text(turn, said=said), classes="cell", markup=False)


def _text(turn: Turn | None, shared: int = 0, said: Sequence[Piece] = ()) -> Content:
    if turn is None:
        return Content.styled("–", "$text-muted")
    who = "own words: " if turn.origin == "live" else ""
    note = f"  (the same in {'both' if shared == 2 else 'all'})" if shared else ""
    own = said or (Piece("same", turn.said),)
    words = [(printable(one.words), _CHANGED if one.kind == "added" else "$text-secondary") for one in own]
    text = Content.assemble((who, "bold"), *words, (note, "$text-muted italic"))
    if turn.reply is None:
        return text
    refused = ("(refused) ", "bold") if turn.refused else ""
    return Content.assemble(text, "\n", ("▌ ", "$primary"), refused, printable(turn.reply))
