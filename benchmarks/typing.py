"""Typing and scrolling in a Session screen of 500 turns while text streams in. Budget: no frame over 50 ms.

A frame is a stretch of work that ends with a paint: since the last one, or since the event loop last waited.
Everything is drawn down to the terminal's bytes, which go nowhere. The reference is the same screen with the
same words and keys and a chat that was empty before.
"""

import asyncio
import re
import selectors
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import count, cycle, islice
from multiprocessing import get_context
from pathlib import Path

from textual.app import App
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver

from benchmarks.ratio import Ratio, pairs_asked_for
from sandbox.engine.events import (
    AdministrationFinished,
    AdministrationStarted,
    Event,
    TextDelta,
    TurnFinished,
    TurnStarted,
)
from sandbox.engine.history import History, Measured, Turn
from sandbox.engine.phase import Point
from sandbox.engine.run import run
from sandbox.engine.run_state import RunState, SessionState, fold
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.models.litellm_way import litellm
from sandbox.study.proposal import Proposal, proposed
from sandbox.tui.app import SandboxApp
from sandbox.tui.live_run import LiveRun
from sandbox.tui.screens.session import SessionScreen
from tests.scripted import ScriptedProvider

TURNS = 500
SECONDS = 8
TOKENS_PER_SECOND = 200
KEYS_PER_SECOND = 25
KEYS = ("s", *"that_sounds_frightening", "escape", *["pageup"] * 8, *["pagedown"] * 8)
SIZE = (120, 36)
MOST_SECONDS = 0.050
SETTLING = 1.5
"""Seconds before text comes, as with a real model."""
REPLY = "I feel my shoulders drop a little, and the street seems less close than it was. " * 4


# How long the loop is busy


class Stopwatch(selectors.DefaultSelector):
    """Waits for the event loop, and notes how long it works between two chances of being seen to move.

    Those chances are waits and paints. `frames` are the stretches that ended with a paint, `stretches` all of
    them, in seconds of processor time: what others do on this machine in between is not counted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stretches: list[float] = []
        self.frames: list[float] = []
        self._from = time.thread_time()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:  # more is ready to be done
            return super().select(timeout)
        self._cut()
        ready = super().select(timeout)
        self._from = time.thread_time()
        return ready

    def painted(self) -> None:
        self.frames.append(self._cut())

    def restart(self) -> None:
        self.stretches, self.frames = [], []

    def _cut(self) -> float:
        now = time.thread_time()
        self.stretches.append(now - self._from)
        self._from = now
        return self.stretches[-1]


class Stage(App[None]):
    """An app that shows one screen, with the real app's style and keys, on a terminal that keeps nothing."""

    CSS = SandboxApp.CSS
    BINDINGS = SandboxApp.BINDINGS

    def __init__(self, watch: Stopwatch) -> None:
        self.stopwatch = watch
        super().__init__()

    def get_driver_class(self) -> type[Driver]:
        watch = self.stopwatch

        class Terminal(HeadlessDriver):
            is_headless = False

            def write(self, data: str) -> None:
                watch.painted()

        return Terminal


# What happens on it


async def short_run(folder: Path) -> RunState:
    """The usual proposal with a scripted model, from first event to last: trunk, technique, control."""
    shares = {" afraid": 0.3, " sad": 0.1, " angry": 0.1, " calm": 0.4}
    model = ScriptedProvider([REPLY], top=shares)
    library = Library(Workspace(shipped_content(), folder))
    heads = proposed(Proposal(model="scripted"), library, model.capabilities)
    async with aclosing(run(heads, model)) as events:
        return fold([event async for event in events])


def happening(branch: SessionState, told: int) -> Iterator[Turn | Measured]:
    """The turns of a branch and a measurement after each, over and over, numbered on after `told` turns."""
    turns = cycle([e for e in branch.entries if isinstance(e, Turn)])
    measured = cycle([e for e in branch.entries if isinstance(e, Measured) and e.point.number])
    for number in count(1):
        yield replace(next(turns), index=told + number)
        yield replace(next(measured), point=Point(told + number, "technique", number))


def under_way(short: RunState, chat: tuple[Turn | Measured, ...]) -> RunState:
    """The run with its technique branch in the middle of that chat and the control still to come."""
    trunk, branch, control = short.ids
    running = replace(short.sessions[branch], entries=chat, state="running", phase="technique")
    planned = SessionState(short.sessions[control].head)
    return RunState({trunk: short.sessions[trunk], branch: running, control: planned}, running=branch)


