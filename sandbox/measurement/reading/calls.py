"""The calls of one measurement point: at once where the server can, one after another on this machine."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from sandbox.models.provider import Provider

T = TypeVar("T")

AT_ONCE = 8
"""How many calls to a hosted model are under way at a time."""


async def all_of(provider: Provider, works: Sequence[Callable[[], Awaitable[T]]]) -> tuple[T, ...]:
    """What the works give, in their order. The first failure ends the others and is raised.

    A model on this machine serves one call at a time, and asked in turn it finds each prompt's head in its
    cache. The first work goes ahead of the others everywhere, for the same reason.
    """
    if provider.capabilities.local or len(works) < 2:
        return tuple([await work() for work in works])
    first = await works[0]()
    places = asyncio.Semaphore(AT_ONCE)

    async def one(work: Callable[[], Awaitable[T]]) -> T:
        async with places:
            return await work()

    tasks = [asyncio.create_task(one(work)) for work in works[1:]]
    try:
        return (first, *await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
