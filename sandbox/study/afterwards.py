"""Measuring afterwards: which points of stored sessions are still to be asked, and asking them.

What is asked is written down point by point, so that the same command again asks only what is missing.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from sandbox.engine.afterwards import GivenAfterwards, ask_afterwards, points_of
from sandbox.engine.history import History, Measured
from sandbox.engine.measure import Measure, measure_of
from sandbox.engine.phase import Point
from sandbox.engine.plan import SessionHead
from sandbox.errors import SandboxError, UsageError
from sandbox.measurement.administering import first_asking
from sandbox.measurement.administration import UNSAMPLED, Way
from sandbox.models.daemon_thread import on_daemon_thread
from sandbox.models.name import full_name
from sandbox.models.opening import refuse_without_key
from sandbox.models.provider import Assuming, ModelError, Provider, found_capabilities
from sandbox.store.afterwards import AskedAfterwards, add_afterwards, asked_afterwards, same_measure
from sandbox.store.session import StoredSession
from sandbox.study.conductor import Conductor

_AT_ONCE = 8
"""So many sessions of hosted models are asked side by side; a local model is asked one after another."""

_EVERYTHING = 10**9
"""Up to this turn what was named itself is asked; what it branched from, up to where it left."""

_GIVE_UP = frozenset({"unavailable", "authentication", "refused"})
"""After a failure of that kind every other call would fail too."""

Tell = Callable[["ToAsk", GivenAfterwards], None]


@dataclass(frozen=True, slots=True)
class ToAsk:
    """What is still to be asked of one session: its own points, not its ancestors'. `model` is asked.

    `given` is what was given afterwards already, to it and its ancestors.
    """

    head: SessionHead
    history: History
    points: tuple[Point, ...]
    measure: Measure
    model: str
    given: tuple[Measured, ...]

    @property
    def calls(self) -> int:
        """How many calls it takes if nothing is asked again."""
        each = len(first_asking(self.measure.questionnaire, self.measure.way, self.measure.presentation))
        after = [one.point.after_turn for one in self.given] + [point.after_turn for point in self.points]
        again = 0 if self.head.plan.measured_again else len(after) - len(set(after))
        return each * (len(self.points) - again)


@dataclass(slots=True)
class Asking:
    """All that is to be asked, how many points were asked already, and by session why it is left out or cut.

    `measures`: the questionnaire and how it is read, which may depend on the model.
    """

    to_ask: list[ToAsk] = field(default_factory=list)
    there: int = 0
    left_out: list[tuple[str, str]] = field(default_factory=list)
    measures: set[tuple[str, Way]] = field(default_factory=set)

    @property
    def points(self) -> int:
        return sum(len(one.points) for one in self.to_ask)

    @property
    def calls(self) -> int:
        return sum(one.calls for one in self.to_ask)


async def to_ask(
    conductor: Conductor, sessions: Collection[str], written: str, by: str | None = None
) -> Asking:
    """What the measure, as written, comes to at every point the sessions came to; a trunk stands for all of
    its branches, a branch brings what it shares with its trunk.

    `by` is the model that is asked; None: each session's own. Raises NotFoundError, InvalidDocument, or
    UsageError for a removed session or a measure that cannot be read.
    """
    store = conductor.store
    found, wanted = _wanted(conductor, sessions)
    later = asked_afterwards(store, found)
    measures: dict[str, Measure] = {}
    asking = Asking()
    points: dict[str, tuple[Point, ...]] = {}
    for id, session in found.items():
        plan, history = session.head.plan, session.history
        inherited = [
            point
            for point in points.get(session.head.parent or "", ())
            if point.after_turn <= history.inherited and point.phase != "follow-up"
        ]
        state = session.state.now
        own = points_of(plan, history, ended=state == "finished", before=inherited)
        points[id] = (*inherited, *own)
        if state in ("planned", "running"):
            doing = "has not begun" if state == "planned" else "is being run"
            asking.left_out.append((id, f"{doing}: it is left out."))
            continue
        named = wanted[id] == _EVERYTHING
        if state != "finished" and named:
            asking.left_out.append((id, f"is not finished ({state}): it is asked as far as it went."))
        model = full_name(by) if by is not None else plan.model
        if model not in measures:
            measures[model] = await _measure(conductor, model, written)
        measure = measures[model]
        asking.measures.add((measure.questionnaire.id, measure.way))
        of_model = [one for one in later[id] if one.asked == model]
        _refuse_other_text(of_model, measure, id)
        given = [one for one in of_model if same_measure(one.measure, measure)]
        due = [point for point in own if point.phase in measure.phases and point.after_turn <= wanted[id]]
        if not due and named:
            asking.left_out.append((id, "has none of these points: it is left out."))
        in_run = model == plan.model and any(same_measure(one, measure) for one in plan.measures)
        there = {one.measured.point for one in given if one.session == id}
        if in_run:
            there |= {point for point in due if history.was_measured(point, measure.questionnaire.id)}
        missing = tuple(point for point in due if point not in there)
        asking.there += len(due) - len(missing)
        if missing:
            known = tuple(one.measured for one in given)
            asking.to_ask.append(ToAsk(session.head, history, missing, measure, model, known))
    return asking


def _wanted(
    conductor: Conductor, sessions: Iterable[str]
) -> tuple[Mapping[str, StoredSession], Mapping[str, int]]:
    """The sessions with their ancestors, parents first, and up to which turn each is to be asked."""
    store = conductor.store
    wanted: dict[str, int] = {}
    for id in sessions:
        if store.state(id) == "removed":
            raise UsageError(f"The session {id} was removed.", todo="Name another one.")
        family = store.family(id)
        heads = {head.id: head for head in family}
        for one in heads if id == family[0].id else (id,):
            wanted[one] = _EVERYTHING
        head = heads[id]
        while head.parent is not None:
            left = head.parent_turn if head.parent_turn is not None else _EVERYTHING
            wanted[head.parent] = max(wanted.get(head.parent, -1), left)
            head = heads[head.parent]
    order = [head.id for family in store.families(list(wanted)).values() for head in family]
    stored = store.scores([id for id in dict.fromkeys(order) if id in wanted])
    whole = store.stored(list(stored)) if any(_in_conversation(one) for one in stored.values()) else stored
    return {id: whole[id] for id in stored}, wanted


def _in_conversation(session: StoredSession) -> bool:
    return session.head.plan.administration == "in_conversation"


async def _measure(conductor: Conductor, model: str, written: str) -> Measure:
    """The measure as that model can be asked it. A service that was never seen to give the log-probabilities
    it needs is asked once."""
    provider = conductor.models.model(model)
    refuse_without_key(model)
    measure = measure_of(written, conductor.library, found_capabilities(provider))
    if measure.way in UNSAMPLED and isinstance(provider, Assuming) and provider.unsure:
        await provider.find_out()
        measure = measure_of(written, conductor.library, found_capabilities(provider))
    return measure


def _refuse_other_text(given: Iterable[AskedAfterwards], measure: Measure, session: str) -> None:
    """Raises UsageError: two texts under one name would be one trajectory."""
    name = measure.questionnaire.id, measure.way
    for one in given:
        if (one.measure.questionnaire.id, one.measure.way) == name and not same_measure(one.measure, measure):
            raise UsageError(
                f"“{name[0]}” was asked of {session} afterwards already, in another text or another form.",
                where=session,
                todo="Ask it as it was, or give the other text an id of its own.",
            )


async def ask(conductor: Conductor, asking: Asking, tell: Tell) -> list[tuple[ToAsk, ModelError]]:
    """Ask all of it, keep each answer at once, and `tell` it; what failed, the rest being asked all the same.

    Raises SandboxError when the record cannot be written. Cancelled, it keeps what was given by then.
    """
    failed: list[tuple[ToAsk, ModelError]] = []
    hosted = [one for one in asking.to_ask if not conductor.models.are_local([one.model])]
    rooms = {model: asyncio.Semaphore(_AT_ONCE) for model in {one.model for one in hosted}}
    given_up: set[str] = set()

    async def one_session(one: ToAsk) -> None:
        async with rooms.get(one.model) or asyncio.Semaphore():
            if one.model in given_up:
                return
            try:
                await _ask_one(conductor, one, tell)
            except ModelError as error:
                failed.append((one, error))
                if error.kind in _GIVE_UP:
                    given_up.add(one.model)

    try:
        async with asyncio.TaskGroup() as group:
            for one in hosted:
                group.create_task(one_session(one))
            for one in asking.to_ask:
                if one.model not in rooms:
                    await one_session(one)
    except* SandboxError as errors:
        raise errors.exceptions[0] from None
    return failed


async def _ask_one(conductor: Conductor, one: ToAsk, tell: Tell) -> None:
    provider: Provider = conductor.models.model(one.model)
    description = await on_daemon_thread(lambda: provider.description, "model description")
    asked = ask_afterwards(one.head, one.history, one.points, one.measure, provider, one.given)
    async with aclosing(asked) as events:
        async for given in events:
            add_afterwards(conductor.store, given, one.measure, one.model, description)
            tell(one, given)
