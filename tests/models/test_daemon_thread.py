"""Work that a loop waits for as long as it is wanted, and no longer."""

import asyncio
import threading
import time

import pytest

from sandbox.models.daemon_thread import on_daemon_thread


async def test_what_the_work_returns_or_raises_comes_back():
    assert await on_daemon_thread(lambda: 3, "three") == 3
    with pytest.raises(ZeroDivisionError):
        await on_daemon_thread(lambda: 1 // 0, "none")


def test_a_loop_that_is_broken_off_does_not_wait_for_the_work():
    let_go = threading.Event()

    async def broken_off() -> None:
        task = asyncio.ensure_future(on_daemon_thread(lambda: let_go.wait(30), "long"))
        await asyncio.sleep(0)
        task.cancel()

    since = time.monotonic()
    asyncio.run(broken_off())
    assert time.monotonic() - since < 10
    let_go.set()
