"""The record stays as it was written: no row is replaced, and what was changed all the same is found out."""

import json
import sqlite3

import pytest

from sandbox.analysis.comparison import compare
from sandbox.analysis.family import chosen_scale, gather, gather_compared
from sandbox.engine.afterwards import ask_afterwards
from sandbox.engine.events import StepSkipped
from sandbox.engine.history import Skip
from sandbox.engine.phase import Point
from sandbox.library.document import document_hash
from sandbox.store.afterwards import add_afterwards
from sandbox.store.calibration import CalibrationRecord
from sandbox.store.document import document_json
from sandbox.store.mark import MarkRecord, ReturnedFile
from sandbox.store.migrations import MIGRATIONS, migrate
from sandbox.store.store import Store
from sandbox.store.study import StudyRecord
from sandbox.study.plan import plan_hash
from tests.documents import scenario
from tests.store.runs import breathing_and_control, put_in_study, record_run, scripted
from tests.store.test_calibration import FakePhantom, go_on
from tests.store.test_mark import ADA, every_mark, form
from tests.store.test_validity import MODEL, checked
from tests.study.plans import study_plan


@pytest.fixture
async def full(store: Store) -> Store:
    """A record with rows in every table."""
    heads = breathing_and_control()
    await record_run(store, heads)
    store.record(StepSkipped(heads[1].id, Skip("deepen", 1, "condition")))
    store.tag(heads[0].id, "pilot")
    store.add_check(*await checked(), MODEL)
    record, plan = StudyRecord(store), study_plan()
    record.freeze(plan, hash=plan_hash(plan), root=plan.root, name="worry")
    put_in_study(store, plan.root, [head.id for head in heads])
    record.log(plan.root, "started")
    trunk, measure = store.history(heads[0].id), heads[0].plan.measures[0]
    async for given in ask_afterwards(heads[0], trunk, [Point(0, "baseline")], measure, scripted()):
        add_afterwards(store, given, measure, "other", MODEL)
    await go_on(CalibrationRecord(store), FakePhantom(), at_most=2)
    marks = MarkRecord(store)
    marks.add(every_mark(heads[1].id, heads[2].id), ADA, [form()], ReturnedFile("0", "p1", "Ada", "a", None))
    marks.add_packet("p1", heads[0].plan, "tests")
    return store


def tables(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main'")
    return sorted(name for (name,) in rows if not name.startswith(("sqlite_", "turns_text")))


def unique_keys(db: sqlite3.Connection, table: str) -> list[list[str]]:
    """Every set of columns that SQLite holds unique, the hidden `rowid` included."""
    indices = db.execute("SELECT name FROM pragma_index_list(?) WHERE [unique]", [table]).fetchall()
    keys = [
        [column for (column,) in db.execute("SELECT name FROM pragma_index_info(?)", index)]
        for index in indices
    ]
    (without_rowid,) = db.execute("SELECT wr FROM pragma_table_list WHERE name = ?", [table]).fetchone()
    return keys if without_rowid else [["rowid"], *keys]


async def test_no_unique_key_of_any_table_lets_a_row_be_replaced(full):
    db = sqlite3.connect(full.path)
    assert db.execute("PRAGMA recursive_triggers").fetchone() == (0,)
    seen = tables(db)
    assert {"documents", "turns", "answers", "tags", "validity_trials"} <= set(seen)
    for table in seen:
        before = db.execute(f"SELECT * FROM {table}").fetchall()
        assert before, f"{table} has no row to try it on"
        described = db.execute("SELECT name, type FROM pragma_table_info(?)", [table]).fetchall()
        names = dict(described)
        keys = unique_keys(db, table)
        for key in keys:
            row = dict(zip(names, before[0], strict=True))
            (rowid,) = db.execute(f"SELECT {'rowid' if keys[0] == ['rowid'] else 0} FROM {table}").fetchone()
            if key == ["rowid"] and "number" not in names:
                row["rowid"] = rowid
            elif "number" in names and key != ["rowid"]:
                del row["number"]
            for column in {column for other in keys if other != key for column in other} - {*key, "rowid"}:
                row[column] = "another" if names[column] == "TEXT" else 9_999
            columns, marks = ", ".join(row), ", ".join("?" * len(row))
            for verb in ("INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    db.execute(f"{verb} INTO {table} ({columns}) VALUES ({marks})", [*row.values()])
        column = next(iter(names))
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(f"UPDATE OR REPLACE {table} SET {column} = {column}")
        assert db.execute(f"SELECT * FROM {table}").fetchall() == before


async def test_a_record_made_before_rows_could_be_replaced_is_protected_when_it_is_opened(tmp_path):
    from sqlite_utils import Database

    path = tmp_path / "sandbox.db"
    before = next(n for n, migration in enumerate(MIGRATIONS) if migration.title == "no row is replaced")
    old = Database(sqlite3.connect(path, isolation_level=None), execute_plugins=False)
    migrate(old, path, MIGRATIONS[:before])
    old.execute("INSERT INTO documents VALUES ('h', 'client', 'c', '1', 'C', '{}')")
    old.close()
    Store.open(path).close()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(path).execute("REPLACE INTO documents VALUES ('h', 'client', 'c', '2', 'C', '{}')")


def tamper(store: Store, statement: str, values: list[object]) -> None:
    """Change the record as somebody would who takes its triggers away first."""
    with sqlite3.connect(store.path) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        assert db.execute(statement, values).rowcount == 1
    db.close()


async def test_an_untouched_record_is_sound_and_says_what_was_written(full):
    assert full.damages() == ()
    assert full.altered() == ()


@pytest.mark.parametrize("change", ["json", "title"])
async def test_a_document_that_was_changed_is_found_wherever_its_session_is_read(full, change):
    trunk = full.resolve("last")
    told = scenario()
    said = json.loads(document_json(told)) | {"title": "Another title"}
    new = {"json": json.dumps(said), "title": "Another title"}[change]
    name = document_hash(told)
    tamper(full, f"UPDATE documents SET {change} = ? WHERE hash = ?", [new, name])
    with Store.open(full.path) as again:
        (found,) = again.altered_in([trunk])[trunk]
        assert (found.hash, found.kind, found.id) == (name, "scenario", told.id)
        assert again.altered() == (found,)
        assert "changed in the record" in str(found)
        compared = gather_compared(again, [trunk])
        comparison = compare(compared, chosen_scale(compared))
        assert str(found) in comparison.cautions and str(found) in gather(again, trunk).cautions


async def test_a_document_no_session_asked_about_ran_with_is_not_held_against_it(full):
    heads = breathing_and_control(scenario=scenario("Another street."))
    await record_run(full, heads)
    trunk = full.resolve("last")
    first = full.sessions()[-1].id
    assert trunk != first
    name = document_hash(scenario("Another street."))
    tamper(full, "UPDATE documents SET title = 'X' WHERE hash = ?", [name])
    with Store.open(full.path) as again:
        assert again.altered_in([first])[first] == ()
        assert [found.hash for found in again.altered_in([trunk])[trunk]] == [name]
