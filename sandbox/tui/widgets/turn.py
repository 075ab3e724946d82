"""One turn of a conversation: what was said, under a rule that names it, and the client's reply."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from sandbox.engine.history import Turn
from sandbox.engine.plan import SessionPlan
from sandbox.engine.run_state import OpenTurn
from sandbox.text import printable

CURSOR = "▍"
CLIENT = "client"
REPLY_INDENT = 3


class TurnBlock(Vertical):
    """Shows a finished turn, or one in progress whose reply grows with `show_reply`."""

    def __init__(self, turn: Turn | OpenTurn, plan: SessionPlan, place: str) -> None:
        super().__init__(classes="scenario" if turn.origin == "scenario" else "therapist")
        self._said = Static(Content(printable(turn.said)), classes="said", markup=False)
        self._said.border_title = Content(f" {heading(turn, plan, place)} ").markup
        self._reply = Static("", classes="reply", markup=False)
        self._reply.border_title = CLIENT
        self.index = turn.index
        self._awaits = turn.awaits_reply if isinstance(turn, OpenTurn) else turn.reply is not None
        self.show_reply(turn.reply or "", done=isinstance(turn, Turn))
        if isinstance(turn, Turn):
            self.mark(turn)

    def compose(self) -> ComposeResult:
        yield self._said
        if self._awaits:
            yield self._reply

    def mark(self, turn: Turn) -> None:
        """Say over the reply that it is a refusal, where it is one."""
        self._reply.border_title = f"{CLIENT} · refused" if turn.refused else CLIENT

    def show_reply(self, text: str, *, done: bool) -> None:
        """The reply so far; while it is not `done` a cursor stands at its end.

        Only when it needs another row is the screen laid out anew: words may come faster than that is done.
        """
        reply = Content(printable(text) + ("" if done else CURSOR))
        room = self._reply.content_size
        self._reply.update(reply, layout=not room or _rows(reply, room.width) != room.height)


def turn_rows(turn: Turn, width: int) -> int:
    """The rows a finished turn's block takes in so many columns: each text under a border (session.tcss)."""
    said = 1 + _rows(Content(printable(turn.said)), width)
    if turn.reply is None:
        return said
    return said + 1 + _rows(Content(printable(turn.reply)), width - REPLY_INDENT)


def _rows(text: Content, width: int) -> int:
    return text.get_height({}, max(1, width))


def heading(turn: Turn | OpenTurn, plan: SessionPlan, place: str) -> str:
    """`s1 · scenario`, `t2 · therapist · deepen`, `t3 · therapist · own words`; `place` comes first."""
    if turn.origin == "scenario":
        word = "follow-up" if turn.phase == "follow-up" else "scenario"
        task = f" · task {turn.step}{_again(turn)}" if turn.step is not None else ""
        return f"{place} · {word}{task}"
    if turn.origin == "live":
        return f"{place} · therapist · own words"
    ids = [step.id for step in plan.technique.steps] if plan.technique else []
    step = f" · {turn.step}{_again(turn)}" if turn.step in ids else ""
    return f"{place} · therapist{step}"


def _again(turn: Turn | OpenTurn) -> str:
    return f" · time {turn.repeat}" if isinstance(turn, Turn) and turn.repeat > 1 else ""
