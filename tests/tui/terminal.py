"""A real terminal for the real app: a tmux server of its own, keys in, text out, and how the app ended.

Knows nothing of the app's screens. The last line is where the app lists its keys.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

_POLL = 0.05
# tmux itself may miss a child's end, so the exit code comes from a shell, through a file.
_KEEP_CODE = 'code=$1; shift; "$@"; echo "$?" >"$code"'
_CONFIG = "set -g remain-on-exit on\nset -g status off\nset -g default-terminal tmux-256color\n"


def tmux_installed() -> bool:
    return shutil.which("tmux") is not None


class Terminal:
    """One pane with one command in it. Times are in seconds; `patience` is for one condition."""

    def __init__(self, folder: Path, environment: Mapping[str, str], patience: float = 120.0) -> None:
        self._environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment}
        self._environment |= {"TERM": "xterm-256color", "TMUX_TMPDIR": str(folder)}
        self._patience = patience
        self._closed = False
        self._code = folder / "exit-code"
        self._config = folder / "tmux.conf"
        self._config.write_text(_CONFIG, encoding="utf-8")

    def start(self, command: Sequence[str], folder: Path, size: tuple[int, int]) -> None:
        """Run `command` in `folder`, in a pane of so many columns and lines."""
        columns, lines = map(str, size)
        shell = ("sh", "-c", _KEEP_CODE, "sh", str(self._code))
        self._tmux("new-session", "-d", "-x", columns, "-y", lines, "-c", str(folder), "--", *shell, *command)

    def close(self) -> None:
        """End the server, as closing a window does, and whatever still runs in it; once."""
        if self._closed:
            return
        self._closed = True
        server = self._value("pid")
        self._tmux("kill-server")
        if server.isdigit() and psutil.pid_exists(int(server)):
            psutil.Process(int(server)).wait(self._patience)

    # Keys in

    def press(self, key: str) -> None:
        """Press a key by tmux's name of it: `Enter`, `Escape`, `Space`, `Down`, `b`."""
        self._tmux("send-keys", key)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def resize(self, size: tuple[int, int]) -> None:
        """Make the window so many columns and lines large."""
        columns, lines = map(str, size)
        self._tmux("resize-window", "-x", columns, "-y", lines)

    # Text out

    def text(self) -> str:
        """What is on screen, line by line."""
        return self._tmux("capture-pane", "-p")

    def footer(self) -> str:
        """The app's bottom line."""
        lines = self.text().rstrip().splitlines()
        return lines[-1] if lines else ""

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition; when it does not come about, fail with what is on screen."""
        end = time.monotonic() + self._patience
        while not condition():
            if time.monotonic() > end or self.ended:
                assert condition(), f"{what} did not come about; on screen:\n{self.text()}"
            time.sleep(_POLL)

    def shows(self, text: str) -> None:
        self.until(lambda: text in self.text(), f"“{text}”")

    # How it ended

    @property
    def process(self) -> psutil.Process:
        """The command's process, while it runs."""
        (command,) = psutil.Process(int(self._value("pane_pid"))).children()
        return command

    @property
    def ended(self) -> bool:
        return self._code.exists() and self._code.read_text(encoding="utf-8").endswith("\n")

    def exit_code(self) -> int:
        """Wait for the command's end; its exit code, or 128 and the signal that killed it."""
        self.until(lambda: self.ended, "the end of the command")
        return int(self._code.read_text(encoding="utf-8"))

    def _value(self, name: str) -> str:
        return self._tmux("display-message", "-p", f"#{{{name}}}").strip()

    def _tmux(self, *arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-L", "walk", "-f", str(self._config), *arguments],
            env=self._environment,
            capture_output=True,
            encoding="utf-8",
            timeout=self._patience,
            check=True,
        ).stdout


@contextmanager
def terminal(environment: Mapping[str, str]) -> Iterator[Terminal]:
    """A terminal with nothing in its environment but `environment` and what a terminal needs."""
    # Not in pytest's folder: the path of a socket may have no more than about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="walk-") as folder:
        opened = Terminal(Path(folder), environment)
        try:
            yield opened
        finally:
            opened.close()
