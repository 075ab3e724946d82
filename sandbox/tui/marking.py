"""Marks on their way into the record, while the app goes on answering."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from textual.screen import Screen

from sandbox.errors import SandboxError
from sandbox.library.document import Document
from sandbox.store.mark import By, Mark, MarkRecord
from sandbox.store.store import Store
from sandbox.tui.messages import Trouble


class MarkWriter:
    """Writes marks in the order given, on a thread: another program may hold the record for seconds.

    Leaving the screen loses none of them. What cannot be written becomes Trouble, and `then` is not called.
    """

    def __init__(self, screen: Screen[Any], store: Store) -> None:
        self._screen = screen
        self._record = MarkRecord(store)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="marks")

    def add(self, mark: Mark, by: By, documents: Sequence[Document], then: Callable[[], object]) -> None:
        """Add the mark, and call `then` once it is stored."""
        self._write(lambda: self._record.add((mark,), by, documents), then)

    def take_back(self, marks: Sequence[Mark], by: By, then: Callable[[], object]) -> None:
        """Take back those of the marks that the reviewer holds, and call `then` once that is stored."""
        self._write(lambda: self._record.take_back(marks, by), then)

    def _write(self, do: Callable[[], object], then: Callable[[], object]) -> None:
        app, writing = self._screen.app, self._thread.submit(do)

        async def tell() -> None:
            try:
                await asyncio.shield(asyncio.wrap_future(writing))
            except SandboxError as error:
                app.post_message(Trouble(error))
                return
            then()

        app.run_worker(tell(), group="marks")  # not the screen's: that ends with it
