"""The top lines of the Session screen: what runs, its phases, its arms, and the first caution."""

from collections.abc import Callable

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from sandbox.engine.phase import PHASES, Phase
from sandbox.engine.run_state import RunState, SessionState
from sandbox.text import printable
from sandbox.tui.labels import MARKS, SIGNS, distinct, state_of

NOTE = "simulated affect, not a feeling"
_HINT = "[ ] switch"
_TAB, _LEAST, _SCROLLED = 10, 6, 12
"""Cells that a tab needs beside its title; of a title at least, and where not all tabs have room."""
_MORE = ("‹ ", " ›")


class SessionHeader(Widget):
    """`Sandbox  Attacked at night (fear) · Mindful breathing · model      ▶ t3 of 5  00:14`."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._what: tuple[str, ...] = ()
        self._status = ""
        self._seconds = 0.0

    def show(self, *what: str, status: str, seconds: float) -> None:
        self._what, self._status, self._seconds = what, status, seconds
        self.refresh()

    def render(self) -> Content:
        minutes, seconds = divmod(int(self._seconds), 60)
        right = f"{self._status}  {minutes:02d}:{seconds:02d}"
        room = self.size.width - Content(right).cell_length - 2
        name = "Sandbox  "
        what = _clipped(" · ".join(printable(part) for part in self._what), room - len(name))
        gap = max(1, room - len(name) - Content(what).cell_length + 1)
        return Content.assemble((name, "bold $accent"), (what, "bold"), " " * gap, (right, "bold"))


def status_text(session: SessionState, state: str, place: str) -> str:
    """`▶ t3 of 5`, `‖ paused`, `✓ finished`: a sign and a word, so that colour is never needed."""
    word = (place or session.phase or "starting") if state == "running" else state
    return f"{SIGNS[state]} {word}"


def _clipped(text: str, room: int) -> str:
    content = Content(" ".join(text.split()))
    return content.plain if content.cell_length <= room else content.truncate(room, ellipsis=True).plain


class PhaseLine(Widget):
    """`baseline ✓ ─ induction ▶ ─ technique ─ follow-up`, drawn closer together where there is less room.

    Where the line on simulated affect does not fit beside them it needs a second row.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._phase: Phase | None = None
        self._finished = False
        self._sign = ""
        self._phases: tuple[Phase, ...] = PHASES

    def show(self, session: SessionState, state: str) -> None:
        self._phase = session.phase
        self._finished = session.state == "finished"
        self._sign = SIGNS[state]
        plan = session.head.plan
        self._phases = PHASES[:2] if plan.is_trunk else ("baseline", *plan.stretches)
        self.refresh()

    def render(self) -> Content:
        width = self.size.width
        phases = self._signed()
        plain = [name + sign for name, sign, _ in phases]
        join = next((j for j in (" ─ ", "  ", " ") if len(j.join(plain)) + len(NOTE) + 2 <= width), " ")
        left = Content.styled(join, "$text-muted").join(
            [Content.styled(name + sign, style) for name, sign, style in phases]
        )
        gap = width - left.cell_length - len(NOTE)
        if gap < 1:
            return Content.assemble(left, "\n", (NOTE, "$text-warning italic"))
        return Content.assemble(left, " " * gap, (NOTE, "$text-warning italic"))

    def _signed(self) -> list[tuple[str, str, str]]:
        shown = self._phases
        at = shown.index(self._phase) if self._phase in shown else -1
        result: list[tuple[str, str, str]] = []
        for place, name in enumerate(shown):
            if place < at or (self._finished and place <= at):
                result.append((name, " ✓", "$text-success"))
            elif place == at:
                result.append((name, f" {self._sign}", "bold"))
            else:
                result.append((name, "", "$text-muted"))
        return result


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
        self._stands: Callable[[SessionState], str] = state_of

    def show(self, run: RunState, shown: str, stands: Callable[[SessionState], str]) -> None:
        """`stands` says the state of a session in words."""
        self._run, self._shown, self._stands = run, shown, stands
        self.display = len(run.sessions) > 1
        self.refresh()

    def render(self) -> Content:
        tabs, first, last = self._in_view()
        scrolled = last - first < len(tabs)
        left = _MORE[0] if first else "  " * scrolled
        right = _MORE[1] if last < len(tabs) else ""
        row = Content.assemble((left, "$text-muted"), *tabs[first:last], (right, "$text-muted"))
        gap = self.size.width - row.cell_length - len(_HINT)
        return Content.assemble(row, " " * gap, (_HINT, "$text-muted")) if gap > 0 else row

    def _in_view(self) -> tuple[list[Content], int, int]:
        """All tabs, and which of them are drawn, from the first to before the last: where there is no room
        for all, those around the shown one."""
        ids, width = self._run.ids, self.size.width
        tabs = self._tabs(max(_LEAST, width // max(1, len(ids)) - _TAB))
        if sum(tab.cell_length for tab in tabs) <= width:
            return tabs, 0, len(tabs)
        tabs = self._tabs(_SCROLLED)
        cells = [tab.cell_length for tab in tabs]
        free = width - sum(map(len, _MORE))
        first = ids.index(self._shown) if self._shown in ids else 0
        last, drawn = first + 1, 0
        while last - first > drawn:
            drawn = last - first
            if last < len(tabs) and sum(cells[first : last + 1]) <= free:
                last += 1
            if first and sum(cells[first - 1 : last]) <= free:
                first -= 1
        return tabs, first, last

    def _tabs(self, room: int) -> list[Content]:
        titles = distinct(list(self._run.titles().values()), room)
        return [self._tab(place, self._run.ids[place], title) for place, title in enumerate(titles)]

    def _tab(self, place: int, id: str, title: str) -> Content:
        session = self._run.sessions[id]
        mark = "" if session.head.parent is None else f"{MARKS[(place - 1) % len(MARKS)]} "
        text = f" {mark}{title} {SIGNS[self._stands(session)]} "
        if id == self._shown:
            return Content.styled(f"▐{text}▌", "bold reverse")
        return Content.styled(f" {text} ", "$text-muted")

    def on_click(self, event: Click) -> None:
        """Show the session of the tab, or the next one that is not drawn."""
        tabs, first, last = self._in_view()
        at = len(_MORE[0]) if last - first < len(tabs) else 0
        if event.x < at and first:
            self.post_message(self.Chosen(self._run.ids[first - 1]))
            return
        for id, tab in zip(self._run.ids[first : last + 1], tabs[first : last + 1], strict=True):
            at += tab.cell_length
            if event.x < at:
                self.post_message(self.Chosen(id))
                return


class RemarkLine(Widget):
    """Takes no room while there is nothing to say."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._remarks: tuple[str, ...] = ()
        self.display = False

    def show(self, remarks: tuple[str, ...]) -> None:
        if remarks != self._remarks:
            self._remarks = remarks
            self.display = bool(remarks)
            self.refresh()

    def render(self) -> Content:
        return Content(remark_line(self._remarks, self.size.width))


def remark_line(remarks: tuple[str, ...], width: int) -> str:
    """The first remark, shortened to the width; where there is more to read, with the key that shows it."""
    if not remarks:
        return ""
    first = " ".join(printable(remarks[0]).split())
    if len(remarks) == 1 and len(first) <= width:
        return first
    hint = f"  w all {len(remarks)}" if len(remarks) > 1 else "  w in full"
    room = max(1, width - len(hint))
    return (first if len(first) <= room else f"{first[: room - 1].rstrip()}…") + hint
