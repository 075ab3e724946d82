"""`sandbox demo`, from its start to its first measured score, against the bare engine doing that alone.

The reference starts the model's process and asks the one question: what no app can save. Budget: 1.8. (Not
among the short benchmarks of CI: it starts the model four times.)
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

from benchmarks.ratio import measure, pairs_asked_for
from sandbox.engine.events import CallFinished
from sandbox.engine.run import run
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.models.embedded import embedded_model
from sandbox.models.provider import Request
from sandbox.study.proposal import Proposal, proposed

_SCORE = re.compile(r"\bbaseline\s+distress\s+\d")


def ours(folder: Path) -> float:
    """Seconds until the demo says its first score; it is ended then."""
    environment = os.environ | {"SANDBOX_WORKSPACE": str(folder), "SANDBOX_CONFIG": str(folder)}
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", "demo"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as demo:  # fmt: skip
        for line in demo.stderr or ():
            if _SCORE.search(line):
                seconds = time.perf_counter() - start
                demo.terminate()
                return seconds
    raise RuntimeError("the demo ended without a score")


async def bare(request: Request) -> float:
    """Seconds to start the model's process and to make that call."""
    provider = embedded_model()
    start = time.perf_counter()
    try:
        await provider.complete(request)
        return time.perf_counter() - start
    finally:
        await provider.close()


async def first_request(folder: Path) -> Request:
    """What the demo asks first."""
    provider = embedded_model()
    heads = proposed(Proposal(), Library(Workspace(shipped_content(), folder)), provider.capabilities)
    try:
        async with aclosing(run(heads, provider)) as events:
            async for event in events:
                if isinstance(event, CallFinished):
                    return event.call.request
    finally:
        await provider.close()
    raise RuntimeError("the demo asks nothing")


def main() -> None:
    pairs = pairs_asked_for(5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        request = asyncio.run(first_request(folder))
        ratio = measure(
            "first score of the demo / the engine alone",
            lambda: ours(folder),
            lambda: asyncio.run(bare(request)),
            pairs=pairs,
            budget=1.8,
        )
    print(ratio.line())


if __name__ == "__main__":
    main()
