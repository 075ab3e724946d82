"""What can be measured with a model, on a screen: what was checked stays, what is not usable is said."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette

from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace
from sandbox.measurement.validity.verdict import Usable
from sandbox.models.provider import Capabilities
from sandbox.store.calibration import CalibrationRecord
from sandbox.store.store import DATABASE, Store
from sandbox.tui.screens.check_model import CheckModelScreen, InstrumentList
from sandbox.tui.screens.session import SessionScreen
from tests.scripted import ScriptedProvider
from tests.store.test_calibration import FakePhantom, go_on
from tests.tui.rehearsal import client_model
from tests.tui.stage import Stage, stage


async def open_check(at: Stage) -> CheckModelScreen:
    await at.started()
    at.app.action_check_model()
    await at.until(lambda: isinstance(at.app.screen, CheckModelScreen), "the screen")
    assert isinstance(at.app.screen, CheckModelScreen)
    await at.shows("what can be measured")  # composed, not only pushed
    return at.app.screen


def kept(root: Path) -> list[tuple[str, str, Usable]]:
    with Store.open(root / "sessions" / DATABASE) as store:
        checks = store.checks()
    return [(c.validity.questionnaire, c.validity.way, c.validity.usable) for c in checks]


async def test_enter_checks_the_marked_one_and_its_verdict_is_kept_and_shown(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(110, 34)) as at:
        await open_check(at)
        await at.shows("Never checked with this model")
        await at.shows("word-probe  by word")
        await at.press("enter")
        await at.shows("Done.")
        await at.shows("read by word")
        assert "Rises after a strong scenario" in at.text()
        assert "not a feeling" in at.text()
    assert [(name, way) for name, way, _ in kept(tmp_path)] == [("word-probe", "word")]
    with Store.open(tmp_path / "sessions" / DATABASE) as store:
        library = Library(Workspace(tmp_path, tmp_path / "sessions"))
        await go_on(CalibrationRecord(store), FakePhantom(), 99, client_model().description, library)
    async with stage(tmp_path, size=(110, 34)) as at:
        await open_check(at)
        await at.shows("checked 20")
        await at.shows("Follows a known dose: yes")
        await at.shows("▁▂▃▄▅▅▆  fear on fear: yes")


async def test_stopping_keeps_nothing_half_done_and_the_screen_can_start_again(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate), size=(110, 34)) as at:
        screen = await open_check(at)
        await at.press("enter")
        await at.shows("telling the scenarios")
        await at.press("x")
        await at.shows("Stopped; nothing was checked to its end")
        assert screen.check_action("usual", ()) is True
        await at.press("escape")
        await at.shows("Attacked at night")
    assert kept(tmp_path) == []


async def test_stopping_says_how_many_instruments_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, add_check = asyncio.Event(), Store.add_check

    def keep(*args: Any) -> int:
        gate.clear()  # the model says nothing more: the second instrument is under way when the stop comes
        return add_check(*args)

    monkeypatch.setattr(Store, "add_check", keep)
    async with stage(tmp_path, client_model(gate=gate), size=(110, 34)) as at:
        screen = await open_check(at)
        await at.press("c")
        await at.shows("telling the scenarios")
        both = len(screen._checking)
        gate.set()
        await at.until(lambda: 0 < len(screen._checking) < both, "the first instrument")
        await at.press("x")
        await at.until(lambda: not screen._checking, "the end")
        await at.shows("Stopped; 1 instrument is checked and kept.")
        assert len(kept(tmp_path)) == 1


async def test_what_is_being_written_when_the_stop_comes_is_kept_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, asked, add_check = threading.Event(), threading.Event(), Store.add_check

    def slowly(*args: Any) -> int:
        writing.set()
        assert asked.wait(20)
        return add_check(*args)

    monkeypatch.setattr(Store, "add_check", slowly)
    async with stage(tmp_path, size=(110, 34)) as at:
        screen = await open_check(at)
        await at.press("c")
        await at.until(writing.is_set, "the first instrument")
        await at.press("x")
        asked.set()
        await at.until(lambda: not screen._checking, "the end")
        assert len(kept(tmp_path)) == 1
        await at.shows("Stopped; 1 instrument is checked and kept.")


async def test_at_80_columns_each_instrument_has_one_row_that_names_its_way(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await open_check(at)
        listed = at.app.screen.query_one(InstrumentList)
        await at.until(lambda: "…  by likelihood" in at.text(), "a name that is cut")
        await at.until(lambda: listed.virtual_size.height == listed.option_count, "a row an instrument")


async def test_the_palette_names_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        await at.press("ctrl+p")
        await at.until(lambda: isinstance(at.app.screen, CommandPalette), "the palette")
        await at.press(*"can be measured")
        await at.shows("Check what can be measured")


async def test_a_session_says_quietly_that_its_measure_was_never_checked(tmp_path: Path) -> None:
    """The model offers no log-probabilities, so ratings are proposed, and nobody has checked them."""
    plain = Capabilities(local=True)
    provider = ScriptedProvider(["fear: 10"], capabilities=plain)
    async with stage(tmp_path, provider, size=(110, 34)) as at:
        await at.started()
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, SessionScreen), "the session")
        await at.shows("w all")
        await at.press("w")
        await at.shows("was never checked with this model")
        await at.press("escape", "x")
        await at.ended()


async def test_the_shipped_default_says_what_came_out_before_it_was_shipped(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(110, 34)) as at:
        await at.started()
        await at.press("enter")
        await at.ended()
        assert "never checked" not in at.text()
        assert "not usable" in at.text()
    async with stage(tmp_path, ScriptedProvider(name="embedded"), size=(110, 34)) as at:
        await open_check(at)
        await at.shows("✗ word-probe  by word")
