"""Studies in processes of their own: killed at any moment, and two of them at work on one study."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from sandbox.library.workspace import create_workspace
from sandbox.study.events import StudyEnded
from sandbox.study.frozen import freeze
from tests.study.plans import study_plan
from tests.study.test_runner import Data, conducted, data, hosted, run

KILLS = int(os.environ.get("KILLS", "3"))
CELLS = 8
TURNS = CELLS * 8
PLAN = study_plan(CELLS, of={"at_once": 3})


def driver(place: Path) -> "subprocess.Popen[str]":
    """A process that is ready to run the study, and waits to be told."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.study.driver", str(place), str(CELLS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def begin(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


async def undisturbed(place: Path) -> tuple[dict[str, Data], int]:
    """The data of a run that nothing happened to, and how many calls it took."""
    async with conducted(place, provider := hosted()) as conductor:
        outline = freeze(conductor.studies, PLAN)
        assert (await run(conductor, outline))[-1] == StudyEnded("finished", 0, 0)
        return data(conductor, outline), len(provider.requests)


def kill_in_the_middle(place: Path, turns: int, seconds: float) -> bool:
    """kill -9 after so many turns and seconds more. Whether it was at work still."""
    process = driver(place)
    begin(process)
    assert process.stdout is not None
    for _ in range(turns):
        process.stdout.readline()
    time.sleep(seconds)
    process.kill()
    process.communicate()
    return process.returncode != 0


async def test_killed_at_any_moment_and_run_again_it_is_as_if_nothing_had_happened(tmp_path: Path) -> None:
    """kill -9 at three moments; `KILLS` asks for more."""
    place = create_workspace(tmp_path / "killed" / "workspace").root
    drawn = random.Random(KILLS)
    hits = [
        kill_in_the_middle(place, drawn.randint(1, max(1, TURNS // KILLS)), drawn.uniform(0, 0.02))
        for _ in range(KILLS)
    ]
    assert sum(hits) >= KILLS / 2, "most were to be hit at work"
    process = driver(place)
    out, _ = process.communicate("\n", timeout=120)
    assert process.returncode == 0 and "ending='finished'" in out
    whole, _ = await undisturbed(tmp_path / "whole")
    async with conducted(tmp_path / "killed", hosted(), new=False) as conductor:
        found = data(conductor, freeze(conductor.studies, PLAN))
        assert conductor.store.damages() == ()
    assert found == whole


async def test_two_processes_share_a_study_and_no_session_is_run_twice(tmp_path: Path) -> None:
    place = create_workspace(tmp_path / "shared" / "workspace").root
    both = [driver(place) for _ in range(2)]
    for process in both:
        begin(process)
    told = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all("ending='finished'" in out for out in told)
    whole, calls = await undisturbed(tmp_path / "whole")
    async with conducted(tmp_path / "shared", hosted(), new=False) as conductor:
        outline = freeze(conductor.studies, PLAN)
        assert data(conductor, outline) == whole
        assert conductor.studies.states(outline.root).spent.calls == calls, "none doubled, none lost"
    assert sum(out.count("turn\n") for out in told) == TURNS
