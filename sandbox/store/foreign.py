"""A record from elsewhere, which may be damaged or made to do harm: looked at closely before it is used."""

import re
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter
from sqlite_utils import Database

from sandbox.engine.history import History
from sandbox.library.document import SLUG_PATTERN
from sandbox.store.afterwards import asked_afterwards
from sandbox.store.call import calls_of
from sandbox.store.document import Documents
from sandbox.store.error import StoreError
from sandbox.store.history import histories
from sandbox.store.integrity import altered_documents, damages
from sandbox.store.mark import MarkRecord, Note, Preference, Rating, Tick
from sandbox.store.migrations import APPLICATION_ID, MIGRATIONS, migrate, version_of
from sandbox.store.session import heads_of, lineage, planned_by
from sandbox.store.state import states_of
from sandbox.store.store import Store
from sandbox.store.study import FrozenStudy, LogKind, StudyEntry, StudyRecord
from sandbox.store.tag import tags_of
from sandbox.store.transfer import Moved, transfer

_ID = re.compile(r"[a-z0-9]{4,40}")
_ROOT = re.compile(r"[0-9a-f]{8,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(rf"(?=.{{1,80}}$){SLUG_PATTERN[1:-1]}(?: [0-9a-f]{{8}})*")
"""As studies are called, or with the beginning of its root where another had the name already."""

ReadStudy = Callable[[Sequence[FrozenStudy], Sequence[StudyEntry]], None]
"""Given all plans of a study and its log: raises SandboxError, ValueError, KeyError or TypeError for what
cannot be read."""

_HISTORY: TypeAdapter[History] = TypeAdapter(History)
_MARKS: dict[type, TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in (Rating, Note, Tick, Preference)}
_AT_ONCE = 100


def bring_in(store: Store, path: Path, read_study: ReadStudy) -> Moved:
    """Add every session of the record at `path` to this one, all or nothing; those here already get the marks
    that are new, and else stay as they are. `path` is a copy of ours: an older record is brought to this
    version's tables first. `read_study` reads each study that was added to.

    Raises StoreError for a record that is damaged, altered, of a newer version or no record at all,
    UsageError for one that contradicts this one.
    """
    try:
        with _opened(path) as source, store.writing() as (db, _):
            found = source.execute("SELECT id FROM sessions ORDER BY number")
            moved = transfer(source, db, [row[0] for row in found])
            _refuse_unreadable(store, db, moved.new)
            _refuse_unreadable_marks(store, [*moved.new, *moved.known])
            _refuse_unreadable_studies(store, moved.studies, read_study)
        return moved
    except (sqlite3.DatabaseError, RecursionError) as error:
        raise _refused(f"SQLite cannot read it ({error})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _refused(f"what it holds cannot be read ({type(error).__name__})") from error


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        db = Database(connection, execute_plugins=False)
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "foreign_keys = ON"):
            db.execute(f"PRAGMA {pragma}")
        _refuse_other_tables(db, path)
        migrate(db, path)
        db.execute("PRAGMA query_only = ON")
        _refuse_damaged(db)
        yield db


def _refuse_other_tables(db: Database, path: Path) -> None:
    """Nothing but the tables, views and triggers that we make: what else is there might run as we read."""
    version = version_of(db)
    if int(db.execute("PRAGMA application_id").fetchone()[0]) != APPLICATION_ID or not version:
        raise _refused("it is no record of this app")
    if version <= len(MIGRATIONS):
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
            own = Database(memory, execute_plugins=False)
            migrate(own, path, MIGRATIONS[:version])
            if _schema(own) != _schema(db):
                raise _refused("its tables are not those that this app makes")


def _schema(db: Database) -> set[tuple[str, ...]]:
    """Every table, view, index and trigger with its text; of the search index's own tables the names."""
    rows = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return {row[:3] if row[1].startswith("turns_text_") and row[0] == "table" else row for row in rows}


def _refuse_damaged(db: Database) -> None:
    if found := damages(db):
        raise _refused(f"the file is damaged ({found[0]})")
    if db.execute("PRAGMA foreign_key_check").fetchone():
        raise _refused("rows point at others that are not there")
    if altered := altered_documents(db):
        raise _refused(f"the {altered[0].kind} “{altered[0].id}” does not match its hash")
    rows = db.execute(
        "SELECT s.id, s.number, p.number FROM sessions s LEFT JOIN sessions p ON p.id = s.parent"
    )
    for id, number, parent in rows:
        if not _ID.fullmatch(id):
            raise _refused("a session's id is none that this app gives")
        if parent is not None and parent >= number:
            raise _refused(f"session {id} stands before the one it left from")


def _refuse_unreadable(store: Store, db: Database, sessions: Collection[str]) -> None:
    """Read once all that was brought in, as every screen will. Raises what the reading raises."""
    documents, all_of_them = Documents(), list(sessions)
    for start in range(0, len(all_of_them), _AT_ONCE):
        some = all_of_them[start : start + _AT_ONCE]
        heads_of(db, some, documents)
        for history, _ in histories(db, some, lineage(db, some)).values():
            _HISTORY.validate_json(_HISTORY.dump_json(history, warnings=False))
        if not all(states_of(db, some).values()):
            raise _refused("a session has no state")
        for read in (calls_of, planned_by, tags_of):
            read(db, some)
        asked_afterwards(store, some)


def _refuse_unreadable_marks(store: Store, sessions: Collection[str]) -> None:
    """Plain values are checked: an instance of a dataclass is taken by pydantic as it is."""
    for entry in MarkRecord(store).every(sessions):
        _MARKS[type(entry.mark)].validate_python(asdict(entry.mark))
        if entry.at.utcoffset() is None:
            raise _refused("a mark has a time without its zone")


def _refuse_unreadable_studies(store: Store, roots: Collection[str], read_study: ReadStudy) -> None:
    """Their names become names of files, and every list of studies reads their plans."""
    record = StudyRecord(store)
    for root in roots:
        plans, log = record.plans(root), record.logged(root)
        if not _ROOT.fullmatch(root) or not all(_HASH.fullmatch(plan.hash) for plan in plans):
            raise _refused("a study's mark is none that this app gives")
        if not all(_NAME.fullmatch(plan.name) for plan in plans):
            raise _refused("a study's name is none that this app gives")
        if not all(entry.kind in get_args(LogKind) for entry in log):
            raise _refused("a study's log tells what this app does not know")
        if not all(at.tzinfo for at in (*(plan.at for plan in plans), *(entry.at for entry in log))):
            raise _refused("a study has a time without its zone")
        read_study(plans, log)


def _refused(why: str) -> StoreError:
    return StoreError(
        f"The sessions cannot be brought in: {why}.",
        todo="Nothing was changed. Ask for the file again, from where it was made.",
    )
