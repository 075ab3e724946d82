"""Tags of sessions: an append-only log; the newest line of a tag says whether the session has it."""

from datetime import datetime

from sqlite_utils import Database

from sandbox.errors import UsageError
from sandbox.store.row import insert
from sandbox.text import printable

LONGEST = 40
"""The most characters a tag may have."""


def clean_tag(text: str) -> str:
    """`text` as a tag: one line, small letters. Raises UsageError when nothing is left or it is too long."""
    tag = " ".join(printable(text).split()).casefold()
    if not tag or len(tag) > LONGEST:
        raise UsageError(
            "A tag is a word or a few.", todo=f"Type one of 1 to {LONGEST} characters, `pilot` for example."
        )
    return tag


def append_tag(db: Database, session: str, tag: str, at: datetime, *, present: bool, author: str) -> bool:
    """Add a line unless it would say what is so already; whether it was added."""
    if (tag in tags_of(db, session)) == present:
        return False
    insert(
        db,
        "tags",
        {
            "session": session,
            "tag": tag,
            "present": int(present),
            "at": at.isoformat(),
            "author": author,
        },
    )
    return True


def tags_of(db: Database, session: str) -> tuple[str, ...]:
    """The tags a session has now, in alphabetical order."""
    rows = db.execute("SELECT tag FROM present_tags WHERE session = ? ORDER BY tag", [session])
    return tuple(row[0] for row in rows)
