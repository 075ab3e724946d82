"""Keys in the order they were typed: each once all that the one before it began is done.

Textual passes a key on while the one before it is still on its way: in a text field a digit would overtake
Backspace, and what is typed while a screen opens would act on the screen that is left.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from textual.app import App, ScreenStackError
from textual.dom import DOMNode
from textual.events import Key, Paste
from textual.screen import Screen
from textual.worker import Worker, WorkerCancelled, WorkerFailed

OPENING = "open"
"""The group of workers that end in another screen, or in a word on why not: keys wait for these.

None may wait for an answer: it would come by keys."""
_ROUNDS = 3
"""The key itself, what it asks of its screen, and what the screen then asks of the app."""


class KeysInOrder:
    """Passes keys on, one at a time, and none to a screen that is being left."""

    def __init__(self, app: App[None], pass_on: Callable[[Key | Paste], Awaitable[None]]) -> None:
        self._app = app
        self._pass_on = pass_on
        self._typed: deque[Key | Paste] = deque()
        self._asked: list[Worker[Any]] = []
        self._left: Screen[Any] | None = None
        self._at_work = False

    def opens(self, worker: Worker[Any]) -> None:
        """The app has begun what shall open a screen."""
        self._asked.append(worker)

    async def take(self, event: Key | Paste) -> None:
        """Pass it on in its turn; ^q at once where the wait is for a screen, however long that takes."""
        if isinstance(event, Key) and event.key == "ctrl+q" and self._openings():
            self._typed.clear()
            await self._pass_on(event)
            return
        self._typed.append(event)
        if self._at_work:
            return
        self._at_work, self._asked, self._left = True, self._openings(), self._app.screen
        if not self._asked:  # nothing to wait for: at once
            await self._pass_on(self._typed.popleft())
        self._app.run_worker(self._work(), group="keys")

    async def _work(self) -> None:
        try:
            await self._settled()
            while self._typed:
                await self._opened()
                if self._typed:
                    event, self._left = self._typed.popleft(), self._app.screen
                    await self._handled_by(self._app, partial(self._pass_on, event))
                    await self._settled()
        except ScreenStackError:  # the app is closing
            self._typed.clear()
        finally:
            self._at_work = False

    async def _opened(self) -> None:
        """Wait until no screen is about to open any more. Where the app opened none over the one that was to
        be left, drop what was typed for it; where a screen looks itself at what was asked of it and stays,
        it gets what was typed."""
        stale = 0
        while self._asked or self._openings():
            asked, self._asked = self._asked, []
            for worker in {*asked, *self._openings()}:
                with suppress(WorkerCancelled, WorkerFailed):
                    await worker.wait()
            if any(worker.node is self._app for worker in asked):
                stale = len(self._typed)
            await self._settled()
        while stale and self._typed and self._app.screen is self._left:
            self._typed.popleft()
            stale -= 1

    def _openings(self) -> list[Worker[Any]]:
        return [one for one in self._app.workers if one.group == OPENING and not one.is_finished]

    async def _settled(self) -> None:
        """Wait until what has the focus, all that it is in and the app have done what they were told."""
        for _ in range(_ROUNDS):
            for node in (self._app.focused or self._app.screen).ancestors_with_self:
                await self._handled_by(node)

    async def _handled_by(self, node: DOMNode, do: Callable[[], Awaitable[None]] | None = None) -> None:
        """Let a node of the screen, or the app, do it after what waits for it already; not one that goes."""
        done = asyncio.Event()

        async def last() -> None:
            try:
                if do is not None:
                    await do()
            finally:
                done.set()

        if node.call_later(last):
            await done.wait()
