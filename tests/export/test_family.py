"""Which control the effects of a technique are taken beside."""

from contextlib import aclosing

from sandbox.analysis.comparison import compare, compared_with
from sandbox.analysis.family import gather, gather_compared
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.branch import branch, edited, redo
from sandbox.engine.run import run
from sandbox.export.archive import archive
from sandbox.export.transcript.contents import transcript_markdown
from sandbox.store.recorder import recorded
from sandbox.store.store import Store
from tests.documents import technique
from tests.store.runs import breathing_and_control, record_run, scripted


async def test_the_control_planned_stays_the_reference_whatever_joins_or_is_changed(tmp_path):
    """Chosen by what was planned with the start, in every face alike; the others are arms of their own."""
    with Store.open(tmp_path / "sandbox.db") as store:
        trunk, breathing, control = breathing_and_control()
        await record_run(store, (trunk, breathing, control))
        assert control.plan.technique is not None
        steps = control.plan.technique.steps
        other = control.plan.technique.model_copy(update={"id": "chat", "title": "Chat"})
        joined = branch(trunk, None, other)
        known = {trunk.id: store.history(trunk.id)}
        async with aclosing(recorded(run((joined,), scripted(), known=known), store)) as events:
            assert [event async for event in events]
        said = (*steps[:-1], steps[-1].model_copy(update={"say": "Tell me of your day."}))
        history = store.history(joined.id)
        changed = edited(joined, history, other.model_copy(update={"steps": said}))
        again = redo(control, store.history(control.id), 4, seed=99)
        known = {one.id: store.history(one.id) for one in (joined, control)}
        async with aclosing(recorded(run((changed, again), scripted(), known=known), store)) as events:
            assert [event async for event in events]
        distress: ScaleName = ("probe", "word", "distress")
        family = gather(store, trunk.id)
        assert not family.replaced
        beside = {arm.id: family.control_for(arm) for arm in family.arms}
        assert {id: one.id for id, one in beside.items() if one is not None} == {breathing.id: control.id}
        compared = compare(gather_compared(store, [trunk.id]), distress)
        assert compared.reference is not None
        assert [one.id for one in compared.reference.sessions] == [control.id]
        assert sum(arm.reference for arm in compared.arms) == 1 and len(compared.arms) == 5
        (told,) = [one for one in compared.cautions if "More than one control" in one]
        assert "measured against Filler (control), the first one planned" in told
        for one in (changed, again):  # named by itself, the planned one comes along
            for other_arm in (breathing, joined):
                shown = compare(gather_compared(store, [other_arm.id, one.id]), distress)
                assert shown.reference is not None and shown.reference.sessions[0].id == control.id


async def test_a_redone_control_is_the_one_beside_where_the_old_one_did_not_end(tmp_path):
    with Store.open(tmp_path / "sandbox.db") as store:
        trunk, breathing, control = breathing_and_control()
        await record_run(store, (trunk, breathing, control))
        again = redo(control, store.history(control.id), 4, seed=99)
        known = {control.id: store.history(control.id)}
        async with aclosing(recorded(run((again,), scripted(), known=known), store)) as events:
            assert [event async for event in events]
        store.set_state(control.id, "stopped", "for the redo")

        def beside() -> str | None:
            family = gather(store, trunk.id)
            arm = next(one for one in family.arms if one.id == breathing.id)
            found = family.control_for(arm)
            return found.id if found else None

        assert beside() == again.id
        assert [s.id for s in gather_compared(store, [breathing.id])] == [breathing.id, again.id]
        family = gather(store, trunk.id)
        assert [arm.title for arm in family.arms] == ["Breathing", "Filler (control, t2 redone)"]
        assert any(f"before the redo: session {control.id}" in remark for remark in family.cautions)
        text = transcript_markdown(family)
        assert "stands in its place" in text and "Filler (control, before the redo)" in text
        replaced = {s.id: s.replaced_by for s in archive(family).sessions}
        assert replaced == {trunk.id: None, breathing.id: None, control.id: again.id, again.id: None}

        shown = gather_compared(store, [trunk.id])
        assert [s.id for s in shown] == [breathing.id, again.id]
        assert shown[1].replaces == (control.id,)
        both = gather_compared(store, [trunk.id], earlier=True)
        assert {s.id: s.replaced_by for s in both} == {
            breathing.id: None,
            control.id: again.id,
            again.id: None,
        }
        assert {s.id for s in gather_compared(store, [control.id, again.id])} == {control.id, again.id}
        store.set_state(again.id, "stopped", "by the clinician")
        store.set_state(control.id, "finished", "")
        assert beside() == control.id, "a finished arm keeps its place against a redo that was cut short"
        assert gather(store, trunk.id).replaced == {again.id: control.id}
        store.set_state(control.id, "stopped", "for the redo")
        assert beside() == again.id
        store.set_state(again.id, "finished", "")
        assert store.to_finish(trunk.id) == ()
        store.set_state(breathing.id, "stopped", "by the clinician")
        assert store.to_finish(trunk.id) == (breathing,)


