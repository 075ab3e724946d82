"""The sessions in the record, newest first, one row a trunk with its branches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sandbox.text import excerpt

SIGNS = {
    "planned": "·",
    "running": "▶",
    "paused": "‖",
    "your words": "›",
    "finished": "✓",
    "stopped": "■",
    "failed": "✗",
    "interrupted": "!",
}


@dataclass(frozen=True, slots=True)
class RecentRun:
    """A trunk and its branches in a line. `unfinished`: resume has something to do.

    `state` as the record has it, or `paused` or `your words` where a running session waits for the clinician.
    """

    session: str
    started: datetime
    scenario: str
    techniques: tuple[str, ...]
    model: str
    state: str
    turns: int
    unfinished: bool


class RecentSessions(OptionList):
    """A list to walk with the arrow keys; Enter opens the marked one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "open", tooltip="Open the marked session"),
    ]

    class Opened(Message):
        """This session shall be shown."""

        def __init__(self, session: str) -> None:
            super().__init__()
            self.session = session

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self.border_title = "Recent sessions"
        self._runs: tuple[RecentRun, ...] = ()

    def show(self, runs: Sequence[RecentRun]) -> None:
        """Replace the list. Whoever marked an older one keeps it marked; the newest is marked otherwise."""
        marked = self.marked.session if self.marked is not None and self.highlighted else None
        self._runs = tuple(runs)
        self.clear_options()
        if not runs:
            self.add_option(Option(Content.styled("none yet", "$text-muted"), disabled=True))
            return
        self.add_options([Option(self._row(run), id=run.session) for run in runs])
        self.highlighted = next((place for place, run in enumerate(runs) if run.session == marked), 0)

    def on_resize(self) -> None:
        for run in self._runs:
            self.replace_option_prompt(run.session, self._row(run))

    def _row(self, run: RecentRun) -> Content:
        return row(run, self.scrollable_content_region.width or self.size.width)

    @property
    def marked(self) -> RecentRun | None:
        """The run under the cursor, or the newest when none is marked."""
        if not self._runs:
            return None
        return self._runs[self.highlighted or 0]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_id is not None:
            event.stop()
            self.post_message(self.Opened(event.option_id))


def row(run: RecentRun, width: int) -> Content:
    """A line for the run, `width` cells wide."""
    when = run.started.astimezone().strftime("%d %b %H:%M")
    state = f"{SIGNS.get(run.state, '?')} {run.state}"
    detail = f"  {run.turns} turns, {excerpt(run.model, 24)}" if width > 90 else ""
    room = max(20, width - len(when) - 19 - len(detail))
    what = excerpt(" · ".join((run.scenario, *run.techniques)), room)
    return Content.assemble(
        (f"{when}  ", "$text-muted"), f"{state:<13}  {what:<{room}}", (detail, "$text-muted")
    )
