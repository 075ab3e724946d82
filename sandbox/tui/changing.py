"""Changing a step of a script that was said: the editor, the arm that goes on from there, both side by side,
and what becomes of the change.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from textual.app import App

from sandbox.analysis.family import gather_compared
from sandbox.engine.events import Event
from sandbox.engine.history import Turn
from sandbox.engine.plan import SessionHead
from sandbox.errors import NotFoundError, SandboxError
from sandbox.library.copying import keep_version
from sandbox.library.document import document_hash
from sandbox.library.technique import Technique
from sandbox.remembered import load_remembered, who
from sandbox.study.conductor import Conductor
from sandbox.tui.branching import Branching
from sandbox.tui.draft import Draft
from sandbox.tui.live_run import LiveRun
from sandbox.tui.messages import Trouble
from sandbox.tui.outline import cautions
from sandbox.tui.runs import Runs
from sandbox.workbench.change import changed, signed, whole
from sandbox.workbench.versions import versions_of

if TYPE_CHECKING:
    from sandbox.tui.screens.session import SessionScreen


class Changing:
    """Fulfils the Session screen's wish to say a step otherwise."""

    def __init__(self, app: App[None], conductor: Conductor, runs: Runs, branching: Branching) -> None:
        self._app = app
        self._conductor = conductor
        self._runs = runs
        self._branching = branching

    def ask(self, message: "SessionScreen.ArmWanted") -> None:
        """Open the step that was said at that turn, or else the last one before it."""
        from sandbox.tui.screens.edit_step import StepEditor

        live, session = message.live, message.session
        technique = live.state.sessions[session].head.plan.technique
        if technique is None or technique.delivery == "live":
            self._app.notify("This arm has no written script to change.", severity="warning")
            return
        ids = {step.id for step in technique.steps}
        turns = [one for one in live.state.lineage(session) if isinstance(one, Turn)]
        said = [one.step for one in turns if one.index <= message.turn and one.step in ids]
        draft = Draft(self._conductor.workspace, document_hash(technique))
        check = partial(self._checked, live, session, technique)

        async def go_on(change: Technique) -> None:
            if await self._begin(live, session, technique, change):
                await self._drop(draft)
            else:
                self._app.notify("Your text is kept as a draft: E opens it again.", timeout=8)

        def take(change: Technique | None) -> None:
            if change is not None:
                self._app.run_worker(go_on(change))

        first = technique.steps[0].id
        self._app.push_screen(StepEditor(technique, (said or [first])[-1] or first, draft, check), take)

    def _checked(
        self, live: LiveRun, session: str, technique: Technique, said: Mapping[str, str]
    ) -> Technique:
        """The changed technique, if a branch with it can be run now. Reads: belongs on a thread."""
        found = changed(technique, said, self._conductor.library)
        self._conductor.check([self._conductor.edited(session, found)])
        if self._runs.playing and not live.playing:
            raise SandboxError("A session is running: it comes first.", todo="Your text waits here.")
        return found

    async def _begin(self, live: LiveRun, session: str, technique: Technique, change: Technique) -> bool:
        """Add the arm, and show it beside the one it left once it has ended. False where that was not
        possible, which is said."""
        try:
            version = await asyncio.to_thread(self._signed, technique, change)
            head = await asyncio.to_thread(self._conductor.edited, session, version)
            heads = [*(one.head for one in live.state.sessions.values()), head]
            said = await asyncio.to_thread(cautions, self._conductor, heads)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return False
        if not live.playing and not self._runs.free():
            return False
        live.remarks = tuple(dict.fromkeys((*live.remarks, *said)))

        def heard(event: Event | None) -> None:
            if event is None:  # what was in line has ended
                live.forget(heard)
                self._app.run_worker(self._show_both(live, session, head))

        live.listen(heard)
        self._branching.add(live, head)
        return True

    async def _drop(self, draft: Draft) -> None:
        try:
            await asyncio.to_thread(draft.write, {})
        except OSError as error:
            what = f"The draft cannot be taken away: {error.strerror or error}"
            self._app.post_message(Trouble(SandboxError(what, where=str(draft.path))))

    def _signed(self, technique: Technique, change: Technique) -> Technique:
        try:
            known = versions_of(self._conductor.store, technique.id)
        except NotFoundError:
            known = ()
        versions = (one.technique.version for one in known)
        of = whole(technique, self._conductor.library)
        return signed(change, of, who(), versions, datetime.now(UTC))

    # Both side by side

    async def _show_both(self, live: LiveRun, session: str, head: SessionHead) -> None:
        """Unless its reader is elsewhere by now, or it did not come to its end."""
        from sandbox.tui.screens.changed_step import ChangedStep
        from sandbox.tui.screens.session import SessionScreen

        top = self._app.screen
        if not isinstance(top, SessionScreen) or top.live is not live:
            return
        ended = live.state.sessions.get(head.id)
        if ended is None or ended.state != "finished":
            return
        store, both = self._conductor.store, (session, head.id)

        def screen() -> ChangedStep:
            keep = partial(self._keep, head)
            throw_away = partial(self._throw_away, head, lambda: top.go_to(session, None))
            technique = head.plan.technique.id if head.plan.technique is not None else ""
            return ChangedStep(lambda: gather_compared(store, both), both, keep, throw_away, technique)

        try:
            opened = await asyncio.to_thread(screen)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
        else:
            if self._app.screen is top:
                self._app.push_screen(opened)

    # What becomes of the change

    async def _keep(self, head: SessionHead) -> bool:
        """Write the version to the workspace, a control whole again; False where that was not possible, which
        is said."""
        version, library = head.plan.technique, self._conductor.library
        assert version is not None  # noqa: S101 - for the type checker
        try:
            path = await asyncio.to_thread(lambda: keep_version(whole(version, library), library))
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return False
        said = f"Kept as version {version.version}, changed by {version.changed_by}: {path}"
        unnamed = not await asyncio.to_thread(lambda: load_remembered().reviewer)
        self._app.notify(f"{said}\nSettings takes your name." if unnamed else said, timeout=8, markup=False)
        return True

    async def _throw_away(self, head: SessionHead, back: Callable[[], None]) -> bool:
        """Leave the arm out of every list, and go back to the one it came from; what was said stays in the
        record, under its hash."""
        remove, reason = self._conductor.store.remove, "The change was thrown away."
        try:
            await asyncio.to_thread(lambda: remove(head.id, reason, who()))
            if head.parent is not None:
                self._runs.recorded(head.parent)  # whoever shows the run hears of it
            back()
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return False
        self._app.notify("Thrown away: the arm is in no list any more.", timeout=5)
        return True
