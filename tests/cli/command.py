"""The real command, as a user would type it, in a workspace of its own.

`sandbox` runs it in this process, which saves a second of starting. `apart` and `start` give it one of its
own, for what only a process can show: signals, another owner of a session, the streams.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
import yaml

from sandbox.cli.main import run_command_line


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def environment(workspace: Path, **more: str) -> dict[str, str]:
    """This process's environment without keys and settings of the person who runs the tests."""
    kept = {k: v for k, v in os.environ.items() if not k.endswith(("_API_KEY", "_API_BASE", "_BASE_URL"))}
    return {**kept, "SANDBOX_WORKSPACE": str(workspace), "COLUMNS": "100", **more}


def sandbox(workspace: Path, *arguments: str, **variables: str) -> Ended:
    """Run `sandbox ARGUMENTS` to its end, in this process."""
    out, err = StringIO(), StringIO()
    with _environment_is(environment(workspace, **variables)), redirect_stdout(out), redirect_stderr(err):
        code = run_command_line(arguments)
    return Ended(code, out.getvalue(), err.getvalue())


@contextmanager
def _environment_is(wanted: dict[str, str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - wanted.keys():
            patch.delenv(name)
        for name, value in wanted.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", StringIO())
        yield


def apart(workspace: Path, *arguments: str) -> Ended:
    """Run `sandbox ARGUMENTS` to its end, in a process of its own."""
    process = start(workspace, *arguments)
    out, err = process.communicate(timeout=300)
    return Ended(process.returncode, out, err)


def start(workspace: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `sandbox ARGUMENTS` and return at once."""
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(workspace),
        stdin=subprocess.DEVNULL,
    )


def shorten_breathing(workspace: Path) -> None:
    """Leave the proposed technique three steps, for tests that have to be quick."""
    shorten(workspace / "techniques" / "mindful-breathing.yaml", "steps", slice(3))


def shorten(document: Path, part: str, kept: slice) -> None:
    """Leave a document so many of its steps or turns: what a model says to each is what takes long."""
    whole = yaml.safe_load(document.read_text(encoding="utf-8"))
    document.write_text(yaml.safe_dump(whole | {part: whole[part][kept]}), encoding="utf-8")
