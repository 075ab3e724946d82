"""How a chat call reaches its server: what a way there offers. There are two: litellm_way and direct_way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.models.provider import Usage


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is served. None: LiteLLM's own address for it, or its key from the environment."""

    base: str | None = None
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ChatCall:
    """One call. `parameters` are those of an OpenAI chat completion; `extra_body` holds further ones.

    `timeout` in seconds bounds the whole call; whoever calls keeps to it as well.
    """

    model: str
    endpoint: Endpoint
    parameters: Mapping[str, Any]
    timeout: float


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of a stream that has ended. `begun`: something came of it; `done`: the server said that
    this was all; `stated`: it gave a finish reason. `refusal` is what its chunks do not hold of one."""

    begun: bool
    done: bool
    stated: bool
    usage: Any = None
    refusal: str = ""


class ReplyStream(Protocol):
    """A reply as it comes. Its chunks have the attributes of OpenAI's chat completion chunks."""

    async def next(self) -> Any:
        """The next chunk, None at the end. Raises what the way's library raises."""
        ...

    def ending(self, finish_reason: str) -> Ending:
        """How it ended, given the finish reason that its chunks stated, "" for none."""
        ...

    async def close(self) -> None:
        """Leave it, also in the middle: the server is hung up on and stops."""
        ...


class Way(Protocol):
    """A way to servers. Calls raise whatever its library raises; `failure.failure_of` judges that."""

    async def load(self) -> None:
        """Load what a call needs, off the event loop, if that is not done yet."""
        ...

    async def whole(self, call: ChatCall) -> Any:
        """The reply, with the attributes of an OpenAI chat completion."""
        ...

    async def stream(self, call: ChatCall) -> ReplyStream:
        """The reply to the same call, as it comes."""
        ...

    def takes_schema(self, model: str) -> bool:
        """Whether the service's own servers hold this model's replies to a JSON Schema."""
        ...

    def price(self, model: str, usage: Usage) -> float | None:
        """US dollars for tokens that are known, None where the price is not."""
        ...

    async def close(self) -> None:
        """Let go of connections that are kept for the next call."""
        ...
