"""Finding sessions again: by what they are, by what was said in them, by tag; and leaving some out."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.engine.branch import branch, redo
from sandbox.engine.events import RunPlanned, SessionFinished, SessionStarted
from sandbox.engine.plan import trunk_and_branches
from sandbox.errors import NotFoundError, UsageError
from sandbox.library.scenario import Scenario
from sandbox.models.provider import ModelDescription
from sandbox.store.listing import SessionFilter
from sandbox.store.store import Store
from tests.documents import plan, scenario, technique
from tests.store.runs import breathing_and_control, record_run, scripted

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path):
    """Three runs, a day apart: two of the dark street on two models, one of a rainy day."""
    days = iter(range(3))
    now = START
    with Store.open(tmp_path / "sandbox.db", now=lambda: now) as opened:
        for fields in ({}, {"model": "other"}, {"scenario": rainy()}):
            now = START + timedelta(days=next(days))
            await record_run(opened, breathing_and_control(**fields))
        yield opened


def rainy() -> Scenario:
    return scenario("It rains on the roof.").model_copy(update={"id": "rain", "title": "Rain"})


def found(store: Store, **wanted: Any) -> Any:
    return store.find(SessionFilter(**wanted))


async def test_a_trunk_stands_in_its_branches_and_the_newest_come_first(store):
    shown = [(f.summary.scenario, f.summary.technique) for f in found(store)]
    assert shown == [
        ("Rain", "Filler"), ("Rain", "Breathing"),
        ("Dark street", "Filler"), ("Dark street", "Breathing"),
        ("Dark street", "Filler"), ("Dark street", "Breathing"),
    ]  # fmt: skip


async def test_a_trunk_without_branches_has_a_line_of_its_own(store):
    await record_run(store, trunk_and_branches(plan(), ()))
    assert found(store)[0].summary.technique is None


async def test_sessions_of_one_trunk_are_told_apart_by_name(store):
    trunk, breathing, *_ = heads = breathing_and_control()
    await record_run(store, heads)
    turn = len(store.history(breathing.id).turns)
    again = [redo(breathing, store.history(breathing.id), turn, seed) for seed in (98, 99)]
    store.record(RunPlanned((*again, branch(trunk, None, technique()))))
    names = [one.name for one in found(store)[:5]]
    redone = f"Breathing (t{turn - len(breathing.plan.scenario.turns)} redone)"
    assert names == ["Breathing 2", f"{redone} 2", redone, "Filler (control)", "Breathing"]
    said = store.history(trunk.id).turns[0].said
    hit = found(store, said=said)[0]
    assert (hit.name, hit.turn_label) == ("Shared start", "s1")


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"scenario": "Rain"}, 2),
        ({"technique": "Breathing"}, 3),
        ({"model": "other"}, 2),
        ({"since": START + timedelta(days=1)}, 4),
        ({"until": START + timedelta(days=1)}, 2),
        ({"scenario": "Rain", "model": "other"}, 0),
        ({"scenario": "'; DROP TABLE sessions"}, 0),
    ],
)
async def test_filters(store, wanted, count):
    assert len(found(store, **wanted)) == count


async def test_pages_follow_one_another_without_gap_or_repeat(store):
    pages = [store.find(SessionFilter(), limit=4)]
    while pages[-1]:
        pages.append(store.find(SessionFilter(), 4, pages[-1][-1].place))
    ids = [f.summary.id for page in pages for f in page]
    assert ids == [f.summary.id for f in found(store)] and [len(p) for p in pages] == [4, 2, 0]


async def test_words_said_are_found_with_their_turn_and_context(store):
    hits = found(store, said="RAINS roof")
    assert [(f.summary.technique, f.turn) for f in hits] == [(None, 1)]
    assert "«rains»" in hits[0].excerpt and "«roof»" in hits[0].excerpt
    assert found(store, said="rains", model="other") == ()
    for odd in ('"', "* NEAR(", "said:", "*", "a\0b", "\ud83d x", '"" OR ""'):
        assert found(store, said=odd) == ()
    pages = store.find(SessionFilter(said="dark"), limit=1)
    assert (
        len(store.find(SessionFilter(said="dark"), 100, pages[0].place)) == len(found(store, said="dark")) - 1
    )


async def test_tags_are_given_taken_off_and_looked_for(store):
    first, second = (f.summary.id for f in found(store)[:2])
    assert store.tag(first, " Pilot  Study ") and store.tag(second, "pilot study")
    assert not store.tag(first, "pilot study")
    assert [f.tags for f in found(store)[:2]] == [("pilot study",)] * 2
    assert store.tag(second, "pilot study", present=False)
    assert [f.summary.id for f in found(store, tag="pilot study")] == [first]
    assert found(store)[0].tags == ("pilot study",)
    assert store.choices().tags == ("pilot study",)
    with pytest.raises(UsageError):
        store.tag(first, "  ")
    with pytest.raises(NotFoundError):
        store.tag("nobody", "x")


async def test_tags_are_append_only(store):
    session = found(store)[0].summary.id
    store.tag(session, "pilot")
    with sqlite3.connect(store.path) as raw, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute("UPDATE tags SET present = 0")


async def test_a_removed_session_is_left_out_and_the_record_says_why(store):
    session = found(store)[0].summary
    assert store.remove(session.id, "a mistake", "clinician") == (session.id,)
    assert session.id not in {f.summary.id for f in found(store)}
    last = store.states(session.id)[-1]
    assert (last.state, last.reason, last.author) == ("removed", "a mistake", "clinician")
    assert store.history(session.id).turns
    assert store.remove(session.id, "again") == ()


async def test_removing_a_trunk_removes_its_branches(store):
    trunk = found(store)[0].summary.parent
    assert trunk is not None and len(store.remove(trunk, "a mistake")) == 3
    assert found(store, scenario="Rain") == () and found(store, said="rains") == ()


async def test_what_was_removed_in_one_go_is_listed_again_as_it_was(store):
    first, *_, other = found(store)
    first, other = first.summary, other.summary
    before = {one.summary.id: store.state(one.summary.id) for one in found(store)}
    store.remove(other.id, "a mistake")
    gone = store.remove(first.parent, "two mistakes", also=[found(store)[0].summary.id])
    assert set(store.bring_back("clinician")) == set(gone) and other.id not in gone
    assert store.bring_back() == (other.id,) and store.bring_back() == ()
    assert {one.summary.id: store.state(one.summary.id) for one in found(store)} == before


async def test_a_family_with_a_running_branch_is_not_removed(store):
    branch = found(store)[0].summary
    assert branch.parent is not None
    store.record(SessionStarted(branch.id, ModelDescription("scripted", "Scripted"), resumed=True))
    for session in (branch.id, branch.parent):
        with pytest.raises(UsageError, match="running"):
            store.remove(session, "a mistake")
        assert store.state(session) != "removed"
    store.record(SessionFinished(branch.id, "stopped"))
    assert len(store.remove(branch.parent, "a mistake")) == 3


async def test_choices_name_what_was_run(store):
    choices = store.choices()
    assert choices.scenarios == ("Dark street", "Rain")
    assert choices.techniques == ("Breathing", "Filler")
    assert choices.models == ("other", "scripted")


async def test_the_documents_of_one_title_are_found_together(store):
    await record_run(store, trunk_and_branches(plan(), (technique("Other words."),)), scripted())
    assert len(found(store, technique="Breathing")) == 4