async def told(
    session: str, entries: Iterator[Turn | Measured], seconds: float
) -> AsyncGenerator[Event, None]:
    """What follows in the session, a few letters at a time, TOKENS_PER_SECOND, for about so many seconds."""
    begin, tokens = time.perf_counter(), count(1)
    for entry in entries:
        if isinstance(entry, Measured):
            yield AdministrationStarted(session, entry.point, entry.administration.questionnaire)
            yield AdministrationFinished(session, entry)
            continue
        if time.perf_counter() > begin + seconds:
            return
        yield TurnStarted(session, entry.index, entry.phase, entry.origin, entry.said, entry.step, True)
        for token in re.findall(".{1,4}", entry.reply or ""):
            yield TextDelta(session, entry.index, token)
            await asyncio.sleep(max(0.0, begin + next(tokens) / TOKENS_PER_SECOND - time.perf_counter()))
        yield TurnFinished(session, entry)


async def press(app: App[None]) -> None:
    for key in cycle(KEYS):
        app.simulate_key(key)
        await asyncio.sleep(1 / KEYS_PER_SECOND)


# Measuring


@dataclass(frozen=True)
class Seen:
    """Seconds: until the screen stood, and of every frame and the longest stretch of work while text came."""

    opening: float
    frames: tuple[float, ...]
    longest: float

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.frames, n=100)[-1]


async def watched(watch: Stopwatch, short: RunState, turns: int, seconds: float, laden: bool) -> Seen:
    trunk, branch, _ = short.ids
    before = sum(isinstance(entry, Turn) for entry in short.sessions[trunk].entries)
    entries = happening(short.sessions[branch], before)
    state = under_way(short, tuple(islice(entries, 2 * turns)))
    live = LiveRun(lambda *_: told(branch, entries, seconds), lambda _: History(), state)
    live.add(state.sessions[branch].head)
    if laden:
        await litellm()  # as with a model elsewhere: its many objects are in memory while text streams
    app = Stage(watch)
    async with app.run_test(headless=False, size=SIZE) as pilot:
        start = time.perf_counter()
        await app.push_screen(SessionScreen(live, branch))
        await pilot.pause()
        opening = time.perf_counter() - start
        await asyncio.sleep(SETTLING)
        watch.restart()
        typist = asyncio.create_task(press(app))
        await live.run()
        typist.cancel()
        return Seen(opening, tuple(watch.frames), max(watch.stretches))


def seen(turns: int, seconds: float, laden: bool) -> Seen:
    with tempfile.TemporaryDirectory() as folder:
        short = asyncio.run(short_run(Path(folder)))
    watch = Stopwatch()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(watch)) as runner:
        return runner.run(watched(watch, short, turns, seconds, laden))


def in_a_new_process(turns: int, seconds: float, laden: bool) -> Seen:
    """As when the app was just started: nothing in memory that another run has left.

    `laden`: LiteLLM is loaded too, which the smoke run spares itself.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(seen, turns, seconds, laden).result()


def main() -> None:
    pairs = pairs_asked_for(5)
    seconds = SECONDS if pairs > 1 else 2
    laden = pairs > 1
    both = [
        (in_a_new_process(TURNS, seconds, laden), in_a_new_process(0, seconds, laden)) for _ in range(pairs)
    ]
    full, empty = (tuple(side) for side in zip(*both, strict=True))
    limit = (MOST_SECONDS,) * pairs
    for name, ours, reference, budget in (
        ("longest stretch / 50 ms", (s.longest for s in full), limit, 1.0),
        ("99th percentile of frames / 50 ms", (s.p99 for s in full), limit, 1.0),
        (f"99th percentile, {TURNS} turns / empty chat", (s.p99 for s in full), (s.p99 for s in empty), 2.0),
        (f"opening, {TURNS} turns / empty chat", (s.opening for s in full), (s.opening for s in empty), 4.0),
    ):
        print(Ratio(name, tuple(ours), tuple(reference), budget).line())
    longest, p99, opening = (
        1000 * min(values) for values in zip(*((s.longest, s.p99, s.opening) for s in full), strict=True)
    )
    print(
        f"at best: longest stretch {longest:.0f} ms, 99th percentile {p99:.0f} ms, opening {opening:.0f} ms"
    )


if __name__ == "__main__":
    main()
