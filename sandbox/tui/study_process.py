"""A study's own process: the app stays as quick as without it, and may be closed meanwhile."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sandbox.errors import ExitCode

_SAID_MOST = 4_000


class RunningStudy(Protocol):
    """A study that this app has started."""

    @property
    def ended(self) -> bool: ...

    @property
    def problem(self) -> str:
        """What it said if it ended badly; empty otherwise."""
        ...

    def break_off(self) -> None:
        """End it now. What was said is in the record."""
        ...


Launch = Callable[[str], RunningStudy]
"""Starts the study of that name in this workspace. Blocks for some milliseconds."""


class StudyProcess:
    """`sandbox study run NAME`, in a session of its own so that no terminal's end reaches it."""

    def __init__(self, name: str, workspace: Path, *, local_only: bool) -> None:
        only = ["--local-only"] if local_only else []
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - the process writes to it as long as it lives
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "sandbox", "study", "run", name, "--quiet", "--yes", *only],
            cwd=workspace,
            env={**os.environ, "SANDBOX_WORKSPACE": str(workspace)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,
        )

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def problem(self) -> str:
        if self._process.poll() in (None, ExitCode.OK, ExitCode.INTERRUPTED):
            return ""
        self._said.seek(0)
        return self._said.read(_SAID_MOST).decode(errors="replace").strip()

    def break_off(self) -> None:
        self._process.terminate()
