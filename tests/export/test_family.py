"""Which control the effects of a technique are taken beside."""

from contextlib import aclosing

from sandbox.engine.branch import redo
from sandbox.engine.run import run
from sandbox.export.family import gather
from sandbox.store.recorder import recorded
from sandbox.store.store import Store
from tests.store.runs import breathing_and_control, record_run, scripted


async def test_a_control_redone_because_the_first_was_stopped_is_the_one_beside(tmp_path):
    with Store.open(tmp_path / "sandbox.db") as store:
        trunk, breathing, control = breathing_and_control()
        await record_run(store, (trunk, breathing, control))
        again = redo(control, store.history(control.id), 4, seed=99)
        known = {control.id: store.history(control.id)}
        async with aclosing(recorded(run((again,), scripted(), known=known), store)) as events:
            assert [event async for event in events]

        def beside() -> str | None:
            family = gather(store, trunk.id)
            arm = next(one for one in family.arms if one.head.id == breathing.id)
            found = family.control_for(arm)
            return found.head.id if found else None

        assert beside() == control.id
        store.set_state(control.id, "stopped", "for the redo")
        assert beside() == again.id
        assert store.to_finish(trunk.id) == ()
        store.set_state(breathing.id, "stopped", "by the clinician")
        assert store.to_finish(trunk.id) == (breathing,)
