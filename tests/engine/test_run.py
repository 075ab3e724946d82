"""Sessions run from start to end on a scripted model: what is asked, in what order, and what is told."""

import asyncio
import itertools
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import pytest

from sandbox.analysis.reply_valence import reply_valence
from sandbox.engine.controls import Controls
from sandbox.engine.events import (
    AdministrationFinished,
    CallFinished,
    Event,
    RunPlanned,
    SessionFinished,
    SessionStarted,
    StepSkipped,
    TextDelta,
    TextReset,
    TooLate,
    TurnFinished,
    TurnStarted,
    Waiting,
)
from sandbox.engine.history import History, Turn
from sandbox.engine.measure import THREE, Measure
from sandbox.engine.plan import SessionHead, trunk_and_branches
from sandbox.engine.run import run
from sandbox.engine.session import RunningSession
from sandbox.errors import UsageError
from sandbox.library.technique import Repeat, Step
from sandbox.models.provider import (
    Attempt,
    Capabilities,
    Completion,
    Delta,
    Message,
    ModelDescription,
    ModelError,
    Request,
    StreamPart,
    Withdrawn,
)
from sandbox.seed import derived_seed
from tests.documents import plan, probe, scenario, technique
from tests.measurement.ratings import optioned
from tests.scripted import ScriptedProvider

TOP = {" scared": 0.3, " calm": 0.1}
SMALL = Capabilities(top_logprobs=2000, prefill=True, small=True, local=True)


async def collect(events: AsyncGenerator[Event, None]) -> list[Event]:
    return [event async for event in events]


def turns(events: list[Event], session: str | None = None) -> list[Turn]:
    return [e.turn for e in events if isinstance(e, TurnFinished) and session in (None, e.session)]


def labels(events: list[Event], session: str) -> list[str]:
    return [
        e.measured.point.label
        for e in events
        if isinstance(e, AdministrationFinished) and e.session == session
    ]


def replay(events: list[Event], heads: tuple[SessionHead, ...]) -> dict[str, History]:
    """The histories a record of these events would give back."""
    known: dict[str, History] = {}
    parents = {head.id: head.parent for head in heads}
    for event in events:
        if isinstance(event, RunPlanned):
            known.setdefault(heads[0].id, History())
        elif isinstance(event, SessionStarted):
            parent = parents[event.session]
            known.setdefault(event.session, known[parent].branch(None) if parent else History())
        elif isinstance(event, TurnFinished):
            known[event.session] = known[event.session].with_turn(event.turn)
        elif isinstance(event, AdministrationFinished):
            known[event.session] = known[event.session].with_measured(event.measured)
        elif isinstance(event, StepSkipped):
            known[event.session] = known[event.session].with_skip(event.skip)
    return known


async def test_a_trunk_is_run_once_and_every_branch_leaves_from_its_end() -> None:
    heads = trunk_and_branches(plan(), (technique(), technique("Read on.", "And on.", "Done.", id="manual")))
    events = await collect(run(heads, ScriptedProvider(top=TOP)))

    trunk, first, second = (head.id for head in heads)
    assert events[0] == RunPlanned(heads)
    assert labels(events, trunk) == ["base", "ind"]
    assert labels(events, first) == labels(events, second) == ["t1", "t2", "t3", "end"]
    assert [t.index for t in turns(events, trunk)] == [1, 2]
    assert [t.index for t in turns(events, first)] == [t.index for t in turns(events, second)] == [3, 4, 5]
    assert [e.ending for e in events if isinstance(e, SessionFinished)] == ["finished"] * 3


async def test_what_a_large_model_s_description_takes_stops_nothing_else() -> None:
    asked, let_go = threading.Event(), threading.Event()

    class Large(ScriptedProvider):
        @property
        def description(self) -> ModelDescription:
            asked.set()
            assert let_go.wait(5), "the loop stood still"
            return super().description

    session = RunningSession(trunk_and_branches(plan(), ())[0], History(), Large(top=TOP), Controls())
    events = session.events()
    first = asyncio.ensure_future(anext(events))
    assert await asyncio.to_thread(asked.wait, 10)
    let_go.set()
    assert isinstance(await first, SessionStarted)
    await events.aclose()


async def test_paired_branches_draw_their_replies_with_the_same_seeds() -> None:
    heads = trunk_and_branches(plan(), (technique(), technique("One.", "Two.", "Three.", id="other")))
    events = await collect(run(heads, ScriptedProvider(top=TOP)))
    seeds = [[t.seed for t in turns(events, head.id)] for head in heads[1:]]
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 3


