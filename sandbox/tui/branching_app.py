"""What the app does for the Session screen: it branches, asks for a reply again, and says what went wrong."""

import asyncio
from typing import TYPE_CHECKING

from textual.screen import Screen

from sandbox.errors import SandboxError
from sandbox.tui.checking_app import CheckingApp

if TYPE_CHECKING:
    from sandbox.tui.live_run import LiveRun
    from sandbox.tui.screens.branch_picker import Chosen
    from sandbox.tui.screens.session import SessionScreen


class BranchingApp(CheckingApp):
    """New branches and redos: in line while something runs, else a run of their own."""

    def play(self, live: "LiveRun") -> None:
        """Run what is in line."""
        raise NotImplementedError

    def on_session_screen_branch_wanted(self, message: "SessionScreen.BranchWanted") -> None:
        from sandbox.tui.screens.reading import ReadingScreen
        from sandbox.tui.screens.session import SessionScreen

        if isinstance(self.screen, SessionScreen):
            live, reading = self.screen.live, ReadingScreen("the techniques")
            self.push_screen(reading)
            self.run_worker(self._branch(live, message, reading))

    async def _branch(
        self, live: "LiveRun", message: "SessionScreen.BranchWanted", reading: Screen[None]
    ) -> None:
        """Let the clinician choose, once the library is read and unless that was not waited for."""
        from sandbox.tui.departure import choices, departures
        from sandbox.tui.screens.branch_picker import BranchPicker

        bench = await self.opened()
        found = await asyncio.to_thread(choices, bench.library) if bench is not None else ()
        if self.screen is not reading:
            return
        await reading.dismiss()

        def take(chosen: "Chosen | None") -> None:
            if chosen is not None:
                self.run_worker(self._begin_branch(live, chosen))

        places = departures(live.state, message.session, message.turn)
        note = "It runs when what is running now has ended." if live.playing else "It runs at once."
        self.push_screen(BranchPicker(found, places, note), take)

    async def _begin_branch(self, live: "LiveRun", chosen: "Chosen") -> None:
        bench = await self.opened()
        if bench is None or (not live.playing and not self.free()):
            return
        parent = live.state.sessions[chosen.departure.session].head
        try:
            technique = bench.library.technique(chosen.technique)
            head = bench.conductor.branch(
                parent, chosen.departure.turn, technique, another_seed=chosen.another_seed
            )
            heads = [*(one.head for one in live.state.sessions.values()), head]
            cautions = await asyncio.to_thread(bench.cautions, heads)
        except SandboxError as error:
            self.report(error)
            return
        if not live.playing and not self.free():
            return
        live.remarks = tuple(dict.fromkeys((*live.remarks, *cautions)))
        live.add(head)
        if live.playing:
            self.notify("In line: it begins when what is running now has ended.")
        else:
            self.play(live)

    async def on_session_screen_redo_wanted(self, message: "SessionScreen.RedoWanted") -> None:
        """Ask for a reply again: at once if its session is running, else as a run of its own."""
        live, bench = message.live, await self.opened()
        if bench is None or (not live.playing and not self.free()):
            return
        try:
            head = bench.conductor.redo(message.session, message.turn)
        except SandboxError as error:
            self.report(error)
            return
        if live.playing and live.state.running == message.session:
            live.divert(head)
        elif live.playing:
            live.add(head)
            self.notify("In line: it begins when what is running now has ended.")
        else:
            live.add(head)
            self.play(live)

    def on_session_screen_trouble(self, message: "SessionScreen.Trouble") -> None:
        self.report(message.error)
