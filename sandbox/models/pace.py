"""How many calls a service is sent at once: more while it answers, fewer when it asks for fewer.

One pace a service and address, shared by all its models. A call takes a turn for each try and gives it back
before it sleeps, so what waits to be tried again keeps nobody out. Retries themselves are `retry.py`'s. The
calls of one measurement point go together (`all_of`), or one after another on this machine.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from sandbox.models.failure import Failure
from sandbox.models.provider import Provider

START = 10
AT_MOST = 100
_TROUBLE = frozenset({"unavailable", "timeout", "rate limited", "server error", "malformed"})

T = TypeVar("T")
AT_ONCE = 8
"""How many calls to a hosted model are under way at a time."""


@dataclass(frozen=True, slots=True)
class PaceChange:
    """At most `limit` calls at once go to `service` from now on, `before` until now (the same: only a wait).

    `wait`: so many seconds nothing is sent to it at all. `reason` is a sentence's worth of plain English.
    """

    service: str
    before: int
    limit: int
    reason: str
    wait: float = 0.0


Tell = Callable[[PaceChange], None]


@dataclass(frozen=True, slots=True)
class _Ticket:
    """One try that waits for its turn, `longest` seconds at most for a wait that the service asked for."""

    turn: asyncio.Future[None]
    longest: float


class Pace:
    """The limit of one service. Lives on one event loop at a time.

    It grows only where it was the limit that kept calls back: twofold a round of answered calls up to the
    first 429, then by one a round. A 429 cuts it to half of what is under way, once for all calls that were
    so together. Other trouble (5xx, timeouts, what cannot be read) begins the round anew. A Retry-After, with
    whatever status, holds back every call; who will not wait that long is told so at once and is not sent.
    """

    def __init__(
        self, service: str, *, start: int = START, at_most: int = AT_MOST, tell: Tell | None = None
    ) -> None:
        self.service = service
        self._limit = min(start, at_most)
        self._at_most = at_most
        self._tell = tell
        self._under_way = 0
        self._waiting: deque[_Ticket] = deque()
        self._held_until = 0.0
        self._cuts = 0
        self._answered = 0

    @property
    def limit(self) -> int:
        """The most calls at once as of now."""
        return self._limit

    @property
    def held(self) -> float:
        """Seconds until anything may be sent, 0 when it may be now."""
        return max(0.0, self._held_until - time.monotonic())

    def bound(self, at_most: int) -> None:
        """Never pass `at_most` from now on."""
        self._at_most = at_most
        if at_most < self._limit:
            self._change(at_most, f"no more than {at_most} at once are allowed")

    @asynccontextmanager
    async def turn(self, longest: float) -> AsyncGenerator[float, None]:
        """One try's turn; a Failure raised within, or none, is what the pace goes by.

        Yields the seconds it was waited for. Raises Failure when the service asked for a wait of more than
        `longest` seconds.
        """
        waited = await self._enter(longest)
        cuts = self._cuts
        try:
            yield waited
        except Failure as failure:
            self._failed(failure, cuts)
            raise
        else:
            self._succeeded(cuts)
        finally:
            self._leave()

    async def _enter(self, longest: float) -> float:
        if self.held > longest:
            raise self._not_sent()
        ticket = _Ticket(asyncio.get_running_loop().create_future(), longest)
        self._waiting.append(ticket)
        self._admit()
        if ticket.turn.done():
            return 0.0
        since = time.monotonic()
        try:
            await ticket.turn
        except asyncio.CancelledError:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            elif not ticket.turn.cancelled():  # let in and cancelled in the same moment
                self._leave()
            raise
        return time.monotonic() - since

    def _leave(self) -> None:
        self._under_way -= 1
        self._admit()

    def _admit(self) -> None:
        """Let in whoever may go, first come, first served; while nobody may, look again when they may."""
        if self._waiting and (held := self.held):
            asyncio.get_running_loop().call_later(held, self._admit)
            return
        while self._waiting and self._under_way < self._limit:
            ticket = self._waiting.popleft()
            if not ticket.turn.done():
                self._under_way += 1
                ticket.turn.set_result(None)

    def _succeeded(self, cuts: int) -> None:
        kept_back = bool(self._waiting) or self._under_way >= self._limit
        if cuts != self._cuts or not kept_back:
            return
        self._answered += 1
        if self._answered < self._limit or self._limit >= self._at_most:
            return
        wished = self._limit + 1 if self._cuts else 2 * self._limit
        self._change(min(wished, self._at_most), f"{self._answered} calls in a row were answered")

    def _failed(self, failure: Failure, cuts: int) -> None:
        if failure.kind in _TROUBLE:
            self._answered = 0
        wait = failure.retry_after or 0.0
        longer = wait > self.held
        if longer:
            self._held_until = time.monotonic() + wait
        asked = f"it asked to wait {wait:.3g} s" if wait else "it asked for fewer calls"
        reason = f"{asked} ({failure.status})" if failure.status else asked
        fewer = failure.kind == "rate limited" and failure.retryable and cuts == self._cuts
        if fewer:
            self._cuts += 1
        limit = max(1, min(self._limit, self._under_way) // 2) if fewer else self._limit
        if longer or limit != self._limit:
            self._change(limit, reason, wait if longer else 0.0)
        self._send_away()

    def _send_away(self) -> None:
        """Tell those whose patience is shorter than the wait."""
        for ticket in [ticket for ticket in self._waiting if self.held > ticket.longest]:
            self._waiting.remove(ticket)
            if not ticket.turn.done():
                ticket.turn.set_exception(self._not_sent())

    def _not_sent(self) -> Failure:
        return Failure(
            "rate limited", "The call was not sent: the service had asked to wait.", retry_after=self.held
        )

    def _change(self, limit: int, reason: str, wait: float = 0.0) -> None:
        before, self._limit, self._answered = self._limit, limit, 0
        if self._tell is not None:
            self._tell(PaceChange(self.service, before, limit, reason, wait))


class Paces:
    """The paces of every service that is spoken to, by service and address.

    A study's runner sets `tell` before the first call, to log each change with its reason, and `bound` to
    what the study allows:

        paces = conductor.models.paces
        paces.tell = lambda change: record.log(root, "pace", **asdict(change))
        paces.bound(study.at_once)

    `tell` is called on the event loop, in the middle of a call: it must be quick and must not raise. Before
    a cell is begun, `ModelPool.held(name)` says for how long its first call could only wait.
    """

    def __init__(self, *, start: int = START, at_most: int = AT_MOST) -> None:
        self.tell: Tell | None = None
        self._start = start
        self._at_most = at_most
        self._paces: dict[str, Pace] = {}

    def of(self, service: str) -> Pace:
        """The pace of that service and address, one for all who ask."""
        if service not in self._paces:
            self._paces[service] = Pace(
                service, start=self._start, at_most=self._at_most, tell=self._tell_of_it
            )
        return self._paces[service]

    def bound(self, at_most: int) -> None:
        """No service is ever sent more than `at_most` calls at once from now on (1 or more)."""
        self._at_most = at_most
        for pace in self._paces.values():
            pace.bound(at_most)

    def forget(self) -> None:
        """Begin anew: keys or addresses have changed, and with them whose limits these are."""
        self._paces.clear()

    def _tell_of_it(self, change: PaceChange) -> None:
        if self.tell is not None:
            self.tell(change)


@runtime_checkable
class Paced(Protocol):
    """A provider whose calls take turns with others of the same service."""

    @property
    def service(self) -> str:
        """Which service, and at which address if it is not the service's own. Fit to be shown."""
        ...

    @property
    def pace(self) -> Pace | None: ...

    def keep_to(self, pace: Pace) -> None:
        """Take turns by this pace from now on."""
        ...


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
