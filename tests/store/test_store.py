"""What is recorded comes back as it was, is never changed, and is found again."""

import json
import multiprocessing
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.engine.events import (
    AdministrationFinished,
    CallFinished,
    RunPlanned,
    SessionFinished,
    SessionStarted,
    StepSkipped,
    TurnFinished,
)
from sandbox.engine.history import History, Measured, Skip, Turn
from sandbox.engine.phase import Point
from sandbox.engine.plan import SessionHead, trunk_and_branches
from sandbox.errors import NotFoundError, UsageError
from sandbox.library.document import document_hash
from sandbox.library.scenario import Scenario
from sandbox.measurement.administration import Administration, Answer, Score
from sandbox.models.provider import (
    Attempt,
    Completion,
    Message,
    ModelDescription,
    ModelError,
    Request,
    Sampling,
    Usage,
)
from sandbox.models.recording import Call
from sandbox.store.document import document_json
from sandbox.store.error import StoreError
from sandbox.store.store import Store
from tests.documents import plan, scenario, technique
from tests.store.runs import breathing_and_control, record_run

MODEL = ModelDescription("scripted", "Scripted", {"weights": "abc"})


def started(store: Store, id: str = "trunk", **fields) -> SessionHead:
    head = SessionHead(id=id, plan=plan(), **fields)
    store.record(RunPlanned((head,)))
    store.record(SessionStarted(id, MODEL))
    return head


def turn(index: int, said: str = "It is dark.", reply: str | None = "I feel afraid.", **fields) -> Turn:
    return Turn(index, "induction", "scenario", said, reply, **fields)


def measured(after_turn: int = 0, value: float | None = 75.0) -> Measured:
    answers = (
        Answer("fear", value, "scared", "c1", coverage=0.4, distribution={"scared": 0.3}, entropy=0.5)
        if value is not None
        else Answer("fear", None, "", "c1", missing="no coverage"),
    )
    given = Administration(
        questionnaire="probe",
        way="word",
        asked=(Message("user", "How?"), Message("assistant", "scared")),
        item_order=("fear", "calm"),
        answers=answers,
        scores=(Score("distress", value, 1, 1, "" if value is not None else "nothing answered"),),
        seed=7,
        reliable=False,
        unseen=("dread",),
    )
    return Measured(Point(after_turn, "induction"), given)


async def test_histories_of_a_whole_run_come_back_as_the_engine_had_them(store):
    heads = breathing_and_control()
    events = await record_run(store, heads)
    expected: dict[str, History] = {}
    for head in heads:
        history = expected[head.parent].branch(None) if head.parent else History()
        for event in events:
            if getattr(event, "session", None) != head.id:
                continue
            if isinstance(event, TurnFinished):
                history = history.with_turn(event.turn)
            elif isinstance(event, AdministrationFinished):
                history = history.with_measured(event.measured)
        expected[head.id] = history
    assert {head.id: store.history(head.id) for head in heads} == expected
    assert [store.state(head.id) for head in heads] == ["finished"] * 3
    assert len(expected[heads[1].id].turns) == 5 and expected[heads[1].id].inherited == 2


async def test_a_session_can_be_read_with_the_documents_it_ran_with(store):
    heads = breathing_and_control()
    await record_run(store, heads)
    assert tuple(store.head(head.id) for head in heads) == heads
    assert store.family(heads[2].id) == heads


async def test_documents_are_stored_once_and_a_changed_one_beside_the_old(store):
    changed = scenario("Another street.")
    store.record(RunPlanned(breathing_and_control()))
    store.record(RunPlanned(breathing_and_control()))
    store.record(RunPlanned(breathing_and_control(scenario=changed)))
    rows = sqlite3.connect(store.path).execute("SELECT kind, count(*) FROM documents GROUP BY kind")
    assert dict(rows) == {"client": 1, "questionnaire": 1, "scenario": 2, "technique": 2}


class LaterScenario(Scenario):
    """A scenario as a later version might know it."""

    weather: str = "fine"


def test_a_field_added_to_documents_later_does_not_rename_old_ones():
    old = scenario()
    read_later = LaterScenario.model_validate_json(document_json(old))
    assert document_hash(read_later) == document_hash(old)
    assert document_hash(read_later.model_copy(update={"weather": "foul"})) != document_hash(old)


def test_every_field_of_an_administration_comes_back_those_without_a_column_too(store):
    started(store)
    given = [measured(0), measured(1, None)]
    for one in given:
        store.record(AdministrationFinished("trunk", one))
    assert store.history("trunk").measured == tuple(given)


def test_skips_and_turns_without_reply_come_back(store):
    started(store)
    told = turn(1, reply=None, step="settle", repeat=2, seed=5, call_id="c9")
    skip = Skip("deepen", 1, "clinician")
    store.record(TurnFinished("trunk", told))
    store.record(StepSkipped("trunk", skip))
    assert store.history("trunk") == History(turns=(told,), skips=(skip,))


