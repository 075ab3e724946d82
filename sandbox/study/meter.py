"""What a study may use at most: every call passes here, and none is begun once a cap is reached."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager

from sandbox.library.study import Caps
from sandbox.models.provider import Completion, Provider, Request, Streaming, StreamPart
from sandbox.models.recording import NotSent, PassingOn


class Meter:
    """The calls of a study and their cost in US dollars, what was used before included.

    Calls under way when a cap is reached are finished: what is paid for is kept.
    """

    def __init__(self, caps: Caps, calls: int, cost: float, tell: Callable[[], None]) -> None:
        """`tell` is called when a cap is reached."""
        self._caps = caps
        self._tell = tell
        self._calls = calls
        self._cost = cost
        self._elsewhere = (0, 0.0)
        self.under_way = 0
        self.reached = ""
        """Which cap is reached, in words; empty while none is."""
        self._look()

    @property
    def counts(self) -> bool:
        """Whether what others use matters."""
        return self._caps.cost is not None or self._caps.calls is not None

    @contextmanager
    def call(self) -> Iterator[None]:
        """A call is made within."""
        self.under_way += 1
        self._calls += 1
        self._look()
        try:
            yield
        finally:
            self.under_way -= 1
            self._look()

    def paid(self, cost: float | None, model: str) -> None:
        """Count what an answer cost. A cost that nobody knows cannot be held under a cap."""
        self._cost += cost or 0.0
        if cost is None and self._caps.cost is not None:
            self.reach(
                f"The price of {model} is not known, so it cannot be held under ${self._caps.cost:,.2f}."
                " Give the study a cap of calls in its place"
            )
        self._look()

    def found(self, calls: int, cost: float) -> None:
        """What the record holds of the study by now, other processes' calls included."""
        self._elsewhere = (calls, cost)
        self._look()

    def has_run(self, hours: float) -> None:
        """So long the study has run."""
        if self._caps.hours is not None and hours >= self._caps.hours:
            self.reach(f"The cap of {self._caps.hours:g} hours is reached")

    def _look(self) -> None:
        calls, cost = max(self._calls, self._elsewhere[0]), max(self._cost, self._elsewhere[1])
        if self._caps.cost is not None and cost >= self._caps.cost:
            self.reach(f"The cap of ${self._caps.cost:,.2f} is reached (${cost:,.4f})")
        if self._caps.calls is not None and calls >= self._caps.calls:
            self.reach(f"The cap of {self._caps.calls:,} calls is reached")

    def reach(self, what: str) -> None:
        """Begin no call any more; why, in words. The first reason stays."""
        self.reached = self.reached or what
        self._tell()


def metered(model: Provider, meter: Meter) -> Provider:
    """The model with its calls counted on the meter. Its replies come whole: nobody reads a study along."""
    if isinstance(model, Streaming):
        model.come_whole()
    return _Metered(model, meter)


class _Metered(PassingOn):
    """A provider whose calls a meter counts. Once a cap is reached it waits until it is cancelled."""

    def __init__(self, inner: Provider, meter: Meter) -> None:
        super().__init__(inner)
        self._meter = meter

    async def complete(self, request: Request) -> Completion:
        await self._pass()
        with self._meter.call():
            completion = await self._inner.complete(request)
            self._meter.paid(completion.cost, self._inner.title)
        return completion

    async def stream(self, request: Request) -> AsyncGenerator[StreamPart, None]:
        await self._pass()
        with self._meter.call():
            async with aclosing(self._inner.stream(request)) as parts:
                async for part in parts:
                    if isinstance(part, Completion):
                        self._meter.paid(part.cost, self._inner.title)
                    yield part

    async def _pass(self) -> None:
        if self._meter.reached:
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                raise NotSent from None
