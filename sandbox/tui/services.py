"""What the app holds once its workspace is open: the conductor, and an object for each thing it does."""

from typing import TYPE_CHECKING

from textual.app import App

from sandbox.library.workspace import Workspace
from sandbox.measurement.valence import compound
from sandbox.models.pool import OpenModel
from sandbox.study.conductor import Conductor
from sandbox.tui.asking import AskingAfterwards
from sandbox.tui.branching import Branching
from sandbox.tui.changing import Changing
from sandbox.tui.exports import Exports
from sandbox.tui.model_choice import ModelChoice
from sandbox.tui.preferences import Preferences
from sandbox.tui.proposing import Proposing
from sandbox.tui.reviewing import Reviewing
from sandbox.tui.runs import Runs
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.studies import Studies
from sandbox.tui.study_process import Launch
from sandbox.tui.terminal import Terminal
from sandbox.tui.trying_out import TryingOut

if TYPE_CHECKING:
    from sandbox.tui.screens.session import SessionScreen


class Services:
    """An open workspace. Lives on the app's event loop, but is made on a thread: loading it takes a while."""

    def __init__(
        self,
        app: App[None],
        home: HomeScreen,
        preferences: Preferences,
        terminal: Terminal,
        workspace: Workspace | None,
        open_model: OpenModel,
        launch: Launch | None,
    ) -> None:
        """Open the workspace found from here, or the one given. Raises SandboxError when it cannot.

        `launch` starts a study; None: in a process of its own.
        """
        self.conductor = conductor = Conductor.open(workspace, open_model)
        conductor.store.mark_interrupted()
        compound("")  # reads the word list here, on the thread
        self.studies = Studies(app, preferences, terminal, conductor, launch)
        self.runs = Runs(app, home, preferences, terminal, conductor, self.studies)
        self.proposing = Proposing(app, home, preferences, conductor, self.runs, self.studies)
        self.models = ModelChoice(app, preferences, conductor, self.runs, open_model)
        self.branching = Branching(app, conductor, self.runs)
        self.changing = Changing(app, conductor, self.runs, self.branching)
        self.trying_out = TryingOut(app, preferences, conductor, self.studies)
        self.exports = Exports(app, conductor)
        self.asking = AskingAfterwards(app, conductor)
        self.reviewing = Reviewing(app, preferences, conductor)

    def add_arm(self, message: "SessionScreen.ArmWanted") -> None:
        """Add the arm that the Session screen asks for."""
        wished = {"branch": self.branching.ask, "redo": self.branching.redo, "change": self.changing.ask}
        wished[message.wish](message)
