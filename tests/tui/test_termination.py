"""The app ended from outside, in a real terminal: what ran is marked, and the terminal is given back."""

import os
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.cli.main import run_command_line
from sandbox.errors import ExitCode
from sandbox.library.workspace import WORKSPACE_VARIABLE, create_workspace
from sandbox.store.store import DATABASE, Store
from tests.tui.terminal import Terminal, terminal, tmux_installed


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Terminal]:
    home = tmp_path / "home"
    home.mkdir()
    workspace = create_workspace(tmp_path / "workspace").root
    environment = {"HOME": str(home), WORKSPACE_VARIABLE: str(workspace)}
    for kind in ("CONFIG", "STATE", "DATA", "CACHE"):
        environment[f"XDG_{kind}_HOME"] = str(home / kind.casefold())
    with terminal(environment) as found:
        command = f"{shlex.quote(sys.executable)} -m sandbox; code=$?; stty -a >stty; exit $code"
        found.start(["sh", "-c", command], workspace, (80, 24))
        yield found


@pytest.mark.embedded
@pytest.mark.skipif(not tmux_installed(), reason="tmux is not installed")
def test_sigterm_marks_the_session_and_gives_the_terminal_back(opened: Terminal, tmp_path: Path) -> None:
    opened.shows("I have read this")
    opened.press("Enter")
    opened.until(lambda: "night" in opened.text() and "I have read" not in opened.text(), "Home")
    opened.press("Enter")
    opened.shows(": distress")
    (app,) = opened.process.children()
    with Store.open(tmp_path / "workspace" / "sessions" / DATABASE) as store:
        assert any(one.state == "running" for one in store.sessions())
    os.kill(app.pid, signal.SIGTERM)
    assert opened.exit_code() == ExitCode.INTERRUPTED
    modes = (tmp_path / "workspace" / "stty").read_text(encoding="utf-8").split()
    assert "icanon" in modes and "echo" in modes
    assert not psutil.pid_exists(app.pid)
    with Store.open(tmp_path / "workspace" / "sessions" / DATABASE) as store:
        states = {one.state for one in store.sessions()}
    assert "interrupted" in states and "running" not in states


@pytest.mark.skipif(not tmux_installed(), reason="tmux is not installed")
@pytest.mark.embedded
def test_a_closed_terminal_leaves_nothing_behind(opened: Terminal) -> None:
    """Textual's thread that draws ends with the first write that fails, and the app would wait for it."""
    opened.shows("I have read this")
    opened.press("Enter")
    opened.until(lambda: "night" in opened.text() and "I have read" not in opened.text(), "Home")
    opened.press("n")
    opened.shows("if every answer")
    opened.press("C-p")
    opened.shows("Search for commands")
    everyone = [opened.process, *opened.process.children(recursive=True)]
    opened.close()
    assert not psutil.wait_procs(everyone, timeout=60)[1]


def test_without_a_terminal_the_app_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line([]) == ExitCode.USAGE
    assert "needs a terminal" in capsys.readouterr().err
