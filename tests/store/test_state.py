"""What can be told from a session's log of states."""

from pathlib import Path

from sandbox.engine.events import RunPlanned
from sandbox.store.state import State
from sandbox.store.store import Store
from tests.store.runs import breathing_and_control


def test_what_another_program_writes_into_the_log_is_seen_at_the_next_look(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    with Store.open(path) as here, Store.open(path) as elsewhere:

        def looked() -> dict[str, State]:
            return {entry.session: entry.state for entry in here.unfinished()}

        assert looked() == {}
        heads = breathing_and_control()
        trunk, arm, control = (head.id for head in heads)
        elsewhere.record(RunPlanned(heads))
        assert looked() == {trunk: "planned", arm: "planned", control: "planned"}
        elsewhere.set_state(trunk, "finished", "")
        elsewhere.set_state(arm, "failed", "no answer")
        assert looked() == {arm: "failed", control: "planned"}
        elsewhere.set_state(arm, "removed", "a mistake")
        elsewhere.set_state(trunk, "interrupted", "gone on with, and broken off")
        assert looked() == {trunk: "interrupted", control: "planned"}
        assert [entry.session for entry in elsewhere.unfinished()] == list(looked())
