"""Running one session: asks the schedule what comes next, does it, and tells it as events. Stores nothing."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TypeVar

from sandbox.engine.controls import Controls
from sandbox.engine.conversation import (
    conversation,
    drawn_as,
    given_already,
    reply_opening,
    therapist_conversation,
    with_said,
)
from sandbox.engine.conversation import give as ask
from sandbox.engine.disclosure import as_heard
from sandbox.engine.events import (
    AdministrationFinished,
    AdministrationStarted,
    CallFinished,
    Event,
    PhaseChanged,
    SessionFinished,
    SessionStarted,
    StepSkipped,
    TextDelta,
    TextReset,
    TurnFinished,
    TurnStarted,
    Waiting,
)
from sandbox.engine.history import History, Measured, Skip, Turn
from sandbox.engine.phase import Phase
from sandbox.engine.plan import SessionHead
from sandbox.engine.schedule import (
    Action,
    AskClinician,
    Done,
    Give,
    LeaveOut,
    Say,
    current_phase,
    is_open,
    next_action,
)
from sandbox.errors import SandboxError
from sandbox.models.daemon_thread import on_daemon_thread
from sandbox.models.provider import (
    Completion,
    Delta,
    ModelError,
    Provider,
    Request,
    Restart,
    StreamPart,
    Withdrawn,
)
from sandbox.models.recording import RecordingProvider
from sandbox.seed import derived_seed
from sandbox.text import excerpt

T = TypeVar("T")


class _StopAsked(Exception):
    """The clinician stopped the run while something was under way."""


class RunningSession:
    """One session on its way. `history` grows as the events are consumed."""

    def __init__(
        self,
        head: SessionHead,
        history: History,
        provider: Provider,
        controls: Controls,
        therapist: Provider | None = None,
    ) -> None:
        self.head = head
        self.history = history
        self._provider = RecordingProvider(provider, drawn_as(head.plan, provider))
        self._therapist = RecordingProvider(therapist or provider)
        self._controls = controls
        self._phase: Phase | None = None

    async def events(self, *, resumed: bool = False) -> AsyncGenerator[Event, None]:
        """Run to the end. The last event is always SessionFinished; errors of ours end in it, none escape."""
        model = await on_daemon_thread(lambda: self._provider.description, "model description")
        yield SessionStarted(self.head.id, model, resumed)
        try:
            while not self._controls.stopping.is_set():
                action = next_action(self.head.plan, self.history)
                if isinstance(action, Done):
                    yield SessionFinished(self.head.id, "finished")
                    return
                async with aclosing(self._perform(action)) as events:
                    async for event in events:
                        yield event
            raise _StopAsked
        except _StopAsked:
            for event in self._calls():
                yield event
            yield SessionFinished(self.head.id, "stopped", "stopped by the clinician")
        except SandboxError as error:
            for event in self._calls():
                yield event
            yield SessionFinished(self.head.id, "failed", str(error), error)
        except asyncio.CancelledError:
            for event in self._calls():  # they were made, and may have cost something
                yield event
            raise

    async def _perform(self, action: Action) -> AsyncGenerator[Event, None]:
        phase = current_phase(action)
        if phase is not None and phase != self._phase:
            self._phase = phase
            yield PhaseChanged(self.head.id, phase)
        if isinstance(action, LeaveOut):
            yield self._skip(action.step, by_condition=True)
        elif not isinstance(action, Done):
            doing = self._give(action) if isinstance(action, Give) else self._take_turn(action)
            async with aclosing(doing) as events:
                async for event in events:
                    yield event

    async def _take_turn(self, action: Say | AskClinician) -> AsyncGenerator[Event, None]:
        """Wait for the clinician where the run is held, then skip, say their words, or say the script's."""
        open_to_them = is_open(action)
        step = action.step if open_to_them else None
        holds = partial(self._controls.holds, speakable=open_to_them, skippable=step is not None)
        if holds():
            yield Waiting(self.head.id, "paused")
            await self._until(lambda: not holds())
        if isinstance(action, AskClinician) and not self._controls.has_command:
            yield Waiting(self.head.id, "clinician", action.cue)
            await self._until(lambda: self._controls.has_command)
        if step is not None and self._controls.take_skip():
            yield self._skip(step, by_condition=False)
            return
        own = self._controls.take_utterance() if open_to_them else None
        if own is not None:
            action = _in_own_words(own, action)
        if isinstance(action, Say):
            self._controls.turn_begins()
            if action.origin == "guided" and not action.again:
                action = replace(action, text=await self._guided_words(action.text))
            async with aclosing(self._say(action)) as events:
                async for event in events:
                    yield event

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self._controls.stopping.is_set():
                raise _StopAsked
            await self._controls.changed()
        if self._controls.stopping.is_set():
            raise _StopAsked

    def _skip(self, step: str, *, by_condition: bool) -> StepSkipped:
        skip = Skip(step, len(self.history.turns), "condition" if by_condition else "clinician")
        self.history = self.history.with_skip(skip)
        return StepSkipped(self.head.id, skip)

    async def _say(self, say: Say) -> AsyncGenerator[Event, None]:
        index = len(self.history.turns) + 1
        yield TurnStarted(self.head.id, index, say.phase, say.origin, say.text, say.step, say.awaits_reply)
        turn = Turn(index, say.phase, say.origin, say.text, None, say.step, say.repeat)
        if say.awaits_reply:
            seed = derived_seed(self.head.plan.seed, "reply", index)
            async with aclosing(self._reply(say, seed)) as parts:
                async for part in parts:
                    match part:
                        case Delta(text):
                            yield TextDelta(self.head.id, index, text)
                        case Restart(attempt):
                            yield TextReset(self.head.id, index, attempt.error)
                        case Withdrawn():
                            yield TextReset(self.head.id, index, "")
                        case Completion() as told:
                            turn = replace(
                                turn,
                                reply=told.text,
                                seed=told.seed,
                                call_id=told.call_id,
                                refused=told.refused,
                            )
        for event in self._calls(index):
            yield event
        self.history = self.history.with_turn(turn)
        yield TurnFinished(self.head.id, turn)

    async def _guided_words(self, step: str) -> str:
        """What the therapist model says for a step of the protocol."""
        index = len(self.history.turns) + 1
        sampling = self._therapist.sampling
        request = Request(
            messages=therapist_conversation(self.head.plan, self.history, step),
            sampling=replace(sampling, seed=derived_seed(self.head.plan.seed, "therapist", index)),
            purpose="therapist",
        )
        completion = await self._or_stop(self._therapist.complete(request))
        if completion.refused:  # no words for the client
            said = excerpt(completion.text, 200) or "nothing"
            raise ModelError(
                f"The therapist's model declined to speak. It said: {said}",
                kind="refused",
                where=self._therapist.title,
                todo="Use another model for the therapist, then run it again.",
            )
        return completion.text.strip()

    async def _reply(self, say: Say, seed: int) -> AsyncGenerator[StreamPart, None]:
        plan, provider = self.head.plan, self._provider
        # “I feel” is no way to begin an answer that is checked by rule.
        opening = "" if say.asks_task else reply_opening(plan, provider.capabilities)
        so_far = conversation(plan, self.history, provider.capabilities)
        request = Request(
            messages=with_said(so_far, as_heard(plan.client, self.history.turns, say.text, say.phase)),
            sampling=replace(provider.sampling, seed=seed),
            prefill=opening,
        )
        async with aclosing(provider.stream(request)) as parts:
            while (part := await self._or_stop(anext(parts, None))) is not None:
                yield part

    async def _give(self, give: Give) -> AsyncGenerator[Event, None]:
        plan, point, measure = self.head.plan, give.point, give.measure
        if (here := given_already(plan, self.history, point, measure)) is not None:
            self.history = self.history.with_measured(here)
            yield AdministrationFinished(self.head.id, here)
            return
        yield AdministrationStarted(self.head.id, point, measure.questionnaire.id)
        administration = await self._or_stop(
            ask(plan, self.history, point, measure, self._provider),
        )
        for event in self._calls():
            yield event
        measured = Measured(point, administration)
        self.history = self.history.with_measured(measured)
        yield AdministrationFinished(self.head.id, measured)

    def _calls(self, turn: int | None = None) -> list[CallFinished]:
        after = len(self.history.turns) if turn is None else turn
        calls = (*self._therapist.drain(), *self._provider.drain())
        return [CallFinished(self.head.id, after, call) for call in calls]

    async def _or_stop(self, work: Awaitable[T]) -> T:
        """The result of `work`, or _StopAsked as soon as the clinician stops; the work is cancelled then."""
        task = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._controls.stopping.wait())
        try:
            await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise _StopAsked
            return task.result()
        finally:
            stopping.cancel()
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


def _in_own_words(words: str, instead: Say | AskClinician) -> Say:
    """The clinician's words for a live step, or before what the script goes on with."""
    if isinstance(instead, AskClinician):
        return Say("technique", "live", words, step=instead.step, repeat=instead.repeat)
    return Say("technique", "live", words)
