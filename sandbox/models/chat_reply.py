"""Reading a chat server's reply, whole or in chunks, whichever way it came. Trusts no field: what is odd is
a malformed reply.

What is a thought, a stop mark or a refusal is no part of the reply (`speech.separated`).

Half a surrogate pair, which JSON can carry and UTF-8 cannot, becomes U+FFFD here: what a session goes on with
is then what the store keeps.
"""

import codecs
import math
from dataclasses import dataclass, replace
from typing import Any

from sandbox.models.failure import Failure
from sandbox.models.provider import Delta, TokenProbability, Usage, Withdrawn
from sandbox.models.speech import separated
from sandbox.models.way import Ending

_UTF_16 = "utf-16-le"


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply. `generated`: what was said after the prefill; `refusal`: what was said instead.

    `begun_by_thought`: an end of a thought came without its beginning, which the model's template writes.
    """

    generated: str
    finish_reason: str
    model: str
    usage: Usage
    top: tuple[TokenProbability, ...]
    thoughts: str = ""
    refusal: str = ""
    begun_by_thought: bool = False


def reply_of(response: Any, prefill: str, *, begun: bool = False) -> Reply:
    """The reply in a whole response; some servers repeat the prefill in it, some do not.

    `begun`: the model's template is known to begin a thought (see `speech.separated`).
    """
    choice = _first(getattr(response, "choices", None))
    if choice is None:
        raise Failure("malformed", "The reply has no choices.")
    message = getattr(choice, "message", None)
    if isinstance(message, str | int | float | list):
        raise Failure("malformed", "The reply's message is no object.")
    return _reply(
        _sound(_text(message, "content")).removeprefix(prefill),
        _sound(str(getattr(choice, "finish_reason", None) or "unknown")),
        Reply(
            generated="",
            finish_reason="",
            model=_name(response),
            usage=usage_of(getattr(response, "usage", None)),
            top=_top(choice),
            thoughts=_sound(_text(message, "reasoning_content")),
            refusal=_sound(_text(message, "refusal")),
        ),
        begun=begun,
    )


def _reply(written: str, finish_reason: str, rest: Reply, *, begun: bool) -> Reply:
    """`rest` with what was said of `written`."""
    speech = separated(written, begun=begun, cut=finish_reason == "length")
    return replace(
        rest,
        # Where LiteLLM takes thoughts out by itself, it leaves the space after them.
        generated=speech.said.lstrip() if rest.thoughts.strip() else speech.said,
        # What a model writes past its own end mark is no part of the reply, so its limit cut off nothing.
        finish_reason="stop" if speech.ended and finish_reason == "length" else finish_reason,
        thoughts="\n\n".join(filter(None, (rest.thoughts.strip(), speech.thoughts))),
        begun_by_thought=speech.closed,
    )


def empty_failure(reply: Reply, seed: int | None) -> Failure:
    """Why a reply that says nothing says nothing, as far as can be seen."""
    if reply.thoughts:
        full = reply.finish_reason == "length"
        count = f" ({reply.usage.completion_tokens:,})" if reply.usage.completion_tokens else ""
        what = f"It used all its tokens{count} for reasoning" if full else "It reasoned"
        return Failure(
            "empty",
            f"{what} and wrote no reply; it ended by “{reply.finish_reason}”.",
            retryable=not full,
            thoughts=reply.thoughts,
            out_of_room=full,
        )
    with_seed = "" if seed is None else f" (seed {seed})"
    return Failure("empty", f"The reply was empty{with_seed}; it ended by “{reply.finish_reason}”.")


class StreamedReply:
    """A reply that arrives in chunks. A prefill that the server repeats is swallowed.

    A surrogate pair whose halves come in two chunks is put together.
    """

    def __init__(self, prefill: str, *, begun: bool = False) -> None:
        self._prefill = self._echo = prefill
        self._begun = begun
        self._held = ""
        self._decoder = codecs.getincrementaldecoder(_UTF_16)("replace")
        self._written = ""
        self._speech = separated("", whole=False, begun=begun)
        self._shown = ""
        self._thoughts: list[str] = []
        self._refusal: list[str] = []
        self._finish_reason = ""
        self._model = ""
        self._usage = Usage()
        self._top: tuple[TokenProbability, ...] = ()

    @property
    def finish_reason(self) -> str:
        """What the chunks so far said of the end, "" for nothing."""
        return self._finish_reason

    def take(self, chunk: Any) -> list[Delta | Withdrawn]:
        """What to show for this chunk, possibly nothing yet."""
        self._model = self._model or _name(chunk)
        choice = _first(getattr(chunk, "choices", None))
        if choice is None:
            return []
        self._top = self._top or _top(choice)
        self._finish_reason = _sound(str(getattr(choice, "finish_reason", None) or self._finish_reason))
        delta = getattr(choice, "delta", None)
        self._thoughts.append(_text(delta, "reasoning_content"))
        self._refusal.append(_text(delta, "refusal"))
        return self._grown(self._without_echo(self._decoder.decode(_utf_16(_text(delta, "content")))))

    def end(self, ending: Ending) -> None:
        """What the stream itself knows. Raises Failure if it ended before the reply did.

        A server that says `[DONE]` needs no finish reason; a connection that only ends may have been cut.
        """
        if ending.refusal and not any(self._refusal):
            self._refusal.append(ending.refusal)
        if not (ending.begun or ending.done or ending.stated):
            raise Failure("malformed", "The server sent no stream.", unstreamed=True)
        if not (ending.stated and self._finish_reason):
            if not ending.done:
                raise Failure("malformed", "The stream ended in the middle of the reply.")
            self._finish_reason = "unknown"
        if ending.usage:
            self._usage = usage_of(ending.usage)

    def finished(self) -> tuple[list[Delta | Withdrawn], Reply]:
        """What is left to show, and the reply."""
        rest = self._held + self._decoder.decode(b"", final=True)
        self._echo = self._held = ""
        self._written += rest
        known = Reply(
            generated="",
            finish_reason="",
            model=self._model,
            usage=self._usage,
            top=self._top,
            thoughts=_sound("".join(self._thoughts)),
            refusal=_sound("".join(self._refusal)),
        )
        reply = _reply(self._written, self._finish_reason, known, begun=self._begun)
        return self._show(reply.generated), reply

    def _grown(self, text: str) -> list[Delta | Withdrawn]:
        self._written += text
        plain = not self._speech.held and not any(mark in text for mark in "<>[]◁▷")
        if plain and (self._speech.thinking or self._speech.ended):
            return []
        if plain and self._shown:
            return self._show(self._shown + text)
        self._speech = separated(self._written, whole=False, begun=self._begun)
        said = self._speech.said.lstrip() if any(self._thoughts) else self._speech.said
        return self._show(said) if said.strip() else []

    def _show(self, said: str) -> list[Delta | Withdrawn]:
        """What makes of the text shown so far the one that was said."""
        shown, self._shown = self._shown, said
        if said == shown:
            return []
        if said.startswith(shown):
            return [Delta(said[len(shown) :])]
        return [Withdrawn(), *([Delta(self._prefill + said)] if self._prefill + said else [])]

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
    """Where a server counts nothing, LiteLLM says 0; no call has a prompt of no tokens."""
    if not getattr(usage, "prompt_tokens", None) and not getattr(usage, "completion_tokens", None):
        return Usage()
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(
        _count(getattr(usage, "prompt_tokens", None)),
        _count(getattr(details, "cached_tokens", None)),
        _count(getattr(usage, "completion_tokens", None)),
    )


def _text(message: Any, field: str) -> str:
    """A field of the message that is text, "" where there is none; some servers send it in parts."""
    value = getattr(message, field, None)
    if isinstance(value, list):
        parts = [part.get("text") for part in value if isinstance(part, dict)]
        value = "".join(part for part in parts if isinstance(part, str)) if len(parts) == len(value) else 0
    if value is not None and not isinstance(value, str):
        if field != "content":
            return ""
        raise Failure("malformed", "The reply's content is not text.")
    return value or ""


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
