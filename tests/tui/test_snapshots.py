"""What the screens that show most look like: six pictures. What they say is tested with their keys."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from sandbox.analysis.family import gather_compared
from sandbox.engine.events import Event
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead
from sandbox.engine.run import run
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.models.pool import ModelPool
from sandbox.store.recorder import recorded
from sandbox.store.session import Script
from sandbox.store.store import Store
from sandbox.study.conductor import Conductor
from sandbox.study.proposal import Proposal, proposed
from sandbox.study.small_study import Choices
from sandbox.tui.app import SandboxApp
from sandbox.tui.live_run import LiveRun
from sandbox.tui.outline import Outlines
from sandbox.tui.screens.compare import CompareScreen
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.library import LibraryScreen
from sandbox.tui.screens.new_session import NewSessionScreen
from sandbox.tui.screens.session import SessionScreen
from sandbox.tui.widgets.proposed_session import ProposalText
from sandbox.tui.widgets.recent_sessions import RecentRun
from tests.tui.rehearsal import client_model, make_workspace

pytestmark = pytest.mark.drawn

SMALL, WIDE = (80, 24), (120, 36)
WHEN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
Compare = Callable[..., bool]


class Easel(App[None]):
    """An app that only shows one screen, with the real app's keys."""

    TITLE = SandboxApp.TITLE
    CSS = SandboxApp.CSS
    BINDINGS = SandboxApp.BINDINGS


class HomeEasel(Easel):
    def on_mount(self) -> None:
        self.push_screen(HomeScreen())


class SessionEasel(Easel):
    def __init__(self, root: Path) -> None:
        super().__init__()
        model = client_model()
        heads = proposed(Proposal(model="scripted"), Library(make_workspace(root)), model.capabilities)

        def play(heads: tuple[SessionHead, ...], known: Mapping[str, History], controls: Any
                 ) -> AsyncGenerator[Event, None]:  # fmt: skip
            return run(heads, model, known=known, controls=controls)

        self.live = LiveRun(play, lambda session: History(), clock=lambda: 0.0)
        self.live.add(*heads)

    def on_mount(self) -> None:
        self.push_screen(SessionScreen(self.live))
        self.run_worker(self.live.run())


class ScreenEasel(Easel):
    """Shows a screen that is made once the app runs."""

    def __init__(self, make: Callable[[], Screen[Any]]) -> None:
        super().__init__()
        self._make = make

    def on_mount(self) -> None:
        self.push_screen(self._make())


@pytest.fixture
def small_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """The rehearsal's few documents and no shipped ones, in a folder whose name is always the same."""
    make_workspace(tmp_path / "ws")
    ratings = "questionnaires/affect-ratings.yaml"  # every proposal looks at them
    (tmp_path / "ws" / ratings).write_bytes((shipped_content() / ratings).read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    return Library(Workspace(Path("ws"), Path("ws") / "sessions"), tmp_path / "nothing")


@pytest.fixture
def store(small_library: Library) -> Iterator[Store]:
    """A record of one run, made on a winter's day."""
    model = client_model()
    heads = proposed(Proposal(model="scripted"), small_library, model.capabilities)
    named = {head.id: f"session{number}" for number, head in enumerate(heads)}
    heads = tuple(
        head.model_copy(update={"id": named[head.id], "parent": named.get(head.parent or "")})
        for head in heads
    )

    async def record(opened: Store) -> None:
        async with aclosing(recorded(run(heads, model), opened)) as events:
            async for _ in events:
                pass

    with Store.open(Path("ws/sessions/sandbox.db"), now=lambda: WHEN) as opened:
        asyncio.run(record(opened))
        yield opened


async def settled(pilot: Pilot[None]) -> None:
    """Wait until nothing works in the background and the screen has stopped changing."""
    await pilot.app.workers.wait_for_complete()
    before, alike = "", 0
    for _ in range(100):
        await pilot.pause(0.1)
        now = "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        before, alike = now, alike + 1 if now == before else 0
        if alike == 3:
            return


class TestScreens:
    def test_new_session(self, snap_compare: Compare, small_library: Library) -> None:
        model = client_model()
        conductor = Conductor(small_library.workspace, small_library, ModelPool(lambda name: model))
        outlines = Outlines(conductor)

        async def check(chosen: Choices) -> None:
            conductor.runnable(chosen.proposal)

        def make() -> Screen[Any]:
            return NewSessionScreen(outlines.documents(), Proposal(), outlines, check)

        assert snap_compare(ScreenEasel(make), terminal_size=WIDE, run_before=settled)

    def test_compare(self, snap_compare: Compare, store: Store) -> None:
        found = gather_compared(store, ("session0",))
        app = ScreenEasel(lambda: CompareScreen(lambda: found))
        assert snap_compare(app, terminal_size=WIDE, run_before=settled)

    def test_library(self, snap_compare: Compare, small_library: Library) -> None:
        app = ScreenEasel(lambda: LibraryScreen(small_library))
        assert snap_compare(app, terminal_size=SMALL, run_before=settled)


def test_home(snap_compare: Compare) -> None:
    async def fill(pilot: Pilot[None]) -> None:
        home = pilot.app.screen
        assert isinstance(home, HomeScreen)
        home.show_proposal(ProposalText(
            scenario="Attacked at night (fear), 2 turns", techniques=("Breathing", "Manual (control)"),
            model="SmolLM2-135M embedded", model_note="tiny: too small for conclusions",
            client="Study participant", measures="Word probe", content_warning="violence",
        ))  # fmt: skip
        when = WHEN.replace(tzinfo=None)  # shown as it is in any time zone
        recent = RecentRun("abc", when, "Attacked at night (fear)", ("Mindful breathing",), "embedded",
                           "interrupted", 4, 7, (Script("Attacked at night", "1.0", "a1"),
                           Script("Mindful breathing", "1.0", "b2")), True)  # fmt: skip
        home.show_recent([recent])
        await pilot.pause()

    assert snap_compare(HomeEasel(), terminal_size=SMALL, run_before=fill)


@pytest.mark.parametrize("size", [SMALL, WIDE])
def test_a_finished_session(snap_compare: Compare, size: tuple[int, int], tmp_path: Path) -> None:
    app = SessionEasel(tmp_path)

    async def play(pilot: Pilot[None]) -> None:
        while not app.live.state.ids or app.live.playing:
            await pilot.pause(0.02)
        await pilot.press("left_square_bracket")
        await settled(pilot)

    assert snap_compare(app, terminal_size=size, run_before=play)
