"""Branches that redo a reply: the old one stays, the script goes on from there, and the record knows both."""

from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.analysis.answer import answer
from sandbox.analysis.comparison import compare
from sandbox.analysis.family import gather, gather_compared
from sandbox.engine.branch import branch, edited, other_seed, redo
from sandbox.engine.controls import Controls
from sandbox.engine.guidance import guidance_for
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead, trunk_and_branches
from sandbox.engine.run import run
from sandbox.errors import UsageError
from sandbox.library.technique import Repeat, Step
from sandbox.store.recorder import recorded
from sandbox.store.store import Store
from tests.documents import plan, technique
from tests.scripted import ScriptedProvider
from tests.store.runs import record_run, scripted


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "sandbox.db") as opened:
        yield opened


async def go_on(store: Store, head: SessionHead, provider: ScriptedProvider | None = None) -> History:
    """Run a branch of a recorded session and give back its history, as the record has it."""
    known = {id: store.history(id) for id in [h.id for h in store.family(head.parent or "")]}
    events = recorded(run((head,), provider or scripted(("calmer still.",)), known=known), store)
    async for _ in events:
        pass
    return store.history(head.id)


def steps(history: History) -> list[str | None]:
    return [turn.step for turn in history.turns]


async def test_a_redone_reply_leaves_the_old_one_and_the_script_goes_on(store):
    heads = trunk_and_branches(plan(), (technique(),))
    await record_run(store, heads)
    parent = store.history(heads[1].id)
    again = redo(heads[1], parent, 4, seed=99)
    assert (again.parent, again.parent_turn) == (heads[1].id, 3)
    history = await go_on(store, again)
    assert steps(history) == [None, None, "step-1", "step-2", "step-3"]
    assert [t.index for t in history.turns] == [1, 2, 3, 4, 5] and history.inherited == 3
    assert history.turns[:3] == parent.turns[:3]
    assert history.turns[3].said == parent.turns[3].said and history.turns[3].seed != parent.turns[3].seed
    assert store.history(heads[1].id) == parent
    assert [m.point.label for m in history.measured] == ["base", "ind", "t1", "t2", "t3", "end"]


async def test_a_reply_redone_twice_goes_on_from_there_too(store):
    heads = trunk_and_branches(plan(), (technique(),))
    await record_run(store, heads)
    first = redo(heads[1], store.history(heads[1].id), 4, seed=99)
    await go_on(store, first)
    second = redo(first, store.history(first.id), 5, seed=100)
    history = await go_on(store, second)
    assert steps(history) == [None, None, "step-1", "step-2", "step-3"] and history.inherited == 4


async def test_what_was_skipped_before_stays_skipped(store):
    heads = trunk_and_branches(plan(), (technique(),))
    controls = Controls()
    async for event in recorded(run(heads, scripted(), controls=controls), store):
        turn = getattr(event, "turn", None)
        if getattr(turn, "step", None) == "step-1":
            controls.skip()
            controls.say("And how is it now?")
    parent = store.history(heads[1].id)
    assert steps(parent) == [None, None, "step-1", None, "step-3"]
    again = redo(heads[1], parent, 4, seed=99)
    history = await go_on(store, again)
    assert steps(history) == [None, None, "step-1", None, "step-3"]
    assert history.turns[3].said == "And how is it now?" and history.turns[3].origin == "live"


async def test_a_redone_turn_is_said_whatever_the_clinician_asked_for_meanwhile(store):
    heads = trunk_and_branches(plan(), (technique(),))
    await record_run(store, heads)
    again = redo(heads[1], store.history(heads[1].id), 3, seed=99)
    controls = Controls()
    controls.skip()
    controls.say("And how is it now?")
    known = {id: store.history(id) for id in [h.id for h in store.family(heads[0].id)]}
    async for _ in recorded(run((again,), scripted(), known=known, controls=controls), store):
        pass
    history = store.history(again.id)
    said = [(turn.step, turn.said) for turn in history.turns[2:]]
    assert said == [("step-1", "Breathe in."), (None, "And how is it now?"), ("step-3", "Rest.")]
    assert [skip.step for skip in history.skips] == ["step-2"]


async def test_a_repeated_step_is_counted_on(store):
    often = Step(id="again", say="Once more.", repeat=Repeat(until="score('distress') < 1", at_most=3))
    heads = trunk_and_branches(plan(), (technique(often),))
    await record_run(store, heads)
    again = redo(heads[1], store.history(heads[1].id), 4, seed=99)
    history = await go_on(store, again)
    assert [(t.step, t.repeat) for t in history.turns[2:]] == [("again", 1), ("again", 2), ("again", 3)]


async def test_a_scenario_turn_redone_makes_another_trunk(store):
    heads = trunk_and_branches(plan(), ())
    await record_run(store, heads)
    again = redo(heads[0], store.history(heads[0].id), 1, seed=99)
    history = await go_on(store, again)
    assert [t.said for t in history.turns] == ["It is dark.", "Somebody is behind you."]
    assert [m.point.label for m in history.measured] == ["base", "ind"]
    leaving = branch(again, None, technique())
    later = await go_on(store, leaving)
    assert later.turns[:2] == history.turns and steps(later)[2:] == ["step-1", "step-2", "step-3"]