@pytest.mark.parametrize(
    "text", ["\x1b[31mred\x00", "\u202eevil", "'; DROP TABLE turns; --", "🌙" * 5000, ""]
)
def test_model_text_is_kept_to_the_letter(store, text):
    started(store)
    store.record(TurnFinished("trunk", turn(1, said=text, reply=text)))
    (kept,) = store.history("trunk").turns
    assert (kept.said, kept.reply) == (text, text)


def test_half_a_character_does_not_lose_the_turn(store):
    started(store)
    store.record(TurnFinished("trunk", turn(1, reply="I feel \ud83d")))
    assert store.history("trunk").turns[0].reply == "I feel �"


def test_a_branch_from_the_middle_inherits_what_came_before_and_says_who_measured_it(store):
    started(store)
    for index in (1, 2, 3):
        store.record(TurnFinished("trunk", turn(index)))
        store.record(AdministrationFinished("trunk", measured(index)))
    started(store, "branch", parent="trunk", parent_turn=2)
    store.record(TurnFinished("branch", turn(3, said="Another way.")))
    store.record(AdministrationFinished("branch", measured(3)))
    stored = store.session("branch")
    assert [one.said for one in stored.history.turns] == ["It is dark.", "It is dark.", "Another way."]
    assert stored.history.inherited == 2
    assert stored.measured_in == ("trunk", "trunk", "branch")
    assert stored.own_measured == (measured(3),) and len(stored.own_turns) == 1


def test_every_attempt_at_a_call_is_a_row(store):
    started(store)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    request = Request((Message("user", "Hello"),), Sampling(0.8, 40, seed=3, extra={"min_p": 0.08}))
    attempts = (
        Attempt(at, 1.5, failure="empty", error="Too many.", status=429, seed=3),
        Attempt(at, 0.5, waited=2.0, seed=4),
        Attempt(at, 0.5, thoughts="At 85.", adapted=("seed left out",)),
    )
    done = Completion("Hi", "scripted-1", "stop", Usage(10, 8, 2), cost=0.01, attempts=attempts)
    refused = ModelError("No.", kind="refused")
    store.record(CallFinished("trunk", 1, Call("c1", request, done, None)))
    store.record(CallFinished("trunk", 1, Call("c2", request, None, refused)))
    first, second, adapted, third = store.calls("trunk")
    assert (first.failure, first.status, first.error, first.cost) == ("empty", 429, "Too many.", None)
    assert (second.attempt, second.waited) == (2, 2.0)
    assert (adapted.cached_tokens, adapted.cost, adapted.thoughts) == (8, 0.01, "At 85.")
    assert adapted.parameters["seed"] is None and adapted.parameters["adapted"] == ["seed left out"]
    assert (second.started, second.model) == (at, "scripted-1")
    assert [one.parameters["seed"] for one in (first, second, third)] == [3, 4, 3], "what each was drawn with"
    assert (third.failure, third.error, third.model) == ("refused", "No.", "scripted")
    assert first.prompt_sha256 == third.prompt_sha256 and len(first.prompt_sha256) == 64
    assert "Hello" not in json.dumps([dict(first.parameters), first.prompt_sha256])


TABLES = "documents sessions states turns calls administrations answers scores skips"


@pytest.mark.parametrize("table", TABLES.split())
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_nobody_can_change_or_delete_what_is_recorded(store, table, change):
    started(store)
    request = Request((Message("user", "Hello"),), Sampling(0.8, 40))
    store.record(CallFinished("trunk", 1, Call("c1", request, Completion("Hi", "m", "stop"), None)))
    store.record(TurnFinished("trunk", turn(1)))
    store.record(AdministrationFinished("trunk", measured(1)))
    store.record(StepSkipped("trunk", Skip("deepen", 1, "condition")))
    other = sqlite3.connect(store.path)
    column = other.execute(f"SELECT * FROM {table}").description[0][0]
    before = other.execute(f"SELECT * FROM {table}").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(change.format(table, column))
    assert before and other.execute(f"SELECT * FROM {table}").fetchall() == before


def test_the_same_turn_is_not_stored_twice(store):
    started(store)
    store.record(TurnFinished("trunk", turn(1)))
    with pytest.raises(StoreError, match="contradicts"):
        store.record(TurnFinished("trunk", turn(1, said="Something else.")))
    assert store.history("trunk").turns == (turn(1),)


def test_an_event_that_fails_half_way_leaves_nothing_of_itself(store):
    started(store)
    twice = SessionHead(id="orphan", plan=plan(), parent="nobody")
    with pytest.raises(StoreError):
        store.record(RunPlanned((SessionHead(id="second", plan=plan()), twice)))
    assert [one.id for one in store.sessions()] == ["trunk"]


