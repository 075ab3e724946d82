"""The app: opens Home at once, loads the rest behind it, and passes on what the screens ask for.

Nothing heavy is imported here: no documents, no record, no model library before the first paint.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.actions import ActionParseResult
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.events import Event, Key, MouseDown, Paste
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget
from textual.widgets import OptionList

from sandbox.errors import SandboxError
from sandbox.text import printable
from sandbox.tui.kept_focus import FocusKeeper
from sandbox.tui.keys_in_order import OPENING, KeysInOrder
from sandbox.tui.messages import (
    ComparisonWanted,
    MeasureWanted,
    ReportWanted,
    SessionWanted,
    SettingWanted,
    TechniqueWanted,
    TranscriptWanted,
    Trouble,
)
from sandbox.tui.notices import Notices
from sandbox.tui.preferences import Preferences, changeable_bindings, keymap_problems
from sandbox.tui.screen import Screen as OwnScreen
from sandbox.tui.screen import bring_up
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.silent_keys import why_silent
from sandbox.tui.terminal import Terminal
from sandbox.tui.themes import OWN_THEMES

if TYPE_CHECKING:
    from sandbox.library.workspace import Workspace
    from sandbox.models.provider import Provider
    from sandbox.tui.messages import ReviewWanted, StudyWanted
    from sandbox.tui.screens.compare import CompareScreen
    from sandbox.tui.screens.library import LibraryScreen
    from sandbox.tui.screens.models import ModelsScreen
    from sandbox.tui.screens.session import SessionScreen
    from sandbox.tui.screens.settings import SettingsScreen
    from sandbox.tui.screens.studies import StudiesScreen
    from sandbox.tui.screens.study import StudyScreen
    from sandbox.tui.services import Services
    from sandbox.tui.study_process import Launch

_PROBLEMS_TOLD = 3


def open_app() -> int:
    """Open the app in the workspace found from here; once it is closed, its exit code: 1 after a crash."""
    app = SandboxApp()
    app.run()
    return app.return_code or 0


class SandboxApp(App[None]):
    """Screens come and go; the services and a run under way stay until the app is closed."""

    TITLE = "Therapy-technique sandbox"
    CSS = "Toast { max-width: 76; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", key_display="?", id="app.help",
                tooltip="Help on this screen"),
        Binding("ctrl+p", "command_palette", "menu", key_display="^p", id="app.palette",
                tooltip="Every command by name; themes, light and dark"),
        Binding("ctrl+q", "quit", "quit", show=False, priority=True,
                tooltip="Close the app; a session in progress is kept, a study may go on"),
    ]  # fmt: skip

    def __init__(
        self, workspace: "Workspace | None" = None, *, open_model: "Callable[[str], Provider] | None" = None
    ) -> None:
        super().__init__()
        self.launch_study: Launch | None = None
        self.preferences = Preferences()
        self.terminal = Terminal(self)
        self._workspace = workspace
        self._open_model = open_model
        self._services: Services | None = None
        self._tried = asyncio.Event()
        self._home = HomeScreen()
        self._focus = FocusKeeper()
        self._keys = KeysInOrder(self, self._pass_on)
        self._notices = Notices(self)
        for theme in OWN_THEMES:
            self.register_theme(theme)
        self._take_theme()

    def on_mount(self) -> None:
        self.terminal.begin()
        if self.preferences.settings.keys:
            self.set_keymap(self.preferences.settings.keys)
        self.theme_changed_signal.subscribe(self, self._theme_chosen)
        self.screen_change_signal.subscribe(self, self._screen_changed, immediate=True)
        self.push_screen(self._home)
        if not self.preferences.remembered.notice_read:
            self.call_after_refresh(self._show_notice)
        self.call_after_refresh(self._tell_problems)
        self.set_timer(0.05, self._begin)

    async def on_unmount(self) -> None:
        """Break a run off so that the record says so, then end the model's process."""
        if self._services is not None:
            self._services.studies.close()
            await self._services.runs.break_off()
            await self._services.conductor.close()
        self.terminal.end()

    # Loading behind the first paint

    def _begin(self) -> None:
        self.run_worker(self._open_workspace(), name="open the workspace")

    async def _open_workspace(self) -> None:
        try:
            self._services = await asyncio.to_thread(self._load)
            self._services.runs.show_recent()
            await self._services.proposing.begin()
        except SandboxError as error:
            self.report(error)
        finally:
            self._tried.set()
        if self._services is not None:
            await self._check_keymap()
            await self._warm_up(self._services)

    def _load(self) -> "Services":
        from sandbox.tui.services import Services

        return Services(
            self, self._home, self.preferences, self.terminal, self._workspace, self._opened_model,
            self.launch_study,
        )  # fmt: skip

    def _opened_model(self, name: str) -> "Provider":
        """Opens a model, or refuses one elsewhere while local only is on, whether or not that was written."""
        from sandbox.models.opening import open_model

        if self._open_model is not None:
            return self._open_model(name)
        return open_model(name, local_only=self.preferences.settings.local_only)

    async def _warm_up(self, services: "Services") -> None:
        """Load the model library on a thread and start the model, so that the first run need not wait."""
        try:
            warm_up = getattr(services.proposing.provider(), "warm_up", None)
            if warm_up is not None:
                await warm_up()
        except SandboxError as error:
            self.report(error)

    async def opened(self) -> "Services | None":
        """The services once it was tried to open the workspace; None when it could not be."""
        await self._tried.wait()
        return self._services

    def _once_open(self, do: "Callable[[Services], Awaitable[None]]", group: str = "default") -> None:
        """Do it once the workspace is open; of what opens a screen only what was asked for last."""

        async def work() -> None:
            if (services := await self.opened()) is not None:
                await do(services)

        if group == OPENING:
            self._run_last(work, group)
        else:
            self.run_worker(work(), group=group)

    def _run_last(self, work: "Callable[[], Awaitable[None]]", group: str) -> None:
        """Run it in place of what the group runs; not called here, as what is replaced may never begin."""
        self.run_worker(work, group=group, exclusive=True)

    # What the screens ask for

    def on_trouble(self, message: Trouble) -> None:
        self.report(message.error)

    def on_setting_wanted(self, message: SettingWanted) -> None:
        self.prefer(message.key, message.value)

    def on_session_wanted(self, message: SessionWanted) -> None:
        if self._services is None:
            return
        opened = self._services.runs.open(message)
        if opened is not None and message.branch:
            opened.action_branch()

    def on_transcript_wanted(self, message: TranscriptWanted) -> None:
        self._once_open(lambda services: services.exports.transcripts(message.sessions), group=OPENING)

    def on_report_wanted(self, message: ReportWanted) -> None:
        self._once_open(lambda services: services.exports.report(message))

    def on_measure_wanted(self, message: MeasureWanted) -> None:
        self._once_open(lambda services: services.asking.ask(message), group=OPENING)

    def on_compare_screen_export_wanted(self, message: "CompareScreen.ExportWanted") -> None:
        self._once_open(lambda services: services.exports.comparison(message.comparison, message.study))

    def on_proposed_session_run_wanted(self) -> None:
        self._once_open(lambda services: services.proposing.start(), group=OPENING)

    def action_new_session(self) -> None:
        self._once_open(lambda services: services.proposing.choose(), group=OPENING)

    def on_home_screen_back_on_top(self) -> None:
        if self._services is not None:
            self._services.runs.show_recent()
            self._run_last(self._services.proposing.show_again, "proposal")

    def on_library_screen_chosen(self, message: "LibraryScreen.Chosen") -> None:
        if self._services is not None:
            self._services.proposing.propose_document(message)

    def on_technique_wanted(self, message: TechniqueWanted) -> None:
        self._once_open(lambda services: services.trying_out.open(message), group=OPENING)

    def on_session_screen_arm_wanted(self, message: "SessionScreen.ArmWanted") -> None:
        if self._services is not None:
            self._services.add_arm(message)

    def on_progress_screen_stop_wanted(self) -> None:
        if self._services is not None:
            self._services.runs.stop()

    def on_home_screen_sessions_wanted(self) -> None:
        self._once_open(lambda services: services.runs.list_all(), group=OPENING)

    def on_study_wanted(self, message: "StudyWanted") -> None:
        self._once_open(lambda services: services.studies.open(message), group=OPENING)

    def on_studies_screen_document_wanted(self, message: "StudiesScreen.DocumentWanted") -> None:
        self._once_open(lambda services: services.studies.propose(message.id), group=OPENING)

    def on_study_screen_wanted(self, message: "StudyScreen.Wanted") -> None:
        self._once_open(lambda services: services.studies.fulfil(message))

    def on_study_screen_sessions_wanted(self, message: "StudyScreen.SessionsWanted") -> None:
        self._once_open(lambda services: services.runs.list_all(message.root, message.name), group=OPENING)

    def on_review_wanted(self, message: "ReviewWanted") -> None:
        self._once_open(lambda services: services.reviewing.open(message), group=OPENING)

    def on_comparison_wanted(self, message: ComparisonWanted) -> None:
        self._once_open(lambda services: services.runs.compare(message), group=OPENING)

    def on_models_screen_validity_wanted(self, message: "ModelsScreen.ValidityWanted") -> None:
        self._once_open(lambda services: services.models.check(message.model), group=OPENING)

    def on_models_screen_service_changed(self) -> None:
        self._once_open(lambda services: services.models.forget_served())

    def run_worker(self, work: Any, *args: Any, **named: Any) -> Any:
        worker = super().run_worker(work, *args, **named)
        if worker.group == OPENING:
            self._keys.opens(worker)
        return worker

    # Screens

    def action_progress(self) -> None:
        self._once_open(lambda services: services.runs.show_progress(), group=OPENING)

    def action_library(self) -> None:
        self._once_open(self._open_library, group=OPENING)

    async def _open_library(self, services: "Services") -> None:
        from sandbox.tui.screens.library import LibraryScreen

        if not bring_up(self, LibraryScreen):
            self.push_screen(LibraryScreen(services.conductor.library))

    def action_studies(self) -> None:
        self._once_open(lambda services: services.studies.list_all(), group=OPENING)

    def action_models(self) -> None:
        self._once_open(lambda services: services.models.open_models(), group=OPENING)

    def action_check_model(self) -> None:
        self._once_open(lambda services: services.models.check(services.proposing.model), group=OPENING)

    def action_settings(self) -> None:
        self._run_last(self._open_settings, OPENING)

    async def _open_settings(self) -> None:
        from sandbox.tui.screens.settings import SettingsScreen

        if bring_up(self, SettingsScreen):
            return
        shown = await asyncio.to_thread(self.preferences.keys_shown, self)
        themes = sorted(self.available_themes)
        mine = self.preferences
        self.push_screen(
            SettingsScreen(mine.settings, mine.problems, themes, shown, mine.remembered.reviewer)
        )

    def _show_notice(self) -> None:
        from sandbox.tui.screens.page import NoticeScreen

        self.push_screen(NoticeScreen(), lambda _: self.preferences.notice_was_read())

    def action_help(self) -> None:
        from sandbox.tui.screens.page import HelpScreen

        self.push_screen(HelpScreen(self.screen))

    def action_command_palette(self) -> None:
        from sandbox.tui.command_palette import Palette

        self.push_screen(Palette())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from sandbox.tui.command_palette import commands

        own = ("Quit", "Maximize", "Minimize")  # the app has its own words for leaving, and no use for these
        yield from (one for one in super().get_system_commands(screen) if one.title not in own)
        yield from commands(self, screen)

    # Preferences

    def prefer(self, key: str, value: str | bool | int | tuple[str, ...]) -> None:
        """Change one setting; a model is kept only if its name leads to one."""
        if key == "model" and self._services is not None:
            prefer = self._services.models.prefer
            self._run_last(partial(prefer, str(value), lambda: self._prefer("model", value)), "model")
        else:
            self._prefer(key, value)

    def _prefer(self, key: str, value: str | bool | int | tuple[str, ...]) -> None:
        """Let a setting hold at once, and write it; where that fails, it is said."""
        try:
            self.preferences.change(key, value)
        except SandboxError as error:
            self.report(error)
        if key == "theme":
            self._take_theme()
        self._preferred(key)

    def _preferred(self, key: str) -> None:
        """A changed setting reaches what runs, the proposal and whoever shows it."""
        settings, services = self.preferences.settings, self._services
        if services is not None and key == "local_only" and settings.local_only:
            self.run_worker(services.models.bar_hosted())
        if services is not None and key == "model":
            services.proposing.propose_model(settings.model)
        refresh = getattr(self.screen, "refresh_models", None)
        if refresh is not None:
            refresh()

    def on_settings_screen_file_edited(self, message: "SettingsScreen.FileEdited") -> None:
        """The settings' file was edited: let it hold."""
        self.preferences.read()
        self.set_keymap(self.preferences.settings.keys)
        self._take_theme()
        self._tell_problems()
        self.run_worker(self._check_keymap())
        for key in ("local_only", "model"):
            self._preferred(key)
        message.screen.show(self.preferences.settings, self.preferences.problems)

    def _take_theme(self) -> None:
        if self.preferences.settings.theme in self.available_themes:
            self.theme = self.preferences.settings.theme

    def _theme_chosen(self, _: Theme) -> None:
        self.prefer("theme", self.theme)  # not the one told: of two quick changes the first is told late

    def _tell_problems(self) -> None:
        problems, theme = [str(one) for one in self.preferences.problems], self.preferences.settings.theme
        if theme not in self.available_themes:
            problems.append(f"there is no theme “{theme}”; the palette (^p) lists them")
        self._tell(problems)

    async def _check_keymap(self) -> None:
        """Say what is wrong with the user's keys. Loads every screen: for a quiet moment."""
        if keys := self.preferences.settings.keys:
            known = await asyncio.to_thread(changeable_bindings, type(self))
            self._tell(keymap_problems(keys, known))

    def _tell(self, problems: Sequence[str]) -> None:
        for problem in problems[:_PROBLEMS_TOLD]:
            self.notify(printable(problem), title="Settings", severity="warning", timeout=15, markup=False)

    # What is said, and keys

    def report(self, error: SandboxError) -> None:
        """Say what went wrong, where, and what to do next; nothing is lost by it."""
        text = "\n".join(printable(line) for line in (error.where, error.todo) if line)
        self.notify(text or " ", title=printable(error.what), severity="error", timeout=15, markup=False)

    def _screen_changed(self, screen: Screen[object]) -> None:
        self._focus.watch(screen)
        self._notices.screen_changed()

    async def action_quit(self) -> None:
        """Close the app; a screen with something that is not saved asks first, once."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, OwnScreen) and screen.asks_before_quitting():
                bring_up(self, type(screen), lambda one, asking=screen: one is asking)  # type: ignore[misc]
                return
        if self._services is not None and self._services.studies.ask_before_quitting():
            return
        await super().action_quit()

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._keys.take(event)
            return
        if isinstance(event, MouseDown) and not event.is_forwarded:
            self._notices.read()
        await super().on_event(event)

    async def _pass_on(self, event: Key | Paste) -> None:
        """A grey key says why it does nothing. None goes to a widget that has gone: nobody would hear it."""
        self._notices.read()
        self._focus.look(self.screen)
        if isinstance(event, Key):
            why = why_silent(self.screen, event)
            if why and why not in self._notices.texts:
                self.notify(why, timeout=4, markup=False)
        await super().on_event(event)

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Nothing is done by a widget that went while a key or the menu was on its way to it.

        A list that is not laid out yet has no pages to turn: Textual's raises then.
        """
        if isinstance(default_namespace, Widget) and not default_namespace.is_attached:
            return True
        unlaid = isinstance(default_namespace, OptionList) and not default_namespace.scrollable_content_region
        if unlaid and str(action).startswith("page_"):
            return True
        return await super().run_action(action, default_namespace, namespaces)
