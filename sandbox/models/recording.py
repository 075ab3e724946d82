"""Providers around another: what passes on, and what keeps a ledger of every call, failed ones included."""

import secrets
from asyncio import CancelledError
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace

from sandbox.models.provider import (
    Capabilities,
    Completion,
    ModelDescription,
    ModelError,
    Pieces,
    Provider,
    Request,
    Sampling,
    StreamPart,
    token_pieces,
)


class PassingOn:
    """What is asked about a model is asked of `inner`. Who inherits adds `complete` and `stream`."""

    def __init__(self, inner: Provider) -> None:
        self._inner = inner

    @property
    def title(self) -> str:
        return self._inner.title

    @property
    def description(self) -> ModelDescription:
        return self._inner.description

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities

    @property
    def sampling(self) -> Sampling:
        return self._inner.sampling

    async def token_pieces(self, texts: Sequence[str]) -> tuple[Pieces, ...] | None:
        """What the inner provider's tokeniser says; no call to the model."""
        return await token_pieces(self._inner, texts)

    async def close(self) -> None:
        """The inner provider is closed by whoever opened it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call with all its attempts. Exactly one of `completion` and `error` is set."""

    id: str
    request: Request
    completion: Completion | None
    error: ModelError | None


class NotSent(CancelledError):
    """Cancelled while it waited to be sent: the call was never made, and leaves no trace."""


class RecordingProvider(PassingOn):
    """Passes calls on to `inner` and remembers them until `drain`. Not shared between sessions.

    `sampling` is what it proposes itself, where that is not what `inner` does.
    """

    def __init__(self, inner: Provider, sampling: Sampling | None = None) -> None:
        super().__init__(inner)
        self._sampling = sampling
        self._calls: list[Call] = []

    @property
    def sampling(self) -> Sampling:
        return self._sampling or self._inner.sampling

    def drain(self) -> tuple[Call, ...]:
        """The calls since the last drain, oldest first."""
        calls, self._calls = tuple(self._calls), []
        return calls

    async def complete(self, request: Request) -> Completion:
        call_id = secrets.token_hex(8)
        with self._failures_kept(call_id, request):
            completion = replace(await self._inner.complete(request), call_id=call_id)
        self._calls.append(Call(call_id, request, completion, None))
        return completion

    async def stream(self, request: Request) -> AsyncGenerator[StreamPart, None]:
        call_id = secrets.token_hex(8)
        with self._failures_kept(call_id, request):
            async with aclosing(self._inner.stream(request)) as parts:
                async for part in parts:
                    if isinstance(part, Completion):
                        completion = replace(part, call_id=call_id)
                        self._calls.append(Call(call_id, request, completion, None))
                        yield completion
                    else:
                        yield part

    @contextmanager
    def _failures_kept(self, call_id: str, request: Request) -> Iterator[None]:
        """The call is made within. One that was cancelled is kept as broken off, unless it was never sent."""
        try:
            yield
        except ModelError as error:
            self._calls.append(Call(call_id, request, None, error))
            raise
        except CancelledError as cancelled:
            if not isinstance(cancelled, NotSent):
                broken_off = "The call was broken off before its answer had come."
                self._calls.append(Call(call_id, request, None, ModelError(broken_off, kind="cancelled")))
            raise
