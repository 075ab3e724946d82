"""How the command ends when the app ends."""

import gc
import sys

import pytest

from sandbox.__main__ import main
from sandbox.cli.main import run_command_line
from sandbox.errors import ExitCode
from sandbox.tui import app
from sandbox.tui.app import SandboxApp


@pytest.mark.parametrize(("ended", "code"), [(None, ExitCode.OK), (0, ExitCode.OK), (1, ExitCode.FAILED)])
def test_a_crash_of_the_app_is_told_to_the_shell(
    monkeypatch: pytest.MonkeyPatch, ended: int | None, code: ExitCode
) -> None:
    def run(self: SandboxApp) -> None:
        self._return_code = ended

    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(getattr(sys, name), "isatty", lambda: True, raising=False)
    monkeypatch.setattr(app.SandboxApp, "run", run)
    assert run_command_line([]) == code


def test_the_prompt_is_not_kept_waiting_for_a_search_for_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["sandbox", "--version"])
    try:
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == ExitCode.OK and gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
