"""The demo's trunk and breathing branch on the embedded model against the same calls made bare. Budget: 1.25.

The bare side makes the requests that ours made, in the same order, straight through the provider, and
keeps nothing. A new child process serves each side, so that neither finds the other's prompt cache.
"""

import asyncio
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
from sandbox.store.recorder import recorded
from sandbox.store.store import Store
from sandbox.study.proposal import Proposal, proposed


async def ours(folder: Path, requests: list[Request], techniques: tuple[str, ...]) -> float:
    """Seconds from the first call to the last event; fills `requests` with what was asked."""
    provider = embedded_model()
    await provider.warm_up()
    library = Library(Workspace(shipped_content(), folder))
    heads = proposed(Proposal(techniques=techniques, control=False), library, provider.capabilities)
    requests.clear()
    try:
        with Store.open(folder / f"{heads[0].id}.db") as store:
            start = time.perf_counter()
            async with aclosing(recorded(run(heads, provider), store)) as events:
                async for event in events:
                    if isinstance(event, CallFinished):
                        requests.append(event.call.request)
            return time.perf_counter() - start
    finally:
        await provider.close()


async def bare(requests: list[Request]) -> float:
    """Seconds to make the same calls with nothing around them."""
    provider = embedded_model()
    await provider.warm_up()
    try:
        start = time.perf_counter()
        for request in requests:
            if request.purpose == "reply":
                async with aclosing(provider.stream(request)) as parts:
                    async for _ in parts:
                        pass
            else:
                await provider.complete(request)
        return time.perf_counter() - start
    finally:
        await provider.close()


def main() -> None:
    requests: list[Request] = []
    pairs = pairs_asked_for(5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # A single pair is of the trunk alone: it only shows that the benchmark runs.
        techniques = Proposal().techniques if pairs > 1 else ()
        first = asyncio.run(ours(folder, requests, techniques))
        ratio = measure(
            "demo session / the same calls bare",
            lambda: asyncio.run(ours(folder, requests, techniques)) if pairs > 1 else first,
            lambda: asyncio.run(bare(list(requests))),
            pairs=pairs,
            budget=1.25,
        )
    print(ratio.line())


if __name__ == "__main__":
    main()
