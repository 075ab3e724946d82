"""The record's file: who may read it, what opens it, and what is said when it cannot be used."""

import multiprocessing
import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from sandbox.engine.events import RunPlanned, SessionStarted, TurnFinished
from sandbox.engine.history import Turn
from sandbox.engine.plan import SessionHead
from sandbox.errors import NotFoundError
from sandbox.models.provider import ModelDescription
from sandbox.store import connection
from sandbox.store.connection import open_database
from sandbox.store.error import StoreError
from sandbox.store.migrations import MIGRATIONS, Migration, migrate, version_of
from sandbox.store.store import Store
from tests.documents import plan


def begin(store: Store, id: str = "trunk") -> None:
    store.record(RunPlanned((SessionHead(id=id, plan=plan()),)))
    store.record(SessionStarted(id, ModelDescription("scripted", "Scripted")))


def told(index: int, text: str = "It is dark.") -> Turn:
    return Turn(index, "induction", "scenario", text, "I feel afraid.")


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_only_the_owner_can_read_the_record(tmp_path):
    path = tmp_path / "workspace" / "sessions" / "sandbox.db"
    with Store.open(path) as store:
        begin(store)
        files = sorted(file for file in path.parent.iterdir())
        assert [file.name for file in files] == ["sandbox.db", "sandbox.db-shm", "sandbox.db-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_record_others_could_read_is_closed_to_them_and_their_folder_left_alone(tmp_path):
    tmp_path.chmod(0o755)
    path = tmp_path / "sandbox.db"
    Store.open(path).close()
    path.chmod(0o644)
    Store.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_the_connection_is_set_up_as_promised(tmp_path):
    db = open_database(tmp_path / "sandbox.db")
    settings = {
        name: db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "user_version")
    }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "busy_timeout": connection.BUSY_MILLISECONDS,
        "user_version": len(MIGRATIONS),
    }


def test_opening_again_changes_nothing_and_reads_what_was_written(tmp_path):
    path = tmp_path / "sandbox.db"
    with Store.open(path) as store:
        begin(store)
        store.record(TurnFinished("trunk", told(1)))
    with Store.open(path) as store:
        assert store.history("trunk").turns == (told(1),)


def test_a_record_nobody_made_yet_is_not_made_by_reading(tmp_path):
    path = tmp_path / "sandbox.db"
    with pytest.raises(NotFoundError, match="No session"):
        Store.open(path, create=False)
    assert not path.exists()


class TestMigrations:
    @pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
    def test_each_version_is_reached_from_the_one_before(self, tmp_path, version):
        path = tmp_path / "sandbox.db"
        path.touch()
        db = _bare(path)
        migrate(db, path, MIGRATIONS[: version - 1]) if version > 1 else None
        assert migrate(db, path, MIGRATIONS[:version]) == version
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []

    def test_rows_stay_when_a_version_is_added(self, tmp_path):
        path = tmp_path / "sandbox.db"
        with Store.open(path) as store:
            begin(store)
            store.record(TurnFinished("trunk", told(1)))
        added = Migration("a note a turn", ("ALTER TABLE turns ADD COLUMN note TEXT",))
        db = _bare(path)
        assert migrate(db, path, (*MIGRATIONS, added)) == len(MIGRATIONS) + 1
        assert db.execute("SELECT said, note FROM turns").fetchall() == [("It is dark.", None)]

    def test_a_migration_that_fails_leaves_the_version_before(self, tmp_path):
        path = tmp_path / "sandbox.db"
        Store.open(path).close()
        broken = Migration("broken", ("CREATE TABLE half (x)", "CREATE TABLE half (x)"))
        db = _bare(path)
        with pytest.raises(sqlite3.OperationalError):
            migrate(db, path, (*MIGRATIONS, broken))
        assert version_of(db) == len(MIGRATIONS)
        assert not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchall()

    def test_two_programs_may_open_a_new_record_at_once(self, tmp_path):
        path = tmp_path / "sandbox.db"
        failures: list[BaseException] = []

        def open_it() -> None:
            try:
                Store.open(path).close()
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=open_it) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []


