"""Files that are not to be written: a record that may only be read, and another program's database."""

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sandbox.analysis.comparison import compare
from sandbox.analysis.family import chosen_scale, gather, gather_compared
from sandbox.engine.events import TurnFinished
from sandbox.engine.history import Turn
from sandbox.export.transcript.contents import transcript_markdown
from sandbox.store.connection import open_database
from sandbox.store.error import StoreError
from sandbox.store.migrations import MIGRATIONS, migrate
from sandbox.store.store import Store
from tests.store.runs import breathing_and_control, record_run

NOBODY = 65534

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


@contextmanager
def as_somebody() -> Iterator[None]:
    """Permissions bind within, also where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that `as_somebody` owns. Those of pytest are closed to others than their owner."""
    made = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(made, NOBODY, NOBODY)
    yield made
    made.chmod(0o700)
    shutil.rmtree(made)


async def a_run(path: Path) -> str:
    with Store.open(path) as store:
        await record_run(store, breathing_and_control())
        return store.resolve("last")


def state_of(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Mode, time of change and content of everything in the folder."""
    return {
        file.name: (
            file.stat().st_mode,
            file.stat().st_mtime_ns,
            hashlib.sha256(file.read_bytes()).hexdigest(),
        )
        for file in folder.iterdir()
    }


def protect(path: Path, what: str) -> None:
    if what in ("file", "both"):
        for file in path.parent.iterdir():
            file.chmod(0o400)
    if what in ("folder", "both"):
        path.parent.chmod(0o500)


@pytest.mark.parametrize("what", ["file", "folder", "both"])
@pytest.mark.parametrize("log", [False, True], ids=["no log", "rows still in the log"])
async def test_a_record_that_may_only_be_read_is_read_compared_and_exported(folder, what, log):
    path = folder / "sandbox.db"
    with as_somebody():
        trunk = await a_run(path)
        with Store.open(path) as store:
            before = transcript_markdown(gather(store, trunk))
            if log:  # as a program that was killed leaves it: closing would have emptied the log
                kept = {file: file.read_bytes() for file in folder.iterdir() if file.suffix != ".db-shm"}
                store.tag(trunk, "in the log")
                kept = {file: file.read_bytes() for file in folder.iterdir() if file.suffix != ".db-shm"}
        if log:
            for file, content in kept.items():
                file.write_bytes(content)
        protect(path, what)
        was = state_of(folder)
        with Store.open(path, create=False) as store:
            assert store.read_only
            assert transcript_markdown(gather(store, trunk)) == before
            found = gather_compared(store, [trunk])
            assert compare(found, chosen_scale(found, None, None), pooled=False).rows
            assert store.choices().tags == (("in the log",) if log else ())
            assert store.mark_interrupted() == () and store.altered() == () and store.damages() == ()
            with pytest.raises(StoreError, match="read-only"):
                store.record(TurnFinished(trunk, Turn(99, "induction", "scenario", "Hm.", "Yes.")))
        now = state_of(folder)
        assert {name: now[name] for name in was if not name.endswith("-shm")} == {
            name: state for name, state in was.items() if not name.endswith("-shm")
        }
        if not log:
            assert now.keys() == was.keys()


async def test_an_older_record_that_may_only_be_read_is_read_as_the_newest_version(folder):
    from sqlite_utils import Database

    path = folder / "sandbox.db"
    with as_somebody():
        with closing(sqlite3.connect(path, isolation_level=None)) as old:
            migrate(Database(old, execute_plugins=False), path, MIGRATIONS[:1])
        protect(path, "both")
        was = state_of(folder)
        with Store.open(path) as store:
            assert store.checks() == () and store.sessions() == ()
        assert state_of(folder) == was


@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize("application", [0, 0x4D504247], ids=["no mark", "another mark"])
def test_another_programs_database_is_refused_before_it_is_touched(tmp_path, mode, application):
    path = tmp_path / "sandbox.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(f"PRAGMA application_id = {application}")
        other.execute(f"PRAGMA journal_mode = {mode}")
        other.execute("CREATE TABLE recipes (title)")
        kept = {file: file.read_bytes() for file in tmp_path.iterdir()}
    for file, content in kept.items():  # as if its program was killed: with its log beside it
        file.write_bytes(content)
    path.chmod(0o644)
    was = state_of(tmp_path)
    for create in (True, False):
        with pytest.raises(StoreError, match="another program"):
            Store.open(path, create=create)
    assert state_of(tmp_path) == was


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path):
    path = tmp_path / "sandbox.db"
    path.write_text("Dear diary")
    path.chmod(0o644)
    was = state_of(tmp_path)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(path)
    assert state_of(tmp_path) == was


def test_a_record_whose_first_rows_are_all_in_its_log_is_ours(tmp_path):
    path = tmp_path / "sandbox.db"
    db = open_database(path)
    kept = {file: file.read_bytes() for file in tmp_path.iterdir() if not file.name.endswith("-shm")}
    db.close()
    for file, content in kept.items():
        file.write_bytes(content)
    assert int.from_bytes(path.read_bytes()[68:72], "big") == 0, "the mark is in the log alone"
    with Store.open(path) as store:
        assert not store.read_only and store.sessions() == ()
