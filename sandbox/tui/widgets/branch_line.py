"""The sessions of one trunk side by side: which is shown, which runs, how each ended."""

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from sandbox.engine.run_state import RunState
from sandbox.tui.arm_name import shortened
from sandbox.tui.state_sign import SIGNS
from sandbox.tui.widgets.trajectory_chart import MARKS

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
        self._run = RunState()
        self._shown = ""

    def show(self, run: RunState, shown: str) -> None:
        self._run, self._shown = run, shown
        self.display = len(run.sessions) > 1
        self.refresh()

    def render(self) -> Content:
        tabs = Content.assemble(*self._tabs())
        gap = self.size.width - tabs.cell_length - len(_HINT)
        return Content.assemble(tabs, " " * gap, (_HINT, "$text-muted")) if gap > 0 else tabs

    def _tabs(self) -> list[Content]:
        return [self._tab(place, id, title) for place, (id, title) in enumerate(self._run.titles().items())]

    def _tab(self, place: int, id: str, title: str) -> Content:
        session = self._run.sessions[id]
        room = max(6, self.size.width // len(self._run.sessions) - 10)
        mark = "" if session.head.parent is None else f"{MARKS[(place - 1) % len(MARKS)]} "
        text = f" {mark}{shortened(title, room)} {SIGNS[session.state]} "
        if id == self._shown:
            return Content.styled(f"▐{text}▌", "bold reverse")
        return Content.styled(f" {text} ", "$text-muted")

    def on_click(self, event: Click) -> None:
        at = 0
        for id, tab in zip(self._run.ids, self._tabs(), strict=True):
            at += tab.cell_length
            if event.x < at:
                self.post_message(self.Chosen(id))
                return
