"""What the app does for screens that look back: the list of sessions, comparisons, files. Runs nothing.

The sandbox's own app builds on it, and says how the record is opened and how a session is shown.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from textual.screen import Screen

from sandbox.errors import SandboxError
from sandbox.tui.open_screens import bring_up, close_below
from sandbox.tui.preferred_app import PreferredApp

if TYPE_CHECKING:
    from sandbox.library.workspace import Workspace
    from sandbox.tui.bench import Bench
    from sandbox.tui.screens.compare import CompareScreen
    from sandbox.tui.screens.home import HomeScreen
    from sandbox.tui.screens.session import SessionScreen
    from sandbox.tui.screens.sessions import SessionsScreen


class ReadingApp(PreferredApp):
    """Fulfils the wishes of Sessions and Compare, and writes transcripts and comparisons."""

    def __init__(self) -> None:
        super().__init__()
        self._compared: WeakKeyDictionary[Screen[Any], tuple[str, ...]] = WeakKeyDictionary()

    async def opened(self) -> "Bench | None":
        """The bench once it was tried to open it; None when it could not be."""
        raise NotImplementedError

    def open_recorded(self, session: str, *, resume: bool = False, turn: int | None = None) -> bool:
        """Show a session of the record, at that turn; False if it cannot be."""
        raise NotImplementedError

    def held(self) -> Mapping[str, str]:
        """The sessions that this app runs and that wait for the clinician: `paused` or `your words`."""
        raise NotImplementedError

    # Sessions

    def on_home_screen_sessions_wanted(self) -> None:
        self.run_worker(self._list_sessions(), group="open", exclusive=True)

    async def _list_sessions(self) -> None:
        if (bench := await self.opened()) is not None:
            from sandbox.tui.screens.sessions import SessionsScreen

            if not bring_up(self, SessionsScreen):
                self.push_screen(SessionsScreen(bench.store, self.held))

    def on_sessions_screen_open_wanted(self, message: "SessionsScreen.OpenWanted") -> None:
        if self.open_recorded(message.session, turn=message.turn) and message.branch:
            self.call_after_refresh(self._branch_shown)

    async def _branch_shown(self) -> None:
        await self.run_action("branch", default_namespace=self.screen)

    def on_sessions_screen_trouble(self, message: "SessionsScreen.Trouble") -> None:
        self.report(message.error)

    # Comparisons

    def on_sessions_screen_compare_wanted(self, message: "SessionsScreen.CompareWanted") -> None:
        self.run_worker(self._compare(message.sessions), group="open", exclusive=True)

    def on_session_screen_compare_wanted(self, message: "SessionScreen.CompareWanted") -> None:
        self.run_worker(self._compare((message.session,)), group="open", exclusive=True)

    async def _compare(self, sessions: tuple[str, ...]) -> None:
        bench = await self.opened()
        if bench is None:
            return
        from sandbox.export.comparison import gather_compared
        from sandbox.tui.screens.compare import CompareScreen

        try:
            screen = await asyncio.to_thread(
                CompareScreen, lambda: gather_compared(bench.store, sessions, earlier=True)
            )
        except SandboxError as error:
            self.report(error)
        else:
            self._compared[screen] = sessions
            self.push_screen(screen)
            await close_below(self, lambda below: self._compared.get(below) == sessions)

    def on_compare_screen_open_wanted(self, message: "CompareScreen.OpenWanted") -> None:
        self.open_recorded(message.session, turn=message.turn)

    # Files

    def on_compare_screen_export_wanted(self, message: "CompareScreen.ExportWanted") -> None:
        self.run_worker(self._export_comparison(message))

    async def _export_comparison(self, message: "CompareScreen.ExportWanted") -> None:
        bench = await self.opened()
        if bench is None:
            return
        from sandbox.tui.transcript import write_comparison

        try:
            paths = await asyncio.to_thread(write_comparison, bench.workspace, message.comparison)
        except SandboxError as error:
            self.report(error)
        else:
            folder, first = _short(paths[0].parent, bench.workspace), paths[0].name
            kinds = " and ".join([first, *(path.suffix for path in paths[1:])])
            self.notify(f"in {folder}:\n{kinds}", title="Comparison written", markup=False)

    def on_sessions_screen_export_wanted(self, message: "SessionsScreen.ExportWanted") -> None:
        self.run_worker(self._export(message.session))

    def on_session_screen_export_wanted(self, message: "SessionScreen.ExportWanted") -> None:
        self.run_worker(self._export(message.session))

    def on_home_screen_export_wanted(self, message: "HomeScreen.ExportWanted") -> None:
        self.run_worker(self._export(message.session))

    async def _export(self, session: str) -> None:
        bench = await self.opened()
        if bench is None:
            return
        from sandbox.tui.transcript import write_transcript

        try:
            path = await asyncio.to_thread(write_transcript, bench.store, bench.workspace, session)
        except SandboxError as error:
            self.report(error)
        else:
            self.notify(_short(path, bench.workspace), title="Transcript written", markup=False)


def _short(path: Path, workspace: "Workspace") -> str:
    """The path as seen from the workspace, if it is in there."""
    return str(path.relative_to(workspace.root) if path.is_relative_to(workspace.root) else path)