class TestFinding:
    def test_by_id_by_beginning_and_the_last_run(self, store):
        for id in ("abcdefgh", "abzzzzzz", "qqqqqqqq"):
            store.record(RunPlanned((SessionHead(id=id, plan=plan()),)))
        assert store.resolve("abcdefgh") == "abcdefgh"
        assert store.resolve(" QQ ") == "qqqqqqqq"
        assert store.resolve("last") == "qqqqqqqq"
        with pytest.raises(UsageError, match="abcdefgh, abzzzzzz"):
            store.resolve("ab")
        for wrong in ("x", "", "%", "abcdefghi", "\x1b[2J"):
            with pytest.raises(NotFoundError) as caught:
                store.resolve(wrong)
            assert "\x1b" not in str(caught.value)

    def test_the_last_run_is_named_by_its_trunk(self, store):
        heads = breathing_and_control()
        store.record(RunPlanned(heads))
        assert store.resolve("last") == heads[0].id

    def test_nothing_run_yet(self, store):
        with pytest.raises(NotFoundError, match="No session"):
            store.resolve("last")

    async def test_the_list_is_newest_first_and_says_what_was_run(self, store):
        heads = breathing_and_control()
        await record_run(store, heads)
        lines = store.sessions()
        assert [line.id for line in lines] == [head.id for head in reversed(heads)]
        filler, breathing, trunk = lines
        assert (filler.technique, filler.control, breathing.control) == ("Filler", True, False)
        assert (trunk.technique, trunk.turns, breathing.turns, trunk.affect) == (None, 2, 3, "fear")
        assert [line.id for line in store.sessions(1)] == [filler.id]

    async def test_a_removed_session_leaves_the_list_but_not_the_record(self, store):
        heads = breathing_and_control()
        await record_run(store, heads)
        store.set_state(heads[1].id, "removed", "A slip of the hand.", author="clinician")
        assert heads[1].id not in {line.id for line in store.sessions()}
        assert store.family(heads[0].id) == (heads[0], heads[2])
        assert len(store.history(heads[1].id).turns) == 5
        entry = store.states(heads[1].id)[-1]
        assert (entry.author, entry.reason) == ("clinician", "A slip of the hand.")

    def test_an_unknown_session_is_said_to_be_unknown(self, store):
        for ask in (store.head, store.history, store.family, store.state, store.session, store.calls):
            with pytest.raises(NotFoundError, match="nobody"):
                ask("nobody")


def _begin_and_die(path: Path) -> None:
    store = Store.open(path)
    heads = breathing_and_control()
    store.record(RunPlanned(heads))
    store.record(SessionStarted(heads[0].id, MODEL))
    store.record(TurnFinished(heads[0].id, turn(1)))
    os._exit(9)


class TestInterruption:
    def test_a_session_whose_process_died_counts_as_interrupted(self, tmp_path):
        path = tmp_path / "sandbox.db"
        process = multiprocessing.get_context("spawn").Process(target=_begin_and_die, args=(path,))
        process.start()
        process.join()
        with Store.open(path) as store:
            trunk = store.resolve("last")
            assert store.state(trunk) == "interrupted"
            assert store.sessions()[-1].state == "interrupted"
            assert {entry.session for entry in store.unfinished()} == {h.id for h in store.family(trunk)}
            assert store.mark_interrupted() == (trunk,)
            assert store.mark_interrupted() == ()
            assert [entry.state for entry in store.states(trunk)] == ["planned", "running", "interrupted"]
            assert len(store.history(trunk).turns) == 1
        assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def test_a_session_that_is_running_here_is_not_unfinished_nor_are_its_branches(self, store):
        heads = breathing_and_control()
        store.record(RunPlanned(heads))
        store.record(SessionStarted(heads[0].id, MODEL))
        assert store.unfinished() == () and store.mark_interrupted() == ()
        store.record(SessionFinished(heads[0].id, "failed", "No answer."))
        assert [entry.session for entry in store.unfinished()] == [head.id for head in heads]

    def test_going_on_makes_it_running_again_and_keeps_the_log(self, store):
        started(store)
        store.record(SessionFinished("trunk", "interrupted", "Ctrl-C"))
        store.record(SessionStarted("trunk", MODEL, resumed=True))
        store.record(SessionFinished("trunk", "finished"))
        states = [entry.state for entry in store.states("trunk")]
        assert states == ["planned", "running", "interrupted", "running", "finished"]
        assert store.session("trunk").model == MODEL

    def test_planning_again_changes_no_finished_session(self, store):
        head = started(store)
        store.record(SessionFinished("trunk", "finished"))
        store.record(
            RunPlanned((head, SessionHead(id="branch", plan=plan(technique=technique()), parent="trunk")))
        )
        assert (store.state("trunk"), store.state("branch")) == ("finished", "planned")


def test_a_control_cut_to_another_length_is_the_same_text_in_the_list(store):
    """Home and Sessions marked it as another one: “text 0f2b” and “text fb0b”."""
    longer = technique("Page one.", "Page two.", "Page three.", id="filler", family="control")
    other = technique("Another page.", id="filler", family="control")
    cut = longer.model_copy(update={"steps": longer.steps[:2]})
    for control in (longer, cut, other):
        store.record(RunPlanned(trunk_and_branches(plan(), (control,))))
    hashes = [one.scripts[1].hash for one in store.sessions() if one.control]
    assert len(hashes) == 3 and len(set(hashes)) == 2
