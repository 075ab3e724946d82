"""Sessions: everything in the record, narrowed down by what it was and by what was said in it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Select, Static

from sandbox.errors import SandboxError
from sandbox.store.listing import Choices, FoundSession, SessionFilter
from sandbox.store.store import Store
from sandbox.store.study_listing import StudySummary
from sandbox.text import excerpt
from sandbox.tui.messages import (
    ComparisonWanted,
    MeasureWanted,
    ReviewWanted,
    SessionWanted,
    StudyWanted,
    TranscriptWanted,
    Trouble,
)
from sandbox.tui.screen import Screen, read_for
from sandbox.tui.screens.prompt import LinePrompt, ask_for_report
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.session_list import SessionList
from sandbox.tui.widgets.words_input import WordsInput

PAGE = 100
AUTHOR = "clinician"
_TYPING_PAUSE = 0.15
_ON_SESSIONS = ("compare", "report", "tag", "export", "branch", "review", "remove", "ask")
"""Actions that are about the sessions meant."""
_NAMED = 5
"""Sessions that are named in a question or a notice at most."""
_AGES = (("today", 0), ("last 7 days", 7), ("last 30 days", 30), ("last year", 365))


class SessionsScreen(Screen[None]):
    """Reads and tags the record itself; opening, branching, comparing and exporting go up as messages."""

    CSS_PATH = "sessions.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "compare", "compare", id="sessions.compare",
                tooltip="Compare the marked sessions, or this one with its siblings"),
        Binding("slash", "words", "words", key_display="/", id="sessions.words", priority=True,
                tooltip="Look for words that were said"),
        Binding("t", "tag", "tag", id="sessions.tag", tooltip="Tag the marked sessions, or take a tag off"),
        Binding("e", "export", "export", id="sessions.export", tooltip="Write the session's transcript"),
        Binding("r", "report", "report", id="sessions.report",
                tooltip="Write a report on the marked sessions, or this one with its siblings"),
        Binding("b", "branch", "branch", id="sessions.branch", tooltip="Open the session and branch it"),
        Binding("j", "review", "judge", id="sessions.review",
                tooltip="Review the marked sessions: forms, notes, preference, agreement"),
        Binding("d", "remove", "remove", id="sessions.remove",
                tooltip="Remove from the lists, with a reason; the record keeps it"),
        Binding("z", "bring_back", "bring back", id="sessions.bring-back",
                tooltip="List again what was removed last"),
        Binding("a", "ask", "ask", show=False, id="sessions.ask",
                tooltip="Ask the marked sessions another questionnaire, without running them again"),
        Binding("u", "unmark", "unmark", show=False, id="sessions.unmark", tooltip="Take all marks off"),
        Binding("ctrl+l", "clear", "all", show=False, id="sessions.clear",
                tooltip="Show all sessions: every filter off"),
        Binding("escape", "leave", "home", id="sessions.home", tooltip="Back to Home"),
    ]  # fmt: skip
    HELP = (
        "Every session of the record, newest first; a branch has its own line, its trunk stands in it. A "
        "study has one line for all its sessions, unless a filter is set: Enter shows it, c pools it. "
        "Tab goes through the filters; / looks for words, and each line then is a turn that has them all, "
        "where Enter opens it. Space marks a session and goes to the next, c compares the marked, "
        "a asks them another questionnaire, z lists again what was removed last."
    )

    def __init__(
        self,
        store: Store,
        studies: Callable[[], Sequence[StudySummary]],
        held: Callable[[], Mapping[str, str]] = dict,
        study: str | None = None,
        name: str = "",
    ) -> None:
        """`studies` reads the studies of the record, which have a row each; `study`, called `name`: the one
        whose sessions are listed. `held`: the running sessions that wait for the clinician, each with what
        its state is called."""
        super().__init__()
        self.study = study
        self._store = store
        self._studies = studies
        self._held = held
        self._name = name
        self._typing: Timer | None = None
        self._asked = ""

    def compose(self) -> ComposeResult:
        yield Static("Sessions", id="title", markup=False)
        yield WordsInput("words that were said (/)")
        with Horizontal(id="filters"):
            for name in ("scenario", "technique", "model", "tag"):
                yield Select[str]([], id=name, prompt=name, compact=True)
            ages = [(title, str(days)) for title, days in _AGES]
            yield Select[str](ages, id="age", prompt="time", compact=True)
        yield SessionList(self._held, id="found")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(SessionList).focus()
        self._load_choices()
        self._look()

    def on_screen_resume(self) -> None:
        """Something may have been run, branched or tagged meanwhile."""
        if self.query_one(SessionList).last is not None:
            self._look_again()

    # Looking

    @work(exclusive=True, group="choices")
    async def _load_choices(self) -> None:
        try:
            found = await read_for(self, self._store.choices)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        self._offer(found)

    def _offer(self, found: Choices) -> None:
        offered = {
            "scenario": found.scenarios,
            "technique": found.techniques,
            "model": found.models,
            "tag": found.tags,
        }
        for name, values in offered.items():
            select = self.query_one(f"#{name}", Select)
            chosen = select.value
            with select.prevent(Select.Changed):
                select.set_options([(Content(excerpt(value, 40)), value) for value in values])
                if chosen in values:
                    select.value = chosen

    @work(exclusive=True, group="look")
    async def _look(self, most: int = PAGE) -> None:
        wanted = self._wanted()
        try:
            studies = await read_for(self, self._studies) if wanted.alone else ()
            found = await read_for(self, self._store.find, wanted, most)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        self.query_one(SessionList).show(found, studies, complete=len(found) < most)
        self._say_how_many()

    def _look_again(self) -> None:
        """Read anew as much as is listed, so that the reader stays where they are."""
        self._look(max(PAGE, self.query_one(SessionList).count))

    @on(SessionList.MoreWanted)
    @work(exclusive=True, group="look")
    async def _load_more(self) -> None:
        listed = self.query_one(SessionList)
        if listed.last is None:
            return
        try:
            found = await read_for(self, self._store.find, self._wanted(), PAGE, listed.last.place)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        listed.add(found, complete=len(found) < PAGE)
        self._say_how_many()

    def _wanted(self) -> SessionFilter:
        age = self._chosen("age")
        said = self.query_one("#words", Input).value
        chosen = [self._chosen(name) for name in ("scenario", "technique", "model", "tag", "age")]
        narrowed = bool(said) or any(chosen) or self.study is not None
        return SessionFilter(
            scenario=self._chosen("scenario"),
            technique=self._chosen("technique"),
            model=self._chosen("model"),
            tag=self._chosen("tag"),
            since=_midnight(int(age)) if age is not None else None,
            said=said,
            study=self.study,
            alone=not narrowed,
        )

    def _chosen(self, name: str) -> str | None:
        value = self.query_one(f"#{name}", Select).value
        return value if isinstance(value, str) else None

    def _say_how_many(self) -> None:
        listed = self.query_one(SessionList)
        parts = [f"Sessions of the study {self._name}" if self.study is not None else "Sessions"]
        if listed.marked:
            parts.append(f"{len(listed.marked)} marked")
        if self._asked:
            parts.append(self._asked)
        self.query_one("#title", Static).update(Content(" · ".join(parts)))
        self.refresh_bindings()

    @on(SessionList.MarksChanged)
    def _marks_changed(self) -> None:
        self._say_how_many()

    @on(Select.Changed)
    def _filter_changed(self) -> None:
        self._look()

    @on(Input.Changed, "#words")
    def _words_changed(self) -> None:
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(_TYPING_PAUSE, self._look)

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "words":  # while they are typed it is a letter
            return not isinstance(self.focused, WordsInput)
        if not self.is_mounted or action not in _ON_SESSIONS:
            return True
        if action in ("compare", "report") and self.query_one(SessionList).study is not None:
            return True
        return True if self._meant() else None

    def _meant(self) -> tuple[str, ...]:
        """The marked sessions, or the one under the cursor."""
        listed = self.query_one(SessionList)
        if listed.marked:
            return listed.marked
        return (listed.at.summary.id,) if listed.at is not None else ()

    @property
    def _at(self) -> FoundSession | None:
        return self.query_one(SessionList).at

    def on_session_list_opened(self, message: SessionList.Opened) -> None:
        if isinstance(message.found, StudySummary):
            self.post_message(StudyWanted(message.found.root))
        else:
            self.post_message(SessionWanted(message.found.summary.id, message.found.turn))

    def action_words(self) -> None:
        self.set_focus(self.query_one(WordsInput))  # at once: the next key is a letter

    def action_compare(self) -> None:
        listed, meant = self.query_one(SessionList), self._meant()
        if listed.study is not None and not listed.marked:
            self.post_message(StudyWanted(listed.study.root, compare=True))
        elif meant:
            self.post_message(ComparisonWanted(self._with_siblings(meant)))

    def action_report(self) -> None:
        listed, meant = self.query_one(SessionList), self._meant()
        if listed.study is not None and not listed.marked:
            ask_for_report(self, (listed.study.root,))
        elif meant:
            ask_for_report(self, self._with_siblings(meant))

    def _with_siblings(self, meant: tuple[str, ...]) -> tuple[str, ...]:
        """A single session stands for its whole family."""
        return (self._store.family(meant[0])[0].id,) if len(meant) == 1 else meant

    def action_export(self) -> None:
        if sessions := self._meant():
            self.post_message(TranscriptWanted(sessions))

    def action_review(self) -> None:
        if sessions := self._meant():
            self.post_message(ReviewWanted(sessions))

    def action_branch(self) -> None:
        if self._at is not None:
            self.post_message(SessionWanted(self._at.summary.id, branch=True))

    def action_ask(self) -> None:
        if sessions := self._meant():
            self.post_message(MeasureWanted(sessions, self.query_one(SessionList).told(sessions)))

    def say_asked(self, asked: str) -> None:
        """Say in the title what is being asked afterwards, and how far it is."""
        self._asked = asked
        self._say_how_many()

    def action_tag(self) -> None:
        sessions = self._meant()
        if not sessions:
            return
        own = self._at.tags if self._at is not None and len(sessions) == 1 else ()
        has = f" It has: {', '.join(own)}." if own else ""
        note = f"For {_count(sessions)}. A minus in front takes it off.{has}"

        def take(answer: str | None) -> None:
            if answer is not None:
                self._tag(sessions, answer)

        self.app.push_screen(LinePrompt("Tag", note, "pilot"), take)

    def _tag(self, sessions: tuple[str, ...], answer: str) -> None:
        off = answer.startswith(("-", "−"))
        try:
            for session in sessions:
                self._store.tag(session, answer.lstrip("-−"), present=not off, author=AUTHOR)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        self._load_choices()
        self._look_again()

    def action_remove(self) -> None:
        sessions = self._meant()
        if not sessions or self._runs(sessions):
            return
        note = (
            f"{self._named(sessions)}\nand what branched from there. Nothing is deleted: the record keeps it "
            "all, and your reason. z lists it again."
        )

        def take(answer: str | None) -> None:
            if answer is not None:
                self._remove(sessions, answer)

        self.app.push_screen(LinePrompt("Remove from the lists: why?", note, "a trial run"), take)

    def _remove(self, sessions: tuple[str, ...], reason: str) -> None:
        if self._runs(sessions):  # one may have begun while the reason was typed
            return
        try:
            gone = self._store.remove(sessions[0], reason, AUTHOR, also=sessions[1:])
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        more = f"\n{_count(gone)} with what branched from there." if len(gone) > len(sessions) else ""
        self.notify(
            f"{self._named(sessions)}{more}\nz lists it again.",
            title="Removed from the lists",
            timeout=8,
            markup=False,
        )
        self.query_one(SessionList).forget_marks()
        self._look_again()

    def action_bring_back(self) -> None:
        try:
            back = self._store.bring_back(AUTHOR)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        self.notify(f"{_count(back)} listed again." if back else "Nothing is removed.", timeout=4)
        self._load_choices()
        self._look_again()

    def _named(self, sessions: tuple[str, ...]) -> str:
        """A line for each of the first sessions: its arm, its scenario, when and with which seed."""
        lines = [*self.query_one(SessionList).told(sessions).values()][:_NAMED]
        rest = len(sessions) - len(lines)
        if rest:
            lines.append(f"and {rest} more" if lines else _count(sessions))
        return "\n".join(lines)

    def _runs(self, sessions: tuple[str, ...]) -> bool:
        """Whether one of them is running, or it cannot be told; says so."""
        try:
            running = any(self._store.state(session) == "running" for session in sessions)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return True
        if running:
            self.notify("A running session cannot be removed: stop it first.", severity="warning")
        return running

    def action_unmark(self) -> None:
        self.query_one(SessionList).forget_marks()
        self._say_how_many()

    def action_clear(self) -> None:
        with self.prevent(Select.Changed, Input.Changed):
            self.query_one("#words", Input).value = ""
            for select in self.query(Select):
                select.clear()
        self._look()

    def action_list(self) -> None:
        self.query_one(SessionList).focus()

    def action_leave(self) -> None:
        self.dismiss()


def _midnight(days_ago: int) -> datetime:
    today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days_ago)


def _count(sessions: tuple[str, ...] | list[str]) -> str:
    return "1 session" if len(sessions) == 1 else f"{len(sessions)} sessions"
