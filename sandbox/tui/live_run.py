"""A run under way in the app: its state, its controls, and what waits to be run after it. Draws nothing."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from sandbox.engine.controls import Controls
from sandbox.engine.events import Event, RunPlanned, SessionFinished
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead, new_session_id
from sandbox.engine.run_state import RunState, SessionState, after, stopped_before_begun
from sandbox.errors import SandboxError
from sandbox.tui.labels import state_of

Play = Callable[[tuple[SessionHead, ...], Mapping[str, History], Controls], AsyncGenerator[Event, None]]
"""Runs sessions and records them: heads, the histories already in the record, the clinician's hand."""

Listener = Callable[[Event | None], None]
"""Called after each event, and with None when a run is over."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Who goes on with sessions that are not this app's to run: their study, which stands so (`running`,
    `paused` or `stopped`), or another process."""

    stands: str
    process: str = ""

    @property
    def said(self) -> str:
        """`runs in the study's process: pause it on the study's page`."""
        if self.process:
            return f"runs in another program ({self.process}): stop it there"
        return {
            "running": "runs in the study's process: pause it on the study's page",
            "paused": "paused in the study's process: space on the study's page goes on",
            "stopped": "goes on with its study: space on the study's page",
        }[self.stands]


class LiveRun:
    """Everything about one trunk and its branches; outlives the screen that shows it.

    `history` reads a session's history from the record; new branches continue from there. `remarks` is what
    has to be said of the scores: measures that are not usable with the model, or were never checked with it.
    `elsewhere`: who else has what is not finished of it, if anybody. `left`: something is not, and this app
    may go on with it. `leaves_machine`: what is said goes to a model elsewhere. `language`: that of its
    scenario (BCP 47).
    """

    def __init__(
        self,
        play: Play,
        history: Callable[[str], History],
        state: RunState | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = state or RunState()
        self.controls = Controls()
        self.playing = False
        self.problem: SandboxError | None = None
        self.remarks: tuple[str, ...] = ()
        self.elsewhere: Elsewhere | None = None
        self.left = False
        self.leaves_machine = False
        self.language = "en"
        self._play = play
        self._history = history
        self._listeners: list[Listener] = []
        self._queue: list[SessionHead] = []
        self._line: tuple[SessionHead, ...] = ()
        self._unbegun: set[str] = set()
        self._clock = clock
        self._hold = False
        self._since: float | None = None
        self._spent = 0.0

    @property
    def seconds(self) -> float:
        """Wall time at work, here and as the record tells of earlier; not what waited for the clinician."""
        return self._spent + (self._clock() - self._since if self._since is not None else 0.0)

    @property
    def in_line(self) -> bool:
        """Whether sessions wait to be run."""
        return bool(self._queue)

    @property
    def watched(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop and goes on with nothing else."""
        return self.controls.stopping.is_set() and not self._queue

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop and has not yet: a reply is cut short, the model let go."""
        return self.playing and self.stopped

    @property
    def held(self) -> dict[str, str]:
        """The sessions that wait for the clinician now, each with `paused` or `your words`."""
        waiting = {id: one.waiting for id, one in self.state.sessions.items()} if self.playing else {}
        return {id: "paused" if w.reason == "paused" else "your words" for id, w in waiting.items() if w}

    @property
    def awaited(self) -> bool:
        """Whether what runs waits for the clinician's words and cannot go on without."""
        running = self.state.sessions.get(self.state.running or "")
        waiting = running.waiting if running is not None else None
        return waiting is not None and waiting.reason == "clinician"

    @property
    def goes_on(self) -> bool:
        """Whether it can go on now: it was asked to wait, or was left unfinished."""
        return self.controls.paused if self.playing else self.left

    @property
    def comparable(self) -> bool:
        """Whether two arms or more have begun."""
        arms = [one for one in self.state.sessions.values() if not one.head.plan.is_trunk]
        return sum(bool(one.entries) for one in arms) > 1

    def stands(self, session: SessionState) -> str:
        """Its state in words (`state_of`): one that its study runs waits while that is paused."""
        held = not self.playing and self.elsewhere is not None and self.elsewhere.stands == "paused"
        return "paused" if held and session.state == "running" else state_of(session)

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def forget(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)

    def read_anew(self, state: RunState, *, spent: float) -> None:
        """Take over what the record says of it now, while nothing runs; whoever listens is told."""
        self.state, self._spent = state, max(self._spent, spent)  # a clock never goes back
        self._tell(None)

    def add(self, *heads: SessionHead) -> None:
        """Put sessions in line: they run after the ones in line now, and are seen to wait until then."""
        self._queue.extend(heads)
        if self.playing:
            self._unbegun |= {head.id for head in heads}
            self.state = after(self.state, RunPlanned(heads))
            self._tell(RunPlanned(heads))

    def divert(self, head: SessionHead) -> None:
        """Stop the running session here and go on with `head`, then with what was still to come.

        Sessions that were to leave from the stopped one leave from `head` instead, with its seed. A paused
        run takes one turn of `head` and is paused again.
        """
        stopped = self.state.running
        waiting = [one for one in self._line if self.state.sessions[one.id].state == "planned"]
        self._queue = [head, *(_moved(one, stopped, head) for one in waiting), *self._queue]
        if stopped is not None:
            self.state = stopped_before_begun(self.state, stopped)
        self._hold = self.controls.paused
        self.controls.stop()

    def stop(self) -> None:
        """End what runs and drop what is in line; everything finished is in the record."""
        dropped = {head.id for head in self._queue}
        self.state = replace(
            self.state, sessions={id: one for id, one in self.state.sessions.items() if id not in dropped}
        )
        self._queue.clear()
        self.controls.stop()

    async def run(self) -> None:
        """Run what is in line until nothing is. A SandboxError ends it and stands in `problem`."""
        if self.playing:
            return
        self.playing, self.problem = True, None
        try:
            while self._queue:
                await self._run_line()
        except SandboxError as error:
            self.problem = error
        finally:
            self.playing = False
            if self.controls.stopping.is_set():
                self.state = stopped_before_begun(self.state)
            self._spent, self._since = self.seconds, None
            self._tell(None)

    async def _run_line(self) -> None:
        heads, self._queue = tuple(self._queue), []
        self._line = heads
        if self.controls.stopping.is_set():
            self.controls = Controls(paused=self._hold)
            if self._hold:  # the reply that was asked for comes, then the run waits again
                self.controls.step()
            self._hold = False
        known = self._known(heads)
        async with aclosing(self._play(heads, known, self.controls)) as events:
            async for event in events:
                self.state = after(self.state, event)
                self._keep_time()
                if isinstance(event, SessionFinished) and event.error is not None:
                    self.problem = event.error
                self._tell(event)

    def _keep_time(self) -> None:
        """The clock goes while a session is at work, and stands while that waits for the clinician."""
        running = self.state.sessions.get(self.state.running or "")
        if running is None or running.waiting is not None:
            self._spent, self._since = self.seconds, None
        elif self._since is None:
            self._since = self._clock()

    def _known(self, heads: tuple[SessionHead, ...]) -> dict[str, History]:
        """What the record holds of them and of what they leave; nothing yet of what was put in line here."""
        ids = {head.id for head in heads} | {head.parent for head in heads if head.parent}
        begun = ids - self._unbegun
        self._unbegun -= ids
        return {id: self._history(id) for id in begun if id in self.state.sessions}

    def remark(self, remarks: tuple[str, ...]) -> None:
        """What has to be said of it is this now; whoever shows the run hears of it."""
        if remarks != self.remarks:
            self.remarks = remarks
            self._tell(None)

    def _tell(self, event: Event | None) -> None:
        for listener in tuple(self._listeners):
            listener(event)


def _moved(head: SessionHead, stopped: str | None, instead: SessionHead) -> SessionHead:
    """`head`, or when it was to leave from the stopped session a new one that leaves from the other."""
    if stopped is None or head.parent != stopped:
        return head
    plan = head.plan.model_copy(update={"seed": instead.plan.seed})
    return SessionHead(id=new_session_id(), plan=plan, parent=instead.id, parent_turn=head.parent_turn)
