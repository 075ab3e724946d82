"""The terminal lent to the user's own editor: until it is closed nothing is drawn, and a run goes on."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from textual.app import App, SuspendNotSupported

from sandbox.editor import edit
from sandbox.errors import SandboxError


async def edit_file(app: App[object], path: Path, line: int | None = None) -> None:
    """Open `path` in the user's editor and wait for its end, with the terminal taken back in any case.

    Raises SandboxError when the editor cannot be run or the terminal cannot be lent.
    """
    problem = None
    try:
        with app.suspend(), app.batch_update(), _interrupts_are_the_editors():
            try:
                await asyncio.to_thread(edit, path, line)
            except SandboxError as error:  # out of `suspend` it would leave the terminal lent
                problem = error
    except SuspendNotSupported:
        todo = "Open it in another terminal: a change shows here once it is saved."
        raise SandboxError("This terminal cannot be lent to an editor.", where=str(path), todo=todo) from None
    if problem is not None:
        raise problem


@contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    """An interrupt typed into the editor reaches this process as well; it shall not end the app."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
