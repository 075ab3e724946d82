"""What each main screen looks like, at the smallest size and at a comfortable one."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
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
from sandbox.engine.validity_check import plan_check
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.models.discovery import Found
from sandbox.models.pool import ModelPool
from sandbox.settings import FOLDER_VARIABLE, Settings
from sandbox.store.process import Process
from sandbox.store.progress import RunProgress, SessionProgress, Spent
from sandbox.store.recorder import recorded
from sandbox.store.session import Script
from sandbox.store.store import Store
from sandbox.study.conductor import Conductor
from sandbox.study.proposal import Proposal, proposed
from sandbox.tui.app import SandboxApp
from sandbox.tui.live_run import LiveRun
from sandbox.tui.outline import Outlines
from sandbox.tui.screens.check_model import CheckModelScreen
from sandbox.tui.screens.compare import CompareScreen
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.library import LibraryScreen
from sandbox.tui.screens.models import ModelsScreen
from sandbox.tui.screens.new_session import NewSessionScreen
from sandbox.tui.screens.page import HelpScreen, NoticeScreen
from sandbox.tui.screens.progress import ProgressScreen
from sandbox.tui.screens.session import SessionScreen
from sandbox.tui.screens.sessions import SessionsScreen
from sandbox.tui.screens.settings import SettingsScreen
from sandbox.tui.widgets.proposed_session import ProposalText
from sandbox.tui.widgets.recent_sessions import RecentRun
from tests.tui.rehearsal import client_model, make_workspace

SIZES = [(80, 24), (120, 36)]
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


@pytest.mark.parametrize("size", SIZES)
class TestScreens:
    def test_new_session(self, snap_compare: Compare, small_library: Library, size: tuple[int, int]) -> None:
        model = client_model()
        conductor = Conductor(small_library.workspace, small_library, ModelPool(lambda name: model))
        outlines = Outlines(conductor)

        async def check(chosen: Proposal) -> None:
            conductor.runnable(chosen)

        def make() -> Screen[Any]:
            return NewSessionScreen(outlines.documents(), Proposal(), outlines, check)

        assert snap_compare(ScreenEasel(make), terminal_size=size, run_before=settled)

    def test_compare(self, snap_compare: Compare, store: Store, size: tuple[int, int]) -> None:
        found = gather_compared(store, ("session0",))
        app = ScreenEasel(lambda: CompareScreen(lambda: found))
        assert snap_compare(app, terminal_size=size, run_before=settled)

    def test_sessions(self, snap_compare: Compare, store: Store, size: tuple[int, int]) -> None:
        async def look(pilot: Pilot[None]) -> None:
            await settled(pilot)
            await pilot.press("slash", *"slowly through", "enter")
            while "«" not in "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips()):
                await pilot.pause(0.05)
            await settled(pilot)

        app = ScreenEasel(lambda: SessionsScreen(store))
        assert snap_compare(app, terminal_size=size, run_before=look)

    def test_library(self, snap_compare: Compare, small_library: Library, size: tuple[int, int]) -> None:
        app = ScreenEasel(lambda: LibraryScreen(small_library))
        assert snap_compare(app, terminal_size=size, run_before=settled)

    def test_models(
        self, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
    ) -> None:
        found = (
            Found("embedded", "embedded", True, "SmolLM2-135M, in the app: tiny."),
            Found("server", "ollama_chat/…", False, "No server answers.", "start it: ollama serve"),
            Found("service", "openai/gpt-4o", True, "The key is in OPENAI_API_KEY.", local=False),
        )
        monkeypatch.setattr("sandbox.tui.screens.models.discover", lambda *_: found)
        app = ScreenEasel(lambda: ModelsScreen(Settings, lambda name: client_model(), ()))
        assert snap_compare(app, terminal_size=size, run_before=settled)

    def test_settings(
        self, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
    ) -> None:
        monkeypatch.setenv(FOLDER_VARIABLE, "settings")
        keys = {"session.pause": ("space", "Pause or go on"), "home.new": ("n", "Choose what to run")}
        app = ScreenEasel(lambda: SettingsScreen(Settings(), (), ("textual-dark",), keys))
        assert snap_compare(app, terminal_size=size, run_before=settled)

    def test_check_model(
        self, snap_compare: Compare, small_library: Library, store: Store, size: tuple[int, int]
    ) -> None:
        model = client_model()
        library = Library(small_library.workspace)  # the scenarios it tells are shipped ones
        shown = plan_check("scripted", library, model.capabilities, questionnaires=("word-probe",))
        app = ScreenEasel(lambda: CheckModelScreen(model, shown, store))
        assert snap_compare(app, terminal_size=size, run_before=settled)

    def test_study_progress(
        self,
        snap_compare: Compare,
        store: Store,
        monkeypatch: pytest.MonkeyPatch,
        size: tuple[int, int],
    ) -> None:
        told, running, planned = reversed(store.sessions())
        sessions = (
            SessionProgress(told, 2, Spent(5, 1, 900, 700, 80), WHEN),
            SessionProgress(replace(running, state="running", turns=1), 3, Spent(2, 0, 500, 400, 40), WHEN),
            SessionProgress(replace(planned, state="planned", turns=0), 3, Spent(), None),
        )
        monkeypatch.setattr(store, "runs", lambda: (RunProgress(Process(7, 0.0), sessions),))
        monkeypatch.setattr(RunProgress, "seconds_left", lambda run, now: 83.0)
        app = ScreenEasel(lambda: ProgressScreen(store))
        assert snap_compare(app, terminal_size=size, run_before=settled)

    def test_help(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        async def ask(pilot: Pilot[None]) -> None:
            pilot.app.push_screen(HelpScreen(pilot.app.screen))
            await settled(pilot)

        assert snap_compare(HomeEasel(), terminal_size=size, run_before=ask)

    def test_the_first_notice(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert snap_compare(ScreenEasel(NoticeScreen), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", SIZES)
def test_home(snap_compare: Compare, size: tuple[int, int]) -> None:
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

    assert snap_compare(HomeEasel(), terminal_size=size, run_before=fill)


@pytest.mark.parametrize("size", SIZES)
def test_a_finished_session(snap_compare: Compare, size: tuple[int, int], tmp_path: Path) -> None:
    app = SessionEasel(tmp_path)

    async def play(pilot: Pilot[None]) -> None:
        while not app.live.state.ids or app.live.playing:
            await pilot.pause(0.02)
        await pilot.press("left_square_bracket")
        await settled(pilot)

    assert snap_compare(app, terminal_size=size, run_before=play)
