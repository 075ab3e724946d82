"""The calls of one measurement point: at once where the server can, one after another on this machine."""

import asyncio
from collections.abc import Sequence

from sandbox.models.provider import Completion, Provider, Request

AT_ONCE = 8
"""How many calls to a hosted model are under way at a time."""


async def complete_all(provider: Provider, requests: Sequence[Request]) -> tuple[Completion, ...]:
    """Completions in the order of `requests`. The first failure ends the others and is raised.

    A model on this machine serves one call at a time, and asked in turn it finds each prompt's head in its
    cache. The first call goes ahead of the others everywhere, for the same reason.
    """
    if provider.capabilities.local or len(requests) < 2:
        return tuple([await provider.complete(request) for request in requests])
    first = await provider.complete(requests[0])
    places = asyncio.Semaphore(AT_ONCE)

    async def one(request: Request) -> Completion:
        async with places:
            return await provider.complete(request)

    tasks = [asyncio.create_task(one(request)) for request in requests[1:]]
    try:
        return (first, *await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
