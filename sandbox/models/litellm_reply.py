"""Reading what LiteLLM hands back, whole or in chunks. Trusts no field: anything odd is a malformed reply.

Half a surrogate pair, which JSON can carry and UTF-8 cannot, becomes U+FFFD here: what a session goes on with
is then what the store keeps.
"""

import codecs
import math
from dataclasses import dataclass
from typing import Any

from sandbox.models.failure import Failure
from sandbox.models.provider import TokenProbability, Usage

_UTF_16 = "utf-16-le"


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply. `generated` is the text after the prefill."""

    generated: str
    finish_reason: str
    model: str
    usage: Usage
    top: tuple[TokenProbability, ...]


def reply_of(response: Any, prefill: str) -> Reply:
    """The reply in a whole response; some servers repeat the prefill in it, some do not."""
    choice = _first(getattr(response, "choices", None))
    if choice is None:
        raise Failure("malformed", "The reply has no choices.")
    content = getattr(getattr(choice, "message", None), "content", None)
    if content is not None and not isinstance(content, str):
        raise Failure("malformed", "The reply's content is not text.")
    return Reply(
        generated=_sound(content or "").removeprefix(prefill),
        finish_reason=_sound(str(getattr(choice, "finish_reason", None) or "unknown")),
        model=_name(response),
        usage=usage_of(getattr(response, "usage", None)),
        top=_top(choice),
    )


class StreamedReply:
    """A reply that arrives in chunks. A prefill that the server repeats is swallowed.

    A surrogate pair whose halves come in two chunks is put together.
    """

    def __init__(self, prefill: str) -> None:
        self._echo = prefill
        self._held = ""
        self._decoder = codecs.getincrementaldecoder(_UTF_16)("replace")
        self._text: list[str] = []
        self._finish_reason = ""
        self._model = ""
        self._usage = Usage()
        self._top: tuple[TokenProbability, ...] = ()

    def take(self, chunk: Any) -> str:
        """The text to show for this chunk, possibly none yet."""
        self._model = self._model or _name(chunk)
        choice = _first(getattr(chunk, "choices", None))
        if choice is None:
            return ""
        self._top = self._top or _top(choice)
        self._finish_reason = _sound(str(getattr(choice, "finish_reason", None) or self._finish_reason))
        content = getattr(getattr(choice, "delta", None), "content", None)
        if content is not None and not isinstance(content, str):
            raise Failure("malformed", "A piece of the reply is not text.")
        text = self._without_echo(self._decoder.decode(_utf_16(content or "")))
        self._text.append(text)
        return text

    def end(self, stream: Any) -> None:
        """What the stream itself knows. Raises Failure if it ended before the reply did.

        LiteLLM makes up a finish reason, and counts tokens itself, where the server sent none.
        """
        received = (
            getattr(stream, name, self._finish_reason)
            for name in ("received_finish_reason", "intermittent_finish_reason")
        )
        if not any(received) or not self._finish_reason:
            raise Failure("malformed", "The stream ended in the middle of the reply.")
        for chunk in getattr(stream, "chunks", ()):
            if usage := getattr(chunk, "usage", None):
                self._usage = usage_of(usage)

    def finished(self) -> Reply:
        rest = self._held + self._decoder.decode(b"", final=True)
        return Reply("".join(self._text) + rest, self._finish_reason, self._model, self._usage, self._top)

    def _without_echo(self, text: str) -> str:
        if not self._echo:
            return text
        self._held += text
        if self._held.startswith(self._echo):
            text = self._held[len(self._echo) :]
        elif self._echo.startswith(self._held):
            return ""
        else:
            text = self._held
        self._echo = self._held = ""
        return text


def usage_of(usage: Any) -> Usage:
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(
        _count(getattr(usage, "prompt_tokens", None)),
        _count(getattr(details, "cached_tokens", None)),
        _count(getattr(usage, "completion_tokens", None)),
    )


def _top(choice: Any) -> tuple[TokenProbability, ...]:
    content = getattr(getattr(choice, "logprobs", None), "content", None)
    first = _first(content)
    candidates = getattr(first, "top_logprobs", None)
    if not isinstance(candidates, list):
        return ()
    top = [
        TokenProbability(_sound(candidate.token), float(candidate.logprob))
        for candidate in candidates
        if isinstance(getattr(candidate, "token", None), str)
        and isinstance(getattr(candidate, "logprob", None), int | float)
        and math.isfinite(candidate.logprob)  # −∞, NaN: the server's word for none
    ]
    return tuple(sorted(top, key=lambda candidate: -candidate.logprob))


def _first(values: Any) -> Any:
    return values[0] if isinstance(values, list) and values else None


def _name(response: Any) -> str:
    model = getattr(response, "model", None)
    return _sound(model) if isinstance(model, str) else ""


def _sound(text: str) -> str:
    return _utf_16(text).decode(_UTF_16, "replace")


def _utf_16(text: str) -> bytes:
    return text.encode(_UTF_16, "surrogatepass")


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
