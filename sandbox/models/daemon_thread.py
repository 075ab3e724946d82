"""Long work on a thread that nobody waits for: an app that is quit meanwhile ends without it."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def on_daemon_thread(work: Callable[[], T], name: str) -> T:
    """What `work` returns or raises. (`asyncio.to_thread` would hold up the end of the loop.)"""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(found: list[T], error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(found[0])

    def run() -> None:
        found: list[T] = []
        problem = None
        try:
            found.append(work())
        except Exception as error:
            problem = error
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, found, problem)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await done
