"""Validity checks in the record: what was judged comes back, and nothing of it can be changed."""

import sqlite3
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from sqlite_utils import Database

from sandbox.analysis.remarks import before_run
from sandbox.analysis.suitability import suitabilities
from sandbox.engine.measure import Measure
from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.engine.validity_check import CheckPlan, Instrument, InstrumentChecked, check_validity
from sandbox.models.embedded import EmbeddedProvider
from sandbox.models.gguf import Weights
from sandbox.models.provider import ModelDescription, Request
from sandbox.store.migrations import MIGRATIONS, migrate, version_of
from sandbox.store.store import Store
from sandbox.store.validity import StoredCheck
from tests.documents import client, plan, probe
from tests.engine.test_validity_check import CAPABLE, a_plan, moved
from tests.measurement.ratings import ranged
from tests.scripted import ScriptedProvider

MODEL = ModelDescription("openai/some", "Some model", {"weights SHA-256": "abc"})
TABLES = ("validity_checks", "validity_indices", "validity_states", "validity_trials")


async def checked(*instruments: Instrument, answer: str = "I wait.") -> tuple[CheckPlan, InstrumentChecked]:
    chosen = a_plan(*instruments)
    provider = ScriptedProvider([answer], top=moved, capabilities=CAPABLE)
    async with aclosing(check_validity(chosen, provider)) as events:
        (found,) = [event async for event in events if isinstance(event, InstrumentChecked)]
    return chosen, found


async def test_verdict_indices_and_trials_come_back_as_they_were(store):
    chosen, found = await checked()
    number = store.add_check(chosen, found, MODEL)
    (kept,) = store.checks()
    assert kept.validity == found.validity
    assert (kept.number, kept.model, kept.seed, kept.repeats) == (number, MODEL, 1, 3)
    assert store.trials(number) == found.trials
    assert kept.is_of(probe(), "word", MODEL)


async def test_a_check_keeps_how_the_same_state_answered_when_it_was_asked_twice(store):
    chosen, found = await checked()
    store.add_check(chosen, found, MODEL)
    (kept,) = store.checks()
    asked = {(t.repeat, t.state, t.condition): t.administration.score("distress") for t in found.trials}
    expected = sorted(
        (first, asked[repeat, state, "paraphrased"])
        for (repeat, state, condition), first in asked.items()
        if condition == "plain" and (repeat, state, "paraphrased") in asked
    )
    pairs = next(one.pairs for one in kept.asked_twice if one.scale == "distress")
    assert list(pairs) == expected and len(pairs) > 3


async def test_the_newest_check_counts_and_older_ones_stay(store):
    chosen, found = await checked()
    store.add_check(chosen, found, MODEL)
    newest = store.add_check(chosen, found, MODEL)
    assert [check.number for check in store.checks("openai/some")] == [newest]
    assert store.checks("openai/other") == ()
    assert len(store.trials(1)) == len(store.trials(2)) > 0


async def test_a_check_holds_for_the_same_text_and_the_same_weights_only(store):
    chosen, found = await checked()
    store.add_check(chosen, found, MODEL)
    (kept,) = store.checks()
    reworded = probe().model_copy(update={"ask": "How is it?"})
    assert not kept.is_of(reworded, "word", MODEL)
    assert not kept.is_of(probe(), "word", ModelDescription("openai/some", "", {"weights SHA-256": "def"}))
    assert kept.is_of(probe(), "word", ModelDescription("openai/some", "", {"address": "elsewhere"}))
    assert not kept.is_of(probe(), "report", MODEL)


async def test_the_digest_that_a_real_local_model_states_of_its_weights_is_compared(store, tmp_path):
    def described(content: bytes) -> ModelDescription:
        file = tmp_path / "some.gguf"
        file.write_bytes(content)
        weights = Weights(file, file.stat().st_size, "Some", 2048)
        return EmbeddedProvider("gguf:some.gguf", weights, title="Some", small=True).description

    chosen, found = await checked()
    ours, others = described(b"GGUF ours"), described(b"GGUF else")
    store.add_check(chosen, found, ours)
    (kept,) = store.checks()
    assert kept.is_of(probe(), "word", ours)
    assert not kept.is_of(probe(), "word", others)


async def test_a_check_of_one_form_says_nothing_of_another(store):
    numbers = {
        form: store.add_check(*await checked(Instrument(ranged(), "report", 2, form)), MODEL)
        for form in ("batch", "per item")
    }
    kept = {check.number: check for check in store.checks()}
    assert set(kept) == set(numbers.values()), "neither replaces the other"
    per_item = kept[numbers["per item"]]
    assert per_item.form == "per item"
    assert per_item.is_of(ranged(), "report", MODEL, "per item")
    assert not per_item.is_of(ranged(), "report", MODEL)
    assert not kept[numbers["batch"]].is_of(ranged(), "report", MODEL, "structured")