async def test_a_turn_keeps_the_seed_that_drew_its_reply() -> None:
    def after_an_empty_reply(request: Request) -> Completion:
        first = request.sampling.seed or 0
        tries = tuple(Attempt(datetime.now(UTC), 0.1, seed=seed) for seed in (first, first + 1))
        return Completion("Cold.", "m", "stop", attempts=tries)

    provider = ScriptedProvider(after_an_empty_reply)
    events = await collect(run(trunk_and_branches(plan(measures=()), ()), provider))
    asked = [request.sampling.seed for request in provider.requests]
    assert [turn.seed for turn in turns(events)] == [seed + 1 for seed in asked if seed is not None]


async def test_a_refused_reply_is_marked_and_the_session_goes_on() -> None:
    refusal = Completion("", "m", "content_filter", refused=True)
    provider = ScriptedProvider(
        lambda request: refusal if request.purpose == "reply" else "distress: 40", top=TOP
    )
    events = await collect(run(trunk_and_branches(plan(), (technique(),)), provider))
    assert [e.ending for e in events if isinstance(e, SessionFinished)] == ["finished", "finished"]
    assert all(turn.refused and turn.reply == "" for turn in turns(events))
    for request in provider.requests:
        assert all(message.content for message in request.messages), "nobody is sent an empty message"
    assert not reply_valence(History(tuple(turns(events)))).points


async def test_a_thought_that_was_shown_is_taken_back() -> None:
    class Thinks(ScriptedProvider):
        async def stream(self, request: Request) -> AsyncGenerator[StreamPart, None]:
            yield Delta("At 85, perhaps.")
            yield Withdrawn()
            async for part in super().stream(request):
                yield part

    events = await collect(run(trunk_and_branches(plan(measures=()), ()), Thinks(("Cold.",))))
    shown = [e for e in events if isinstance(e, TextDelta | TextReset)]
    assert isinstance(shown[1], TextReset) and not shown[1].reason
    assert [turn.reply for turn in turns(events)] == ["Cold."] * len(turns(events))


async def test_an_aside_leaves_no_trace_in_the_next_reply_s_prompt() -> None:
    provider = ScriptedProvider(top=TOP)
    await collect(run(trunk_and_branches(plan(), (technique(),)), provider))
    replies = [r.messages for r in provider.requests if r.purpose == "reply"]
    assert len(replies) == 5
    for messages in replies:
        assert not any("In one word" in message.content for message in messages)
    for earlier, later in itertools.pairwise(replies):
        assert later[: len(earlier)] == earlier, "the prefix of the prompt must never change"


async def test_in_conversation_the_questions_and_answers_stay_where_they_were_given() -> None:
    provider = ScriptedProvider(top=TOP)
    await collect(run(trunk_and_branches(plan(administration="in_conversation"), ()), provider))
    first_reply = next(r for r in provider.requests if r.purpose == "reply")
    assert any("In one word" in message.content for message in first_reply.messages)
    roles = [m.role for m in first_reply.messages[1:]]
    assert all(a != b for a, b in itertools.pairwise(roles)), "roles must alternate"


async def test_only_a_small_model_is_shown_examples_and_an_opening() -> None:
    small, large = ScriptedProvider(top=TOP, capabilities=SMALL), ScriptedProvider(top=TOP)
    for provider in (small, large):
        await collect(run(trunk_and_branches(plan(), ()), provider))
    example = Message("user", "How are you?")
    assert example in small.requests[-2].messages and example not in large.requests[-2].messages
    replies = [[r.prefill for r in p.requests if r.purpose == "reply"] for p in (small, large)]
    assert replies == [["I feel", "I feel"], ["", ""]]


async def test_what_is_told_without_a_reply_is_joined_to_what_comes_next() -> None:
    told = scenario("First.", "Second.")
    first = told.turns[0].model_copy(update={"reply": False})
    provider = ScriptedProvider(top=TOP)
    events = await collect(
        run(
            trunk_and_branches(plan(scenario=told.model_copy(update={"turns": (first, told.turns[1])})), ()),
            provider,
        )
    )
    assert [t.reply is None for t in turns(events)] == [True, False]
    reply = next(r for r in provider.requests if r.purpose == "reply")
    assert reply.messages[-1] == Message("user", "First.\n\nSecond.")


