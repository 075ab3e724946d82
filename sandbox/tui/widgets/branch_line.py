"""The sessions of one trunk side by side: which is shown, which runs, how each ended."""

from collections.abc import Sequence

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from sandbox.text import excerpt
from sandbox.tui.session_state import SessionState, State
from sandbox.tui.widgets.trajectory_chart import MARKS

SIGNS: dict[State, str] = {
    "planned": "·",
    "running": "▶",
    "finished": "✓",
    "stopped": "■",
    "failed": "✗",
    "interrupted": "!",
}

_HINT = "[ ] switch"


class BranchLine(Widget):
    """Tabs, one a session, the trunk first; a click shows one."""

    class Chosen(Message):
        """The clinician wants to see this session."""

        def __init__(self, session: str) -> None:
            super().__init__()
            self.session = session

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sessions: tuple[SessionState, ...] = ()
        self._shown = ""

    def show(self, sessions: Sequence[SessionState], shown: str) -> None:
        self._sessions, self._shown = tuple(sessions), shown
        self.display = len(self._sessions) > 1
        self.refresh()

    def render(self) -> Content:
        tabs = Content.assemble(*(self._tab(place) for place in range(len(self._sessions))))
        gap = self.size.width - tabs.cell_length - len(_HINT)
        return Content.assemble(tabs, " " * gap, (_HINT, "$text-muted")) if gap > 0 else tabs

    def _tab(self, place: int) -> Content:
        session = self._sessions[place]
        room = max(6, self.size.width // max(1, len(self._sessions)) - 10)
        mark = "" if session.head.parent is None else f"{MARKS[(place - 1) % len(MARKS)]} "
        text = f" {mark}{excerpt(session.title, room)} {SIGNS[session.state]} "
        if session.head.id == self._shown:
            return Content.styled(f"▐{text}▌", "bold reverse")
        return Content.styled(f" {text} ", "$text-muted")

    def on_click(self, event: Click) -> None:
        at = 0
        for place, session in enumerate(self._sessions):
            at += self._tab(place).cell_length
            if event.x < at:
                self.post_message(self.Chosen(session.head.id))
                return
