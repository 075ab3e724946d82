"""What can be told from a session's log of states."""

from datetime import UTC, datetime, timedelta

from sandbox.store.state import State, StateEntry, seconds_run


def log(*entries: tuple[State, int]) -> list[StateEntry]:
    began = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
    return [StateEntry("s", began + timedelta(seconds=at), state, "", "sandbox") for state, at in entries]


def test_time_planned_and_time_between_runs_do_not_count() -> None:
    ran = log(("planned", 0), ("running", 5), ("stopped", 15), ("running", 100), ("finished", 120))
    assert seconds_run(ran) == 30


def test_a_run_that_broke_off_does_not_count_until_somebody_noticed() -> None:
    assert seconds_run(log(("planned", 0), ("running", 5), ("interrupted", 90_000))) == 0
    assert seconds_run(log(("planned", 0))) == 0
