"""An app as its user prefers it: theme, keymap, terminal title, the notice of the first start, a bell.

Opens Settings and the help, and offers every key by name. Knows no document, run or model; the sandbox's own
app builds on it.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.actions import ActionParseResult
from textual.app import App, SystemCommand
from textual.dom import DOMNode
from textual.events import Event, Key
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget
from textual.widgets import OptionList

from sandbox.errors import SandboxError
from sandbox.text import printable
from sandbox.tui.announcement import run_ended, titled, untitled
from sandbox.tui.kept_focus import FocusKeeper
from sandbox.tui.open_screens import bring_up
from sandbox.tui.preferences import Preferences
from sandbox.tui.screen import Screen as OwnScreen
from sandbox.tui.termination import end_on_termination
from sandbox.tui.themes import OWN_THEMES

if TYPE_CHECKING:
    from sandbox.tui.screens.settings import SettingsScreen

_PROBLEMS_TOLD = 3


class PreferredApp(App[None]):
    """`preferences` hold while the app is open; changing them here changes what is seen at once."""

    TITLE = "Therapy-technique sandbox"
    CSS = "Toast { max-width: 76; }"

    def __init__(self) -> None:
        super().__init__()
        self.preferences = Preferences()
        self._lent = False
        self._untold: list[str] = []
        self._screens_open = 0
        self._focus = FocusKeeper()
        for theme in OWN_THEMES:
            self.register_theme(theme)
        if self.preferences.settings.theme in self.available_themes:
            self.theme = self.preferences.settings.theme

    def on_mount(self) -> None:
        if not self.is_headless:
            end_on_termination(self)
        if self.preferences.settings.keys:
            self.set_keymap(self.preferences.settings.keys)
        self.theme_changed_signal.subscribe(self, self._theme_chosen)
        self.app_suspend_signal.subscribe(self, self._terminal_lent, immediate=True)
        self.app_resume_signal.subscribe(self, self._terminal_back, immediate=True)
        self.screen_change_signal.subscribe(self, self._screen_changed, immediate=True)
        self.tell_terminal(titled(self.TITLE or "", first=True))

    async def on_unmount(self) -> None:
        self.tell_terminal(untitled())

    def show_first(self, screen: Screen[None]) -> None:
        """Open the app's first screen, under the notice if that was never read; tell what is wrong."""
        self.push_screen(screen)
        if not self.preferences.remembered.notice_read:
            self.call_after_refresh(self._show_notice)
        self.call_after_refresh(self._tell_problems)

    def _show_notice(self) -> None:
        from sandbox.tui.screens.notice import NoticeScreen

        def read(_: None) -> None:
            self.preferences.notice_was_read()

        self.push_screen(NoticeScreen(), read)

    def _tell_problems(self) -> None:
        settings, problems = (
            self.preferences.settings,
            [str(problem) for problem in self.preferences.problems],
        )
        if settings.theme not in self.available_themes:
            problems.append(f"there is no theme “{settings.theme}”; the palette (^p) lists them")
        self._tell(problems)

    async def check_keymap(self) -> None:
        """Say what is wrong with the user's keys. Loads every screen: for a quiet moment."""
        from sandbox.tui.keymap import changeable_bindings, keymap_problems

        keys = self.preferences.settings.keys
        if keys:
            known = await asyncio.to_thread(changeable_bindings)
            self._tell(keymap_problems(keys, known))

    def _tell(self, problems: "list[str] | tuple[str, ...]") -> None:
        for problem in problems[:_PROBLEMS_TOLD]:
            self.notify(printable(problem), title="Settings", severity="warning", timeout=15, markup=False)

    # Changing what is preferred

    def prefer(self, key: str, value: str | bool | int | tuple[str, ...]) -> None:
        """Change one setting: it holds at once, and is written; where that fails, it is said."""
        try:
            self.preferences.change(key, value)
        except SandboxError as error:
            self.report(error)
        if key == "theme" and value in self.available_themes:
            self.theme = str(value)
        self.preferred(key)

    def preferred(self, key: str) -> None:
        """Called after a setting was changed."""

    def read_settings_anew(self) -> None:
        """The settings' file was edited: let it hold."""
        self.preferences.read()
        self.set_keymap(self.preferences.settings.keys)
        if self.preferences.settings.theme in self.available_themes:
            self.theme = self.preferences.settings.theme
        self._tell_problems()
        self.run_worker(self.check_keymap())
        for key in ("local_only", "model"):
            self.preferred(key)

    def action_command_palette(self) -> None:
        from sandbox.tui.command_palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_settings(self) -> None:
        self.run_worker(self._open_settings(), group="open", exclusive=True)

    async def _open_settings(self) -> None:
        from sandbox.tui.keymap import changeable_bindings
        from sandbox.tui.screens.settings import SettingsScreen

        if bring_up(self, SettingsScreen):
            return
        known = await asyncio.to_thread(changeable_bindings)
        keys = self.preferences.settings.keys
        shown = {
            name: (keys.get(name) or self.get_key_display(binding), binding.tooltip or binding.description)
            for name, binding in known.items()
        }
        themes = sorted(self.available_themes)
        self.push_screen(SettingsScreen(self.preferences.settings, self.preferences.problems, themes, shown))

    def on_settings_screen_wanted(self, message: "SettingsScreen.Wanted") -> None:
        self.prefer(message.key, message.value)

    def on_settings_screen_file_edited(self, message: "SettingsScreen.FileEdited") -> None:
        self.read_settings_anew()
        message.screen.show(self.preferences.settings, self.preferences.problems)

    def on_settings_screen_trouble(self, message: "SettingsScreen.Trouble") -> None:
        self.report(message.error)

    def _theme_chosen(self, theme: Theme) -> None:
        self.prefer("theme", theme.name)

    def action_help(self) -> None:
        from sandbox.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key of the screen is a command too, and the settings are one everywhere."""
        yield from super().get_system_commands(screen)
        yield SystemCommand("Settings", "Theme, local only, keys", self.action_settings)
        for active in screen.active_bindings.values():
            binding = active.binding
            if active.enabled and not binding.system and binding.tooltip:
                yield SystemCommand(
                    binding.tooltip,
                    f"key: {self.get_key_display(binding)}",
                    lambda node=active.node, action=binding.action: self._act(action, node),
                )

    def _act(self, action: str, node: object) -> None:
        self.run_worker(self.run_action(action, default_namespace=node))  # type: ignore[arg-type]

    # What is said, on the screen and to the terminal

    def report(self, error: SandboxError) -> None:
        """Say what went wrong, where, and what to do next; nothing is lost by it."""
        text = "\n".join(printable(line) for line in (error.where, error.todo) if line)
        self.notify(text or " ", title=printable(error.what), severity="error", timeout=15, markup=False)

    async def action_quit(self) -> None:
        """Close the app; a screen with something that is not saved asks first, once."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, OwnScreen) and screen.asks_before_quitting():
                bring_up(self, type(screen), lambda one, asking=screen: one is asking)  # type: ignore[misc]
                return
        await super().action_quit()

    async def on_event(self, event: Event) -> None:
        """A key never goes to a widget that has gone: nobody else would hear it, not even the app."""
        if isinstance(event, Key) and not event.is_forwarded:
            self._focus.look(self.screen)
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

    def _screen_changed(self, screen: Screen[object]) -> None:
        """What was said in passing does not cover the screen opened next; warnings and errors stay."""
        self._focus.watch(screen)
        before, self._screens_open = self._screens_open, len(self.screen_stack)
        if self._screens_open > before:
            for said in tuple(self._notifications):
                if said.severity == "information":
                    self._unnotify(said, refresh=False)
            self._refresh_notifications()

    def announce(self, text: str, seconds: float) -> None:
        """A run has ended after so long: call its reader back if it was long, as the settings say."""
        if seconds >= self.preferences.settings.notify_after:
            self.tell_terminal(run_ended(text, self.preferences.settings.notify))

    def show_title(self, text: str) -> None:
        """Show `text` in the terminal's title, before the app's name."""
        self.tell_terminal(titled(f"{text} · {self.TITLE}" if text else str(self.TITLE)))

    def tell_terminal(self, code: str) -> None:
        """Write an escape code to a real terminal; once it is back, if it is lent to an editor."""
        if self._lent:
            self._untold.append(code)
            return
        driver = self._driver
        if code and driver is not None and not self.is_headless and not self.is_web:
            with suppress(OSError):
                driver.write(code)
                driver.flush()

    def _terminal_lent(self, _: App[object]) -> None:
        self._lent = True

    def _terminal_back(self, _: App[object]) -> None:
        self._lent = False
        codes, self._untold = self._untold, []
        for code in codes:
            self.tell_terminal(code)
