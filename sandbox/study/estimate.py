"""What a study will take, model by model: calls, tokens, time, money. From its texts, and from what sessions
of the same model took before.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.engine.cost import Load, dollars, embedded_seconds, load, plans_of, texts_of
from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.errors import UsageError
from sandbox.models.tokens import TokenCounts, count_with
from sandbox.store.call import StoredAttempt
from sandbox.store.listing import SessionFilter
from sandbox.store.store import Store
from sandbox.study.conductor import Conductor
from sandbox.study.lanes import HOSTED_AT_ONCE
from sandbox.study.plan import Cell, StudyPlan, heads, session_ids

_EARLIER = 12
_SESSIONS = 100
"""So many shared starts with their arms are looked at for what a model usually takes: of the study's own or,
where it has none, of all that the newest sessions belong to."""


@dataclass(frozen=True, slots=True)
class Habit:
    """What a model was seen to do, beside what its texts alone would say.

    `runs`: shared starts with their arms in the record that this rests on, None for a model of which nothing
    is known. `reply`: mean tokens of a reply. `calls`, `prompt` and `replies` are shares: what was used of
    what was counted. `seconds` is wall time a unit of
    effort (`_effort`).
    """

    runs: int | None
    reply: float | None
    calls: float = 1.0
    prompt: float = 1.0
    replies: float = 1.0
    seconds: float | None = None


UNKNOWN = Habit(None, None)
"""Of a model that was never run: every reply is as long as it may be."""

_USUAL: Mapping[str, Habit] = {
    "embedded": Habit(0, reply=38.5, calls=1.014, prompt=1.12, replies=1.0, seconds=1.0)
}
"""As measured with the quick demo: 140 calls, 89,060 tokens of prompts, 2,766 of replies; two idle cores."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the cells of one model that are still to be run will take, about.

    `runs` are shared starts with their arms. `cost` is in US dollars at list prices and `seconds` of wall
    time, None where they are not known. `exact`: tokens are counted by the model's own tokenizer. `one` is
    the most that a single shared start with its arms takes. `from_runs` says on how many earlier ones in the
    record the numbers rest; 0: on what the model usually takes; None: every reply is taken to be as long as
    it may be.
    """

    model: str
    title: str
    runs: int
    sessions: int
    calls: int
    prompt_tokens: int
    reply_tokens: int
    cost: float | None
    seconds: float | None
    exact: bool
    from_runs: int | None
    one: "One"


@dataclass(frozen=True, slots=True)
class One:
    """The most that one shared start with its arms takes, in calls and US dollars.

    `longest` and `shortest` are the tokens of its longest call: every reply as long as it may be, and next to
    nothing. `context` is how many the model takes.
    """

    calls: int
    cost: float | None
    longest: int
    shortest: int
    context: int | None


@dataclass(frozen=True, slots=True)
class _Missing:
    """What of a cell is still to be run: the ids, and what it has in common with others that take as much."""

    cell: Cell
    ids: frozenset[str]
    kind: tuple[object, ...]
    begun: bool


async def estimates(conductor: Conductor, plan: StudyPlan) -> tuple[Estimate, ...]:
    """By model, what is still to be run of the plan will take: a session that is finished counts no more.

    Starts a model that is served here for its tokenizer; asks no model anything. Raises SandboxError.
    """
    states = conductor.studies.states(plan.root).sessions
    over = {id for id, one in states.items() if one.state in ("finished", "removed")}
    by_model: dict[str, list[_Missing]] = {}
    for cell in plan.cells:
        own = by_model.setdefault(cell.model, [])
        trunk, *branches = session_ids(plan, cell)
        arms = {id: arm for id, arm in zip(branches, cell.arms, strict=True) if id not in over}
        begun = trunk in over
        if arms or not begun:
            kind = (cell.client, cell.scenario, begun, frozenset(arms.values()))
            own.append(_Missing(cell, frozenset(arms if begun else (trunk, *arms)), kind, begun))
    return tuple([await _estimate(conductor, plan, model, cells) for model, cells in by_model.items()])


def refuse_endless(plan: StudyPlan, found: Iterable[Estimate]) -> None:
    """Raises UsageError for a study of which no shared start with its arms could ever be finished."""
    caps = plan.study.caps
    for one in found:
        if not one.runs:
            continue
        if one.one.context is not None and one.one.shortest > one.one.context:
            raise UsageError(
                f"A session on {one.title} would never end: its texts alone come to about"
                f" {one.one.shortest:,} tokens in one call, and the model's context has {one.one.context:,}.",
                where=plan.study.id,
                todo="Choose shorter scripts, or another model.",
            )
        if caps.calls is not None and caps.calls < one.one.calls:
            raise UsageError(
                f"No run could end within the cap of {caps.calls:,} calls: one takes about"
                f" {one.one.calls:,}.",
                where=plan.study.id,
                todo="Raise caps: calls.",
            )
        if caps.cost is not None and one.one.cost is not None and caps.cost < one.one.cost:
            raise UsageError(
                f"No run could end within the cap of ${caps.cost:g}: one costs about ${one.one.cost:.4f}.",
                where=plan.study.id,
                todo="Raise caps: cost.",
            )


async def _estimate(conductor: Conductor, plan: StudyPlan, model: str, cells: Sequence[_Missing]) -> Estimate:
    times = Counter(one.kind for one in cells)
    first = {one.kind: one for one in cells[::-1]}
    kinds = {
        kind: plans_of([head for head in heads(plan, one.cell) if head.id in one.ids])
        for kind, one in first.items()
    }
    states = conductor.studies.states(plan.root).sessions
    own = [id for id, one in states.items() if one.state == "finished"][-_SESSIONS:]
    found = [one.summary.id for one in conductor.store.find(SessionFilter(model=model), limit=_SESSIONS)]
    earlier = _earlier(conductor.store, model, own) or _earlier(conductor.store, model, found)
    texts = texts_of([one for plans in (*kinds.values(), *earlier.values()) for one in plans])
    counts = await count_with(conductor.models.model(model), model, texts)
    tokens = dict(zip(texts, counts.counts, strict=True))
    habit = _habit(conductor.store, earlier, counts, tokens) or _USUAL.get(model, UNKNOWN)
    loads = {
        kind: _as_usual(load(plans, counts, tokens, habit.reply, begun=first[kind].begun), habit)
        for kind, plans in kinds.items()
    }
    calls = sum(loads[kind].calls * count for kind, count in times.items())
    prompt = sum(loads[kind].prompt_tokens * count for kind, count in times.items())
    reply = sum(loads[kind].reply_tokens * count for kind, count in times.items())
    whole = Load(0, calls, prompt, reply, 0)
    local = counts.capabilities.local
    effort = sum(_effort(loads[kind], local=local) * count for kind, count in times.items())
    at_once = 1 if local else plan.study.at_once or HOSTED_AT_ONCE
    each = [(one, dollars(one, counts)) for one in loads.values()]
    return Estimate(
        model=model,
        title=counts.title,
        runs=len(cells),
        sessions=sum(len(one.ids) for one in cells),
        calls=calls,
        prompt_tokens=prompt,
        reply_tokens=reply,
        cost=dollars(whole, counts),
        seconds=None if habit.seconds is None else habit.seconds * effort / min(at_once, max(1, len(cells))),
        exact=counts.basis == "counted",
        from_runs=habit.runs,
        one=One(
            calls=max((one.calls for one, _ in each), default=0),
            cost=max((cost for _, cost in each if cost is not None), default=None),
            longest=max((load(one, counts, tokens).longest_prompt for one in kinds.values()), default=0),
            shortest=max((load(one, counts, tokens, 1).longest_prompt for one in kinds.values()), default=0),
            context=counts.capabilities.context,
        ),
    )


def _as_usual(found: Load, habit: Habit) -> Load:
    return Load(
        found.turns,
        math.ceil(found.calls * habit.calls),
        round(found.prompt_tokens * habit.prompt),
        round(found.reply_tokens * habit.replies),
        found.longest_prompt,
        found.read,
    )


def _effort(found: Load, *, local: bool) -> float:
    """What the time goes by: calls, but on this machine also what is read and written in them."""
    return embedded_seconds(found) if local else found.calls


# What the record says of a model


def _earlier(
    store: Store, model: str, sessions: Sequence[str]
) -> dict[tuple[str, ...], tuple[SessionPlan, ...]]:
    """By the ids of its sessions, the plans of each shared start of theirs that is finished."""
    families = store.families(sessions)
    ids = {head.id for family in families.values() for head in family}
    states = store.states_now(ids)
    earlier: dict[tuple[str, ...], tuple[SessionPlan, ...]] = {}
    for family in families.values():
        if len(earlier) == _EARLIER:
            break
        if family[0].plan.model == model and all(
            states[head.id] == "finished" and _by_script(head) for head in family
        ):
            earlier[tuple(head.id for head in family)] = plans_of(family)
    return earlier


def _by_script(head: SessionHead) -> bool:
    """Whether its calls can be counted from its plan alone."""
    return not head.plan.goes_on and (head.parent is None or head.parent_turn in (None, 0))


def _habit(
    store: Store,
    earlier: Mapping[tuple[str, ...], tuple[SessionPlan, ...]],
    counts: TokenCounts,
    tokens: Mapping[str, int],
) -> Habit | None:
    calls = [call for ids in earlier for id in ids for call in store.calls(id) if call.failure is None]
    replies = [call.completion_tokens for call in calls if call.purpose == "reply"]
    known = [tokens_ for tokens_ in replies if tokens_ is not None]
    if not known or any(call.prompt_tokens is None for call in calls):
        return None
    reply = sum(known) / len(known)
    counted = [load(plans, counts, tokens, reply) for plans in earlier.values()]
    return Habit(
        runs=len(earlier),
        reply=reply,
        calls=len(calls) / sum(one.calls for one in counted),
        prompt=_sum(calls, "prompt_tokens") / sum(one.prompt_tokens for one in counted),
        replies=_sum(calls, "completion_tokens") / sum(one.reply_tokens for one in counted),
        seconds=_sum(calls, "seconds")
        / sum(_effort(one, local=counts.capabilities.local) for one in counted),
    )


def _sum(calls: Iterable[StoredAttempt], name: str) -> float:
    return sum(getattr(call, name) or 0 for call in calls)