async def test_what_streams_is_what_is_kept() -> None:
    provider = ScriptedProvider(["Cold and very wide awake."], top=TOP, capabilities=SMALL)
    events = await collect(run(trunk_and_branches(plan(), ()), provider))
    shown = "".join(e.text for e in events if isinstance(e, TextDelta) and e.index == 1)
    assert shown == turns(events)[0].reply == "I feel Cold and very wide awake."


async def test_every_call_is_told_and_every_reply_names_its_call() -> None:
    provider = ScriptedProvider(top=TOP)
    events = await collect(run(trunk_and_branches(plan(), (technique(),)), provider))
    calls = {e.call.id: e.call for e in events if isinstance(e, CallFinished)}
    assert len(calls) == len(provider.requests)
    assert all(calls[t.call_id].request.purpose == "reply" for t in turns(events))


@pytest.mark.parametrize("administration", ["aside", "in_conversation"])
async def test_the_end_is_measured_once_where_no_turn_lies_before_it(
    administration: Literal["aside", "in_conversation"],
) -> None:
    at_three = Measure(questionnaire=probe("at-three"), way="word", phases=THREE)
    always = Measure(questionnaire=probe(), way="word")
    told = plan(measures=(always, at_three), administration=administration)
    heads = trunk_and_branches(told, (technique("Breathe.", "Rest."),))
    provider = ScriptedProvider(top=TOP)
    events = await collect(run(heads, provider))

    given = [e.measured for e in events if isinstance(e, AdministrationFinished) and e.session == heads[1].id]
    assert [(m.point.label, m.administration.questionnaire, m.administration.as_at) for m in given] == [
        ("t1", "probe", ""), ("t2", "probe", ""), ("end", "probe", "t2"), ("end", "at-three", ""),
    ]  # fmt: skip
    assert given[2].administration == replace(given[1].administration, as_at="t2")
    asked = sum(request.purpose == "measurement" for request in provider.requests)
    assert asked == 4 + 3, "the probe at base, ind, t1, t2; the other at base, ind and the end"


async def test_a_follow_up_stretch_comes_before_the_last_measurement() -> None:
    stretch = scenario("What did you eat?", affect="none")
    heads = trunk_and_branches(plan(follow_up=stretch), (technique("Breathe."),))
    events = await collect(run(heads, ScriptedProvider(top=TOP)))
    assert [t.phase for t in turns(events, heads[1].id)] == ["technique", "follow-up"]
    assert labels(events, heads[1].id) == ["t1", "end"]
    given = [e.measured for e in events if isinstance(e, AdministrationFinished)]
    assert not any(one.administration.as_at for one in given), "something was said before it"


@pytest.mark.parametrize("cut", range(1, 45))
async def test_resuming_after_any_event_gives_the_same_session(cut: int) -> None:
    heads = trunk_and_branches(
        plan(follow_up=scenario("And now?", affect="none")),
        (technique(Step(id="a", say="A.", repeat=Repeat(until="turn > 2", at_most=3)), "B."),),
    )

    def answer(request: object) -> str:
        return f"Reply to {len(getattr(request, 'messages', ()))}."

    whole = replay(await collect(run(heads, ScriptedProvider(answer, top=TOP))), heads)
    events: list[Event] = []
    stream = run(heads, ScriptedProvider(answer, top=TOP))
    async for event in stream:
        events.append(event)
        if len(events) == cut:
            break
    await stream.aclose()
    known = replay(events, heads)
    rest = await collect(run(heads, ScriptedProvider(answer, top=TOP), known=known))
    again = replay([*events, *rest], heads)

    def essence(history: History) -> object:
        return (
            [(t.index, t.said, t.reply, t.step, t.repeat, t.seed) for t in history.turns],
            [(m.point, m.administration.scores) for m in history.measured],
        )

    assert {k: essence(v) for k, v in again.items()} == {k: essence(v) for k, v in whole.items()}


async def test_a_branch_can_leave_from_any_turn_and_inherits_nothing_later() -> None:
    heads = trunk_and_branches(plan(), (technique(),))
    events = await collect(run(heads, ScriptedProvider(top=TOP)))
    known = replay(events, heads)
    branch = SessionHead(
        id="branch", plan=plan(technique=technique("Other.", id="other")), parent=heads[1].id, parent_turn=3
    )
    provider = ScriptedProvider(top=TOP)
    more = await collect(run((branch,), provider, known=known))
    assert labels(more, "branch") == ["t2", "end"]
    assert [t.index for t in turns(more, "branch")] == [4]
    prompt = provider.requests[0].messages
    assert any("Breathe in." in m.content for m in prompt)
    assert not any("Breathe out." in m.content for m in prompt)


