"""The phases of a session with where it stands, and beside them the line on simulated affect."""

from textual.content import Content
from textual.widget import Widget

from sandbox.engine.phase import PHASES, Phase
from sandbox.engine.run_state import SessionState
from sandbox.tui.state_sign import SIGNS, state_of

NOTE = "simulated affect, not a feeling"


class PhaseLine(Widget):
    """`baseline ✓ ─ induction ▶ ─ technique ─ follow-up`, drawn closer together where there is less room.

    Where the line on simulated affect does not fit beside them it needs a second row.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._phase: Phase | None = None
        self._finished = False
        self._sign = ""
        self._trunk = False

    def show(self, session: SessionState) -> None:
        self._phase = session.phase
        self._finished = session.state == "finished"
        self._sign = SIGNS[state_of(session)]
        self._trunk = session.head.plan.technique is None
        self.refresh()

    def render(self) -> Content:
        width = self.size.width
        phases = self._phases()
        plain = [name + sign for name, sign, _ in phases]
        join = next((j for j in (" ─ ", "  ", " ") if len(j.join(plain)) + len(NOTE) + 2 <= width), " ")
        left = Content.styled(join, "$text-muted").join(
            [Content.styled(name + sign, style) for name, sign, style in phases]
        )
        gap = width - left.cell_length - len(NOTE)
        if gap < 1:
            return Content.assemble(left, "\n", (NOTE, "$text-warning italic"))
        return Content.assemble(left, " " * gap, (NOTE, "$text-warning italic"))

    def _phases(self) -> list[tuple[str, str, str]]:
        shown = PHASES[:2] if self._trunk else PHASES
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