@pytest.mark.parametrize("table", TABLES)
async def test_nothing_of_a_check_can_be_changed_or_deleted(store, table):
    store.add_check(*await checked(), MODEL)
    db = sqlite3.connect(store.path)
    column = db.execute(f"SELECT name FROM pragma_table_info('{table}') LIMIT 1").fetchone()[0]
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(statement)


def test_a_record_of_the_version_before_gets_the_tables_and_keeps_its_rows(tmp_path):
    path = tmp_path / "sandbox.db"
    before = next(n for n, migration in enumerate(MIGRATIONS) if migration.title == "validity checks")
    db = Database(path)
    migrate(db, path, MIGRATIONS[:before])
    db.execute("INSERT INTO documents VALUES ('h', 'client', 'c', '1', 'C', '{}')")
    db.conn.commit()
    db.close()
    path.chmod(0o600)
    with Store.open(path) as store:
        assert store.checks() == ()
    db = Database(path)
    assert version_of(db) == len(MIGRATIONS)
    assert db.execute("SELECT id FROM documents").fetchall() == [("c",)]


def remarks(told: SessionPlan, model: ModelDescription, checks: Sequence[StoredCheck]) -> tuple[str, ...]:
    """What is said of the measures."""
    found = before_run((SessionHead(id="one", plan=told),), model, checks)
    return tuple(one.sentence for one in found if one.kind == "measure")


class TestWhatIsSaidOfASession:
    async def test_an_unusable_measure_is_named_with_its_reason(self, store):
        refusal = "As an AI language model, I do not have feelings."
        store.add_check(*await checked(Instrument(ranged(), "report", 2), answer=refusal), MODEL)
        told = plan(measures=(Measure(questionnaire=ranged(), way="report"),))
        (remark,) = remarks(told, MODEL, store.checks())
        assert remark.startswith(
            "“Two” read by report is not usable with this model: the model declines to answer"
        )

    async def test_a_usable_one_needs_no_remark(self, store):
        store.add_check(*await checked(), MODEL)
        assert remarks(plan(), MODEL, store.checks()) == ()
        assert suitabilities(plan(), MODEL, store.checks())[0].usable == "usable"

    async def test_one_usable_with_care_says_what_the_care_is_for(self, store):
        def hinted(request: Request) -> dict[str, float]:
            wished = "very distressed" in request.messages[-1].content
            afraid = moved(request)[" afraid"] + (0.15 if wished else 0)
            return {" afraid": afraid, " calm": 0.9 - afraid}

        chosen = a_plan()
        provider = ScriptedProvider(["I wait."], top=hinted, capabilities=CAPABLE)
        async with aclosing(check_validity(chosen, provider)) as events:
            (found,) = [event async for event in events if isinstance(event, InstrumentChecked)]
        store.add_check(chosen, found, MODEL)
        (remark,) = remarks(plan(), MODEL, store.checks())
        assert remark.startswith(
            "“Probe” read by word is usable with care with this model: told that more distress"
        )

    async def test_a_check_with_another_client_or_order_says_so(self, store):
        store.add_check(*await checked(), MODEL)
        other = client().model_copy(update={"system": "You are a nurse."})
        (remark,) = remarks(plan(client=other), MODEL, store.checks())
        assert "with another client" in remark
        shuffled = Measure(questionnaire=probe(), way="word", shuffled=("options",))
        (remark,) = remarks(plan(measures=(shuffled,)), MODEL, store.checks())
        assert "options not shuffled" in remark

    async def test_a_verdict_on_one_form_is_not_said_of_another(self, store):
        refusal = "As an AI language model, I do not have feelings."
        store.add_check(*await checked(Instrument(ranged(), "report", 2), answer=refusal), MODEL)
        singly = plan(measures=(Measure(questionnaire=ranged(), way="report", form="per item"),))
        (remark,) = remarks(singly, MODEL, store.checks())
        assert "never checked" in remark
        assert remark.endswith("--questionnaire two:report:per-item")

    def test_one_never_checked_is_hinted_at_with_the_command(self, store):
        (remark,) = remarks(plan(model="openai/some"), MODEL, store.checks())
        assert "never checked" in remark
        assert "sandbox check-model openai/some --questionnaire probe:word" in remark

    def test_the_shipped_default_says_what_came_out_before_it_was_shipped_and_other_probes_do_not(
        self, store
    ):
        embedded = ModelDescription("embedded", "SmolLM2")
        shipped = plan(model="embedded", measures=(Measure(questionnaire=probe("word-probe"), way="word"),))
        (remark,) = remarks(shipped, embedded, store.checks())
        assert "not usable with this model: told" in remark and "docs/check-a-model.md" in remark
        assert suitabilities(shipped, embedded, ())[0].usable == "not usable with this model"
        (remark,) = remarks(plan(model="embedded"), embedded, store.checks())
        assert "never checked" in remark
