"""Asking a session another questionnaire later, on a side copy of the conversation as it stood at each point.

Nothing of the session is run again. The same model answers as it would have in the run: what it is sent and
every seed are the same.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, replace

from sandbox.engine.conversation import drawn_as, give, given_already
from sandbox.engine.history import History, Measured
from sandbox.engine.measure import Measure
from sandbox.engine.phase import Point
from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.engine.schedule import reached
from sandbox.errors import SandboxError
from sandbox.models.provider import Provider
from sandbox.models.recording import Call, RecordingProvider


@dataclass(frozen=True, slots=True)
class GivenAfterwards:
    """A questionnaire was given at a point of the session, with the calls it took; None: it failed, or was
    broken off, after those calls."""

    session: str
    measured: Measured | None
    calls: tuple[Call, ...]


def points_of(
    plan: SessionPlan, history: History, *, ended: bool, before: Iterable[Point] = ()
) -> tuple[Point, ...]:
    """The measurement points a session came to itself, in order; `before` are its ancestors'.

    `ended`: it ran to its end, and so came to its last point.
    """
    found: dict[Point, None] = {}
    for told in range(history.inherited, len(history.turns) + 1):
        if (point := reached(plan, replace(history, turns=history.turns[:told]))) is not None:
            found[point] = None
    if ended and not plan.is_trunk and "follow-up" in plan.stretches:
        found[Point(len(history.turns), "follow-up")] = None
    known = set(before)
    return tuple(point for point in found if point not in known)


def as_it_stood(history: History, point: Point) -> History:
    """The session as it was once everything had been asked that was asked at that point."""
    last = point.phase == "follow-up"
    return replace(
        history,
        turns=history.turns[: point.after_turn],
        measured=tuple(
            one
            for one in history.measured
            if one.point.after_turn < point.after_turn
            or (one.point.after_turn == point.after_turn and (last or one.point.phase != "follow-up"))
        ),
    )


async def ask_afterwards(
    head: SessionHead,
    history: History,
    points: Sequence[Point],
    measure: Measure,
    provider: Provider,
    given: Sequence[Measured] = (),
) -> AsyncGenerator[GivenAfterwards, None]:
    """Give the measure at these points, in order. `given` is what was given afterwards already.

    In a session that was asked in the conversation, what was asked by then stands in the copy. What was given
    at a point holds for the end as well where nothing was said since, as in a run. Raises ModelError, the
    calls made before it told.
    """
    recording = RecordingProvider(provider, drawn_as(head.plan, provider))
    known = list(given)
    for point in points:
        then = as_it_stood(history, point)
        measured = given_already(head.plan, replace(then, measured=tuple(known)), point, measure)
        if measured is None:
            try:
                measured = Measured(point, await give(head.plan, then, point, measure, recording))
            except (SandboxError, asyncio.CancelledError):  # they were made, and may have cost something
                yield GivenAfterwards(head.id, None, recording.drain())
                raise
        known.append(measured)
        yield GivenAfterwards(head.id, measured, recording.drain())
