"""A study: its runs, the effects so far, what it takes, what failed; pause, stop, go on. Runs nothing."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sandbox.errors import SandboxError
from sandbox.study.progress import CellState, StudyProgress
from sandbox.text import excerpt, number_of, printable
from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.labels import SIGNS, in_rows, shortened, told_in
from sandbox.tui.messages import ComparisonWanted, SessionWanted, Trouble
from sandbox.tui.outline import duration
from sandbox.tui.screen import Screen, is_there, read_for
from sandbox.tui.screens.prompt import ask_for_report
from sandbox.tui.study_view import ListedSession, StudyReader, StudyView
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.session_header import NOTE

_SECONDS = 1.0
_BAR = 20
_TROUBLES = 2
_CELLS: tuple[CellState, ...] = ("finished", "running", "failed", "cut short", "to do")
_CONDITIONS = {
    "not begun": "▷ planned",
    "running": "▶ running",
    "paused": "‖ paused",
    "finished": "✓ finished",
    "enough": "✓ finished: the stop rule is met",
    "stopped": "■ stopped",
    "capped": "■ stopped at its cap",
    "unfinished": "✗ ended with runs left",
    "broken off": "! interrupted",
}
Wish = Literal["pause", "go on", "stop"]
_WAIT: Mapping[Wish, str] = {
    "pause": "It pauses after the turns under way: wait for that.",
    "go on": "It is starting: space pauses it once it runs.",
    "stop": "It stops after the turns under way: wait for that.",
}
"""What is said of Space before what was asked for has come about."""


class StudyScreen(Screen[None]):
    """Looks again every second; what it shows is in the record, whoever runs the study."""

    CSS_PATH = "study.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "pause", id="study.pause", tooltip="Pause after the turns under way"),
        Binding("space", "go_on", "go on", id="study.pause", tooltip="Go on: run what is missing"),
        Binding("x", "stop", "stop", id="study.stop", tooltip="Stop after the turns under way; all is kept"),
        Binding("c", "compare", "compare", id="study.compare",
                tooltip="Compare what is finished, pooled over its starts"),
        Binding("d", "steps", "steps", id="study.steps",
                tooltip="What each step of the script does, of a study that takes one apart"),
        Binding("r", "report", "report", id="study.report",
                tooltip="Write a report on what is finished: HTML, Word, PDF or Markdown"),
        Binding("s", "sessions", "sessions", id="study.sessions", tooltip="All its sessions, to search"),
        Binding("w", "why", "the plan", id="study.plan", tooltip="What is run: the plan as it was frozen"),
        Binding("escape", "leave", "back", id="study.back", tooltip="Back; a running study goes on"),
    ]  # fmt: skip
    HELP = (
        "Runs by state (a run is one shared start with its arms), the effects so far, calls and cost, and "
        "what failed last with what to do. Effects of a running study are interim: they move, and stopping "
        "when they please makes chance findings. Enter opens a session. The study runs in a process of its "
        "own; this screen reads the record, so any app or terminal on the workspace shows the same."
    )

    class Wanted(Message):
        """The study shall pause, go on or stop."""

        def __init__(self, screen: "StudyScreen", wish: Wish) -> None:
            super().__init__()
            self.screen = screen
            self.wish = wish

    class SessionsWanted(Message):
        """All sessions of the study shall be listed."""

        def __init__(self, root: str, name: str) -> None:
            super().__init__()
            self.root = root
            self.name = name

    def __init__(self, reader: StudyReader, *, starting: bool = False) -> None:
        """`starting`: its process was started just now, and may not have said so in the record."""
        super().__init__()
        self.reader = reader
        self._view: StudyView | None = None
        self._asked: Wish | None = "go on" if starting else None

    @property
    def root(self) -> str:
        """The study's own name through all its plans."""
        return self.reader.outline.root

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        yield Static("", id="numbers", markup=False)
        yield Static("", id="effects", markup=False)
        yield Static("", id="troubles", markup=False)
        yield OptionList(id="sessions", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self._draw_title()
        self.set_interval(_SECONDS, self.look)
        self.look()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    @work(exclusive=True, group="look")
    async def look(self) -> None:
        """Read and draw it anew."""
        try:
            view = await read_for(self, self.reader.look)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        before = self._view.progress.condition if self._view is not None else None
        runs_now = self._asked == "go on" and view.progress.condition == "running"
        if runs_now or (before is not None and view.progress.condition != before):
            self._asked = None
        self._view = view
        self._draw()

    # What is drawn

    def _draw(self) -> None:
        view = self._view
        if view is None or not is_there(self):
            return
        self._draw_title()
        self.query_one("#numbers", Static).update(Content("\n".join(number_lines(view.progress))))
        effects = self.query_one("#effects", Static)
        rows = max(3, self.size.height * 2 // 5 - 4)
        effects.update(Content("\n").join(_effects(view, max(20, self.size.width - 2), rows)))
        effects.display = bool(view.rests_on)
        troubles = self.query_one("#troubles", Static)
        troubles.update(Content.styled("\n".join(trouble_lines(view.progress)), "$text-warning"))
        troubles.display = bool(view.progress.troubles)
        self._list(view)
        self.refresh_bindings()

    def _draw_title(self) -> None:
        outline = self.reader.outline
        state = _CONDITIONS[self._view.progress.condition] if self._view else "reading …"
        if self._asked is not None:
            state = {"pause": "‖ pausing …", "go on": "▶ starting …", "stop": "■ stopping …"}[self._asked]
        room = self.size.width - len(NOTE) - 4
        left = f"Study {shortened(outline.name, max(12, room - len(state) - 10))} · {state}"
        title = Content.assemble(
            (f"{excerpt(left, max(10, room - 1)):<{max(11, room)}}", "bold"), (NOTE, "italic")
        )
        self.query_one("#title", Static).update(title)

    def _list(self, view: StudyView) -> None:
        listed = self.query_one(OptionList)
        width = listed.scrollable_content_region.width or 76
        left_out = view.begun - len(view.sessions)
        more = f" · {left_out:,} more: s lists all" if left_out else ""
        listed.border_title = f"sessions begun: {view.begun:,} of {view.progress.sessions:,}{more}"
        ids = [one.id for one in view.sessions]
        if [listed.get_option_at_index(n).id for n in range(listed.option_count)] == ids:
            for place, one in enumerate(view.sessions):
                listed.replace_option_prompt_at_index(place, _row(one, width))
            return
        marked = listed.highlighted
        at = listed.get_option_at_index(marked).id if marked is not None else None
        listed.clear_options()
        listed.add_options([Option(_row(one, width), id=one.id) for one in view.sessions])
        listed.highlighted = ids.index(at) if at in ids else (0 if ids else None)

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        condition = self._view.progress.condition if self._view is not None else None
        absent = {
            "pause": condition != "running",
            "go_on": condition == "running",
            "steps": self.reader.taken_apart is None,
        }
        if absent.get(action, False):
            return False
        if action == "pause":
            return True if self._asked is None else None
        if action == "go_on":
            return True if condition not in (None, "finished", "enough") and self._asked is None else None
        if action == "stop":
            return True if condition in ("running", "paused") else None
        if action in ("compare", "report", "steps"):
            return True if self._view is not None and self._view.rests_on else None
        return True

    def why_not(self, key: str) -> str:
        if key != "study.pause" or (self._view is not None and self._asked is None):
            return ""
        return _WAIT[self._asked] if self._asked is not None else "This is still being read."

    def _wish(self, wish: Wish) -> None:
        self._asked = wish
        self._draw_title()
        self.refresh_bindings()
        self.post_message(self.Wanted(self, wish))

    def answered(self) -> None:
        """Nothing more becomes of what was asked for."""
        self._asked = None
        self._draw()

    def action_pause(self) -> None:
        self._wish("pause")

    def action_go_on(self) -> None:
        self._wish("go on")

    def action_stop(self) -> None:
        self._wish("stop")

    @work(exclusive=True, group=OPENING)
    async def action_compare(self) -> None:
        if arms := await read_for(self, self.reader.arms):
            self.post_message(ComparisonWanted(arms, self.root))

    def action_report(self) -> None:
        ask_for_report(self, (self.root,))

    def action_sessions(self) -> None:
        self.post_message(self.SessionsWanted(self.root, self.reader.outline.name))

    def action_why(self) -> None:
        from sandbox.tui.screens.page import PageScreen

        self.app.push_screen(PageScreen("The plan", [Content(line) for line in plan_lines(self.reader)]))

    @work(exclusive=True, group=OPENING)
    async def action_steps(self) -> None:
        from sandbox.tui.screens.page import PageScreen

        try:
            lines = (await read_for(self, self.reader.steps)).splitlines()
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        self.app.push_screen(PageScreen("What each step does", [Content(line) for line in lines]))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_id is not None:
            self.post_message(SessionWanted(event.option_id, itself=True))

    def action_leave(self) -> None:
        self.dismiss()


def number_lines(progress: StudyProgress) -> Iterator[str]:
    """How far it is, how fast, and what it took of what it may."""
    in_all, finished = progress.cells_in_all, progress.cells["finished"]
    filled = round(_BAR * finished / in_all) if in_all else 0
    counted = ((progress.cells[state], progress.state_of(state)) for state in _CELLS)
    cells = ", ".join(f"{count} {state}" for count, state in counted if count)
    yield f"{'█' * filled}{'░' * (_BAR - filled)} {finished} of {in_all} runs: {cells}"
    pace = [f"{progress.sessions_finished} of {progress.sessions} sessions"]
    if progress.per_minute is not None:
        pace.append(f"{progress.per_minute:.1f} a minute")
    if progress.seconds_left is not None and progress.cells["finished"] < in_all:
        pace.append(f"about {duration(progress.seconds_left)} left")
    yield " · ".join(pace)
    spent = progress.spent
    again = f" ({spent.retries:,} tried again)" if spent.retries else ""
    yield (
        f"{number_of(spent.calls, 'call')}{again}{_of(progress.caps.calls)} · "
        f"{spent.prompt_tokens:,} tokens in, {spent.completion_tokens:,} out · {_cost(progress)}"
    )
    if progress.cap_reached:
        yield printable(progress.cap_reached)


def _of(cap: int | None) -> str:
    return f" of {cap:,}" if cap is not None else ""


def _cost(progress: StudyProgress) -> str:
    cap = f" of ${progress.caps.cost:,.2f}" if progress.caps.cost is not None else ""
    if progress.spent.cost is None:
        return f"${progress.known_cost:,.4f} and more{cap} (not every price is known)"
    return f"${progress.known_cost:,.4f}{cap}" if progress.known_cost or cap else "no cost"


def trouble_lines(progress: StudyProgress) -> Iterator[str]:
    """The latest failures with what to do."""
    for one in progress.troubles[:_TROUBLES]:
        todo = f" {one.todo}" if one.todo else ""
        yield f"✗ {excerpt(printable(f'run {one.cell}: {one.what}{todo}'), 300)}"
    if progress.failed > _TROUBLES:
        yield f"  and {progress.failed - _TROUBLES:,} more that failed"


_GIVEN = {
    "after scenario": "after the scenario",
    "without scenario": "without a scenario",
    "before scenario": "before the scenario",
    "measured again": "no technique, only another measurement",
}


def plan_lines(reader: StudyReader) -> Iterator[str]:
    """The plan in words."""
    outline = reader.outline
    study = outline.plan.study
    yield printable(study.title)
    yield f"frozen as {outline.hash[:12]}"
    yield ""
    titles = {one.id: one.title for one in outline.plan.documents.values()}
    asked = (one for measures in outline.plan.measures.values() for one in measures)
    named = {
        "models": study.models,
        "clients": study.clients,
        "scenarios": study.scenarios,
        "techniques": study.techniques,
        "controls": study.all_controls,
        "measures": tuple(dict.fromkeys(f"{one.questionnaire.title}, by {one.way}" for one in asked)),
        "technique given": tuple(_GIVEN[one] for one in study.designs),
    }
    for what, values in named.items():
        if values:
            yield f"{what}: {printable('; '.join(titles.get(one, one) for one in values))}"
    yield f"repeats: {study.runs}, seeds {printable(', '.join(map(str, study.all_seeds[:12])))}"
    yield f"runs: {len(outline.cells):,}; sessions: {sum(map(len, outline.cells.values())):,}"


def _effects(view: StudyView, width: int, rows: int) -> Iterator[Content]:
    runs = f"{view.rests_on} of {view.progress.cells_in_all} runs"
    head = f"the answer, {runs}" if view.progress.over else f"interim, {runs} so far"
    yield Content.styled(f"{head}, {printable(view.scale)}" if view.scale else head, "$text-muted")
    if not view.effects:
        yield Content("No effect can be told yet: nothing stands beside a control with a score.")
    yield from map(Content, in_rows(" ".join(view.effects), width, rows, "c: all"))
    if view.progress.over:
        yield Content.styled("c compares, pooled over the starts.", "bold")


def _row(one: ListedSession, width: int) -> Content:
    state = f"{SIGNS[one.state]} {one.state}"
    return Content(f"{state:<13} {told_in(one.titles, one.seed, max(12, width - 15))}")
