"""The terminal is lent to the user's own editor: a run goes on meanwhile, and it always comes back."""

import asyncio
import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from sandbox.tui.screens.library import LibraryScreen
from sandbox.tui.screens.settings import SettingsScreen
from tests.tui.rehearsal import client_model
from tests.tui.stage import Stage, lend_terminal, stage

_OPEN_UNTIL_DONE = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
(folder / "open").touch()
end = time.monotonic() + 8
while not (folder / "done").exists() and time.monotonic() < end:
    time.sleep(0.02)
(folder / "closed").touch()
"""

_SCREENS = {"l": (LibraryScreen, "e", "scenario night-attack"), "comma": (SettingsScreen, "ctrl+e", "theme")}


async def edit_in(at: Stage, opener: str) -> None:
    kind, key, shown = _SCREENS[opener]
    await at.press(opener)
    await at.until(lambda: isinstance(at.app.screen, kind), "the screen")
    await at.shows(shown)
    await at.press(key)


@pytest.mark.parametrize("opener", _SCREENS)
async def test_a_run_goes_on_while_the_editor_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opener: str
) -> None:
    editor = tmp_path / "editor"
    editor.mkdir()
    monkeypatch.setenv("EDITOR", shlex.join([sys.executable, "-c", _OPEN_UNTIL_DONE, str(editor)]))
    told, gate = lend_terminal(monkeypatch), asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate), size=(100, 40)) as at:
        await at.started()
        await at.press("enter")
        await at.opened()
        live = at.session.live
        await at.until(lambda: bool(live.state.running), "a session")
        await at.press("escape")
        await edit_in(at, opener)
        await at.until((editor / "open").exists, "the editor")
        os.kill(os.getpid(), signal.SIGINT)  # typed into the editor, it comes here too
        gate.set()
        await at.until(lambda: not live.playing, "the end of the run")
        assert not (editor / "closed").exists() and told == ["lent"]
        (editor / "done").touch()
        await at.until(lambda: told == ["lent", "back"], "the terminal")


@pytest.mark.parametrize("opener", _SCREENS)
async def test_an_editor_that_cannot_be_started_gives_the_terminal_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opener: str
) -> None:
    monkeypatch.setenv("EDITOR", str(tmp_path / "no-such-editor"))
    told = lend_terminal(monkeypatch)
    async with stage(tmp_path, size=(140, 40)) as at:
        await at.started()
        await edit_in(at, opener)
        await at.shows("cannot be started")
        assert told == ["lent", "back"]


async def test_what_the_terminal_is_told_waits_until_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lend_terminal(monkeypatch)
    async with stage(tmp_path) as at:
        await at.started()
        written: list[str] = []
        monkeypatch.setattr(type(at.app), "is_headless", property(lambda self: False))
        monkeypatch.setattr(at.app._driver, "write", written.append)
        with at.app.suspend(), at.app.batch_update():
            at.app.terminal.show_title("● running")
            assert written == []
        assert any("● running" in code for code in written)
