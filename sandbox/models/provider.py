"""The one door to a language model: what is asked, what comes back, what can fail. No library here."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from sandbox.errors import ExitCode, SandboxError

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


def alternating(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The messages, what user messages in a row say joined in one: many chat templates demand that roles
    alternate."""
    result: list[Message] = []
    for message in messages:
        if result and result[-1].role == message.role == "user":
            result[-1] = Message("user", f"{result[-1].content}\n\n{message.content}")
        else:
            result.append(message)
    return tuple(result)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a reply is drawn. `extra` holds parameters only some servers know (min_p, dry_multiplier, …).

    `max_tokens` counts tokens of the reply; `cut_to_sentence` drops an unfinished last sentence afterwards.
    """

    temperature: float
    max_tokens: int
    seed: int | None = None
    stop: tuple[str, ...] = ()
    frequency_penalty: float = 0.0
    extra: Mapping[str, float | int] = field(default_factory=dict)
    cut_to_sentence: bool = False


Purpose = Literal["reply", "measurement", "therapist"]


@dataclass(frozen=True, slots=True)
class Request:
    """A call: the conversation so far, the opening to prefill (or none) and how to draw the answer.

    `top_logprobs` > 0 asks for that many most probable first tokens with their log-probabilities. `schema`
    is a JSON Schema that the server is asked to hold the reply to; whoever asks still has to check it.
    """

    messages: tuple[Message, ...]
    sampling: Sampling
    prefill: str = ""
    top_logprobs: int = 0
    purpose: Purpose = "reply"
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TokenProbability:
    """A candidate first token as the model writes it (leading space kept) and its natural-log probability."""

    token: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a call; `cached_tokens` of the prompt came from a cache. None: the server did not say."""

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None


FailureKind = Literal[
    "unavailable", "timeout", "rate limited", "server error", "malformed", "empty", "context exceeded",
    "authentication", "refused", "bad request", "cancelled",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a call, successful or not. `seconds` is wall time; `waited` the pause before this try.

    `seed` is what it was drawn with: after an empty reply another than the request's. `seconds` is the call
    alone, without starting a server or waiting for whoever takes a stream. `adapted` says in words what was
    asked in another way because the server does not take it. `thoughts` is what the model thought before its
    reply, where it is told: never part of what it said.
    """

    started_at: datetime
    seconds: float
    waited: float = 0.0
    failure: FailureKind | None = None
    error: str = ""
    status: int | None = None
    seed: int | None = None
    adapted: tuple[str, ...] = ()
    thoughts: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer. `text` starts with the prefill, whether or not the server repeats it.

    `top` holds the candidates for the first generated token, most probable first (empty if not asked).
    `cost` is in US dollars, None when unknown. `attempts` has every try; the last one succeeded.
    `call_id` names the call in the record (set by `recording.RecordingProvider`). `refused`: the model, or a
    filter after it, declined to answer, and `text` is what it said of that, possibly nothing.
    """

    text: str
    model: str
    finish_reason: str
    usage: Usage = Usage()
    top: tuple[TokenProbability, ...] = ()
    cost: float | None = None
    attempts: tuple[Attempt, ...] = ()
    call_id: str = ""
    refused: bool = False

    @property
    def seed(self) -> int | None:
        """What it was drawn with; None when there was no seed."""
        return self.attempts[-1].seed if self.attempts else None


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of text as it arrives, to be appended."""

    text: str


@dataclass(frozen=True, slots=True)
class Restart:
    """A stream broke and is tried again: what was shown so far is void."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was shown so far is void: it was no reply, but a thought before one. The reply follows."""


StreamPart = Delta | Restart | Withdrawn | Completion


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do. `top_logprobs`: most candidates it returns (0: none); `context`: in tokens.

    `structured`: its server can hold a reply to a JSON Schema. `reasoning`: it thinks before it answers, and
    its thoughts count against the limit of the answer, which is therefore raised by REASONING_TOKENS.
    """

    top_logprobs: int = 0
    prefill: bool = False
    small: bool = False
    local: bool = False
    context: int | None = None
    structured: bool = False
    reasoning: bool = False


REASONING_TOKENS = 4000
"""What a reasoning model may write in a call beyond the limit of its answer."""


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """Which model, for the record: `name` as the user gave it, and facts such as a weights' SHA-256."""

    name: str
    title: str
    facts: Mapping[str, str] = field(default_factory=dict)


class ModelError(SandboxError):
    """A call failed for good. `attempts` has every try that was made; `retry_after`: seconds its server asks
    to wait, None if it did not say."""

    exit_code = ExitCode.MODEL

    def __init__(
        self,
        what: str,
        *,
        kind: FailureKind,
        where: str = "",
        todo: str = "",
        attempts: tuple[Attempt, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, where=where, todo=todo)
        self.kind = kind
        self.attempts = attempts
        self.retry_after = retry_after


class Provider(Protocol):
    """A language model that can be called. Calls raise ModelError and nothing else (but cancellation)."""

    @property
    def title(self) -> str:
        """What to call the model on a screen."""
        ...

    @property
    def description(self) -> ModelDescription:
        """May take as long as reading the model's file: off the event loop."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def sampling(self) -> Sampling:
        """How this model's conversational replies are drawn by default."""
        ...

    async def complete(self, request: Request) -> Completion: ...

    def stream(self, request: Request) -> AsyncGenerator[StreamPart, None]:
        """Deltas, then exactly one Completion as the last part. Restart and Withdrawn void earlier deltas."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Assuming(Protocol):
    """A provider whose `capabilities` are those its kind of server usually has."""

    @property
    def found(self) -> Capabilities:
        """Its capabilities, without what its answers have shown to be absent."""
        ...

    @property
    def unsure(self) -> bool:
        """Whether no answer has shown yet if it gives the log-probabilities that are assumed of it."""
        ...

    async def find_out(self) -> None:
        """Make one short call that shows it. Raises nothing: the next call will tell what is wrong."""
        ...


def found_capabilities(provider: Provider) -> Capabilities:
    """What the provider can do, as far as is known now."""
    return provider.found if isinstance(provider, Assuming) else provider.capabilities


@runtime_checkable
class Startable(Protocol):
    """A provider whose server the app starts itself."""

    def start(self) -> None:
        """Begin to start it in the background. What is wrong shows at the first call."""
        ...


@runtime_checkable
class Streaming(Protocol):
    """A provider that can leave streaming be where nobody reads along: whole replies take less work."""

    def come_whole(self) -> None:
        """From now on `stream` asks for whole replies, which come in one piece."""
        ...


@runtime_checkable
class Tokenizing(Protocol):
    """A provider that counts with the model's own tokenizer. Raises ModelError."""

    async def count_tokens(self, texts: Sequence[str]) -> tuple[int, ...]:
        """Tokens of each text, in order, without what a chat template adds."""
        ...


Pieces = tuple[str | None, ...]
"""A text's tokens as they stand in it, leading space kept; None for one that is no whole character."""


@runtime_checkable
class Spelling(Protocol):
    """A provider whose tokeniser shows its tokens. Raises ModelError."""

    async def token_pieces(self, texts: Sequence[str]) -> tuple[Pieces, ...] | None:
        """The tokens of each text, in order, without what a chat template adds; None: cannot be asked."""
        ...


async def token_pieces(provider: Provider, texts: Sequence[str]) -> tuple[Pieces, ...] | None:
    """The tokens of each text by the model's own tokeniser; None where it cannot be asked."""
    return await provider.token_pieces(texts) if isinstance(provider, Spelling) else None
