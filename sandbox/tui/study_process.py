"""A study's own process: the app stays as quick as without it, and may be closed meanwhile."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sandbox.errors import ExitCode

_SAID_LAST = 4_000
_ERROR = "Error: "


class RunningStudy(Protocol):
    """A study that this app has started."""

    @property
    def ended(self) -> bool: ...

    @property
    def failed(self) -> bool:
        """Whether it ended badly: by an error, or with runs left that failed."""
        ...

    @property
    def error(self) -> str:
        """The error that ended it: what happened, then what to do, in lines; empty where none did."""
        ...

    def break_off(self) -> None:
        """End it now. What was said is in the record."""
        ...


Launch = Callable[[str], RunningStudy]
"""Starts the study of that root in this workspace, as its newest plan says. Blocks for some milliseconds."""


class StudyProcess:
    """`sandbox study run ROOT`, in a session of its own so that no terminal's end reaches it.

    A study's root is no document's id: the frozen plan is run, and a document that was edited since is not
    planned anew without anybody being asked.
    """

    def __init__(self, root: str, workspace: Path, *, local_only: bool) -> None:
        only = ["--local-only"] if local_only else []
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - the process writes to it as long as it lives
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "sandbox", "study", "run", root, "--quiet", "--yes", *only],
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
    def failed(self) -> bool:
        return self._process.poll() not in (None, ExitCode.OK, ExitCode.INTERRUPTED)

    @property
    def error(self) -> str:
        if not self.failed:
            return ""
        self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, self._said.tell() - _SAID_LAST))
        return last_error(self._said.read().decode(errors="replace"))

    def break_off(self) -> None:
        self._process.terminate()


def last_error(said: str) -> str:
    """The last `Error: …` of a command's stderr with the lines after it; empty where there is none.

    Cautions and what the command announced stand before it.
    """
    lines = said.strip().splitlines()
    places = [place for place, line in enumerate(lines) if line.startswith(_ERROR)]
    return "\n".join(lines[places[-1] :]).removeprefix(_ERROR) if places else ""
