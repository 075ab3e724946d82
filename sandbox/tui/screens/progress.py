"""Study progress: every run under way in this workspace, here or in another terminal. Reads, runs nothing."""

from collections.abc import Mapping
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
from sandbox.text import excerpt
from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.labels import SIGNS, text_marks
from sandbox.tui.messages import SessionWanted, Trouble
from sandbox.tui.screen import Screen, read_for
from sandbox.tui.screens.prompt import Confirmation
from sandbox.tui.widgets.key_line import KeyLine

_SECONDS = 1.0
_BAR = 10
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
        "about how long it will take at the pace so far. Enter opens a session. What is done is in the "
        "record already: a run that is stopped or cut off goes on with r on Home, or sandbox resume. Whether "
        "a run on another machine still lives, nobody here can tell: if it does not, t takes it over."
    )

    class StopWanted(Message):
        """This app's run shall be stopped."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._runs: tuple[RunProgress, ...] = ()

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
            self._runs = await read_for(self, self._store.runs)
        except SandboxError as error:
            self.post_message(Trouble(error))
        else:
            self._draw()

    # What is drawn

    def _draw(self) -> None:
        now = datetime.now(UTC)
        heads = [line for run in self._runs for line in run_lines(run, now)]
        self.query_one("#runs", Static).update(Content("\n".join(heads) or _NOTHING))
        listed = self.query_one(OptionList)
        sessions = [session for run in self._runs for session in run.sessions]
        ids = [session.summary.id for session in sessions]
        width = listed.scrollable_content_region.width or 78
        texts = text_marks(script for one in sessions for script in one.summary.scripts)
        if [listed.get_option_at_index(n).id for n in range(listed.option_count)] == ids:
            for place, session in enumerate(sessions):
                listed.replace_option_prompt_at_index(place, session_line(session, width, texts))
        else:
            listed.clear_options()
            listed.add_options([Option(session_line(s, width, texts), id=s.summary.id) for s in sessions])
            listed.highlighted = 0 if sessions else None
        self.refresh_bindings()

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
            self.post_message(SessionWanted(event.option_id))

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


def run_lines(run: RunProgress, now: datetime) -> list[str]:
    """A run in two lines: how far it is, and what it took."""
    whose = f"another program ({run.process})"
    if run.process.ours or run.process.begun_by_us:
        whose = "this app" if run.process.ours else "this app's study"
    done, left, spent = run.turns_done, run.turns_left, run.spent
    filled = round(_BAR * done / (done + left)) if done + left else 0
    ended = sum(session.done for session in run.sessions)
    failed = run.count("failed", "interrupted")
    parts = [
        f"{'█' * filled}{'░' * (_BAR - filled)} {whose}: {ended} of {len(run.sessions)} sessions",
        f"{done} of {done + left} turns",
        _time_left(run.seconds_left(now)),
    ]
    if failed:
        parts.append(f"{failed} failed")
    again = f" ({spent.retries} tried again)" if spent.retries else ""
    cost = "cost not known" if spent.cost is None else f"${spent.cost:.4f}" if spent.cost else "no cost"
    took = (
        f"{_calls(spent.calls)}{again}, {spent.prompt_tokens:,} tokens in "
        f"({spent.cached_tokens:,} from the cache), {spent.completion_tokens:,} out, {cost}"
    )
    return [" · ".join(part for part in parts if part), took]


def session_line(session: SessionProgress, width: int, texts: Mapping[str, str]) -> Content:
    """`▶ Mindful breathing v2 · Attacked at night   3/5 turns   12 calls`, in `width` cells.

    `texts`: what is said of a script, by its hash, to tell it from another of that title.
    """
    one = session.summary
    title, own = one.technique, "".join(texts.get(script.hash, "") for script in one.scripts[1:])
    title = f"{title} {own}" if title is not None and own else title
    what = told_apart(title, control=one.control, stretches=one.stretches)
    numbers = f"{one.turns:>3}/{session.turns} turns {_calls(session.spent.calls):>10}"
    state = f"{SIGNS[one.state]} {one.state}"
    room = max(12, width - len(numbers) - 16)
    text = excerpt(f"{what} · {one.scenario} · seed {one.seed}", room)
    return Content.assemble(f"{state:<13} {text:<{room}} ", (numbers, "$text-muted"))


def _calls(count: int) -> str:
    return f"{count:,} call{'' if count == 1 else 's'}"


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"about {minutes} min {rest} s left" if minutes else f"about {rest} s left"
