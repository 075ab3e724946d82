"""Study progress: every run under way in this workspace, here or in another terminal. Reads, runs nothing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sandbox.engine.plan import told_apart
from sandbox.errors import SandboxError
from sandbox.store.progress import RunProgress, SessionProgress
from sandbox.store.store import Store
from sandbox.store.study_listing import StudySummary
from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.labels import SIGNS, shortened, text_marks, told_in
from sandbox.tui.messages import SessionWanted, Trouble
from sandbox.tui.screen import Screen, read_for
from sandbox.tui.screens.prompt import Confirmation
from sandbox.tui.widgets.key_line import KeyLine

_SECONDS = 1.0
_BAR, _NAME = 10, 20
"""Cells for how far a run is, and for the name of its study."""
_NOTHING = (
    "Nothing is running. Enter on Home runs the proposed session; a run in another terminal "
    "(sandbox run) shows here as well."
)


class ProgressScreen(Screen[None]):
    """Looks again every second while it is open."""

    CSS_PATH = "progress.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "stop", "stop", id="progress.stop", tooltip="Stop this app's run; all so far is kept"),
        Binding("t", "take_over", "take over", id="progress.take-over",
                tooltip="Go on here with what another machine is said to run, but no longer does"),
        Binding("escape", "leave", "back", id="progress.back", tooltip="Back to where you came from"),
    ]  # fmt: skip
    HELP = (
        "Every session of the runs under way: turns done of those planned, calls, tokens in and out, and "
        "about how long it will take at the pace so far; of a study how many of all its sessions are there. "
        "Enter opens a session. x stops what this app runs itself; a study is paused and stopped on its page "
        "(t on Home). What is done is in the record already: a run that is stopped or cut off goes on with r "
        "on Home, or sandbox resume. Whether a run on another machine still lives, nobody here can tell: if "
        "it does not, t takes it over."
    )

    class StopWanted(Message):
        """This app's run shall be stopped."""

    def __init__(self, store: Store, studies: Callable[[], Sequence[StudySummary]]) -> None:
        """`studies` reads how the studies of the record stand."""
        super().__init__()
        self._store = store
        self._newest = studies
        self._runs: tuple[RunProgress, ...] = ()
        self._studies: dict[str, StudySummary] = {}

    def compose(self) -> ComposeResult:
        yield Static("Study progress", id="title", markup=False)
        yield Static("", id="runs", markup=False)
        yield OptionList(id="sessions", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self.set_interval(_SECONDS, self._look)
        self._look()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    @work(exclusive=True)
    async def _look(self) -> None:
        try:
            self._runs, self._studies = await read_for(self, self._read)
        except SandboxError as error:
            self.post_message(Trouble(error))
        else:
            self._draw()

    def _read(self) -> tuple[tuple[RunProgress, ...], dict[str, StudySummary]]:
        runs = self._store.runs()
        studies = self._newest() if any(run.study for run in runs) else ()
        return runs, {one.root: one for one in studies}

    # What is drawn

    def _draw(self) -> None:
        now = datetime.now(UTC)
        heads = [line for run in self._runs for line in run_lines(run, self._studies.get(run.study), now)]
        self.query_one("#runs", Static).update(Content("\n".join(heads) or _NOTHING))
        listed = self.query_one(OptionList)
        sessions = [self._as_it_stands(session, run) for run in self._runs for session in run.sessions]
        ids = [session.summary.id for session, _ in sessions]
        width = listed.scrollable_content_region.width or 78
        texts = text_marks(script for one, _ in sessions for script in one.summary.scripts)
        if [listed.get_option_at_index(n).id for n in range(listed.option_count)] == ids:
            for place, (session, state) in enumerate(sessions):
                listed.replace_option_prompt_at_index(place, session_line(session, state, width, texts))
        else:
            listed.clear_options()
            listed.add_options(
                [Option(session_line(one, state, width, texts), id=one.summary.id) for one, state in sessions]
            )
            listed.highlighted = 0 if sessions else None
        self.refresh_bindings()

    def _as_it_stands(self, session: SessionProgress, run: RunProgress) -> tuple[SessionProgress, str]:
        """The session, and its state: nothing runs in a study that is paused."""
        state, study = session.summary.state, self._studies.get(run.study)
        paused = state == "running" and study is not None and study.stands == "paused"
        return session, "paused" if paused else state

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "stop":
            return True if any(run.process.ours for run in self._runs) else None
        if action == "take_over":
            return True if self._elsewhere else None
        return True

    @property
    def _elsewhere(self) -> RunProgress | None:
        """The run of the marked session, if another machine is said to run it."""
        listed = self.query_one(OptionList)
        at = listed.get_option_at_index(listed.highlighted).id if listed.highlighted is not None else None
        found = (run for run in self._runs if any(one.summary.id == at for one in run.sessions))
        return next((run for run in found if not run.process.here), None)

    def on_option_list_option_highlighted(self) -> None:
        self.refresh_bindings()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_id is not None:
            self.post_message(SessionWanted(event.option_id, itself=True))

    def action_stop(self) -> None:
        self.post_message(self.StopWanted())

    def action_take_over(self) -> None:
        if (run := self._elsewhere) is None:
            return
        session = run.sessions[0].summary.id

        def answered(yes: bool | None) -> None:
            if yes:
                self._take_over(session)

        note = f"{run.process} may still be at it: then both would run it. What it has done is kept."
        self.app.push_screen(Confirmation("Go on with this run here?", note), answered)

    @work(group=OPENING)
    async def _take_over(self, session: str) -> None:
        try:
            await read_for(self, self._store.take_over, session)
        except SandboxError as error:
            self.post_message(Trouble(error))
        else:
            self.post_message(SessionWanted(session, resume=True))

    def action_leave(self) -> None:
        self.dismiss()


def run_lines(run: RunProgress, study: StudySummary | None, now: datetime) -> list[str]:
    """A run in two lines: how far it is, and what it took. Of a study all its sessions count, also those that
    are not in line yet: how long it takes is said on its page."""
    done, left, spent = run.turns_done, run.turns_left, run.spent
    ended, of = sum(session.done for session in run.sessions), len(run.sessions)
    part = done / (done + left) if done + left else 0.0
    parts = [f"{done} of {done + left} turns", _time_left(run.seconds_left(now))]
    if study is not None:
        ended, of = study.finished, study.sessions
        part = ended / of if of else 0.0
        parts = [f"now {done} of {done + left} turns", *(["paused"] * (study.stands == "paused"))]
    filled = round(_BAR * part)
    parts.insert(0, f"{'█' * filled}{'░' * (_BAR - filled)} {_whose(run, study)}: {ended} of {of} sessions")
    failed = run.count("failed", "interrupted")
    if failed:
        parts.append(f"{failed} failed")
    again = f" ({spent.retries} tried again)" if spent.retries else ""
    cost = "cost not known" if spent.cost is None else f"${spent.cost:.4f}" if spent.cost else "no cost"
    took = (
        f"{_calls(spent.calls)}{again}, {spent.prompt_tokens:,} tokens in "
        f"({spent.cached_tokens:,} from the cache), {spent.completion_tokens:,} out, {cost}"
    )
    return [" · ".join(part for part in parts if part), took]


def _whose(run: RunProgress, study: StudySummary | None) -> str:
    ours = run.process.ours or run.process.begun_by_us
    if study is not None:
        own = "this app's study" if ours else f"study ({run.process})"
        return f"{own} {shortened(study.name, _NAME)}"
    return "this app" if ours else f"another program ({run.process})"


def session_line(session: SessionProgress, state: str, width: int, texts: Mapping[str, str]) -> Content:
    """`▶ running  Mindful breathing v2 · Attacked at night · seed 1  3/5 turns  12 calls`, in `width` cells.

    `texts`: what is said of a script, by its hash, to tell it from another of that title.
    """
    one = session.summary
    own = "".join(texts.get(script.hash, "") for script in one.scripts[1:])
    what = told_apart(one.technique, control=one.control, stretches=one.stretches)
    numbers = f"{one.turns:>3}/{session.turns} turns {_calls(session.spent.calls):>10}"
    room = max(12, width - len(numbers) - 16)
    text = told_in(((what, own), (one.scenario, "")), f"seed {one.seed}", room)
    return Content.assemble(f"{f'{SIGNS[state]} {state}':<13} {text:<{room}} ", (numbers, "$text-muted"))


def _calls(count: int) -> str:
    return f"{count:,} call{'' if count == 1 else 's'}"


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"about {minutes} min {rest} s left" if minutes else f"about {rest} s left"
