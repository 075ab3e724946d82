"""When a call is tried again and how long is waited before. Every try is kept; nothing here calls a model."""

import asyncio
import random
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sandbox.models.failure import Failure
from sandbox.models.provider import Attempt


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `attempts` tries; all times in seconds.

    `timeout` bounds one try, `idle_timeout` the silence within a stream (before its first word included).
    Waits grow from `first_wait` twofold up to `longest_wait`, each shortened at random by up to `jitter`
    (0–1) of itself; a server's own Retry-After is followed instead, unless it exceeds `longest_wait`: then
    the call is given up at once.
    """

    attempts: int = 4
    timeout: float = 120.0
    idle_timeout: float = 60.0
    first_wait: float = 1.0
    longest_wait: float = 60.0
    jitter: float = 0.25

    def wait(self, failed: int, failure: Failure) -> float | None:
        """Seconds to wait after the `failed`-th try (from 1) failed; None: do not try again."""
        if not failure.retryable or failed >= self.attempts:
            return None
        if failure.retry_after is not None:
            return failure.retry_after if failure.retry_after <= self.longest_wait else None
        if failure.kind == "empty":
            return 0.0
        longest = min(self.longest_wait, self.first_wait * 2.0 ** (failed - 1))
        return longest * (1 - self.jitter * random.random())  # noqa: S311


@dataclass(slots=True)
class Tries:
    """The tries at one call so far."""

    policy: RetryPolicy
    attempts: list[Attempt] = field(default_factory=list)
    empty_replies: int = 0
    adapted: tuple[str, ...] = ()
    _adaptations: int = 0
    _started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _seconds: float = 0.0
    _waited: float = 0.0
    _seed: int | None = None

    def begin(self, seed: int | None, adapted: tuple[str, ...] = ()) -> None:
        """Another try begins, drawn with `seed`, asked in other ways as `adapted` says."""
        self._seed = seed
        self.adapted = adapted
        self._started_at = datetime.now(UTC)
        self._seconds = 0.0

    @contextmanager
    def calling(self) -> Iterator[None]:
        """The time spent in here counts as the call's."""
        if not self._seconds:
            self._started_at = datetime.now(UTC)
        since = time.monotonic()
        try:
            yield
        finally:
            self._seconds += time.monotonic() - since

    def succeeded(self, thoughts: str = "") -> tuple[Attempt, ...]:
        """All tries, the successful one last."""
        self.attempts.append(replace(self._attempt(None), thoughts=thoughts))
        return tuple(self.attempts)

    def failed(self, failure: Failure) -> float | None:
        """Keep the failed try; seconds to wait before the next, None when this was the last."""
        self.attempts.append(self._attempt(failure))
        self.empty_replies += failure.kind == "empty" and failure.retryable
        return self.policy.wait(len(self.attempts) - self._adaptations, failure)

    def adapt(self, failure: Failure) -> float:
        """Keep the failed try. It is made again at once, in another way; the limit does not count it."""
        self.attempts.append(self._attempt(failure))
        self._adaptations += 1
        return 0.0

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._waited = seconds

    def waited(self, seconds: float) -> None:
        """The try that has begun waited so long for its turn, beside the pause before it."""
        self._waited += seconds

    def _attempt(self, failure: Failure | None) -> Attempt:
        return Attempt(
            started_at=self._started_at,
            seconds=self._seconds,
            waited=self._waited,
            failure=failure.kind if failure else None,
            error=failure.message if failure else "",
            status=failure.status if failure else None,
            seed=self._seed,
            adapted=self.adapted,
            thoughts=failure.thoughts if failure else "",
        )


class Budget:
    """The time one try may still wait for its server."""

    def __init__(self, policy: RetryPolicy, tries: Tries) -> None:
        self._tries = tries
        self._left = policy.timeout
        self._idle = policy.idle_timeout

    async def wait(self, awaitable: Awaitable[Any]) -> Any:
        """The awaitable's result. Raises TimeoutError when it takes too long."""
        since = time.monotonic()
        try:
            async with asyncio.timeout(min(self._left, self._idle)):
                with self._tries.calling():
                    return await awaitable
        finally:
            self._left -= time.monotonic() - since
