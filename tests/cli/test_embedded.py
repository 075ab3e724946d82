"""Whole runs of the real command on the real embedded model: the demo, without a network, cut short."""

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest

from sandbox.errors import ExitCode
from sandbox.library.workspace import create_workspace
from sandbox.store.store import Store
from sandbox.text import excerpt
from tests.cli.command import Ended, environment, sandbox, shorten_breathing, start

pytestmark = pytest.mark.embedded

WHOLE_RUN = ["run", "--no-control", "--seed", "3"]
POINTS = ["base", "ind", "t1", "t2", "t3", "end"]

BEGIN = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH22x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
interfaces = [name for _, name in socket.if_nameindex()]
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError:
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *sys.argv[1:]])
sys.exit(f"a network can be reached: {interfaces}")
"""
"""Bring loopback up, make sure that nothing else can be reached, and become the command."""


@dataclass(frozen=True)
class Demo:
    """What the demo with a short technique printed, where, and whether it was cut off from any network."""

    workspace: Path
    ended: Ended
    alone: bool


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Played once, in a process and, where there are any, in a network namespace of its own."""
    workspace = create_workspace(tmp_path_factory.mktemp("demo") / "workspace").root
    shorten_breathing(workspace)
    alone = _alone()
    done = subprocess.run(
        [
            *alone,
            sys.executable,
            *(["-c", BEGIN] if alone else ["-m", "sandbox"]),
            "demo",
            *WHOLE_RUN[2:],
            "--json",
        ],
        capture_output=True,
        text=True,
        env=environment(workspace),
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    return Demo(workspace, Ended(done.returncode, done.stdout, done.stderr), bool(alone))


def _alone() -> list[str]:
    """The words that run a command in a network namespace of its own; none where that cannot be had."""
    if sys.platform.startswith("linux") and shutil.which("unshare") is not None:
        for words in (["unshare", "-rn"], ["unshare", "-n"]):
            if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
                return words
    return []


def test_the_demo_shows_distress_that_rises_and_falls_and_can_be_exported(demo: Demo, tmp_path: Path) -> None:
    """The claim the project begins with, on one seed; docs/induction.md has five: each shows it by far."""
    assert demo.ended.code == ExitCode.OK, demo.ended.err
    assert "Single seeds vary" in demo.ended.err
    result = json.loads(demo.ended.out)
    assert [arm["technique"] for arm in result["arms"]] == ["mindful-breathing", "filler-manual"]
    for arm in result["arms"]:
        distress = next(t for t in arm["trajectories"] if t["scale"] == "distress")
        assert [point["label"] for point in distress["points"]] == POINTS
        course = {point["label"]: point["value"] for point in distress["points"]}
        assert all(0 <= value <= 100 for value in course.values())
        if arm["technique"] == "mindful-breathing":
            assert course["base"] < course["ind"] > course["t3"], course
    transcript = Path(result["transcript"])
    assert "not a feeling" in transcript.read_text(encoding="utf-8")

    csv = tmp_path / "scores.csv"
    assert sandbox(demo.workspace, "export", "last", "--to", str(csv)).code == ExitCode.OK
    assert csv.read_text(encoding="utf-8").count("\n") > len(POINTS)


def test_a_session_needs_no_network(demo: Demo) -> None:
    if not demo.alone:
        pytest.skip("there are no network namespaces here, or none may be made")
    assert demo.ended.code == ExitCode.OK, demo.ended.err
    assert all(arm["state"] == "finished" for arm in json.loads(demo.ended.out)["arms"])


KILLS = int(os.environ.get("KILLS", "2"))
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


def test_cut_at_any_moment_it_loses_at_most_the_turn_in_progress_and_leaves_no_model_behind(
    workspace: Path, demo: Demo
) -> None:
    """Ctrl-C once, then kill -9 at two moments; `KILLS` asks for more."""
    drawn = random.Random(8)
    models = 0
    shorten_breathing(workspace)
    command = interrupt(workspace)
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
            command = ["resume"] if store.unfinished() else WHOLE_RUN
    assert models >= KILLS // 2, "most kills were meant to hit a run whose model was up"

    if command == WHOLE_RUN:  # the last one had come to its end: one more, to have something to resume
        kill_after(start(workspace, *WHOLE_RUN), 5, 0)
    with Store.open(workspace / "sessions" / "sandbox.db") as store:
        store.mark_interrupted()
        cut = store.unfinished()[-1].session
    ended = sandbox(workspace, "resume", cut, "--json")
    assert ended.code == ExitCode.OK, ended.err
    (resumed,) = json.loads(ended.out)["arms"]
    assert resumed["state"] == "finished"
    uncut = json.loads(demo.ended.out)["arms"][0]
    points, uncut_points = ([one["points"] for one in arm["trajectories"]] for arm in (resumed, uncut))
    assert points == uncut_points
    assert resumed["replies"] == uncut["replies"]


def interrupt(workspace: Path) -> list[str]:
    """Begin a run and end it with Ctrl-C; the command that goes on with it, as it says."""
    process = start(workspace, *WHOLE_RUN)
    assert shown_turns(told_by(process, 4)), "a turn was to be done by then"
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Go on with: sandbox resume " in rest and "Traceback" not in rest
    return ["resume"]
