"""The app: opens Home at once, loads the rest behind it, and fulfils what the screens ask for.

Nothing heavy is imported here: no documents, no record, no model library before the first paint.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from sandbox.errors import SandboxError
from sandbox.text import excerpt
from sandbox.tui.branching_app import BranchingApp
from sandbox.tui.open_screens import bring_up
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.standing import read_for, stands
from sandbox.tui.widgets.recent_sessions import RecentRun, RecentSessions

if TYPE_CHECKING:
    from sandbox.engine.events import Event
    from sandbox.library.workspace import Workspace
    from sandbox.models.provider import Provider
    from sandbox.study.proposal import Proposal
    from sandbox.tui.bench import Bench
    from sandbox.tui.live_run import LiveRun
    from sandbox.tui.screens.library import LibraryScreen
    from sandbox.tui.screens.models import ModelsScreen
    from sandbox.tui.screens.new_session import NewSessionScreen
    from sandbox.tui.screens.progress import ProgressScreen


def open_app() -> int:
    """Open the app in the workspace found from here; once it is closed, its exit code: 1 after a crash."""
    app = SandboxApp()
    app.run()
    return app.return_code or 0


class SandboxApp(BranchingApp):
    """Screens come and go; the bench and a run under way stay until the app is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", key_display="?", id="app.help",
                tooltip="Help on this screen"),
        Binding("ctrl+p", "command_palette", "menu", key_display="^p", id="app.palette",
                tooltip="Every command by name; themes, light and dark"),
        Binding("ctrl+q", "quit", "quit", show=False, priority=True,
                tooltip="Close the app; a session in progress is kept"),
    ]  # fmt: skip

    def __init__(
        self, workspace: "Workspace | None" = None, *, open_model: "Callable[[str], Provider] | None" = None
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._open_model = open_model
        self._bench: Bench | None = None
        self._tried = asyncio.Event()
        self._proposal: Proposal | None = None
        self._proposal_stands = False
        self._live: LiveRun | None = None
        self._run: Worker[None] | None = None
        self._home = HomeScreen()

    def on_mount(self) -> None:
        self.show_first(self._home)
        self.set_timer(0.05, self._begin)

    # Loading behind the first paint

    def _begin(self) -> None:
        self.run_worker(self._open_bench(), name="open the bench")

    async def _open_bench(self) -> None:
        try:
            self._bench = await asyncio.to_thread(_bench, self._workspace, self._opener)
            self._show_recent()
            await self._propose_first()
        except SandboxError as error:
            self.report(error)
        finally:
            self._tried.set()
        if self._bench is not None:
            await self.check_keymap()
            await self._warm_up()

    def _opener(self, name: str) -> "Provider":
        """Opens a model, or refuses one elsewhere while local only is on, whether or not that was written."""
        from sandbox.models.opening import open_model

        if self._open_model is not None:
            return self._open_model(name)
        return open_model(name, local_only=self.preferences.settings.local_only)

    async def _propose_first(self) -> None:
        """What was run last, if it can be run again, else the usual."""
        from sandbox.tui.last_choice import last_choice, usual_choice

        settings, remembered = self.preferences.settings, self.preferences.remembered
        self._proposal = last_choice(remembered.proposal, settings.model)
        usual = usual_choice(settings.model)
        try:
            await self._show_proposal()
        except SandboxError as error:
            if self._proposal == usual:
                raise
            self.notify(error.what, title="The last choice cannot be run again", markup=False, timeout=10)
            self._proposal = usual
            await self._show_proposal()

    async def _show_proposal(self) -> None:
        if self._bench is not None and self._proposal is not None:
            self._proposal_stands = False
            self._home.show_proposal(await read_for(self._home, self._bench.proposal_text, self._proposal))
            self._proposal_stands = True

    def on_home_screen_back_on_top(self) -> None:
        self._show_recent()
        if not self._proposal_stands:
            self.run_worker(self._try_again(), group="proposal", exclusive=True)

    async def _try_again(self) -> None:
        """What was wrong with a document may be mended by now."""
        with suppress(SandboxError):
            await self._show_proposal()

    def _show_recent(self) -> None:
        if self._bench is None or not stands(self._home):
            return
        try:
            self._home.show_recent([self._as_it_is(run) for run in self._bench.recent()])
        except SandboxError as error:
            self.report(error)

    def _as_it_is(self, run: RecentRun) -> RecentRun:
        """The record does not know of a pause; whoever runs the session does."""
        held = list(self.held().values())
        ours = self._live is not None and run.session in self._live.state.ids
        return replace(run, state=held[0]) if ours and held else run

    def held(self) -> Mapping[str, str]:
        return self._live.held if self._live is not None else {}

    async def _warm_up(self) -> None:
        """Load the model library on a thread and start the model, so that the first run need not wait."""
        try:
            warm_up = getattr(self._model(), "warm_up", None)
            if warm_up is not None:
                await warm_up()
        except SandboxError as error:
            self.report(error)

    def _model(self) -> "Provider | None":
        if self._bench is None or self._proposal is None:
            return None
        return self._bench.models.model(self._proposal.model)

    # What Home asks for

    def on_proposed_session_run_wanted(self) -> None:
        self.run_worker(self._start_proposed())

    async def _start_proposed(self) -> None:
        bench = await self.opened()
        if bench is None or self._proposal is None or not self.free():
            return
        from sandbox.tui.last_choice import as_values

        try:
            if model := await asyncio.to_thread(bench.conductor.unsure, self._proposal):
                self.notify("Asking the model first whether it gives log-probabilities.")
                await model.find_out()
                if not self.free():
                    return
            live = await asyncio.to_thread(bench.new_run, self._proposal)
        except SandboxError as error:
            self.report(error)
            return
        if not self.free():  # a second Enter came while the first one was composed
            return
        self.preferences.remember_proposal(as_values(self._proposal))
        self.play(live)
        self._open_session(live)

    def on_recent_sessions_opened(self, message: RecentSessions.Opened) -> None:
        self.open_recorded(message.session)

    def on_home_screen_resume_wanted(self, message: HomeScreen.ResumeWanted) -> None:
        self.open_recorded(message.session, resume=True)

    def on_home_screen_new_wanted(self) -> None:
        self.run_worker(self._choose())

    async def _choose(self) -> None:
        bench = await self.opened()
        if bench is None or self._proposal is None:
            return
        from sandbox.tui.screens.new_session import NewSessionScreen

        def take(chosen: "Proposal | None") -> None:
            if chosen is not None:
                self.run_worker(self._take_proposal(chosen))

        async def check(chosen: "Proposal") -> None:
            if self._live is not None and self._live.playing:
                raise SandboxError("A session is running: it comes first.", todo="Enter on Home opens it.")
            await bench.check(chosen)

        documents = await asyncio.to_thread(bench.documents)
        if bring_up(self, NewSessionScreen):
            return
        self.push_screen(
            NewSessionScreen(documents, self._proposal, bench.outline, bench.weighed, check), take
        )

    def on_new_session_screen_trouble(self, message: "NewSessionScreen.Trouble") -> None:
        self.report(message.error)

    async def _take_proposal(self, chosen: "Proposal") -> None:
        before, self._proposal = self._proposal, chosen
        try:
            await self._show_proposal()
        except SandboxError as error:
            self._proposal = before
            self.report(error)
            return
        await self._start_proposed()

    def open_recorded(self, session: str, *, resume: bool = False, turn: int | None = None) -> bool:
        """Show a session of the record, or the run under way if it is part of that; False if it cannot."""
        if self._bench is None or (resume and not self.free()):
            return False
        if self._live is not None and self._live.playing and session in self._live.state.ids:
            whole = turn is None and session == self._live.state.ids[0]
            self._open_session(self._live, None if whole else session, turn)
            return True
        try:
            live = self._bench.recorded_run(session, resume=resume)
        except SandboxError as error:
            self.report(error)
            return False
        if resume and not live.in_line:
            self.notify("Nothing is left to do there: Enter opens it.", severity="warning")
            return False
        if resume:
            self.play(live)
        stands_in_branches = turn is None and session == live.state.ids[0]
        shown = live.state.ids[-1] if stands_in_branches else session
        self._open_session(live, None if resume else shown, turn)
        return True

    def free(self) -> bool:
        """One run at a time: a second one would make both models wait for each other."""
        if self._live is None or not self._live.playing:
            return True
        self.notify("A session is running: it comes first. Enter in the list opens it.", severity="warning")
        return False

    @property
    def proposed_model(self) -> str | None:
        return self._proposal.model if self._proposal is not None else None

    async def opened(self) -> "Bench | None":
        await self._tried.wait()
        return self._bench

    # Progress, Library, Models and what they change

    def action_progress(self) -> None:
        self.run_worker(self._open_progress(), group="open", exclusive=True)

    async def _open_progress(self) -> None:
        from sandbox.tui.screens.progress import ProgressScreen

        bench = await self.opened()
        if bench is not None and not bring_up(self, ProgressScreen):
            self.push_screen(ProgressScreen(bench.store))

    def on_progress_screen_open_wanted(self, message: "ProgressScreen.OpenWanted") -> None:
        self.open_recorded(message.session, turn=None)

    def on_progress_screen_stop_wanted(self) -> None:
        if self._live is not None:
            self._live.stop()
            self.notify("Stopping …", timeout=3)

    def on_progress_screen_trouble(self, message: "ProgressScreen.Trouble") -> None:
        self.report(message.error)

    def action_library(self) -> None:
        self.run_worker(self._open_library(), group="open", exclusive=True)

    async def _open_library(self) -> None:
        from sandbox.tui.screens.library import LibraryScreen

        bench = await self.opened()
        if bench is not None and not bring_up(self, LibraryScreen):
            self.push_screen(LibraryScreen(bench.library))

    def on_library_screen_chosen(self, message: "LibraryScreen.Chosen") -> None:
        from sandbox.tui.last_choice import with_document

        if self._proposal is not None:
            self.run_worker(self._propose(with_document(self._proposal, message.kind, message.id)))

    def on_library_screen_trouble(self, message: "LibraryScreen.Trouble") -> None:
        self.report(message.error)

    def action_models(self) -> None:
        self.run_worker(self._open_models(), group="open", exclusive=True)

    async def _open_models(self) -> None:
        bench = await self.opened()
        if bench is None:
            return
        from sandbox.tui.screens.models import ModelsScreen

        if not bring_up(self, ModelsScreen):
            folders = await asyncio.to_thread(bench.model_folders)
            self.push_screen(ModelsScreen(lambda: self.preferences.settings, self._opener, folders))

    def on_models_screen_wanted(self, message: "ModelsScreen.Wanted") -> None:
        self.prefer(message.key, message.value)

    def on_models_screen_trouble(self, message: "ModelsScreen.Trouble") -> None:
        self.report(message.error)

    def prefer(self, key: str, value: str | bool | int | tuple[str, ...]) -> None:
        """Change one setting; a model is kept only if its name leads to one."""
        if key == "model" and self._bench is not None:
            self.run_worker(self._prefer_model(self._bench, str(value)), group="model", exclusive=True)
        else:
            super().prefer(key, value)

    async def _prefer_model(self, bench: "Bench", name: str) -> None:
        try:
            await asyncio.to_thread(bench.models.model, name)
        except SandboxError as error:
            self.report(error)
        else:
            super().prefer("model", name)

    def preferred(self, key: str) -> None:
        """A changed setting reaches the bench, the proposal and whoever shows it."""
        settings = self.preferences.settings
        if self._bench is not None and key == "local_only" and settings.local_only:
            if self._live is not None and self._live.playing and self._live.leaves_machine:
                self._live.stop()
                self.notify("Local only is on: what was running elsewhere is stopped.", severity="warning")
            self.run_worker(self._bench.models.forget_hosted())
        if self._proposal is not None and key == "model" and settings.model != self._proposal.model:
            from sandbox.tui.last_choice import with_model

            self.run_worker(self._propose(with_model(self._proposal, settings.model)))
        refresh = getattr(self.screen, "refresh_models", None)
        if refresh is not None:
            refresh()

    async def _propose(self, proposal: "Proposal") -> None:
        """Propose something else, unless it cannot be run: then it is said why."""
        before, self._proposal = self._proposal, proposal
        try:
            await self._show_proposal()
        except SandboxError as error:
            self._proposal = before
            self.report(error)
        else:
            self.notify("Home proposes it now.", timeout=3)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        yield from super().get_system_commands(screen)
        yield SystemCommand("Study progress", "Every run under way, here or elsewhere", self.action_progress)
        yield SystemCommand("Library", "Every document, its problems, your editor", self.action_library)
        yield SystemCommand("Models", "What is at hand, checks, local only", self.action_models)

    # Runs

    def play(self, live: "LiveRun") -> None:
        self._live = live
        self._run = self.run_worker(self._playing(live), name="run", exit_on_error=True)

    async def _playing(self, live: "LiveRun") -> None:
        """Run what is in line, say so in the terminal's title, and call the reader back at the end."""
        before = live.seconds
        self.show_title("● running")
        listeners = (self._told_too_late, self._held_or_not)
        for listener in listeners:
            live.listen(listener)
        await live.run()
        for listener in listeners:
            live.forget(listener)
        self.show_title("")
        self._show_recent()
        if live.stopped:
            self.notify("Stopped. Everything so far is kept; Home can go on with it.", timeout=4)
        self.announce(f"{live.state.family_title()}: the run has ended", live.seconds - before)

    def _held_or_not(self, event: "Event | None") -> None:
        """Home, where it is seen, says when a session begins to wait, and when it goes on."""
        from sandbox.engine.events import TurnStarted, Waiting

        if isinstance(event, TurnStarted | Waiting) and self.screen is self._home:
            self._show_recent()

    def _told_too_late(self, event: "Event | None") -> None:
        from sandbox.engine.events import TooLate

        if isinstance(event, TooLate) and self._live is not None:
            title = self._live.state.titles()[event.session]
            for words in event.words:
                said = f"{title} ended before this could be said: “{excerpt(words, 200)}”. ↑ brings it back."
                self.notify(said, severity="warning", timeout=15, markup=False)
            if event.skips:
                self.notify(f"{title} ended: there was no step left to skip.", timeout=5, markup=False)

    def _open_session(self, live: "LiveRun", shown: str | None = None, turn: int | None = None) -> None:
        from sandbox.tui.screens.session import SessionScreen

        open_already = bring_up(self, SessionScreen, lambda one: one.live is live)
        if open_already is None:
            self.push_screen(SessionScreen(live, shown, turn))
        else:
            open_already.go_to(shown, turn)

    async def on_unmount(self) -> None:
        """Break a run off so that the record says so, then end the model's process."""
        if self._run is not None:
            self._run.cancel()
            with suppress(WorkerCancelled, WorkerFailed):
                await self._run.wait()
        if self._bench is not None:
            await self._bench.conductor.close()


def _bench(workspace: "Workspace | None", open_model: "Callable[[str], Provider]") -> "Bench":
    from sandbox.tui.bench import Bench

    return Bench.open(workspace, open_model)
