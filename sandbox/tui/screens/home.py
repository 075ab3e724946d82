"""Home: the proposed session, the recent ones, and what a score is not. Loads nothing itself."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from sandbox.tui.messages import SessionWanted, StudyWanted, TranscriptWanted
from sandbox.tui.screen import Screen
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.proposed_session import ProposalText, ProposedSession
from sandbox.tui.widgets.recent_sessions import RecentRun, RecentSessions, RecentStudy

NOTICE = "Simulated affect, not a feeling: a test bench for scripts, never a treatment."


class HomeScreen(Screen[None]):
    """Where the app opens. Every wish goes up as a message; the app fulfils it once its bench is open."""

    CSS_PATH = "home.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "app.new_session", "new", id="home.new",
                tooltip="Choose scenario, techniques, model, seed, repeats"),
        Binding("r", "resume", "resume", id="home.resume", tooltip="Go on with the marked session"),
        Binding("e", "export", "export", id="home.export", show=False,
                tooltip="Write the marked session's transcript"),
        Binding("s", "sessions", "sessions", id="home.sessions",
                tooltip="All sessions: find by what was said, tag, compare"),
        Binding("t", "app.studies", "studies", id="home.studies",
                tooltip="Studies: many sessions by one plan; what runs, what has ended"),
        Binding("l", "app.library", "library", id="home.library",
                tooltip="Library: scenarios, techniques, questionnaires, clients"),
        Binding("m", "app.models", "models", id="home.models",
                tooltip="Models: what is at hand, checks, local only"),
        Binding("comma", "app.settings", "settings", key_display=",", id="home.settings",
                tooltip="Settings: theme, local only, keys"),
        Binding("p", "app.progress", "progress", id="home.progress",
                tooltip="Study progress: every run under way"),
        Binding("q", "app.quit", "quit", id="home.quit", show=False, tooltip="Close the app"),
    ]  # fmt: skip
    HELP = (
        "Enter runs the proposed session: the scenario once, then each technique from the same state. "
        "Tab goes to the recent sessions; arrows mark one, Enter opens it, r goes on with it."
    )

    class BackOnTop(Message):
        """Home is seen again; what it shows may have changed meanwhile."""

    class SessionsWanted(Message):
        """The clinician wants to look through the record."""

    def compose(self) -> ComposeResult:
        yield Static("Therapy-technique sandbox", id="title", markup=False)
        yield Static(NOTICE, id="notice", markup=False)
        with Vertical(id="home"):
            yield ProposedSession(id="proposed")
            yield RecentSessions(id="recent")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(ProposedSession).focus()

    def on_screen_resume(self) -> None:
        self.post_message(self.BackOnTop())

    def show_proposal(self, proposal: ProposalText) -> None:
        self.query_one(ProposedSession).show(proposal)

    def show_recent(self, runs: Sequence[RecentRun | RecentStudy]) -> None:
        self.query_one(RecentSessions).show(runs)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"resume", "export"}:
            marked = self.query_one(RecentSessions).marked if self.is_mounted else None
            if isinstance(marked, RecentStudy):
                return True if action == "resume" else None
            return True if marked is not None and (marked.unfinished or action == "export") else None
        return True

    def action_sessions(self) -> None:
        self.post_message(self.SessionsWanted())

    def action_resume(self) -> None:
        run = self.query_one(RecentSessions).marked
        if isinstance(run, RecentStudy):
            self.post_message(StudyWanted(run.root))
        elif run is not None:
            self.post_message(SessionWanted(run.session, resume=True))

    def action_export(self) -> None:
        run = self.query_one(RecentSessions).marked
        if isinstance(run, RecentRun):
            self.post_message(TranscriptWanted((run.session,)))
