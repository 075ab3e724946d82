"""A conversation too long to stand whole: what is far away keeps its room, and comes back when it is near."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sandbox.engine.events import Event
from sandbox.engine.history import History, Measured, Skip, Turn
from sandbox.engine.run_state import Entry, RunState, fold
from sandbox.tui.live_run import LiveRun
from sandbox.tui.screens.session import SessionScreen
from sandbox.tui.widgets.conversation import Conversation
from sandbox.tui.widgets.conversation_page import Page
from sandbox.tui.widgets.measured_line import MeasuredLine
from sandbox.tui.widgets.turn import TurnBlock
from tests.tui.test_session_state import events_of_a_run
from tests.tui.test_snapshots import Easel

pytestmark = pytest.mark.drawn

TURNS = 60
LAST = TURNS + 2


async def long_run(root: Path) -> RunState:
    """A finished trunk, and a branch of sixty turns with a skip before them and replies of many lengths."""
    state = fold(await events_of_a_run(root))
    trunk, branch, _ = state.ids
    turns = [entry for entry in state.sessions[branch].entries if isinstance(entry, Turn)]
    measured = next(entry for entry in state.sessions[branch].entries if isinstance(entry, Measured))
    entries: list[Entry] = [Skip("settle", 2, "clinician")]
    for index in range(3, TURNS + 3):
        reply = " ".join([turns[0].reply or ""] * (1 + index % 7))
        entries.append(replace(turns[index % len(turns)], index=index, reply=reply))
        entries.append(replace(measured, point=replace(measured.point, after_turn=index)))
    return replace(state, sessions={
        trunk: state.sessions[trunk], branch: replace(state.sessions[branch], entries=tuple(entries)),
    })  # fmt: skip


async def nothing(*_: object) -> AsyncGenerator[Event, None]:
    events: tuple[Event, ...] = ()
    for event in events:
        yield event


class Curtained(Easel):
    """Keeps the chat hidden at first: nothing in it is laid out."""

    CSS = f"{Easel.CSS} #body {{ display: none; }}"


@asynccontextmanager
async def opened(state: RunState, turn: int | None = None) -> AsyncIterator[tuple[Pilot[None], Conversation]]:
    live = LiveRun(nothing, lambda _: History(), state)
    app = Easel()
    async with app.run_test(size=(90, 30)) as pilot:
        await app.push_screen(SessionScreen(live, state.ids[1], turn))
        await pilot.pause()
        yield pilot, app.screen.query_one(Conversation)


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await pilot.pause(0.02)


def on_screen(pilot: Pilot[None]) -> list[int]:
    """The turns of which something is seen."""
    screen = pilot.app.screen
    seen = [block for block in screen.query(TurnBlock) if block.display and block.size]
    area = screen.query_one(Conversation).region
    return sorted(block.index for block in seen if block.region.overlaps(area))


async def test_the_end_is_shown_and_the_beginning_takes_its_room(tmp_path: Path) -> None:
    async with opened(await long_run(tmp_path)) as (pilot, chat):
        await until(pilot, lambda: LAST in on_screen(pilot))
        await until(
            pilot, lambda: len(chat.query(TurnBlock)) < TURNS / 2
        )  # what left the screen goes after it
        assert chat.virtual_size.height > 10 * chat.size.height


async def test_scrolling_to_the_beginning_brings_it_back(tmp_path: Path) -> None:
    async with opened(await long_run(tmp_path)) as (pilot, chat):
        await until(pilot, lambda: LAST in on_screen(pilot))
        await pilot.press("home")
        await until(pilot, lambda: 1 in on_screen(pilot))
        await until(
            pilot, lambda: len(chat.query(TurnBlock)) < TURNS / 2
        )  # what left the screen goes after it
        await pilot.press("end")
        await until(pilot, lambda: LAST in on_screen(pilot))


async def test_a_page_is_as_high_without_its_blocks_as_with_them(tmp_path: Path) -> None:
    async with opened(await long_run(tmp_path)) as (pilot, chat):
        await until(pilot, lambda: LAST in on_screen(pilot))
        whole = chat.virtual_size.height
        for page in chat.query(Page):
            await page.fill()
            page.display = True
            page.styles.min_height = 0
        await pilot.pause()
        assert chat.virtual_size.height == whole


@pytest.mark.parametrize("turn", [1, 3, 20, LAST - 12])
async def test_a_turn_far_away_can_be_gone_to(tmp_path: Path, turn: int) -> None:
    async with opened(await long_run(tmp_path), turn) as (pilot, _):
        await until(pilot, lambda: on_screen(pilot)[:1] == [turn])
        await pilot.pause()
        assert on_screen(pilot)[:1] == [turn]


async def test_a_turn_can_be_gone_to_before_anything_is_laid_out(tmp_path: Path) -> None:
    state = await long_run(tmp_path)
    app = Curtained()
    async with app.run_test(size=(90, 30)) as pilot:
        await app.push_screen(SessionScreen(LiveRun(nothing, lambda _: History(), state), state.ids[1], 40))
        await pilot.pause()
        app.screen.query_one("#body").styles.display = "block"
        await until(pilot, lambda: on_screen(pilot)[:1] == [40])


async def test_what_the_reader_opened_stays_open(tmp_path: Path) -> None:
    async with opened(await long_run(tmp_path)) as (pilot, chat):
        await until(pilot, lambda: LAST in on_screen(pilot))
        line = chat.query(MeasuredLine).first()
        line.action_unfold()
        await until(pilot, lambda: line.region.overlaps(chat.region))
        await pilot.press("home")
        await until(pilot, lambda: 1 in on_screen(pilot))
        assert line.is_attached and line.has_class("-open")
