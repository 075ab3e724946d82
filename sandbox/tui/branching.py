"""Adding arms to a run that is shown, and asking for a reply again: in line while something runs."""

import asyncio
from typing import TYPE_CHECKING

from textual.app import App

from sandbox.engine.history import Turn
from sandbox.engine.plan import SessionHead
from sandbox.engine.run_state import RunState, SessionState
from sandbox.errors import SandboxError
from sandbox.library.catalogue import Library
from sandbox.library.technique import Technique
from sandbox.study.conductor import Conductor
from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.live_run import LiveRun
from sandbox.tui.messages import Trouble
from sandbox.tui.outline import cautions
from sandbox.tui.runs import Runs
from sandbox.tui.screens.branch_picker import BranchPicker, BranchPoint, Choice, Chosen
from sandbox.tui.screens.prompt import Agreement

if TYPE_CHECKING:
    from sandbox.tui.screens.session import SessionScreen


class Branching:
    """Fulfils what the Session screen asks for; what is not in line is a run of its own."""

    def __init__(self, app: App[None], conductor: Conductor, runs: Runs) -> None:
        self._app = app
        self._conductor = conductor
        self._runs = runs

    def ask(self, message: "SessionScreen.ArmWanted") -> None:
        """Let the clinician choose, once the library is read."""
        work = self._choose(message.live, message.session, message.turn)
        self._app.run_worker(work, group=OPENING)

    async def _choose(self, live: LiveRun, session: str, turn: int) -> None:
        found = await asyncio.to_thread(choices, self._conductor.library)

        def take(chosen: Chosen | None) -> None:
            if chosen is not None:
                self._app.run_worker(self._begin(live, chosen))

        places = branch_points(live.state, session, turn)
        note = "It runs when what is running now has ended." if live.playing else "It runs at once."
        controlled = any(one.is_control for one in live.state.sessions.values())
        self._app.push_screen(BranchPicker(found, places, note, controlled=controlled), take)

    async def _begin(self, live: LiveRun, chosen: Chosen) -> None:
        if not self._may_add(live):
            return
        parent = live.state.sessions[chosen.begins.session].head
        try:
            technique = self._conductor.library.technique(chosen.technique)
            head = self._conductor.branch(
                parent, chosen.begins.turn, technique, another_seed=chosen.another_seed
            )
            heads = [*(one.head for one in live.state.sessions.values()), head]
            said = await asyncio.to_thread(cautions, self._conductor, heads)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return
        if not self._may_add(live):
            return
        live.remarks = tuple(dict.fromkeys((*live.remarks, *said)))
        self.add(live, head)

    def redo(self, message: "SessionScreen.ArmWanted") -> None:
        """Ask for a reply again: at once if its session is running. Where it has ended the redo takes its
        place in what is compared, so that is asked first; then as `add` does."""
        live = message.live
        if not self._may_add(live):
            return
        if live.playing and live.state.running == message.session:
            self._redo(message)
            return

        def answered(yes: bool | None) -> None:
            if yes and self._may_add(live):
                self._redo(message)

        label = live.state.turn_label(message.session, message.turn)
        note = "The arm is run again from there. Compare shows the new one; the old one stays (o there)."
        self._app.push_screen(Agreement(f"Redo {label} of an arm that has ended?", note), answered)

    def _redo(self, message: "SessionScreen.ArmWanted") -> None:
        live = message.live
        try:
            head = self._conductor.redo(message.session, message.turn)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return
        if live.playing and live.state.running == message.session:
            live.divert(head)
        else:
            self.add(live, head)

    def _may_add(self, live: LiveRun) -> bool:
        return live.playing or self._runs.free()

    def add(self, live: LiveRun, head: SessionHead) -> None:
        """Run it, once what the run is at has ended."""
        live.add(head)
        if live.playing:
            self._app.notify("In line: it begins when what is running now has ended.")
        else:
            self._runs.play(live)


def branch_points(run: RunState, id: str, turn: int) -> tuple[BranchPoint, ...]:
    """The induced state, which keeps branches paired, then here: after that turn of the technique."""
    session = run.sessions[id]
    trunk = _trunk(run, session)
    told_again = f" ({run.title(trunk.head.id)})" if trunk.is_redo else ", as the other arms"
    induced = BranchPoint(trunk.head.id, None, f"after the scenario{told_again}")
    told, said = (
        {entry for entry in run.lineage(one) if isinstance(entry, Turn)} for one in (trunk.head.id, id)
    )
    if session.head.plan.technique is None or turn <= len(told & said):
        return (induced,)
    here = f"here: after {run.turn_label(id, turn)} of {run.titles()[id]}"
    return (induced, BranchPoint(id, turn, here))


def _trunk(run: RunState, session: SessionState) -> SessionState:
    """The session without a technique that this one goes back to: the trunk, or a trunk told again."""
    while not session.head.plan.is_trunk and session.head.parent in run.sessions:
        session = run.sessions[session.head.parent]
    return session


def choices(library: Library) -> tuple[Choice, ...]:
    """Every technique that loads; broken documents are the library's business to report."""
    found = []
    for entry in library.entries("technique"):
        document = entry.document
        if isinstance(document, Technique):
            live = document.delivery == "live"
            found.append(Choice(document.id, document.title, document.family, len(document.steps), live))
    return tuple(found)