async def test_exports_and_comparisons_put_the_same_control_beside_a_branch(tmp_path):
    with Store.open(tmp_path / "sandbox.db") as store:
        trunk, breathing, control = breathing_and_control()
        await record_run(store, (trunk, breathing, control))
        talking = branch(breathing, 4, technique("Talk.", "Talk on.", id="talking"))
        assert control.plan.technique is not None
        filler = branch(breathing, 4, control.plan.technique)
        known = {breathing.id: store.history(breathing.id)}
        async with aclosing(recorded(run((talking, filler), scripted(), known=known), store)) as events:
            assert [event async for event in events]
        again = redo(talking, store.history(talking.id), 6, seed=99)
        async with aclosing(
            recorded(run((again,), scripted(), known={talking.id: store.history(talking.id)}), store)
        ) as events:
            assert [event async for event in events]

        family = gather(store, trunk.id)
        exported = {arm.id: found.id for arm in family.arms if (found := family.control_for(arm)) is not None}
        assert exported == {breathing.id: control.id, again.id: filler.id}
        comparison = compare(gather_compared(store, [trunk.id]), ("probe", "word", "distress"))
        sessions = [session for arm in comparison.arms for session in arm.sessions]
        compared = {
            session.id: other.id
            for session in sessions
            if not session.is_control and (other := compared_with(session, comparison.arms)) is not None
        }
        assert compared == exported
        assert [s.id for s in gather_compared(store, [talking.id])] == [talking.id, filler.id]
        chosen = [s.id for s in gather_compared(store, [talking.id, control.id])]
        assert chosen == [talking.id, control.id, filler.id]
        said = "left in the middle of Breathing. Up to t2 its rows are those of Breathing."
        assert any(said in remark for remark in family.cautions)
        assert any(said in warning for warning in comparison.cautions)


async def test_a_longer_technique_stands_beside_the_control_that_was_cut_to_its_length(tmp_path):
    with Store.open(tmp_path / "sandbox.db") as store:
        trunk, breathing, control = breathing_and_control()
        await record_run(store, (trunk, breathing, control))
        longer = branch(trunk, None, technique("In.", "Out.", "In.", "Out.", "Rest.", id="longer"))
        pages = technique(*(f"Page {n}." for n in range(5)), id="filler", family="control")
        filler = branch(trunk, None, pages)
        known = {trunk.id: store.history(trunk.id)}
        async with aclosing(recorded(run((longer, filler), scripted(), known=known), store)) as events:
            assert [event async for event in events]
        family = gather(store, trunk.id)
        beside = {arm.id: found.id for arm in family.arms if (found := family.control_for(arm)) is not None}
        assert beside == {breathing.id: control.id, longer.id: filler.id}
        assert {s.id for s in gather_compared(store, [longer.id])} == {longer.id, filler.id}


async def test_a_second_arm_of_one_technique_has_a_number(tmp_path):
    with Store.open(tmp_path / "sandbox.db") as store:
        trunk, breathing, control = breathing_and_control()
        await record_run(store, (trunk, breathing, control))
        assert breathing.plan.technique is not None
        again = branch(trunk, None, breathing.plan.technique, seed=99)
        known = {trunk.id: store.history(trunk.id)}
        async with aclosing(recorded(run((again,), scripted(), known=known), store)) as events:
            assert [event async for event in events]
        family = gather(store, trunk.id)
    titles = [arm.title for arm in family.arms]
    assert titles == ["Breathing", "Breathing 2", "Filler (control)"]