async def test_a_branch_in_the_middle_of_a_scenario_measures_where_it_left() -> None:
    heads = trunk_and_branches(plan(), ())
    known = replay(await collect(run(heads, ScriptedProvider(top=TOP))), heads)
    branch = SessionHead(
        id="early", plan=plan(technique=technique("Breathe.")), parent=heads[0].id, parent_turn=1
    )
    events = await collect(run((branch,), ScriptedProvider(top=TOP), known=known))
    assert labels(events, "early") == ["ind", "t1", "end"]


async def test_a_branch_from_a_turn_that_does_not_exist_is_refused() -> None:
    heads = trunk_and_branches(plan(), ())
    known = replay(await collect(run(heads, ScriptedProvider(top=TOP))), heads)
    branch = SessionHead(id="late", plan=plan(technique=technique()), parent=heads[0].id, parent_turn=9)
    with pytest.raises(UsageError, match="no such turn"):
        await collect(run((branch,), ScriptedProvider(top=TOP), known=known))


async def test_a_model_that_fails_ends_the_session_with_its_error_and_begins_no_other() -> None:
    failing = ModelError("the server is gone", kind="unavailable", todo="Start it.")

    def answer(request: object) -> ModelError | str:
        return failing if len(provider.requests) > 4 else "Fine."

    provider = ScriptedProvider(answer, top=TOP)
    heads = trunk_and_branches(plan(), (technique(), technique("Else.", id="else")))
    events = await collect(run(heads, provider))
    last = events[-1]
    assert isinstance(last, SessionFinished)
    assert (last.session, last.ending, last.error) == (heads[1].id, "failed", failing)
    assert any(isinstance(e, CallFinished) and e.call.error is failing for e in events)
    assert not any(isinstance(e, SessionStarted) and e.session == heads[2].id for e in events)


async def test_conditions_leave_steps_out_and_repeats_end_when_they_hold() -> None:
    steps = (
        Step(id="if-low", say="Not said.", when="score('distress') < 10"),
        Step(
            id="again",
            say="“{{ last_reply | excerpt(20) }}” again.",
            repeat=Repeat(until="turn >= 4", at_most=9),
        ),
        Step(id="capped", say="Capped.", repeat=Repeat(until="false", at_most=2)),
    )
    heads = trunk_and_branches(plan(), (technique(*steps),))
    events = await collect(run(heads, ScriptedProvider(["Well then."], top=TOP)))
    said = [(t.step, t.repeat) for t in turns(events, heads[1].id)]
    assert said == [("again", 1), ("again", 2), ("again", 3), ("capped", 1), ("capped", 2)]
    assert turns(events, heads[1].id)[0].said == "“Well then.” again."
    assert [e.skip.step for e in events if isinstance(e, StepSkipped)] == ["if-low"]


async def test_pause_holds_before_the_next_turn_and_a_step_lets_one_through() -> None:
    controls = Controls(paused=True)
    stream = run(trunk_and_branches(plan(), ()), ScriptedProvider(top=TOP), controls=controls)
    seen: list[Event] = []
    async for event in stream:
        seen.append(event)
        if isinstance(event, Waiting):
            controls.step() if len([e for e in seen if isinstance(e, Waiting)]) == 1 else controls.resume()
    assert [type(e) for e in seen if isinstance(e, Waiting | TurnStarted)] == [
        Waiting,
        TurnStarted,
        Waiting,
        TurnStarted,
    ]


async def test_the_clinician_speaks_and_the_script_goes_on_after() -> None:
    controls = Controls()
    controls.say("Tell me more.")
    heads = trunk_and_branches(plan(), (technique("One.", "Two."),))
    events = await collect(run(heads, ScriptedProvider(top=TOP), controls=controls))
    own = turns(events, heads[1].id)
    assert [(t.origin, t.said) for t in own] == [
        ("live", "Tell me more."),
        ("scripted", "One."),
        ("scripted", "Two."),
    ]
    assert labels(events, heads[1].id) == ["t1", "t2", "t3", "end"]


async def test_skip_leaves_out_the_next_step_of_the_technique() -> None:
    controls = Controls()
    controls.skip()
    heads = trunk_and_branches(plan(), (technique("One.", "Two."),))
    events = await collect(run(heads, ScriptedProvider(top=TOP), controls=controls))
    assert [t.said for t in turns(events, heads[1].id)] == ["Two."]
    assert len(turns(events, heads[0].id)) == 2, "a scenario turn is never skipped"


