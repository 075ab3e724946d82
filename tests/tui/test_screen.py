"""What comes back from a thread when the screen it was for is being taken away."""

import asyncio
import threading

import pytest
from textual import work
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import WorkerState

from sandbox.tui.screen import is_there, read_for


class Lingering(Static):
    async def on_unmount(self) -> None:
        await asyncio.sleep(0.5)


class Slow(Screen[None]):
    """Draws what a thread reads; taking it away takes a while."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.drawn = 0

    def compose(self) -> ComposeResult:
        yield Static("nothing yet", id="said")
        yield Lingering()

    @work
    async def draw(self) -> None:
        await read_for(self, self.go.wait, 10)
        self.query_one("#said", Static).update("read")
        self.drawn += 1


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_worker_ends_quietly_when_its_screen_is_taken_away(leaves: bool) -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        screen = Slow()
        await app.push_screen(screen)
        worker = screen.draw()
        await pilot.pause()
        if leaves:
            gone = screen.dismiss()
            await asyncio.sleep(0.1)
            assert not is_there(screen)
            screen.go.set()
            await gone
        else:
            screen.go.set()
        await pilot.pause(0.3)
        assert screen.drawn == (not leaves)
        assert worker.state == (WorkerState.CANCELLED if leaves else WorkerState.SUCCESS)
