"""Study progress: what runs is counted while it runs, opened, and stopped."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from sandbox.engine.events import RunPlanned, SessionStarted
from sandbox.models.provider import ModelDescription
from sandbox.store import state
from sandbox.study.frozen import freeze
from sandbox.study.plan import heads
from sandbox.study.planning import planned
from sandbox.study.proposal import Proposal
from sandbox.study.small_study import Choices, small_study
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.page import HelpScreen
from sandbox.tui.screens.progress import ProgressScreen
from tests.tui.rehearsal import client_model
from tests.tui.stage import Stage, stage


async def open_progress(at: Stage) -> None:
    await at.press("p")
    await at.until(lambda: isinstance(at.app.screen, ProgressScreen), "Study progress")


async def test_without_a_run_it_says_what_would_show_here(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        await open_progress(at)
        await at.shows("Nothing is running.")
        assert at.app.screen.check_action("stop", ()) is None and "x stop" not in at.text()
        await at.press("question_mark")
        assert isinstance(at.app.screen, HelpScreen)
        await at.press("escape", "escape")
        assert isinstance(at.app.screen, HomeScreen)


async def test_a_run_is_counted_opened_and_stopped(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await at.started()
        await at.press("enter")
        await at.opened()
        await at.until(lambda: at.session.live.state.running is not None, "a session")
        live = at.session.live
        await at.press("space")
        gate.set()
        await at.until(lambda: live.state.sessions[live.state.ids[0]].waiting is not None, "the pause")
        await at.press("escape")
        await open_progress(at)
        await at.press("escape", "tab", "enter")
        await at.opened()
        await at.press("n")
        await at.until(lambda: bool(live.state.sessions[live.state.ids[0]].entries), "a turn")
        await at.press("escape")
        await open_progress(at)
        await at.shows("this app: 0 of 3 sessions")
        await at.shows("of 8 turns")
        await at.shows("running     Shared start")
        await at.press("enter")
        await at.opened()
        assert at.session.shown == live.state.ids[0]
        await at.press("escape")
        await at.until(lambda: isinstance(at.app.screen, ProgressScreen), "Study progress")
        await at.press("x")
        await at.until(lambda: not live.playing, "the end")
        await at.shows("Nothing is running.")


@pytest.fixture
def child() -> Iterator[state.Process]:
    """A process that this one began."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as begun:
        yield state.Process(begun.pid, psutil.Process(begun.pid).create_time())


async def test_what_a_study_of_this_app_runs_is_told_so(
    tmp_path: Path, child: state.Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        conductor = at.services.conductor
        chosen = Choices(
            Proposal(), ("night-attack",), ("study-participant",), ("embedded",), repeats=2, name="mine"
        )
        plan = planned(small_study(chosen, conductor.library), conductor, "r00t")
        freeze(conductor.studies, plan)
        with monkeypatch.context() as there:
            there.setattr(state, "this_process", lambda: child)
            conductor.studies.claim("r00t", heads(plan, plan.cells[0]))
        await open_progress(at)
        await at.shows("this app's study mine: 0 of 6 sessions · now 0 of 8 turns")
        for arm in ("Shared start", "Mindful br", "Appliance"):
            assert any(arm in line and "· seed " in line for line in at.text().splitlines()), at.text()
        assert "x stop" not in at.text()
        await at.press("x")
        await at.shows("x stops what this app runs itself.")


async def test_what_another_machine_is_said_to_run_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = replace(state.this_process(), host="another-machine")
    async with stage(tmp_path) as at:
        await at.started()
        conductor = at.services.conductor
        heads = conductor.runnable(Proposal())
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(state, "this_process", lambda: there)
            conductor.store.record(RunPlanned(heads))
            conductor.store.record(SessionStarted(heads[0].id, ModelDescription("embedded", "Embedded")))
        await open_progress(at)
        await at.shows("on another-machine")
        await at.shows("t take over")
        await at.press("t", "y")
        await at.ended()
        assert {conductor.store.state(head.id) for head in heads} == {"finished"}
