"""Many sessions are read with as many statements as one, and come out as they do one by one."""

from collections.abc import Callable, Collection

import pytest

from benchmarks.recording import statements
from sandbox.analysis.family import gather_compared
from sandbox.analysis.trajectory import trajectories
from sandbox.engine.events import RunPlanned
from sandbox.errors import NotFoundError
from sandbox.store.listing import SessionFilter
from sandbox.store.store import Store
from tests.store.runs import breathing_and_control, record_run

READ: dict[str, Callable[[Store, Collection[str]], object]] = {
    "heads": Store.heads,
    "families": Store.families,
    "everything": Store.stored,
    "scores": Store.scores,
    "states": Store.states_now,
    "comparison": gather_compared,
    "list": lambda store, ids: store.find(SessionFilter()),
    "progress": lambda store, ids: store.runs(),
    "unfinished": lambda store, ids: store.unfinished(),
}


@pytest.fixture
async def ids(store: Store) -> list[str]:
    """Four families of three, and two more that are planned."""
    finished = [breathing_and_control(seed=seed) for seed in range(4)]
    for heads in finished:
        await record_run(store, heads)
    for seed in (4, 5):
        store.record(RunPlanned(breathing_and_control(seed=seed)))
    return [head.id for heads in finished for head in heads]


@pytest.mark.parametrize("read", READ.values(), ids=READ)
async def test_more_sessions_take_no_more_statements(store: Store, ids: list[str], read) -> None:
    with statements(store) as few:
        read(store, ids[:3])
    with statements(store) as many:
        read(store, ids)
    assert 0 < len(many) <= len(few) <= 24


async def test_together_they_are_what_each_is_alone(store: Store, ids: list[str]) -> None:
    together, heads, families = store.stored(ids), store.heads(ids), store.families(ids)
    scores = store.scores(ids)
    for id in ids:
        alone = store.session(id)
        assert together[id] == alone
        assert heads[id] == store.head(id) == alone.head
        assert families[id] == store.family(id)
        assert trajectories(scores[id].history) == trajectories(alone.history) != ()
        assert scores[id].history.turns == alone.history.turns
        assert (scores[id].states, scores[id].created) == (alone.states, alone.created)


@pytest.mark.parametrize("read", [Store.heads, Store.families, Store.stored, Store.scores, Store.states_now])
async def test_one_that_is_not_there_is_named(store: Store, ids: list[str], read) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        read(store, [ids[0], "nowhere"])