async def test_what_comes_too_late_for_a_branch_is_told_and_not_done_in_the_next() -> None:
    controls = Controls()
    control = technique("Page one.", "Page two.", id="filler", family="control")
    heads = trunk_and_branches(plan(), (technique("One.", "Two."), control))
    seen: list[Event] = []
    async for event in run(heads, ScriptedProvider(top=TOP), controls=controls):
        seen.append(event)
        if isinstance(event, TurnFinished) and event.turn.said == "Two.":
            controls.say("Words meant for breathing.")
            controls.skip()
    assert [t.said for t in turns(seen, heads[2].id)] == ["Page one.", "Page two."]
    told = [event for event in seen if isinstance(event, TooLate)]
    assert told == [TooLate(heads[1].id, ("Words meant for breathing.",), 1)]


async def test_a_live_technique_waits_for_words_and_offers_its_cue() -> None:
    controls = Controls()
    heads = trunk_and_branches(plan(), (technique("Ask about sleep.", "Thank.", delivery="live"),))
    seen: list[Event] = []
    async for event in run(heads, ScriptedProvider(top=TOP), controls=controls):
        seen.append(event)
        if isinstance(event, Waiting):
            controls.say(f"My words for: {event.cue}")
    assert [t.said for t in turns(seen, heads[1].id)] == [
        "My words for: Ask about sleep.",
        "My words for: Thank.",
    ]


async def test_a_live_step_is_repeated_no_more_often_than_it_says() -> None:
    controls = Controls()
    often = Step(id="ask", say="Ask again.", repeat=Repeat(until="false", at_most=2))
    heads = trunk_and_branches(plan(), (technique(often, "Thank.", delivery="live"),))
    seen: list[Event] = []
    async for event in run(heads, ScriptedProvider(top=TOP), controls=controls):
        seen.append(event)
        if isinstance(event, Waiting):
            controls.say(event.cue) if len(turns(seen, heads[1].id)) < 5 else controls.stop()
    assert [(t.step, t.repeat) for t in turns(seen, heads[1].id)] == [
        ("ask", 1),
        ("ask", 2),
        ("step-2", 1),
    ]


async def test_stop_cuts_a_reply_short_and_keeps_what_was_finished() -> None:
    gate = asyncio.Event()
    gate.set()
    controls = Controls()
    seen: list[Event] = []
    provider = ScriptedProvider(["A long reply follows here."], top=TOP, gate=gate)
    async for event in run(trunk_and_branches(plan(), (technique(),)), provider, controls=controls):
        seen.append(event)
        if isinstance(event, TurnFinished):
            gate.clear()
        if isinstance(event, TextDelta) and event.index == 2:
            controls.stop()
    assert len(turns(seen)) == 1
    assert isinstance(seen[-1], SessionFinished) and seen[-1].ending == "stopped"


class Broken(ScriptedProvider):
    """Is broken off in the third call, which never gets an answer: by the clinician or by Ctrl-C."""

    def __init__(self, broken_off: Callable[[], object]) -> None:
        super().__init__(["2"], capabilities=SMALL)
        self._broken_off = broken_off

    async def complete(self, request: Request) -> Completion:
        if len(self.requests) == 2:
            self.requests.append(request)
            self._broken_off()
            await asyncio.Event().wait()
        return await super().complete(request)


@pytest.mark.parametrize("by", ["clinician", "ctrl-c"])
async def test_calls_made_before_a_break_are_told_all_the_same(by: str) -> None:
    measures = (Measure(questionnaire=optioned(), way="report", form="per item"),)
    trunk = trunk_and_branches(plan(measures=measures), ())[:1]
    controls, seen = Controls(), list[Event]()

    async def listen() -> None:
        async for event in run(trunk, provider, controls=controls):
            seen.append(event)

    listening = asyncio.ensure_future(listen())
    provider = Broken(controls.stop if by == "clinician" else listening.cancel)
    await asyncio.wait({listening})
    calls = [event.call for event in seen if isinstance(event, CallFinished)]
    assert [call.error.kind if call.error else "answered" for call in calls] == ["answered"] * 2 + [
        "cancelled"
    ]
    assert listening.cancelled() == (by == "ctrl-c")


def test_a_derived_seed_depends_on_its_purpose_and_nothing_else() -> None:
    assert derived_seed(7, "reply", 1) == derived_seed(7, "reply", 1) < 2**31
    assert len({derived_seed(s, p, n) for s in (1, 2) for p in ("reply", "measure") for n in (1, 12)}) == 8
