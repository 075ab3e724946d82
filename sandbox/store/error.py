"""What can go wrong with the record's file, said in words. SQLite's own messages stay in the cause."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import SandboxError


class StoreError(SandboxError):
    """The record could not be opened, read or written. What was stored before stays stored."""


_SAYINGS: tuple[tuple[str, str, str], ...] = (
    (
        "SQLITE_FULL",
        "The disk is full; nothing more can be stored.",
        "Free some space, then `sandbox resume`.",
    ),
    (
        "SQLITE_READONLY",
        "The record cannot be written: it is read-only.",
        "Check the permissions of the file and of its folder.",
    ),
    (
        "SQLITE_BUSY",
        "The record is in use by another program.",
        "Close the other program (or wait for it) and try again.",
    ),
    ("SQLITE_LOCKED", "The record is in use by another program.", "Close the other program and try again."),
    (
        "SQLITE_CORRUPT",
        "The record is damaged.",
        "Keep a copy of the file; `sqlite3 FILE .recover` can save most of it.",
    ),
    (
        "SQLITE_NOTADB",
        "This file is not a database.",
        "Move it away (keep it if you do not know what it is), or choose another workspace.",
    ),
    (
        "SQLITE_CANTOPEN",
        "The record cannot be opened.",
        "Check that the folder exists and that you may write in it.",
    ),
    (
        "SQLITE_CONSTRAINT",
        "The record refused an entry that contradicts what is stored.",
        "Nothing was changed. Please report this with the session's id.",
    ),
    ("SQLITE_IOERR", "The disk could not be read or written.", "Check the disk, then `sandbox resume`."),
)


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """`error` as one of ours, by SQLite's error name."""
    name = getattr(error, "sqlite_errorname", None) or ""
    for prefix, what, todo in _SAYINGS:
        if name.startswith(prefix):
            return StoreError(what, where=str(path), todo=todo)
    return StoreError(
        f"The record failed ({name or type(error).__name__}): {error}.",
        where=str(path),
        todo="Nothing stored before is lost. Try again; if it stays, keep a copy of the file and report it.",
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Within, SQLite's and the file system's errors become StoreErrors about `path`."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    except OSError as error:
        raise StoreError(
            f"The record cannot be reached: {error.strerror or error}.",
            where=str(path),
            todo="Check that the folder exists and that you may write in it, or choose another workspace.",
        ) from error
