"""A study's calls a second, all stored, against a bare LiteLLM loop and inspect_ai. Budgets: ≥ 0.85, ≥ 2.5.

All make the same calls, 50 sessions at once, to one server on loopback that answers at once; the server
counts, and takes the time from the first call to the last answer. In each round every side runs once, in a
process of its own; told are the medians of the rounds' ratios. Ours go through LiteLLM as well.

inspect_ai is run from a venv of its own: `--inspect PYTHON` names its Python, else `uv` makes one for the
time of the run. In smoke it is left out.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.instant_server import InstantServer, instant_server
from sandbox.engine.events import CallFinished
from sandbox.library.document import Source
from sandbox.library.study import Study
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.models.litellm_way import litellm
from sandbox.models.provider import Request
from sandbox.study.conductor import Conductor
from sandbox.study.events import StudyEnded
from sandbox.study.frozen import take_up
from sandbox.study.proposal import Proposal
from sandbox.study.runner import run_study

AT_ONCE = 50
LEAST_OF_LITELLM = 0.85
LEAST_OF_INSPECT = 2.5
_INSPECT_SIDE = Path(__file__).with_name("inspect_side.py")


def opened(base: str, folder: str) -> Conductor:
    """A new record in the folder; models `openai/…` are at `base`."""
    os.environ |= {"OPENAI_BASE_URL": base, "OPENAI_API_KEY": "none"}
    return Conductor.open(Workspace(shipped_content(), Path(folder)))


async def session_calls(base: str) -> list[dict[str, Any]]:
    """What one session asks, call by call: a scenario, a technique, their measurements."""
    found: list[Request] = []
    with tempfile.TemporaryDirectory() as folder:
        conductor = opened(base, folder)
        heads = conductor.composed(Proposal(model="openai/instant", control=False))
        async with aclosing(conductor.play(heads)) as events:
            async for event in events:
                if isinstance(event, CallFinished):
                    found.append(event.call.request)
        await conductor.close()
    return [
        {
            "purpose": request.purpose,
            "messages": [{"role": one.role, "content": one.content} for one in request.messages],
            "temperature": request.sampling.temperature,
            "max_tokens": request.sampling.max_tokens,
        }
        | ({"logprobs": True, "top_logprobs": request.top_logprobs} if request.top_logprobs else {})
        for request in found
    ]


async def ours(base: str, sessions: int) -> None:
    """The study as this project runs it, its record on disk."""
    study = Study(
        id="speed",
        title="Speed",
        description="What a study takes.",
        source=Source(author="the benchmark", drafted_by="person"),
        licence="CC0-1.0",
        version="1",
        language="en",
        models=("openai/instant",),
        scenarios=("night-attack",),
        techniques=("mindful-breathing",),
        controls=(),
        repeats=sessions,
        at_once=AT_ONCE,
    )
    with tempfile.TemporaryDirectory() as folder:
        conductor = opened(base, folder)
        async with aclosing(run_study(conductor, take_up(conductor, study).outline)) as events:
            async for event in events:
                if isinstance(event, StudyEnded) and event.ending != "finished":
                    raise RuntimeError(event)
        await conductor.close()


async def bare(base: str, sessions: int, calls: list[dict[str, Any]]) -> None:
    """The same calls by LiteLLM in a loop, with nothing around them and nothing kept."""
    module = await litellm()
    places = asyncio.Semaphore(AT_ONCE)

    async def one(seed: int) -> None:
        async with places:
            for call in calls:
                asked = {name: value for name, value in call.items() if name != "purpose"}
                await module.acompletion(
                    model="openai/instant", api_base=base, api_key="none", seed=seed, **asked,
                    num_retries=0, max_retries=0,
                )  # fmt: skip

    async with asyncio.TaskGroup() as group:
        for seed in range(1, sessions + 1):
            group.create_task(one(seed))


def inspect(python: str, base: str, sessions: int, calls: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asked = {"base": base, "sessions": sessions, "calls": calls, "at once": AT_ONCE, "folder": folder}
        said = subprocess.run(
            [python, "-P", str(_INSPECT_SIDE)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=True,
        )
    if json.loads(said.stdout.splitlines()[-1])["ended"] != "success":
        raise RuntimeError(said.stdout + said.stderr)


def in_a_process(work: str, *arguments: object) -> None:
    """One of `ours` and `bare`, by itself."""
    subprocess.run(
        [sys.executable, "-m", "benchmarks.study_speed", "--side", work],
        input=json.dumps(arguments), text=True, check=True,
    )  # fmt: skip


def in_this_process(work: str, *arguments: object) -> None:
    """The same; quicker to begin, for the smoke run."""
    asyncio.run(_SIDES[work](*arguments))


_SIDES: dict[str, Any] = {"ours": ours, "bare": bare}


def speed(server: InstantServer, work: Callable[[], None], expected: int) -> float:
    """The calls a second that the server saw while `work` was done."""
    server.count()
    work()
    seen = server.count()
    if seen["calls"] != expected:
        raise RuntimeError(f"{seen['calls']} calls came, {expected} were expected")
    return seen["calls"] / seen["seconds"]


def verdict(name: str, ours: list[float], others: list[float], least: float) -> str:
    ratio = statistics.median(one / other for one, other in zip(ours, others, strict=True))
    judged = "within" if ratio >= least else "UNDER"
    return (
        f"{name}: ratio {ratio:.2f}, {judged} the budget of at least {least:g}"
        f" (ours {statistics.median(ours):.0f} calls/s, other {statistics.median(others):.0f} calls/s,"
        f" {len(ours)} rounds)"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="one round of few sessions, to see that it runs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--inspect", help="the Python of a venv with inspect_ai and openai")
    parser.add_argument("--side", choices=["ours", "bare"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.side:
        in_this_process(asked.side, *json.load(sys.stdin))
        return
    sessions, rounds = (3, 1) if asked.smoke else (asked.sessions, asked.rounds)
    with instant_server() as server, tempfile.TemporaryDirectory() as folder:
        calls = asyncio.run(session_calls(server.base))
        python = None if asked.smoke else asked.inspect or _venv(Path(folder))
        run = in_this_process if asked.smoke else in_a_process
        sides: dict[str, Callable[[], None]] = {
            "bare": partial(run, "bare", server.base, sessions, calls),
            "ours": partial(run, "ours", server.base, sessions),
        }
        if python:
            sides["inspect"] = partial(inspect, python, server.base, sessions, calls)
        found: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, work in sides.items():
                found[name].append(speed(server, work, sessions * len(calls)))
    print(f"{sessions} sessions of {len(calls)} calls, {AT_ONCE} sessions at once")
    print(verdict("a study / a bare LiteLLM loop", found["ours"], found["bare"], LEAST_OF_LITELLM))
    if python:
        print(verdict("a study / inspect_ai", found["ours"], found["inspect"], LEAST_OF_INSPECT))
    else:
        print("inspect_ai was left out: it takes a venv of its own, which the smoke run does not make.")


def _venv(folder: Path) -> str:
    """The Python of a new venv with inspect_ai."""
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run(["uv", "venv", "--quiet", str(folder / "venv")], check=True)
    subprocess.run(
        ["uv", "pip", "install", "--quiet", "--python", python, "inspect-ai", "openai"], check=True
    )
    return python


if __name__ == "__main__":
    main()
