"""Model calls in the record: one row an attempt, with what was asked for and what it cost.
Prompts stand there only as digests."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from sqlite_utils import Database

from sandbox.models.provider import Attempt, Request, Sampling
from sandbox.models.recording import Call
from sandbox.store.row import LISTED, Row, as_json, listed

_SAMPLING = tuple(field.name for field in fields(Sampling))


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """One attempt at a call. Tokens, cost and finish reason stand with the attempt that succeeded.

    `seconds` and `waited` (the pause before it) are wall time; `cost` is in US dollars. None: not known.
    `thoughts` came before the reply and are no part of it. Among `parameters`, `adapted` tells in words what
    was asked in another way because the server does not take it.
    """

    id: str
    attempt: int
    turn: int
    purpose: str
    model: str
    prompt_sha256: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    started: datetime | None = None
    seconds: float | None = None
    waited: float | None = None
    finish_reason: str | None = None
    failure: str | None = None
    error: str = ""
    status: int | None = None
    thoughts: str | None = None


_COLUMNS = tuple(field.name for field in fields(StoredAttempt))


@dataclass(frozen=True, slots=True)
class Drawn:
    """How a model's answers to calls of one purpose were drawn, seed and opening apart, and when the first
    and the last of them was begun."""

    purpose: str
    model: str
    parameters: Mapping[str, object]
    first: datetime | None
    last: datetime | None


def drawn_by(db: Database, sessions: Collection[str]) -> tuple[Drawn, ...]:
    """Every way in which the sessions' answers were drawn, in the order of its first use."""
    rows = db.execute(
        "SELECT purpose, model, json_remove(parameters, '$.seed', '$.prefill', '$.adapted') AS drawn,"  # noqa: S608
        f" min(started), max(started) FROM calls WHERE session IN {LISTED}"
        " GROUP BY purpose, model, drawn ORDER BY min(number)",
        [listed(sessions)],
    )
    return tuple(
        Drawn(
            purpose, model, json.loads(drawn), *(datetime.fromisoformat(at) if at else None for at in times)
        )
        for purpose, model, drawn, *times in rows
    )


def _prompt_digest(request: Request) -> str:
    """SHA-256 of the messages and the prefill, in hexadecimal."""
    prompt = [[message.role, message.content] for message in request.messages]
    return hashlib.sha256(as_json([prompt, request.prefill]).encode("utf-8", "surrogatepass")).hexdigest()


def call_rows(session: str, turn: int, call: Call, model: str) -> Iterator[Row]:
    """A row for every attempt. `model` is the name asked for, used when no reply named one."""
    completion, error, request = call.completion, call.error, call.request
    attempts: tuple[Attempt | None, ...] = (
        completion.attempts if completion else error.attempts if error else ()
    ) or (None,)
    parameters = {
        **{name: getattr(request.sampling, name) for name in _SAMPLING},
        "top_logprobs": request.top_logprobs,
        "prefill": request.prefill,
    }
    head: dict[str, str | int | float | None] = {
        "id": call.id,
        "session": session,
        "turn": turn,
        "purpose": request.purpose,
        "model": completion.model if completion else model,
        "prompt_sha256": _prompt_digest(request),
        "prompt_tokens": None,
        "cached_tokens": None,
        "completion_tokens": None,
        "cost": None,
        "finish_reason": None,
    }
    for number, attempt in enumerate(attempts, start=1):
        asked = as_json(parameters | _asked_otherwise(attempt))
        row = head | {"attempt": number, "parameters": asked} | _what_happened(attempt)
        if number == len(attempts):
            if completion is not None:
                row |= {
                    "prompt_tokens": completion.usage.prompt_tokens,
                    "cached_tokens": completion.usage.cached_tokens,
                    "completion_tokens": completion.usage.completion_tokens,
                    "cost": completion.cost,
                    "finish_reason": completion.finish_reason,
                }
            elif error is not None:
                row |= {"failure": row["failure"] or error.kind, "error": row["error"] or error.what}
        yield row


def _asked_otherwise(attempt: Attempt | None) -> dict[str, object]:
    """The parameters of the try that differ from those wished for."""
    if attempt is None:
        return {}
    adapted = {"adapted": list(attempt.adapted)} if attempt.adapted else {}
    drawn = {"seed": attempt.seed} if attempt.seed is not None or "seed left out" in attempt.adapted else {}
    return {**drawn, **adapted}


def _what_happened(attempt: Attempt | None) -> dict[str, str | int | float | None]:
    if attempt is None:
        return {
            "started": None, "seconds": None, "waited": None, "failure": None, "error": "", "status": None,
            "thoughts": None,
        }  # fmt: skip
    return {
        "started": attempt.started_at.isoformat(),
        "seconds": attempt.seconds,
        "waited": attempt.waited,
        "failure": attempt.failure,
        "error": attempt.error,
        "status": attempt.status,
        "thoughts": attempt.thoughts or None,
    }


def seconds_at_work(calls: Iterable[StoredAttempt]) -> float:
    """How long a model was asked, in seconds: calls at one time count once, and pauses between them not. A
    run that broke off counts as far as its calls came."""
    spans = sorted((one.started, one.seconds) for one in calls if one.started and one.seconds is not None)
    found, until = 0.0, None
    for begun, seconds in spans:
        end = begun + timedelta(seconds=seconds)
        if until is None or end > until:
            found += (end - max(begun, until or begun)).total_seconds()
            until = end
    return found


def calls_of(db: Database, sessions: Collection[str]) -> dict[str, tuple[StoredAttempt, ...]]:
    """By session, every attempt made in it, in order; what its parent did is not repeated."""
    rows = db.execute(
        f"SELECT session, {', '.join(_COLUMNS)} FROM calls"  # noqa: S608
        f" WHERE session IN {LISTED} ORDER BY number",
        [listed(sessions)],
    )
    found: dict[str, list[StoredAttempt]] = {session: [] for session in sessions}
    for session, *values in rows:
        row = dict(zip(_COLUMNS, values, strict=True))
        row["parameters"] = json.loads(row["parameters"])
        row["started"] = datetime.fromisoformat(row["started"]) if row["started"] else None
        found[session].append(StoredAttempt(**row))
    return {session: tuple(own) for session, own in found.items()}