async def test_only_an_answered_turn_of_its_own_can_be_redone(store):
    heads = trunk_and_branches(plan(), (technique(),))
    await record_run(store, heads)
    history = store.history(heads[1].id)
    for turn in (2, 9):  # the trunk's, and none at all
        with pytest.raises(UsageError, match="no reply to redo"):
            redo(heads[1], history, turn, seed=1)
    untold = replace(history, turns=(*history.turns[:-1], replace(history.turns[-1], reply=None)))
    with pytest.raises(UsageError):
        redo(heads[1], untold, 5, seed=1)


def test_a_branch_with_another_seed_is_drawn_anew():
    head = SessionHead(id="trunk111", plan=plan())
    seeds = {other_seed(head, "redo", size) for size in range(1, 6)}
    assert len(seeds) == 5 and head.plan.seed not in seeds
    assert branch(head, None, technique(), seed=5).plan.seed == 5
    assert branch(head, None, technique()).plan.seed == head.plan.seed


async def test_a_guided_turn_redone_repeats_the_therapists_words(store):
    guided = technique("Ask about the breath.", "Thank the client.", delivery="guided")
    heads = trunk_and_branches(plan(guidance=guidance_for((guided,), "therapist")), (guided,))
    await record_run(store, heads, scripted(("Where is your breath?", "In my chest.")))
    parent = store.history(heads[1].id)
    provider = scripted(("Said anew.",))
    history = await go_on(store, redo(heads[1], parent, 3, seed=99), provider)
    assert (history.turns[2].said, history.turns[2].origin) == (parent.turns[2].said, "guided")
    assert history.turns[2].reply != parent.turns[2].reply
    asked = [request for request in provider.requests if request.purpose == "therapist"]
    assert len(asked) == 1, "only the step after it is put into words"


def said_otherwise(script, place: int, words: str):
    steps = list(script.steps)
    steps[place] = steps[place].model_copy(update={"say": words})
    return script.model_copy(update={"steps": tuple(steps)})


async def test_a_changed_step_is_said_from_the_state_before_it_and_the_script_goes_on(store):
    heads = trunk_and_branches(plan(), (technique(),))
    await record_run(store, heads)
    parent = store.history(heads[1].id)
    head = edited(heads[1], parent, said_otherwise(technique(), 1, "Quite other words."))
    assert (head.parent_turn, head.plan.seed, head.plan.passed) == (3, plan().seed, {"step-1": 1})
    history = await go_on(store, head)
    assert steps(history) == [None, None, "step-1", "step-2", "step-3"]
    assert history.turns[:3] == parent.turns[:3] and history.turns[3].said == "Quite other words."
    assert [m.point.label for m in history.measured] == ["base", "ind", "t1", "t2", "t3", "end"]
    assert store.history(heads[1].id) == parent
    earlier = edited(head, history, said_otherwise(head.plan.technique, 0, "Another beginning."))
    assert (earlier.parent_turn, earlier.plan.passed) == (2, {})
    assert (await go_on(store, earlier)).turns[2].said == "Another beginning."
    later = edited(head, history, said_otherwise(head.plan.technique, 2, "Another end."))
    assert (later.parent_turn, later.plan.passed) == (4, {"step-1": 1, "step-2": 1})


async def test_a_changed_step_has_no_effect_before_it_was_said(store):
    """Up to there an arm has the scores of the one it left: they are not what its own words did."""
    control = technique().model_copy(update={"id": "control", "title": "Manual", "family": "control"})
    heads = trunk_and_branches(plan(), (technique(), control))
    await record_run(store, heads)
    head = edited(heads[1], store.history(heads[1].id), said_otherwise(technique(), 2, "Other words."))
    known = {one.id: store.history(one.id) for one in heads}
    async with aclosing(recorded(run((head,), scripted(), known=known), store)) as events:
        await anext(events)
    found = gather(store, heads[0].id)
    arm, scale = found.arm(head.id), found.main_scales[0]
    assert arm.at(scale, "t2") is not None, "it has the scores of the arm it left"
    effects = found.effects(arm, scale)
    assert (effects.change.value, effects.residual.value, arm.replies.change) == (None, None, None)
    assert effects.technique is not None and effects.technique.value is None
    compared = compare(gather_compared(store, [heads[0].id]), scale)
    assert [one.title for one in answer(compared).beyond] == [technique().title]
    why = "no difference, because under the technique nothing was measured in its own part."
    assert f"{arm.title}: {why}" in answer(compared).lines


async def test_a_changed_step_stands_beside_the_control_and_both_arms_in_the_comparison(store):
    control = technique().model_copy(update={"id": "control", "title": "Manual", "family": "control"})
    heads = trunk_and_branches(plan(), (technique(), control))
    await record_run(store, heads)
    head = edited(heads[1], store.history(heads[1].id), said_otherwise(technique(), 2, "Other words."))
    await go_on(store, head)
    arms = {arm.id: arm for arm in gather_compared(store, [heads[0].id])}
    assert set(arms) == {heads[1].id, heads[2].id, head.id}, "no arm takes the place of another"
    assert arms[head.id].began == arms[heads[2].id].began
    assert arms[head.id].title.endswith("(changed step “step-3”)")
    assert store.sessions(1)[0].technique == technique().title
