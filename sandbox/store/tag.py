"""Tags of sessions: an append-only log; the newest line of a tag says whether the session has it."""

from collections.abc import Collection
from datetime import datetime

from sqlite_utils import Database

from sandbox.errors import UsageError
from sandbox.store.row import LISTED, insert, listed
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
    if (tag in tags_of(db, [session])[session]) == present:
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


def tags_of(db: Database, sessions: Collection[str]) -> dict[str, tuple[str, ...]]:
    """By session, the tags it has now, in alphabetical order."""
    rows = db.execute(
        f"SELECT session, tag FROM present_tags WHERE session IN {LISTED} ORDER BY tag",  # noqa: S608
        [listed(sessions)],
    )
    found: dict[str, list[str]] = {session: [] for session in sessions}
    for session, tag in rows:
        found[session].append(tag)
    return {session: tuple(tags) for session, tags in found.items()}
