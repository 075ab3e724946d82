"""What went wrong in one try at a call, and what to tell a clinician of it, in words without secrets.

Judges exceptions by their shape alone (status, type name, message), so nothing here imports LiteLLM.
"""

import email.utils
import json
import math
import os
import re
import time
from collections.abc import Mapping
from typing import Any

from sandbox.models.provider import Capabilities, FailureKind
from sandbox.text import excerpt, number_of

RETRYABLE: frozenset[FailureKind] = frozenset(
    {"unavailable", "timeout", "rate limited", "server error", "malformed", "empty"}
)

SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
"""Names of environment variables that hold what nobody is shown."""

_SECRET_SHAPE = re.compile(
    r"\b(?:sk|pk|gsk|xai|hf|AIza)[-_]?[\w*.-]{12,}|(?<=Bearer )\S+|(?<=//)[^/?#\s]+(?=@)"
)
_LITELLM_PREFIX = re.compile(r"^(?:(?:litellm\.)?\w+(?:Error|Exception|Timeout)\b(?:: | - ))+")
_NOT_JSON = re.compile(
    r"Expecting|Unterminated|Invalid (?:control|response|\\)|invalid response|JSON|provider returned"
    r"|Extra data|Unable to get json|validation error|Stream ended before",
)
_CONNECTION = re.compile(
    r"[Cc]onnect(?!ionError)|[Nn]ame or service|getaddrinfo|[Dd]isconnected|[Pp]ayload is not completed"
)
_CONTEXT = re.compile(
    r"context (?:size|length|window)|maximum context|exceed_context|too many tokens|prompt is too long", re.I
)
_WEB_PAGE = re.compile(r"<(?:!doctype html|html)\b.*", re.IGNORECASE | re.DOTALL)
_NO_KEY = re.compile(r"api[_ ]key|credentials", re.IGNORECASE)
_NUMBERS = re.compile(r"\b(\d[\d,]{2,})\s*tokens?")


class Failure(Exception):
    """One try failed. `message` is fit to be shown and stored; `retry_after` is in seconds.

    `thoughts` are those of a model that gave nothing else. `unstreamed`: nothing came of a stream, and the
    same call made without one may say why. `out_of_room`: its tokens were used up before it said anything.
    """

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
        thoughts: str = "",
        unstreamed: bool = False,
        out_of_room: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.thoughts = thoughts
        self.unstreamed = unstreamed
        self.out_of_room = out_of_room
        self.retryable = kind in RETRYABLE if retryable is None else retryable


def scrubbed(text: str, *secrets: str | None, environment: Mapping[str, str] | None = None) -> str:
    """`text` with every known or key-shaped secret replaced by “[key]”.

    Known are `secrets` and the values of environment variables whose names speak of keys or tokens.
    """
    variables = os.environ if environment is None else environment
    known = [value for name, value in variables.items() if SECRET_NAME.search(name)]
    for secret in sorted({s for s in (*secrets, *known) if s and len(s) >= 6}, key=len, reverse=True):
        text = text.replace(secret, "[key]")
    return _SECRET_SHAPE.sub("[key]", text)


def failure_of(error: Exception, *secrets: str | None) -> Failure:
    """The failure that `error`, raised by LiteLLM or below it, stands for."""
    if isinstance(cause := getattr(error, "original_exception", None), Exception):
        error = cause  # LiteLLM wraps what breaks a stream, with a response of its own making
    text = scrubbed(_LITELLM_PREFIX.sub("", str(error)), *secrets).partition("Traceback (most")[0]
    text = _message_in(text)
    status = _status(error)
    kind = _kind(error, status, text)
    if page := _WEB_PAGE.search(text):
        text = f"a web page, “{excerpt(_words_of(page[0]), 200)}”"
    exhausted = kind == "rate limited" and "insufficient_quota" in text
    return Failure(
        kind,
        excerpt(text, 300) or type(error).__name__,
        status=status,
        retry_after=_retry_after(_headers(error)),
        retryable=False if exhausted else None,
    )


def context_message(text: str, context: int | None) -> str:
    """How far a conversation passed the model's context, as far as the server's words or `context` say."""
    numbers = sorted({int(number.replace(",", "")) for number in _NUMBERS.findall(text)})
    if len(numbers) >= 2:
        return f"The conversation has {numbers[-1]:,} tokens; this model takes {numbers[0]:,}."
    if context is not None:
        return f"The conversation is longer than the {context:,} tokens this model takes."
    return "The conversation is longer than this model takes."


def _kind(error: Exception, status: int | None, text: str) -> FailureKind:
    """The first that holds; LiteLLM gives unreadable replies and lost connections the status 500."""
    name = type(error).__name__
    code = status or 0
    answered = _headers(error) is not None
    verdicts: tuple[tuple[bool, FailureKind], ...] = (
        (isinstance(error, TimeoutError) or "Timeout" in name, "timeout"),
        (name == "ContextWindowExceededError", "context exceeded"),
        (code in {400, 413, 422} and bool(_CONTEXT.search(text)), "context exceeded"),
        (name == "ContentPolicyViolationError", "refused"),
        (code in {401, 403} or (not answered and bool(_NO_KEY.search(text))), "authentication"),
        (code == 429, "rate limited"),
        (400 <= code < 500, "bad request"),
        (code == 503, "unavailable"),
        (answered and code >= 500, "server error"),
        (bool(_NOT_JSON.search(text)), "malformed"),
        (isinstance(error, OSError) or bool(_CONNECTION.search(text)), "unavailable"),
        (status is not None, "server error"),
    )
    return next((kind for holds, kind in verdicts if holds), "malformed")


