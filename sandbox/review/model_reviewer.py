"""A model that fills in a form about a transcript: a column of its own, never counted among people's.

It reads what was said, numbered, and neither technique, arm nor model. Every answer has to name the turn it
rests on; one that names none, or one that is not there, is asked for again and then missing.
"""

import json
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from sandbox.engine.history import Turn
from sandbox.errors import SandboxError
from sandbox.library.document import document_hash
from sandbox.library.form import Form, FormItem
from sandbox.models.opening import refuse_without_key
from sandbox.models.provider import Completion, Message, Provider, Request, Sampling
from sandbox.models.recording import Call, RecordingProvider
from sandbox.review.blind import blind_to
from sandbox.seed import derived_seed
from sandbox.store.afterwards import add_calls
from sandbox.store.mark import By, MarkRecord, Note, Rating, model_reviewer
from sandbox.store.session import StoredSession
from sandbox.study.conductor import Conductor
from sandbox.text import printable

ASKS = 3
"""How often an item is asked at most."""

_MOST_TOKENS = 200
_MOST_TEXT = 4_000


class _Reply(BaseModel):
    """What a model has to write: one JSON object."""

    model_config = ConfigDict(extra="forbid", strict=True)

    value: int | None
    turn: int
    because: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True)
class Answered:
    """An item answered with the turn (`Turn.index`) it rests on and why, and the calls that took.

    `value` None: the transcript does not show it. `turn` None: no answer could be read, so there is none.
    """

    item: str
    value: int | None
    turn: int | None
    because: str
    calls: tuple[Call, ...]


Tell = Callable[[str, Answered], None]
"""Told of each item of each session, once it is kept."""


async def rate_by_model(
    conductor: Conductor, sessions: Iterable[str], form: Form, model: str, tell: Tell
) -> None:
    """Have the model fill in the form about each session, and keep every answer at once.

    What it answered before is not asked again. Raises SandboxError; what was answered by then is kept.
    """
    provider = conductor.models.model(model)
    refuse_without_key(model)
    record, by, hash = MarkRecord(conductor.store), By(model_reviewer(model), blind=True), document_hash(form)
    for session in sessions:
        held = record.marked((session,)).ratings
        mine = {one.mark.item for one in held if (one.by.reviewer, one.mark.form) == (by.reviewer, hash)}
        stored = conductor.store.session(session)
        turns = _blinded(stored)
        missing = tuple(item for item in form.items if item.id not in mine)
        seed = stored.head.plan.seed
        async with aclosing(judge(turns, form, missing, provider, seed)) as judged:
            async for one in judged:
                add_calls(conductor.store, session, len(turns), one.calls, model)
                if one.turn is not None:
                    rating = Rating(session, hash, one.item, one.value)
                    note = Note(session, one.turn, text=f"{one.item}: {one.because}")
                    record.add((rating, note), by, (form,))
                tell(session, one)


async def judge(
    turns: Sequence[Turn], form: Form, items: Iterable[FormItem], provider: Provider, seed: int
) -> AsyncGenerator[Answered, None]:
    """Ask the provider these items of the form about the turns, one call each. Raises ModelError, the calls
    made before it told."""
    recording = RecordingProvider(provider)
    numbers = [turn.index for turn in turns]
    head = (
        Message(
            "system", "You judge transcripts of simulated sessions. You answer with one JSON object only."
        ),
    )
    read = f"{form.instruction}\n\n{_numbered(turns)}"
    for item in items:
        asked = Message("user", f"{read}\n\n{_question(form, item)}")
        schema = _schema(form, item, numbers) if provider.capabilities.structured else None
        found = None
        try:
            for attempt in range(ASKS):
                sampling = Sampling(
                    temperature=provider.sampling.temperature,
                    max_tokens=_MOST_TOKENS,
                    seed=derived_seed(seed, "review", form.id, item.id, attempt),
                )
                reply = await recording.complete(
                    Request((*head, asked), sampling, purpose="measurement", schema=schema)
                )
                found = _read(reply, form, item, numbers)
                if found is not None:
                    break
        except SandboxError:  # they were made, and may have cost something
            yield Answered(item.id, None, None, "", recording.drain())
            raise
        calls = recording.drain()
        if found is None:
            yield Answered(item.id, None, None, "", calls)
        else:
            yield Answered(item.id, found.value, found.turn, printable(found.because), calls)


def _blinded(session: StoredSession) -> tuple[Turn, ...]:
    """The session's turns without the names of its technique and its model."""
    hidden = blind_to(session)
    return tuple(
        replace(turn, said=hidden.shown(turn.said), reply=turn.reply and hidden.shown(turn.reply))
        for turn in session.history.turns
    )


def _numbered(turns: Sequence[Turn]) -> str:
    lines = []
    for turn in turns:
        who = "situation" if turn.origin == "scenario" else "therapist"
        lines.append(f"[{turn.index}] {who}: {turn.said}")
        if turn.reply:
            lines.append(f"[{turn.index}] client: {turn.reply}")
    return "\n".join(lines)


def _question(form: Form, item: FormItem) -> str:
    levels = "\n".join(f"{level.value}: {level.label}" for level in form.levels_of(item))
    return (
        f"{item.text}\n{levels}\n\nAnswer with one JSON object: "
        '{"value": the number, or null if the transcript does not show it, '
        '"turn": the number in brackets of the turn that shows it best, '
        '"because": one short sentence}'
    )


def _schema(form: Form, item: FormItem, turns: Sequence[int]) -> dict[str, object]:
    values: list[int | None] = [*(level.value for level in form.levels_of(item)), None]
    return {
        "type": "object",
        "properties": {
            "value": {"enum": values},
            "turn": {"type": "integer", "enum": list(turns)},
            "because": {"type": "string", "minLength": 1, "maxLength": 300},
        },
        "required": ["value", "turn", "because"],
        "additionalProperties": False,
    }


def _read(reply: Completion, form: Form, item: FormItem, turns: Sequence[int]) -> _Reply | None:
    """The answer, if the reply is one: nothing is guessed."""
    text = reply.text.strip()
    if reply.refused or len(text) > _MOST_TEXT:
        return None
    if text.startswith("```") and text.endswith("```"):
        text = text.strip("`").removeprefix("json")
    try:
        found = _Reply.model_validate(json.loads(text))
    except (ValueError, RecursionError, ValidationError):
        return None
    levels = {level.value for level in form.levels_of(item)}
    known = found.turn in turns and (found.value is None or found.value in levels)
    return found if known else None
