"""A study run in a process of its own: `python -m tests.study.driver FOLDER CELLS`.

It begins when it is told a line, and tells one for every turn."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from sandbox.engine.events import TurnFinished
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace
from sandbox.models.pool import ModelPool
from sandbox.models.provider import Completion, Request, StreamPart
from sandbox.study.conductor import Conductor
from sandbox.study.events import InCell, StudyEnded, StudyStarted
from sandbox.study.frozen import freeze
from sandbox.study.lanes import Patience
from sandbox.study.runner import run_study
from tests.scripted import ScriptedProvider
from tests.study.plans import study_plan
from tests.study.test_runner import HOSTED, TOP, says


class Unhurried(ScriptedProvider):
    """Takes a moment for each answer, so that there are moments to be killed in."""

    async def complete(self, request: Request) -> Completion:
        await asyncio.sleep(0.005)
        return await super().complete(request)

    async def stream(self, request: Request) -> AsyncGenerator[StreamPart, None]:
        await asyncio.sleep(0.005)
        async with aclosing(super().stream(request)) as parts:
            async for part in parts:
                yield part


async def drive(root: Path, cells: int) -> None:
    workspace = Workspace(root, root / "sessions")
    model = Unhurried(says, top=TOP, capabilities=HOSTED)
    conductor = Conductor(workspace, Library(workspace), ModelPool(lambda _: model))
    outline = freeze(conductor.studies, study_plan(cells, of={"at_once": 3}))
    print("ready", flush=True)
    sys.stdin.readline()
    patience = Patience(pauses=(0.0,), elsewhere=0.05)
    async with aclosing(run_study(conductor, outline, patience=patience)) as events:
        async for event in events:
            if isinstance(event, InCell) and isinstance(event.event, TurnFinished):
                print("turn", flush=True)
            elif isinstance(event, StudyStarted | StudyEnded):
                print(event, flush=True)
    await conductor.close()


if __name__ == "__main__":
    asyncio.run(drive(Path(sys.argv[1]), int(sys.argv[2])))