class TestWhatCannotBeUsed:
    def check(self, error: StoreError, path: Path) -> None:
        assert error.where == str(path) and error.todo
        assert len(str(error).splitlines()) <= 3

    def test_another_kind_of_file(self, tmp_path):
        path = tmp_path / "sandbox.db"
        path.write_text("Dear diary, " * 100)
        with pytest.raises(StoreError, match="not a database") as caught:
            Store.open(path)
        self.check(caught.value, path)
        assert path.read_text().startswith("Dear diary")

    def test_another_programs_database(self, tmp_path):
        path = tmp_path / "sandbox.db"
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE recipes (title)")
        other.close()
        with pytest.raises(StoreError, match="another program") as caught:
            Store.open(path)
        self.check(caught.value, path)
        tables = sqlite3.connect(path).execute("SELECT name FROM sqlite_master").fetchall()
        assert tables == [("recipes",)]

    def test_a_newer_versions_record(self, tmp_path):
        path = tmp_path / "sandbox.db"
        Store.open(path).close()
        raw = sqlite3.connect(path)
        raw.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        raw.close()
        with pytest.raises(StoreError, match="newer version") as caught:
            Store.open(path)
        self.check(caught.value, path)

    def test_a_place_where_no_file_can_be(self, tmp_path):
        (tmp_path / "file").write_text("")
        path = tmp_path / "file" / "sandbox.db"
        with pytest.raises(StoreError, match="cannot be reached") as caught:
            Store.open(path)
        self.check(caught.value, path)

    def test_a_damaged_record(self, tmp_path):
        path = tmp_path / "sandbox.db"
        with Store.open(path) as store:
            begin(store)
            for index in range(1, 200):
                store.record(TurnFinished("trunk", told(index, "word " * 100)))
        content = bytearray(path.read_bytes())
        for start in range(4096, len(content), 4096):
            content[start : start + 2048] = b"\xff" * 2048
        path.write_bytes(content)
        with pytest.raises(StoreError, match="damaged") as caught, Store.open(path) as store:
            store.history("trunk")
        self.check(caught.value, path)

    def test_a_record_that_may_only_be_read(self, store):
        begin(store)
        store._db.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="read-only") as caught:
            store.record(TurnFinished("trunk", told(1)))
        self.check(caught.value, store.path)
        assert store.state("trunk") == "running"

    def test_a_record_another_program_is_writing(self, store, monkeypatch):
        begin(store)
        store._db.execute("PRAGMA busy_timeout = 20")
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use") as caught:
            store.record(TurnFinished("trunk", told(1)))
        self.check(caught.value, store.path)
        other.execute("ROLLBACK")
        store.record(TurnFinished("trunk", told(1)))
        assert store.history("trunk").turns == (told(1),)

    def test_a_full_disk_loses_nothing_stored_and_writing_goes_on_when_there_is_room(self, store):
        begin(store)
        store.record(TurnFinished("trunk", told(1)))
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreError, match="full") as caught:
            store.record(TurnFinished("trunk", told(2, "word " * 100_000)))
        self.check(caught.value, store.path)
        assert store.history("trunk").turns == (told(1),)
        store._db.execute(f"PRAGMA max_page_count = {pages + 10_000}")
        store.record(TurnFinished("trunk", told(2, "word " * 100_000)))
        assert len(store.history("trunk").turns) == 2
        assert store._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def _write_turns(path: Path, id: str) -> None:
    with Store.open(path) as store:
        begin(store, id)
        for index in range(1, 21):
            store.record(TurnFinished(id, told(index)))


def test_two_processes_write_into_one_record(tmp_path):
    path = tmp_path / "sandbox.db"
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write_turns, args=(path, id)) for id in ("one", "two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    with Store.open(path) as store:
        assert [len(store.history(id).turns) for id in ("one", "two")] == [20, 20]


def test_several_threads_share_a_store(store):
    begin(store)

    def write(first: int) -> None:
        for index in range(first, first + 20):
            store.record(TurnFinished("trunk", told(index)))
            store.history("trunk")

    threads = [threading.Thread(target=write, args=(first,)) for first in (1, 21, 41)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [turn.index for turn in store.history("trunk").turns] == list(range(1, 61))


def _bare(path: Path):
    from sqlite_utils import Database

    return Database(sqlite3.connect(path, isolation_level=None), execute_plugins=False)
