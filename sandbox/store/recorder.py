"""The store as a listener: every event of a run is written before it is shown to anybody else."""

from asyncio import CancelledError
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Literal

from sandbox.engine.events import CallFinished, Event, SessionFinished, SessionStarted
from sandbox.errors import SandboxError
from sandbox.store.error import StoreError
from sandbox.store.store import Store


async def recorded(events: AsyncIterator[Event], store: Store) -> AsyncGenerator[Event, None]:
    """The same events, each yielded once it is stored. Raises StoreError when one cannot be.

    Calls wait for the turn or administration they were made for, which follows at once, and are stored in one
    transaction with it.
    Close the result (`contextlib.aclosing`) when leaving it early: the session under way is then marked
    `interrupted`, as on cancellation; an error inside the run marks it `failed`. Sessions that were planned
    and not begun when the clinician stopped the run are marked `stopped`.
    """
    book = _Book(store)
    try:
        async for event in events:
            for told in book.write(event):
                yield told
        book.close()
    except (GeneratorExit, CancelledError, KeyboardInterrupt):
        book.break_off("interrupted", "The run was broken off.")
        raise
    except StoreError:
        book.break_off("interrupted", "The record could not be written.")
        raise
    except Exception as error:
        what = error.what if isinstance(error, SandboxError) else f"{type(error).__name__}: {error}"
        book.break_off("failed", what)
        raise
    finally:
        if isinstance(events, AsyncGenerator):
            await events.aclose()


class _Book:
    """Which session of this run is under way, and which one the clinician stopped."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: str | None = None
        self._stopped: str | None = None
        self._calls: list[CallFinished] = []

    def write(self, event: Event) -> tuple[Event, ...]:
        """Store the event with the calls before it; what can be told now."""
        if isinstance(event, CallFinished):
            self._calls.append(event)
            return ()
        told = (*self._calls, event)
        self._store.record(*told)
        self._calls.clear()
        if isinstance(event, SessionStarted):
            self._running = event.session
        elif isinstance(event, SessionFinished):
            self._running = None
            if event.ending == "stopped":
                self._stopped = event.session
        return told

    def close(self) -> None:
        """The run ended by itself."""
        if self._stopped is None:
            return
        for head in self._store.family(self._stopped):
            if self._store.state(head.id) == "planned":
                self._store.set_state(head.id, "stopped", "The run was stopped before it began.")

    def break_off(self, state: Literal["failed", "interrupted"], reason: str) -> None:
        """Mark the session under way, if the record can still be written; the first error matters more."""
        if self._running is None:
            return
        with suppress(StoreError):
            self._store.record(*self._calls)  # they were made, and may have cost something
        with suppress(StoreError):
            self._store.set_state(self._running, state, reason)
