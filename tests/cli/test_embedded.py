"""Whole runs of the real command on the real embedded model: the demo, its repeatability, being killed."""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest

from sandbox.errors import ExitCode
from sandbox.store.store import Store
from sandbox.text import excerpt
from tests.cli.command import sandbox, shorten_breathing, start

pytestmark = pytest.mark.embedded

ONE_BRANCH = ["run", "--no-control"]
POINTS = ["base", "ind", "t1", "t2", "t3", "end"]


def test_the_demo_prints_both_trajectories_and_they_can_be_exported(workspace: Path, tmp_path: Path) -> None:
    shorten_breathing(workspace)
    ended = sandbox(workspace, "demo", "--seed", "3", "--json")
    assert ended.code == ExitCode.OK, ended.err
    assert "Single seeds vary" in ended.err
    result = json.loads(ended.out)
    assert [arm["technique"] for arm in result["arms"]] == ["mindful-breathing", "filler-manual"]
    for arm in result["arms"]:
        distress = next(t for t in arm["trajectories"] if t["scale"] == "distress")
        assert [point["label"] for point in distress["points"]] == POINTS
        assert all(0 <= point["value"] <= 100 for point in distress["points"])
    transcript = Path(result["transcript"])
    assert "not a feeling" in transcript.read_text(encoding="utf-8")

    csv = tmp_path / "scores.csv"
    assert sandbox(workspace, "export", "last", "--to", str(csv)).code == ExitCode.OK
    assert csv.read_text(encoding="utf-8").count("\n") > len(POINTS)


KILLS = int(os.environ.get("KILLS", "3"))
_TURN = re.compile(r" +([st]\d+): (.*)")


def shown_turns(told: str) -> dict[str, str]:
    """The turns that a run said on stderr were done: their replies, as it shortens them, by name."""
    found = (_TURN.fullmatch(line) for line in told.splitlines())
    return {turn[1]: turn[2] for turn in found if turn}


def stored_turns(workspace: Path) -> dict[str, str]:
    """All turns in the record, shortened the same way; seeds are alike, so sessions agree on them."""
    with closing(sqlite3.connect(workspace / "sessions" / "sandbox.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute("SELECT turn, phase, reply FROM turns").fetchall()
    told = max((turn for turn, phase, _ in rows if phase == "induction"), default=0)
    return {
        f"s{turn}" if phase == "induction" else f"t{turn - told}": excerpt(
            reply or "(told, no reply awaited)", 90
        )
        for turn, phase, reply in rows
    }


@dataclass(frozen=True)
class Killed:
    """What a run had told by its end, its children then, and which of them served a model."""

    told: str
    children: tuple[psutil.Process, ...]
    models: int


def told_by(process: subprocess.Popen[str], lines: int) -> str:
    """What a run says on stderr until it has told so many lines of its progress.

    The first is that a session runs: it may say any number of warnings before.
    """
    assert process.stderr is not None
    told: list[str] = []
    begun = 0
    while begun < lines and (line := process.stderr.readline()):
        told.append(line)
        begun += bool(begun) or line.startswith(("Running ", "Going on with "))
    return "".join(told)


def kill_after(process: subprocess.Popen[str], lines: int, seconds: float) -> Killed:
    """kill -9 so many lines of progress and seconds on.

    It is stopped first: a stopped process starts no child while they are counted.
    """
    told = told_by(process, lines)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    children: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):  # it had come to its end
        parent = psutil.Process(process.pid)
        process.send_signal(signal.SIGSTOP)
        assert until(lambda: parent.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE))
        children = parent.children(recursive=True)
    models = sum(map(is_model, children))
    process.send_signal(signal.SIGKILL)
    return Killed(told + process.communicate()[1], tuple(children), models)


def is_model(process: psutil.Process) -> bool:
    try:
        return any(Path(word).name == "llama_server.py" for word in process.cmdline())
    except psutil.Error:
        return False


def all_gone(processes: Sequence[psutil.Process]) -> bool:
    """Whether all have ended; one that nobody has asked for its exit code yet has ended too."""
    return all(map(is_gone, processes))


def is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether the condition came true within the seconds."""
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return met


def test_kill_9_at_any_moment_loses_at_most_the_turn_in_progress_and_leaves_no_model_behind(
    workspace: Path,
) -> None:
    """Three moments; `KILLS` asks for more."""
    drawn = random.Random(8)
    models = 0
    shorten_breathing(workspace)
    command = whole_run = ["run", "--no-control"]
    for kill in range(KILLS):
        lines, seconds = drawn.randint(0 if kill else 1, 5), drawn.uniform(0, 0.6)
        killed = kill_after(start(workspace, *command), lines, seconds)
        shown = shown_turns(killed.told)
        at_work = shown and "  end  " not in killed.told
        assert killed.models or not at_work, "a turn came from a model process that was not found"
        models += killed.models
        assert until(partial(all_gone, killed.children)), f"left behind: {killed.children}"
        assert shown.items() <= stored_turns(workspace).items()
        with Store.open(workspace / "sessions" / "sandbox.db") as store:
            store.mark_interrupted()
            command = ["resume"] if store.unfinished() else whole_run
    assert models >= KILLS // 2, "most kills were meant to hit a run whose model was up"

    if command == whole_run:  # the last one had come to its end: one more, to have something to resume
        kill_after(start(workspace, *whole_run), 5, 0)
    with Store.open(workspace / "sessions" / "sandbox.db") as store:
        store.mark_interrupted()
        cut = store.unfinished()[-1].session
    ended = sandbox(workspace, "resume", cut, "--json")
    assert ended.code == ExitCode.OK, ended.err
    (resumed,) = json.loads(ended.out)["arms"]
    assert resumed["state"] == "finished"
    (arm,) = json.loads(sandbox(workspace, *whole_run, "--json", "--quiet").out)["arms"]
    assert resumed["trajectories"] == arm["trajectories"]
    assert resumed["replies"] == arm["replies"]


def test_ctrl_c_ends_with_130_and_resume_finishes(workspace: Path) -> None:
    shorten_breathing(workspace)
    process = start(workspace, *ONE_BRANCH)
    assert shown_turns(told_by(process, 4)), "a turn was to be done by then"
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Go on with: sandbox resume " in rest and "Traceback" not in rest
    assert sandbox(workspace, "resume", "--quiet").code == ExitCode.OK
