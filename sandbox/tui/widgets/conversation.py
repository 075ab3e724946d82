"""The conversation of the shown session: turns, measurements and skips in order, following the newest."""

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.engine.history import Measured, Turn
from sandbox.engine.phase import Phase, turn_label
from sandbox.engine.run_state import Entry, SessionState
from sandbox.text import excerpt
from sandbox.tui.labels import SIGNS
from sandbox.tui.scores import main_scale
from sandbox.tui.widgets.conversation_page import Page, Placed, keep_free
from sandbox.tui.widgets.measured_line import MeasuredLine
from sandbox.tui.widgets.turn import TurnBlock

_PAGE = 8
"""Entries on a page: few enough to be set up within one frame."""
_PAGES_AT_FIRST = 3
_BETWEEN_PAGES = 1 / 40
"""Seconds from one page set up or cleared to the next: longer than the screen waits before it paints."""


class Conversation(VerticalScroll):
    """Mounts what is new and never redraws what stands; stays where the reader has scrolled to.

    The blocks of pages far from what is read are taken away, and come back when it comes near.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "measurement", show=False)]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._latest: tuple[SessionState, tuple[Entry, ...]] | None = None
        self._session = ""
        self._shown = 0
        self._pages: list[Page] = []
        self._turning = False
        self._wanted: int | None = None
        self._open: TurnBlock | None = None
        self._open_text = ""
        self._before: dict[tuple[str, str], float | None] = {}
        self._turns: Counter[Phase] = Counter()
        self._stands = ""
        self._note = Static("", classes="note", markup=False)
        self._note.display = False
        self._entries = Vertical(self._note, id="entries")

    def compose(self) -> ComposeResult:
        yield self._entries

    def on_mount(self) -> None:
        if self._wanted is None:
            self.anchor()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Only the look of its own edge depends on it; the hundreds of widgets in it are left alone."""
        self.app.stylesheet.update_nodes([self], animate=True)

    def on_resize(self) -> None:
        if self._latest is not None:
            self.show(*self._latest)
        width = self.scrollable_content_region.width
        for page in self._pages:
            if page.free:
                page.measure(width)
        keep_free(self._pages)
        self._turn_pages()

    def show(self, session: SessionState, lineage: tuple[Entry, ...]) -> None:
        """Bring the conversation up to date with a session whose whole conversation is `lineage`."""
        self._latest = session, lineage
        if not self.size.width:  # not laid out yet: how high anything is cannot be known
            return
        if session.head.id != self._session:
            self._start_over(session.head.id)
        fresh = lineage[self._shown :]
        self._shown = len(lineage)
        self._add(self._finish_open(fresh), session)
        self._show_open(session)
        self._say_where_it_stands(session)
        if fresh:
            self.call_after_refresh(self._turn_pages)
            self._go_to_wanted()

    def action_measurement(self) -> None:
        """From the conversation itself to the newest measurement in view, else to the one nearest to it."""
        lines = [line for line in self.query(MeasuredLine) if line.region]
        if not self.has_focus or not lines:
            self.screen.focus_next()
            return
        seen = [line for line in lines if line.region.overlaps(self.region)]
        middle = self.region.center[1]
        near = min(lines, key=lambda line: abs(line.region.y - middle))
        self.screen.set_focus(seen[-1] if seen else near)

    def go_to(self, turn: int) -> None:
        """Bring that turn to the top and mark it once it is there; the newest words are not followed then."""
        self._wanted = turn
        self.release_anchor()
        self._go_to_wanted()

    def _go_to_wanted(self) -> None:
        if self._wanted is not None:
            self.call_after_refresh(self._go_to, self._wanted)

    async def _go_to(self, turn: int) -> None:
        page = next((page for page in self._pages if page.holds(turn)), None)
        if turn != self._wanted or page is None:
            return
        await self._fill(page)
        for block in self.query(TurnBlock):
            block.set_class(block.index == turn, "-found")
        self.call_after_refresh(self._arrive, turn)

    def _arrive(self, turn: int) -> None:
        """Scroll to the marked turn; before it is laid out there is no telling where it is."""
        block = next(iter(self.query(TurnBlock).filter(".-found")), None)
        if turn != self._wanted or block is None:
            return
        if block.size:
            self._wanted = None
            self.scroll_to_widget(block, top=True, animate=False)
        else:
            self.call_after_refresh(self._arrive, turn)

    # Entries

    def _start_over(self, session: str) -> None:
        if self._session:
            self._wanted = None
        self._session, self._shown, self._open = session, 0, None
        self._before.clear()
        self._turns.clear()
        for page in self._pages:
            page.remove()
        self._pages.clear()
        if self._wanted is None:
            self.anchor()

    def _finish_open(self, fresh: Sequence[Entry]) -> Sequence[Entry]:
        """Let the block in progress become that of its turn, which is the first of `fresh`; the others."""
        turn = fresh[0] if fresh else None
        if self._open is None or not isinstance(turn, Turn) or turn.index != self._open.index:
            return fresh
        self._open.show_reply(turn.reply or "", done=True)
        self._open.mark(turn)
        self._open = None
        self._pages[-1].add([self._placed(turn)], shown=True)
        return fresh[1:]

    def _add(self, entries: Sequence[Entry], session: SessionState) -> None:
        rest = [self._placed(entry) for entry in entries]
        while rest:
            filled = len(rest) <= _PAGES_AT_FIRST * _PAGE
            page = self._page_with_room(session, filled=filled)
            room = _PAGE - page.entries
            page.add(rest[:room])
            rest = rest[room:]
            if not page.filled:
                page.measure(self.scrollable_content_region.width)
        keep_free(self._pages)

    def _page_with_room(self, session: SessionState, *, filled: bool = True) -> Page:
        if not self._pages or self._pages[-1].entries >= _PAGE:
            self._pages.append(Page(session.head.plan, filled=filled))
            self._entries.mount(self._pages[-1], before=self._note)
        return self._pages[-1]

    def _placed(self, entry: Entry) -> Placed:
        if isinstance(entry, Turn):
            self._turns[entry.phase] += 1
            return Placed(entry, place=turn_label(entry.phase, self._turns[entry.phase]))
        if isinstance(entry, Measured) and (scale := main_scale(entry)):
            key = (entry.administration.questionnaire, scale)
            before = self._before.get(key)
            self._before[key] = entry.administration.score(scale)
            return Placed(entry, before=before)
        return Placed(entry)

    def _show_open(self, session: SessionState) -> None:
        turn = session.open_turn
        if self._open is not None and (turn is None or turn.index != self._open.index):
            self._open.remove()
            self._open = None
        if turn is None:
            return
        if self._open is None:
            place = turn_label(turn.phase, self._turns[turn.phase] + 1)
            self._open = TurnBlock(turn, session.head.plan, place)
            self._page_with_room(session).mount(self._open)
        elif turn.reply != self._open_text:
            self._open.show_reply(turn.reply, done=False)
        self._open_text = turn.reply

    def _say_where_it_stands(self, session: SessionState) -> None:
        note = where_it_stands(session)
        if note != self._stands:
            self._stands = note
            self._note.update(Content(note))
            self._note.display = bool(note)

    # Pages

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._turn_pages()

    def _turn_pages(self) -> None:
        """Set up the pages near what is read and clear the others, one a frame to keep each short."""
        if not self._turning:
            self._turning = True
            self.call_later(self._turn_page)

    async def _turn_page(self) -> None:
        away = self._rows_away()
        missing = [page for page, rows in away.items() if not page.filled and rows <= self.size.height]
        spare = [page for page, rows in away.items() if page.filled and rows > 2 * self.size.height]
        spare = [page for page in spare if not page.in_use and page is not self._pages[-1]]
        self._turning = bool(missing or spare)
        if missing:
            await self._fill(min(missing, key=lambda page: away[page]))
        elif spare:
            await self._clear(spare[0])
        if self._turning:
            self.set_timer(_BETWEEN_PAGES, self._turn_page)

    async def _fill(self, page: Page) -> None:
        await page.fill()
        keep_free(self._pages)

    async def _clear(self, page: Page) -> None:
        page.measure(self.scrollable_content_region.width)
        keep_free(self._pages)
        await page.clear()
        keep_free(self._pages)

    def _rows_away(self) -> dict[Page, float]:
        """How many rows each page is away from what is seen."""
        away, top = {}, 0.0
        for page in self._pages:
            bottom = top + page.rows
            away[page] = max(top - self.scroll_y - self.size.height, self.scroll_y - bottom, 0)
            top = bottom
        return away


def where_it_stands(session: SessionState) -> str:
    """The line under the last turn: measuring, waiting, or how the session ended."""
    if session.measuring:
        return f"… giving {session.measuring}"
    if session.waiting is not None:
        if session.waiting.reason == "paused":
            return "‖ paused: space goes on, n takes one step, s says your own words"
        cue = excerpt(session.waiting.cue, 200)
        return "› your words are awaited (s)" + (f"; the script suggests: {cue}" if cue else "")
    if session.state == "planned":
        return "▷ not begun yet"
    if session.state in {"finished", "running"}:
        return "✓ finished" if session.state == "finished" else ""
    reason = f": {excerpt(session.reason, 300)}" if session.reason else ""
    return f"{SIGNS[session.state]} {session.state}{reason}"