def _message_in(text: str) -> str:
    """The server's message, where all of its JSON has come through; else the text as it is."""
    try:
        error = json.loads(text)["error"]
        message = error["message"] if isinstance(error, dict) else error
    except (ValueError, LookupError, TypeError, RecursionError):
        return text
    return message if isinstance(message, str) and message else text


def _words_of(page: str) -> str:
    """What a web page says, its title once; LiteLLM puts words of its own after it."""
    page = re.sub(r"<title>.*?</title>", " ", page, flags=re.IGNORECASE | re.DOTALL)
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.IGNORECASE | re.DOTALL)
    return re.sub(r"<[^>]*>?", " ", page.partition("</html>")[0])


def _status(error: Exception) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def _headers(error: Exception) -> Mapping[str, Any] | None:
    headers = getattr(error, "litellm_response_headers", None)
    if not headers:
        headers = getattr(getattr(error, "response", None), "headers", None)
    return headers or None


def _retry_after(headers: Mapping[str, Any] | None) -> float | None:
    """Seconds the server asked to wait: a number, or the time until a date."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = str(headers.get(name, "")) if headers else ""
        if not value:
            continue
        try:
            seconds = float(value) * unit
        except ValueError:
            pass
        else:
            if math.isfinite(seconds):
                return max(0.0, seconds)
        try:
            return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
        except (TypeError, ValueError):
            continue
    return None


_SENTENCES: dict[FailureKind, tuple[str, str]] = {
    "unavailable": ("The model cannot be reached.", "Check the network connection, then resume."),
    "timeout": ("The model did not answer in time.", "Try again later, or choose a faster model."),
    "rate limited": ("The model's provider asks for fewer calls.", "Wait a while, then resume."),
    "server error": ("The model's server failed.", "Try again later; nothing recorded is lost."),
    "malformed": ("The model's server sent a reply that cannot be read.", "Check the server's address."),
    "empty": ("The model gave no words.", "Use another seed, or another model."),
    "context exceeded": ("", "Nothing was cut or lost. Use fewer steps, or a model with a larger context."),
    "authentication": (
        "The model's provider did not accept the key, or was sent none.",
        "Set {key} to a valid key.",
    ),
    "refused": ("The model's provider refused the request.", "Use milder texts, or another model."),
    "bad request": ("The model's server refused the call.", "Check the model and its parameters."),
}

_INNARDS = re.compile(r" (?:ssl:(?:<[^>]*>|\w+)|\[Connect call failed [^\]]*\])")
"""What the HTTP library adds to the address that it cannot connect to."""


def explanation(
    failure: Failure,
    key_variable: str,
    capabilities: Capabilities,
    *,
    in_app: bool = False,
    address: str = "",
) -> tuple[str, str]:
    """What happened, and what to do next.

    `key_variable`: the key's environment variable, "" unknown. `in_app`: the app itself serves the model,
    from a file; when that does not start, the failure is not retryable. `address`: where it was asked, fit to
    be shown, "" for the service's own.
    """
    what, todo = _SENTENCES[failure.kind]
    if failure.kind == "context exceeded":
        return context_message(failure.message, capabilities.context), todo
    if failure.kind == "unavailable" and in_app:
        if not failure.retryable:
            todo = "Check the file, or download it again. It also has to fit into this machine's memory."
            return f"The model's file cannot be loaded. {failure.message}", todo
        todo = "Resume: its process is then started again."
    elif failure.kind == "unavailable" and capabilities.local:
        todo = "Start the model's server, or check its address, then try again."
    if failure.kind == "unavailable" and address and not in_app:
        what = f"Nothing answers at {address}."
    if failure.kind == "bad request" and failure.status == 404:
        what, todo = _not_found(address)
    key = f"the environment variable {key_variable}" if key_variable else "the model's key"
    message = _INNARDS.sub("", failure.message)
    said = f" It said: {message}" if message and failure.kind != "timeout" else ""
    if failure.out_of_room:
        what, said = "The model wrote no reply.", f" {message}"
        todo = "Use a model that reasons less, or turn its reasoning off on its server."
    if failure.kind == "rate limited" and failure.retry_after:
        stop = "." if said and said[-1] not in ".!?”" else ""
        said += f"{stop} It asks to wait {_wait(failure.retry_after)}."
        todo = "Wait that long, then resume."
    return what + said, todo.format(key=key)


def _not_found(address: str) -> tuple[str, str]:
    """A 404 comes from a server that does not have the model, and from one that does not have the page."""
    if not address:
        return "The model's provider does not know this model.", "Check the model's name."
    return (
        f"What answers at {address} does not know this model, or no such page.",
        "Check the model's name and the address, which often ends in /v1.",
    )


def _wait(seconds: float) -> str:
    """`90 s`, `3,600 s (1 hour)`."""
    whole = max(1, round(seconds))
    if whole < 120:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    told = (number_of(count, unit) for count, unit in ((hours, "hour"), (minutes, "minute")) if count)
    return f"{whole:,} s ({' '.join(told)})"
