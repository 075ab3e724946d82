"""Guided delivery: a therapist model finds the words, following the protocol; both are kept."""

import itertools

from sandbox.engine.events import CallFinished, SessionFinished
from sandbox.engine.guidance import Guidance, guidance_for
from sandbox.engine.plan import trunk_and_branches
from sandbox.engine.run import run
from tests.documents import plan, technique
from tests.engine.test_run import TOP, collect, turns
from tests.scripted import ScriptedProvider

GUIDED = technique("Ask about the breath.", "Thank the client.", delivery="guided")


async def test_the_therapist_model_speaks_and_never_hears_the_scenario() -> None:
    therapist = ScriptedProvider(["Where do you feel your breath?", "Thank you."])
    client = ScriptedProvider(["In my chest."], top=TOP)
    heads = trunk_and_branches(plan(guidance=guidance_for((GUIDED,), "therapist")), (GUIDED,))
    events = await collect(run(heads, client, therapists={"therapist": therapist}))
    spoken = turns(events, heads[1].id)
    assert [(t.origin, t.said, t.step) for t in spoken] == [
        ("guided", "Where do you feel your breath?", "step-1"),
        ("guided", "Thank you.", "step-2"),
    ]
    first, second = (r.messages for r in therapist.requests)
    assert "Ask about the breath." in first[-1].content and "Thank the client." in second[-1].content
    assert [m.role for m in second] == ["system", "user", "assistant", "user"]
    assert not any("It is dark." in m.content for m in first)
    purposes = [e.call.request.purpose for e in events if isinstance(e, CallFinished)]
    assert purposes.count("therapist") == 2


async def test_each_session_is_guided_by_the_therapist_that_its_own_plan_names() -> None:
    """An arm that is gone on with was planned with one, an arm added since with another."""
    first, second = ScriptedProvider(["First."]), ScriptedProvider(["Second."])
    client = ScriptedProvider(["In my chest."], top=TOP)
    trunk, arm, added = trunk_and_branches(plan(guidance=guidance_for((GUIDED,), "one")), (GUIDED, GUIDED))
    other = added.plan.model_copy(update={"guidance": guidance_for((GUIDED,), "two")})
    heads = (trunk, arm, added.model_copy(update={"plan": other}))
    events = await collect(run(heads, client, therapists={"one": first, "two": second}))
    assert {turn.said for turn in turns(events, arm.id)} == {"First."}
    assert {turn.said for turn in turns(events, added.id)} == {"Second."}


async def test_what_the_therapist_was_sent_before_stays_the_head_of_what_it_is_sent_next() -> None:
    guided = technique("Ask about the breath.", "Wait.", "Thank the client.", delivery="guided")
    therapist, client = ScriptedProvider(["Where is it?"]), ScriptedProvider(["In my chest."], top=TOP)
    heads = trunk_and_branches(plan(guidance=guidance_for((guided,), "therapist")), (guided,))
    await collect(run(heads, client, therapists={"therapist": therapist}))
    for earlier, later in itertools.pairwise(request.messages for request in therapist.requests):
        *kept, asked = earlier
        assert later[: len(kept)] == tuple(kept)
        assert asked.content.startswith(f"{later[len(kept)].content}\n\n[The step of the protocol")


def test_the_therapist_is_told_the_protocol_and_what_to_beware_of() -> None:
    careful = technique(
        "Ask.", delivery="guided", cautions="Not with panic.", fidelity=("Names the breath", "Gives time")
    )
    told = Guidance(model="m").instructions(careful, "Ask about {rationale}.")
    assert "“Breathing”" in told and "It calms." in told and "Not with panic." in told
    assert "- Names the breath\n- Gives time\n" in told
    noted = Guidance(model="m").step_note("Ask about {rationale}.")
    assert "Ask about {rationale}." in noted, "what a step says is never filled in"


def test_a_technique_that_states_nothing_leaves_no_hole_in_the_prompt() -> None:
    told = Guidance(model="m").instructions(GUIDED, "Ask.")
    assert "What to beware of: nothing in particular is stated\n" in told
    assert "{" not in told


def test_a_prompt_of_an_earlier_version_is_read_as_it_was() -> None:
    old = Guidance.model_validate({"model": "m", "prompt": "Of “{technique}” ({rationale}), say: {step}"})
    assert old.instructions(GUIDED, "Ask.") == "Of “Breathing” (It calms.), say: Ask."
    assert old.step_note("Ask.") == ""


async def test_a_guided_technique_without_guidance_fails_with_what_to_do() -> None:
    heads = trunk_and_branches(plan(), (GUIDED,))
    events = await collect(run(heads, ScriptedProvider(top=TOP)))
    last = events[-1]
    assert isinstance(last, SessionFinished) and last.ending == "failed"
    assert "--therapist" in last.reason
