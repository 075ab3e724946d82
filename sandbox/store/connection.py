"""Opening the record's file: owner-only permissions, WAL, foreign keys, migrations. No rows here."""

import os
import sqlite3
from pathlib import Path

from sqlite_utils import Database

from sandbox.store.failure import explained
from sandbox.store.migrations import migrate

BUSY_MILLISECONDS = 5_000
"""How long to wait for another program that is writing."""


def open_database(path: Path) -> Database:
    """The record at `path`, created if absent, at the newest version. Raises StoreError.

    The connection may be used from several threads, one at a time (the store holds a lock).
    """
    with explained(path):
        _make_private(path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
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


def _make_private(path: Path) -> None:
    """Create file and folder for the owner alone; SQLite gives -wal and -shm the file's own mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o600)
