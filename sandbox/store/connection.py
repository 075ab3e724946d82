"""Opening the record's file: whose it is, owner-only permissions, WAL, foreign keys, migrations.

A record that may not be written is opened for reading; then `PRAGMA query_only` is on.
"""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from sandbox.store.error import StoreError, explained, store_error
from sandbox.store.migrations import APPLICATION_ID, MIGRATIONS, migrate, refuse_foreign, version_of

BUSY_MILLISECONDS = 5_000
"""How long to wait for another program that is writing."""

_SIGNATURE = b"SQLite format 3\0"
_HEADER_BYTES = 100
_APPLICATION_ID_AT = slice(68, 72)
"""Where the header of an SQLite file has the application id (big-endian; sqlite.org/fileformat2.html)."""

_UNWRITABLE = ("SQLITE_READONLY", "SQLITE_CANTOPEN")


def open_database(path: Path) -> Database:
    """The record at `path`, created if absent, at the newest version. Raises StoreError.

    Another program's file is refused before anything of it or beside it is changed. Where the file or its
    folder may not be written, the record can be read only, an older one as the newest version would have it.
    The connection may be used from several threads, one at a time (the store holds a lock).
    """
    with explained(path):
        _refuse_foreign_file(path)
        try:
            return _to_write(path)
        except (OSError, sqlite3.OperationalError) as error:
            if not (path.is_file() and _unwritable(error)):
                raise
        return _to_read(path)


def _to_write(path: Path) -> Database:
    _make_private(path)
    connection = _connected(path)
    try:
        db = Database(connection, execute_plugins=False)
        db.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA journal_mode = WAL").fetchone()
        db.execute("PRAGMA synchronous = NORMAL")
        migrate(db, path)
    except BaseException:
        connection.close()
        raise
    return db


def _to_read(path: Path) -> Database:
    connection = _reading(path)
    try:
        if version_of(Database(connection, execute_plugins=False)) < len(MIGRATIONS):
            connection = _in_memory(connection)
        db = Database(connection, execute_plugins=False)
        migrate(db, path)
        db.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return db


def _unwritable(error: OSError | sqlite3.OperationalError) -> bool:
    if isinstance(error, OSError):
        return True
    return (getattr(error, "sqlite_errorname", None) or "").startswith(_UNWRITABLE)


def _reading(path: Path) -> sqlite3.Connection:
    """A connection that writes nothing, not even the files SQLite keeps beside a database.

    Beside a log (`-wal`) of recent rows SQLite needs its index, which it may not be able to make here: then
    the record is read from a copy in memory. Without a log the file is all there is.
    """
    if not _log(path).exists():
        return _connected(path, "mode=ro&immutable=1")
    connection = _connected(path, "mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        return _copied(path)
    return connection


def _copied(path: Path) -> sqlite3.Connection:
    """The database with its log, in memory. The file itself is only read."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        if _log(path).exists():
            shutil.copyfile(_log(path), _log(copy))
        return _in_memory(_connected(copy))


def _in_memory(source: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of the database in memory; `source` is closed."""
    with closing(source):
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        source.backup(memory)
    return memory


def _connected(path: Path, options: str = "") -> sqlite3.Connection:
    name = f"{path.absolute().as_uri()}?{options}" if options else str(path)
    return sqlite3.connect(name, uri=bool(options), isolation_level=None, check_same_thread=False)


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _refuse_foreign_file(path: Path) -> None:
    """Raises StoreError for what is no record of ours. SQLite is not asked: to look, it may write."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        return
    if not header:
        return
    if not header.startswith(_SIGNATURE):
        raise _no_database(path)
    application = int.from_bytes(header[_APPLICATION_ID_AT], "big")
    if application == APPLICATION_ID:
        return
    # A record of ours whose first rows are all in its log still is without a mark in the file itself.
    with closing(_connected(path, "mode=ro&immutable=1") if application else _quietly(path)) as connection:
        db = Database(connection, execute_plugins=False)
        refuse_foreign(db, version_of(db), path)


def _quietly(path: Path) -> sqlite3.Connection:
    return _copied(path) if _log(path).exists() else _connected(path, "mode=ro&immutable=1")


def _no_database(path: Path) -> StoreError:
    error = sqlite3.DatabaseError("file is not a database")
    error.sqlite_errorname = "SQLITE_NOTADB"
    return store_error(error, path)


def _make_private(path: Path) -> None:
    """Create file and folder for the owner alone; SQLite gives -wal and -shm the file's own mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o600)
