"""The runs of the workspace in the app: the one under way, the recent ones, and showing any of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from textual.app import App
from textual.screen import Screen
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from sandbox.analysis.family import family, gather_compared
from sandbox.analysis.remarks import Remark
from sandbox.analysis.reported import own_scale
from sandbox.engine.events import Event, TooLate, TurnStarted, Waiting
from sandbox.engine.run_state import RunState, SessionState, recorded_session
from sandbox.errors import SandboxError
from sandbox.store.call import seconds_at_work
from sandbox.store.session import SessionSummary, StoredSession
from sandbox.store.study_listing import StudySummary
from sandbox.study.conductor import Conductor
from sandbox.study.proposal import Proposal
from sandbox.text import excerpt
from sandbox.tui.live_run import Elsewhere, LiveRun
from sandbox.tui.messages import ComparisonWanted, SessionWanted, Trouble
from sandbox.tui.outline import before_run_here, cautions
from sandbox.tui.preferences import Preferences
from sandbox.tui.screen import bring_up, close_below, is_there, read_for
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.studies import Studies
from sandbox.tui.terminal import Terminal
from sandbox.tui.widgets.recent_sessions import Recent, RecentRun, RecentStudy

if TYPE_CHECKING:
    from sandbox.tui.screens.session import SessionScreen

_RECENT = 200
_RECENT_STUDIES = 20
_SECONDS_TO_STUDIES = 2.0


class Runs:
    """One plays at a time: a second one would make both models wait for each other."""

    def __init__(
        self,
        app: App[None],
        home: HomeScreen,
        preferences: Preferences,
        terminal: Terminal,
        conductor: Conductor,
        studies: Studies,
    ) -> None:
        self.live: LiveRun | None = None
        self._app = app
        self._home = home
        self._preferences = preferences
        self._terminal = terminal
        self._conductor = conductor
        self._studies = studies
        self._recent_studies: tuple[StudySummary, ...] = ()
        self._known: WeakValueDictionary[str, LiveRun] = WeakValueDictionary()
        self._worker: Worker[None] | None = None

    @property
    def playing(self) -> bool:
        return self.live is not None and self.live.playing

    def held(self) -> Mapping[str, str]:
        """The sessions that wait for the clinician, `paused` or at `your words`; the record has no pauses."""
        return self.live.held if self.live is not None else {}

    def free(self) -> bool:
        """Whether nothing is under way; says so if something is."""
        if self.playing:
            text = "A session is running: it comes first. Enter in the list opens it."
            self._app.notify(text, severity="warning")
        return not self.playing

    # What there is

    def new(self, proposal: Proposal) -> LiveRun:
        """A run of new sessions. Raises SandboxError when the proposal cannot be composed."""
        heads = self._conductor.runnable(proposal)
        live = self._known[heads[0].id] = self._empty()
        live.add(*heads)
        live.remarks = cautions(self._conductor, heads)
        live.leaves_machine = self._conductor.leaves_machine(heads)
        live.language = heads[0].plan.scenario.language
        return live

    def recorded(self, session: str, *, resume: bool = False) -> LiveRun:
        """The whole family of a recorded session; with `resume`, whatever is unfinished is put in line.

        While anybody has it, it is one and the same: whoever shows it sees what becomes of it.
        """
        stored = self._family(session)
        root = stored[0].head.id
        live = self._known.get(root)
        if live is None:
            live = self._known[root] = self._empty()
        if live.playing:
            return live
        self._take(live, stored)
        live.remarks = tuple(remark.sentence for remark in self._remarks(stored, resume=resume))
        live.leaves_machine = self._conductor.leaves_machine(one.head for one in stored)
        live.language = stored[0].head.plan.scenario.language
        if resume:
            live.add(*self._conductor.to_finish(session))
        return live

    def _take(self, live: LiveRun, stored: Sequence[StoredSession]) -> None:
        """Show what the record says of the run now."""
        live.elsewhere = self._elsewhere(stored)
        live.left = live.elsewhere is None and bool(self._conductor.to_finish(stored[0].head.id))
        states = {one.head.id: _recorded(one) for one in stored}
        live.read_anew(RunState(states), spent=seconds_at_work(call for one in stored for call in one.calls))

    def _elsewhere(self, stored: Sequence[StoredSession]) -> Elsewhere | None:
        """Who else goes on with what is not finished of it: its study, or another program."""
        left = {one.head.id: one.state for one in stored if one.state.now not in ("finished", "removed")}
        if (condition := self._conductor.studies.condition_of(left)) is not None:
            return Elsewhere(condition if condition in ("running", "paused") else "stopped")
        running = (one.process for one in left.values() if one.now == "running" and one.process is not None)
        other = next((process for process in running if not process.ours), None)
        return Elsewhere("running", str(other)) if other is not None else None

    async def _watch(self, live: LiveRun) -> None:
        """As long as somebody else runs it, and it is shown, read it anew."""
        while live.elsewhere is not None and live.elsewhere.stands != "stopped" and not live.playing:
            await asyncio.sleep(_SECONDS_TO_STUDIES)
            if not live.watched:
                return
            with suppress(SandboxError):  # something of it was removed: what is shown stays as it was
                self._take(live, await asyncio.to_thread(self._family, live.state.ids[0]))

    def _family(self, session: str) -> list[StoredSession]:
        store = self._conductor.store
        return [store.session(head.id) for head in store.family(session)]

    def _empty(self) -> LiveRun:
        return LiveRun(self._conductor.play, self._conductor.store.history)

    def _remarks(self, stored: Sequence[StoredSession], *, resume: bool) -> tuple[Remark, ...]:
        """Of a recorded family; of one that is gone on with, only what its end will not change."""
        found = family(self._conductor.store, stored).remarks
        if not resume:
            return found
        of_record = (remark for remark in found if remark.kind == "record")
        return (*of_record, *before_run_here(self._conductor, [one.head for one in stored], stored[0].model))

    # What Home shows

    def show_recent(self) -> None:
        """Show the runs as they are now, and the studies as soon as they are read: those may be large."""
        if is_there(self._home):
            self._draw_recent()
            read: Callable[[], Awaitable[None]] = self._read_studies  # not called: it may be replaced first
            self._app.run_worker(read, group="studies of Home", exclusive=True)

    def _draw_recent(self) -> None:
        try:
            self._home.show_recent(self._recent_runs())
        except SandboxError as error:
            self._app.post_message(Trouble(error))

    async def _read_studies(self) -> None:
        """Read them anew, and again in a while as long as one runs and Home is seen."""
        try:
            found = await read_for(self._home, self._studies.newest)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return
        shown = found[:_RECENT_STUDIES]
        if shown != self._recent_studies:
            self._recent_studies = shown
            self._draw_recent()
        if any(one.at_work for one in shown) and self._app.screen is self._home:
            self._app.set_timer(_SECONDS_TO_STUDIES, self._show_if_seen)

    def _show_if_seen(self) -> None:
        if self._app.screen is self._home:
            self.show_recent()

    def _recent_runs(self) -> list[Recent]:
        """The newest runs, one a trunk with its branches, and the newest studies, one a study.

        A run counts as unfinished if any of it is.
        """
        families: dict[str, list[SessionSummary]] = {}
        parents: dict[str, str] = {}
        for summary in reversed(self._conductor.store.sessions(_RECENT, alone=True)):
            root = parents.get(summary.parent, summary.parent) if summary.parent else summary.id
            parents[summary.id] = root
            families.setdefault(root, []).append(summary)
        runs = [self._as_it_is(_recent(members)) for members in reversed(families.values())]
        studies = [
            RecentStudy(one.root, one.at, one.name, one.stands, one.finished, one.sessions)
            for one in self._recent_studies
        ]
        return sorted((*studies, *runs), key=lambda one: one.started, reverse=True)

    def _as_it_is(self, run: RecentRun) -> RecentRun:
        """With the pause that the record does not know of. An arm that was stopped for its redo is done."""
        held = list(self.held().values())
        if held and self.live is not None and run.session in self.live.state.ids:
            return replace(run, state=held[0])
        if run.state == "stopped" and not self._conductor.to_finish(run.session):
            return replace(run, state="finished", unfinished=False)
        return run

    # Opening one

    def open(self, wanted: SessionWanted) -> "SessionScreen | None":
        """Show a session of the record, or the run under way if it is part of that, which a resume lets go
        on; None if it cannot."""
        session, resume, turn = wanted.session, wanted.resume, wanted.turn
        if self.live is not None and self.live.playing and session in self.live.state.ids:
            if resume:
                self.live.controls.resume()
            whole = turn is None and not wanted.itself and session == self.live.state.ids[0]
            return self.show(self.live, None if whole else session, turn)
        if resume and not self.free():
            return None
        try:
            live = self.recorded(session, resume=resume)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return None
        if resume and not live.in_line:
            self._app.notify("Nothing is left to do there: Enter opens it.", severity="warning")
            return None
        if resume:
            self.play(live)
        stands_in_branches = turn is None and not wanted.itself and session == live.state.ids[0]
        shown = live.state.ids[-1] if stands_in_branches else session
        if live.elsewhere is not None:
            self._app.run_worker(self._watch(live), name="watch", group=f"watch {session}", exclusive=True)
        return self.show(live, None if resume else shown, turn)

    def show(self, live: LiveRun, shown: str | None = None, turn: int | None = None) -> "SessionScreen":
        from sandbox.tui.screens.session import SessionScreen

        if (open_already := bring_up(self._app, SessionScreen, lambda one: one.live is live)) is not None:
            open_already.go_to(shown, turn)
            return open_already
        self._app.push_screen(opened := SessionScreen(live, shown, turn))
        return opened

    async def list_all(self, study: str | None = None, name: str = "") -> None:
        """List every session, a study's in one row; or those of the study of that root and name."""
        from sandbox.tui.screens.sessions import SessionsScreen

        def same(screen: SessionsScreen) -> bool:
            return screen.study == study

        if not bring_up(self._app, SessionsScreen, same):
            screen = SessionsScreen(self._conductor.store, self._studies.newest, self.held, study, name)
            self._app.push_screen(screen)

    async def show_progress(self) -> None:
        from sandbox.tui.screens.progress import ProgressScreen

        if not bring_up(self._app, ProgressScreen):
            self._app.push_screen(ProgressScreen(self._conductor.store, self._studies.newest))

    async def compare(self, message: ComparisonWanted) -> None:
        """Set them side by side; a trunk stands for its branches. Those of a study start on its own scale."""
        from sandbox.tui.screens.compare import CompareScreen

        sessions = message.sessions

        def screen() -> CompareScreen:
            store = self._conductor.store
            scale = own_scale(store, (message.study,)) if message.study is not None else None
            return CompareScreen(
                lambda: gather_compared(store, sessions, earlier=True), sessions, message.study, scale,
                self._studies.so_far(message.study) if message.study is not None else "",
            )  # fmt: skip

        def same(below: Screen[object]) -> bool:
            return isinstance(below, CompareScreen) and below.wanted == sessions

        try:
            opened = await asyncio.to_thread(screen)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
        else:
            self._app.push_screen(opened)
            await close_below(self._app, same)

    # The one under way

    def play(self, live: LiveRun) -> None:
        """Run what is in line."""
        self.live = live
        self._worker = self._app.run_worker(self._playing(live), name="run", exit_on_error=True)

    async def _playing(self, live: LiveRun) -> None:
        """Run what is in line, say so in the terminal's title, and call the reader back at the end."""
        before = live.seconds
        self._terminal.show_title("● running")
        live.listen(self._heard)
        await live.run()
        live.forget(self._heard)
        await self._say_of_scores(live)
        self._terminal.show_title("")
        self.show_recent()
        if live.stopped:
            self._app.notify("Stopped. Everything so far is kept: space there goes on with it.", timeout=4)
        what = f"{live.state.family_title()}: the run has ended"
        self._terminal.call_back(what, live.seconds - before, self._preferences.settings)

    async def _say_of_scores(self, live: LiveRun) -> None:
        """What is to be said of a run that has ended goes by its scores, on the screen as in every file."""

        def read() -> tuple[str, ...]:
            stored = self._family(live.state.ids[0])
            return tuple(remark.sentence for remark in self._remarks(stored, resume=False))

        with suppress(SandboxError):
            live.remark(await asyncio.to_thread(read))

    def _heard(self, event: Event | None) -> None:
        """Home, where it is seen, says when a session begins to wait, and when it goes on."""
        if event is None and self.live is not None and self.live.state.ids and not self.live.elsewhere:
            with suppress(SandboxError):
                self.live.left = bool(self._conductor.to_finish(self.live.state.ids[0]))
        if isinstance(event, TurnStarted | Waiting) and self._app.screen is self._home:
            self.show_recent()
        elif isinstance(event, TooLate):
            self._tell_too_late(event)

    def _tell_too_late(self, event: TooLate) -> None:
        title = self.live.state.titles()[event.session] if self.live is not None else ""
        for words in event.words:
            said = f"{title} ended before this could be said: “{excerpt(words, 200)}”. ↑ brings it back."
            self._app.notify(said, severity="warning", timeout=15, markup=False)
        if event.skips:
            self._app.notify(f"{title} ended: there was no step left to skip.", timeout=5, markup=False)

    def stop(self) -> None:
        if self.live is not None:
            self.live.stop()
            self._app.notify("Stopping …", timeout=3)

    def bar_hosted(self) -> None:
        """Local only is on: nothing goes on elsewhere."""
        if self.live is not None and self.live.playing and self.live.leaves_machine:
            self.live.stop()
            text = "Local only is on: what was running elsewhere is stopped."
            self._app.notify(text, severity="warning")

    async def break_off(self) -> None:
        """The app closes: break off what runs, so that the record says so."""
        if self._worker is not None:
            self._worker.cancel()
            with suppress(WorkerCancelled, WorkerFailed):
                await self._worker.wait()


def _recorded(stored: StoredSession) -> SessionState:
    own = replace(stored.history, turns=stored.own_turns, measured=stored.own_measured)
    now = stored.state.now
    shown = "stopped" if now == "removed" else now
    return recorded_session(stored.head, own, shown, stored.model.title, stored.state.reason)


def _recent(members: list[SessionSummary]) -> RecentRun:
    states = [member.state for member in members]
    order = ("running", "interrupted", "failed", "stopped", "planned", "finished")
    state = next((s for s in order if s in states), states[0])
    head = members[0]
    return RecentRun(
        session=head.id,
        started=head.created,
        scenario=f"{head.scenario} ({head.affect})",
        techniques=tuple(m.technique for m in members if m.technique),
        model=head.model,
        state=state,
        turns=sum(member.turns for member in members),
        seed=head.seed,
        scripts=(head.scripts[0], *(m.scripts[1] for m in members if m.technique)),
        unfinished=any(s != "finished" for s in states),
    )
