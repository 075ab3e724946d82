"""The conversation of the shown session: turns, measurements and skips in order, following the newest."""

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sandbox.engine.history import Measured, Skip, Turn
from sandbox.engine.plan import SessionPlan
from sandbox.text import excerpt
from sandbox.tui.scores import main_scale
from sandbox.tui.session_state import Entry, SessionState
from sandbox.tui.widgets.measured_line import MeasuredLine
from sandbox.tui.widgets.turn import TurnBlock


class Conversation(VerticalScroll):
    """Mounts what is new and never redraws what stands; stays where the reader has scrolled to."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._session = ""
        self._shown = 0
        self._open: TurnBlock | None = None
        self._open_text = ""
        self._before: dict[tuple[str, str], float | None] = {}
        self._scenario_turns = {"induction": 0, "follow-up": 0}
        self._note = Static("", classes="note", markup=False)
        self._entries = Vertical(self._note, id="entries")

    def compose(self) -> ComposeResult:
        yield self._entries

    def on_mount(self) -> None:
        self.anchor()

    def show(self, session: SessionState, lineage: tuple[Entry, ...]) -> None:
        """Bring the conversation up to date with a session whose whole conversation is `lineage`."""
        if session.head.id != self._session:
            self._start_over(session.head.id)
        fresh: list[Widget] = []
        for entry in lineage[self._shown :]:
            if isinstance(entry, Turn) and self._open is not None and self._open.index == entry.index:
                self._open.show_reply(entry.reply or "", done=True)
                self._open = None
                self._count(entry)
            else:
                fresh.append(self._block(entry, session.head.plan))
        self._shown = len(lineage)
        fresh += self._open_block(session)
        if fresh:
            self._entries.mount_all(fresh, before=self._note)
        self._say_where_it_stands(session)

    def go_to(self, turn: int) -> None:
        """Bring that turn to the top and mark it; the newest words are no longer followed."""
        self.release_anchor()
        self.call_after_refresh(self._go_to, turn)

    def _go_to(self, turn: int) -> None:
        for block in self.query(TurnBlock):
            block.set_class(block.index == turn, "-found")
            if block.index == turn:
                self.scroll_to_widget(block, top=True, animate=False)

    def _start_over(self, session: str) -> None:
        self._session, self._shown, self._open = session, 0, None
        self._before.clear()
        self._scenario_turns = {"induction": 0, "follow-up": 0}
        for child in list(self._entries.children):
            if child is not self._note:
                child.remove()
        self.anchor()

    def _block(self, entry: Entry, plan: SessionPlan) -> Widget:
        if isinstance(entry, Turn):
            return TurnBlock(entry, plan, self._count(entry))
        if isinstance(entry, Skip):
            why = "its condition does not hold" if entry.reason == "condition" else "by the clinician"
            return Static(Content(f"── step {entry.step} skipped: {why}"), classes="skip", markup=False)
        return self._measured(entry)

    def _measured(self, entry: Measured) -> MeasuredLine:
        scale = main_scale(entry) or ""
        key = (entry.administration.questionnaire, scale)
        before = self._before.get(key)
        if scale:
            self._before[key] = entry.administration.score(scale)
        return MeasuredLine(entry, before)

    def _count(self, turn: Turn) -> int:
        if turn.origin == "scenario" and turn.phase in self._scenario_turns:
            self._scenario_turns[turn.phase] += 1
            return self._scenario_turns[turn.phase]
        return 0

    def _open_block(self, session: SessionState) -> list[Widget]:
        turn = session.open_turn
        if turn is None:
            if self._open is not None:
                self._open.remove()
                self._open = None
            return []
        if self._open is not None and self._open.index == turn.index:
            if turn.reply != self._open_text:
                self._open_text = turn.reply
                self._open.show_reply(turn.reply, done=False)
            return []
        self._open = TurnBlock(turn, session.head.plan, self._scenario_turns.get(turn.phase, 0) + 1)
        self._open_text = turn.reply
        return [self._open]

    def _say_where_it_stands(self, session: SessionState) -> None:
        note = where_it_stands(session)
        self._note.update(Content(note))
        self._note.display = bool(note)


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
        return "· not begun yet"
    if session.state in {"finished", "running"}:
        return "✓ finished" if session.state == "finished" else ""
    reason = f": {excerpt(session.reason, 300)}" if session.reason else ""
    return f"{'✗' if session.state == 'failed' else '■'} {session.state}{reason}"
