"""What Home and a finished session look like, at the smallest size and at a comfortable one."""

from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from sandbox.engine.events import Event
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead
from sandbox.engine.proposal import Proposal, compose
from sandbox.engine.run import run
from sandbox.library.catalogue import Library
from sandbox.tui.app import SandboxApp
from sandbox.tui.live_run import LiveRun
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.session import SessionScreen
from sandbox.tui.widgets.proposed_session import ProposalText
from sandbox.tui.widgets.recent_sessions import RecentRun
from tests.tui.rehearsal import client_model, make_workspace

SIZES = [(80, 24), (120, 36)]
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
        heads = compose(Proposal(model="scripted"), Library(make_workspace(root)), model.capabilities)

        def play(heads: tuple[SessionHead, ...], known: Mapping[str, History], controls: Any
                 ) -> AsyncGenerator[Event, None]:  # fmt: skip
            return run(heads, model, known=known, controls=controls)

        self.live = LiveRun(play, lambda session: History(), clock=lambda: 0.0)
        self.live.add(*heads)

    def on_mount(self) -> None:
        self.push_screen(SessionScreen(self.live))
        self.run_worker(self.live.run())


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
        when = datetime(2026, 1, 5, 12, 0, tzinfo=UTC).replace(tzinfo=None)  # shown as it is in any time zone
        recent = RecentRun("abc", when, "Attacked at night (fear)", ("Mindful breathing",), "embedded",
                           "interrupted", 4, True)  # fmt: skip
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
        await pilot.pause(0.2)

    assert snap_compare(app, terminal_size=size, run_before=play)
