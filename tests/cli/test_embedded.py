"""Whole runs of the real command on the real embedded model: the demo, its repeatability, being killed."""

import json
import random
import signal
import sqlite3
import subprocess
from pathlib import Path

import psutil
import pytest

from sandbox.errors import ExitCode
from tests.cli.command import sandbox, start

pytestmark = pytest.mark.embedded

ONE_BRANCH = ["run", "--no-control"]
POINTS = ["base", "ind", "t1", "t2", "t3", "t4", "t5", "end"]


def test_the_demo_prints_both_trajectories_and_repeats_itself(workspace: Path, tmp_path: Path) -> None:
    ended = sandbox(workspace, "demo", "--seed", "3", "--json")
    assert ended.code == ExitCode.OK, ended.err
    result = json.loads(ended.out)
    assert [arm["technique"] for arm in result["arms"]] == ["mindful-breathing", "filler-manual"]
    for arm in result["arms"]:
        distress = next(t for t in arm["trajectories"] if t["scale"] == "distress")
        assert [point["label"] for point in distress["points"]] == POINTS
        assert all(0 <= point["value"] <= 100 for point in distress["points"])
    transcript = Path(result["transcript"])
    assert "not a feeling" in transcript.read_text(encoding="utf-8")

    again = json.loads(sandbox(workspace, "demo", "--seed", "3", "--json", "--quiet").out)
    assert [arm["trajectories"] for arm in again["arms"]] == [arm["trajectories"] for arm in result["arms"]]

    csv = tmp_path / "scores.csv"
    assert sandbox(workspace, "export", "last", "--to", str(csv)).code == ExitCode.OK
    assert csv.read_text(encoding="utf-8").count("\n") > len(POINTS)


def finished_turns(stderr_lines: list[str]) -> list[str]:
    """The turns a run said were done."""
    return [line.strip() for line in stderr_lines if line.strip()[:1].isdigit() and ". " in line]


def kill_after(process: subprocess.Popen[str], lines: int) -> list[str]:
    """Read that many lines of progress, then kill -9. Returns all that was shown by then."""
    assert process.stderr is not None
    shown = [process.stderr.readline() for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    return shown


def test_kill_9_loses_at_most_the_turn_in_progress_and_leaves_no_model_behind(workspace: Path) -> None:
    drawn = random.Random(8)
    shown: list[str] = []
    for attempt, command in enumerate((ONE_BRANCH, ["resume"], ["resume"])):
        process = start(workspace, *command)
        children: list[psutil.Process] = []
        shown += kill_after(process, drawn.randint(4, 7) + attempt)
        children = [p for p in psutil.process_iter() if _serves_for(p, process.pid)]
        psutil.wait_procs(children, timeout=10)
        assert not [p for p in children if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]

        database = sqlite3.connect(workspace / "sessions" / "sandbox.db")
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        stored = database.execute("SELECT count(*) FROM turns").fetchone()[0]
        database.close()
        assert stored >= len(finished_turns(shown))

    ended = sandbox(workspace, "resume", "last", "--json")
    assert ended.code == ExitCode.OK, ended.err
    result = json.loads(ended.out)
    assert {arm["state"] for arm in result["arms"]} == {"finished"}
    uncut = json.loads(sandbox(workspace, *ONE_BRANCH, "--json", "--quiet").out)
    assert [arm["trajectories"] for arm in result["arms"]] == [arm["trajectories"] for arm in uncut["arms"]]


def _serves_for(process: psutil.Process, parent: int) -> bool:
    try:
        return process.ppid() == parent or "sandbox.models.llama_server" in process.cmdline()
    except psutil.Error:
        return False


def test_ctrl_c_ends_with_130_and_resume_finishes(workspace: Path) -> None:
    process = start(workspace, *ONE_BRANCH)
    assert process.stderr is not None
    for _ in range(5):
        process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "sandbox resume" in rest and "Traceback" not in rest
    assert sandbox(workspace, "resume", "--quiet").code == ExitCode.OK
