"""The sessions in the record, newest first, one row a trunk with its branches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sandbox.tui.labels import SIGNS, models_apart, shortened, text_marks, titles_in
from sandbox.tui.messages import SessionWanted, StudyWanted

if TYPE_CHECKING:  # Home is painted before the record is loaded
    from sandbox.store.session import Script

_WIDE = 90
"""Cells from which on a row has room for the turns and the model."""
_TIMES, _STATES = 12, 13
"""Cells of a time, and of a state in words."""
_TITLES = 26
"""Cells that the titles need beside a state in words."""


@dataclass(frozen=True, slots=True)
class RecentRun:
    """A trunk and its branches in a line. `unfinished`: resume has something to do.

    `scripts`: the text of the scenario, then of each technique, in the order of `techniques`.

    `state` as the record has it, or `paused` or `your words` where a running session waits for the clinician.
    """

    session: str
    started: datetime
    scenario: str
    techniques: tuple[str, ...]
    model: str
    state: str
    turns: int
    seed: int
    scripts: "tuple[Script, ...]"
    unfinished: bool


@dataclass(frozen=True, slots=True)
class RecentStudy:
    """A study in a line: when it was planned, what it is called, how many of its sessions are finished."""

    root: str
    started: datetime
    name: str
    state: str
    finished: int
    sessions: int


Recent = RecentRun | RecentStudy


class RecentSessions(OptionList):
    """A list to walk with the arrow keys; Enter opens the marked one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "open", tooltip="Open the marked session"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self.border_title = "Recent sessions"
        self._runs: tuple[Recent, ...] = ()

    def show(self, runs: Sequence[Recent]) -> None:
        """Replace the list. Whoever marked an older one keeps it marked; the newest is marked otherwise."""
        marked = _id(self.marked) if self.marked is not None and self.highlighted else None
        self._runs = tuple(runs)
        self.clear_options()
        if not runs:
            self.add_option(Option(Content.styled("none yet", "$text-muted"), disabled=True))
            return
        self.add_options([Option(line, id=_id(run)) for run, line in zip(runs, self._rows(), strict=True)])
        self.highlighted = next((place for place, run in enumerate(runs) if _id(run) == marked), 0)

    def on_resize(self) -> None:
        for run, line in zip(self._runs, self._rows(), strict=True):
            self.replace_option_prompt(_id(run), line)

    def _rows(self) -> list[Content]:
        return rows(self._runs, self.scrollable_content_region.width or self.size.width)

    @property
    def marked(self) -> Recent | None:
        """The run under the cursor, or the newest when none is marked."""
        if not self._runs:
            return None
        return self._runs[self.highlighted or 0]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if isinstance(self.marked, RecentStudy):
            self.post_message(StudyWanted(self.marked.root))
        elif self.marked is not None:
            self.post_message(SessionWanted(self.marked.session))


def _id(one: Recent) -> str:
    return f"study:{one.root}" if isinstance(one, RecentStudy) else one.session


def rows(all_of_them: Sequence[Recent], width: int) -> list[Content]:
    """A line a run, `width` cells wide: when, state, what was tried, and what tells it from the others.

    The seed is always said, the model where there is room or where models differ, a script's text where one
    title stands for several. In a narrow list the sign alone says the state if the titles need the room.
    """
    runs = [run for run in all_of_them if isinstance(run, RecentRun)]
    wide = width > _WIDE
    marks = text_marks(script for run in runs for script in run.scripts)
    models = models_apart((run.model for run in runs), 24 if wide else 14)
    named = wide or len(models) > 1
    details = [
        " · ".join(
            [*([f"{run.turns} turns"] if wide else ()), f"seed {run.seed}", *([models[run.model]] * named)]
        )
        for run in runs
    ]
    longest = max(map(len, details), default=0)
    room = width - _TIMES - _STATES - longest - 6
    worded = room >= _TITLES
    room = room if worded else max(16, room + _STATES - 1)
    by_run = dict(zip((run.session for run in runs), details, strict=True))
    lines = []
    for run in all_of_them:
        when = run.started.astimezone().strftime("%d %b %H:%M")
        sign = SIGNS.get(run.state, "?")
        state = f"{f'{sign} {run.state}':<{_STATES}}" if worded else sign
        if isinstance(run, RecentStudy):
            numbers = f"{run.finished:,} of {run.sessions:,} sessions"
            free = max(12, width - _TIMES - 4 - len(state) - len(numbers) - 4)
            what = f"{shortened(f'study {run.name}', free):<{free}}"
            lines.append(
                Content.assemble(
                    (f"{when}  ", "$text-muted"), f"{state}  {what}", (f"  {numbers}", "$text-muted")
                )
            )
            continue
        detail = by_run[run.session]
        titles = zip((run.scenario, *run.techniques), run.scripts, strict=True)
        what = titles_in([(title, marks.get(script.hash, "")) for title, script in titles], room)
        lines.append(
            Content.assemble(
                (f"{when}  ", "$text-muted"), f"{state}  ", f"{what:<{room}}", (f"  {detail}", "$text-muted")
            )
        )
    return lines
