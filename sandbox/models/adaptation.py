"""What a server has shown of itself: what it does not take, and whether it gives log-probabilities.

Where it refuses something it is asked again in a way that it takes. Calls nothing.
An adaptation is kept in words, as it stands in the record.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.models.failure import Failure
from sandbox.models.provider import REASONING_TOKENS

NO_SYSTEM = "system text put before the first thing said"
MORE_ROOM = f"{REASONING_TOKENS} tokens more for reasoning"

_ROLE = r"(?:system|developer)(?: |-|_)?(?:role|message|prompt|instruction|text)s?"
_NO_SYSTEM = re.compile(
    rf"{_ROLE}[^.]{{0,40}}(?:not|n't|un)[ -]?(?:support|allow|enabl|accept|permit|valid)"
    rf"|(?:not|n't|un)[ -]?(?:support|allow|accept|permit|valid)[^.]{{0,40}}{_ROLE}"
    r"|only user(?:,| and) (?:and )?(?:assistant|model)[^.]{0,20}role",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"(?:not|n't|un|in|dis)[ -]?(?:support|recogni[sz]|known|expect|allow|permit|valid|accept|implement)"
    r"|extra (?:inputs|fields|parameter)|remove|deprecated",
    re.IGNORECASE,
)
_DROPPED = ("seed", "frequency_penalty", "stop", "temperature", "response_format", "stream_options")
_RENAMED = {"max_tokens": "max_completion_tokens"}


def adaptation(failure: Failure, parameters: Mapping[str, Any]) -> str | None:
    """How to ask again after this failure of a call with these parameters; None where nothing helps."""
    if failure.kind not in {"bad request", "server error"} or failure.status in {401, 403, 404, 429, None}:
        return None
    text = failure.message
    if _NO_SYSTEM.search(text) and parameters["messages"][0]["role"] == "system":
        return NO_SYSTEM
    if not _REFUSES.search(text):
        return None
    extra = parameters.get("extra_body") or {}
    named = (name for name in (*_RENAMED, *_DROPPED, *extra) if name in parameters or name in extra)
    name = next((name for name in named if re.search(rf"\b{re.escape(name)}\b", text)), None)
    if name is None:
        return None
    return f"{_RENAMED[name]} for {name}" if name in _RENAMED else f"{name} left out"


def leaves_out(adapted: Iterable[str], name: str) -> bool:
    """Whether a call adapted so goes without the parameter."""
    return f"{name} left out" in adapted


def adapted_parameters(parameters: dict[str, Any], adapted: Sequence[str]) -> dict[str, Any]:
    """The parameters of a call, asked in the ways of `adapted`."""
    if not adapted:
        return parameters
    left = {name: value for name, value in parameters.items() if not leaves_out(adapted, name)}
    if extra := left.get("extra_body"):
        left["extra_body"] = {name: value for name, value in extra.items() if not leaves_out(adapted, name)}
    for name, other in _RENAMED.items():
        if f"{other} for {name}" in adapted and name in left:
            left[other] = left.pop(name)
    if NO_SYSTEM in adapted:
        left["messages"] = _without_system(left["messages"])
    return left


def _without_system(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """The system text stands before the first thing said, in the same message: roles have to alternate."""
    if len(messages) < 2 or messages[0]["role"] != "system":
        return messages
    system, first, *others = messages
    if first["role"] != "user":
        return [{"role": "user", "content": system["content"]}, first, *others]
    return [{"role": "user", "content": f"{system['content']}\n\n{first['content']}"}, *others]


# Kept until the app ends, for every provider of the same model at the same address: a check, a call before a
# run and a run's own answers all tell.
_GIVES: dict[tuple[str, str], bool] = {}


def note_log_probabilities(model: str, address: str, *, given: bool) -> None:
    """An answer that was to have them came with them, or without."""
    _GIVES[model, address] = given


def gives_log_probabilities(model: str, address: str) -> bool | None:
    """None where no answer has shown it."""
    return _GIVES.get((model, address))
