"""The tables of what reviewers say, and of the packets sent to them, as `migrations.py` adds them.

A row says what one reviewer holds from then on of one thing; the newest row of a thing counts (the views):
the latest, and of one moment that of the highest number. `given` 0: it is taken back.
"""

from sandbox.store.unchanging import append_only, never_replaced

_BY = """
        given INTEGER NOT NULL CHECK (given IN (0, 1)),
        reviewer TEXT NOT NULL,
        at TEXT NOT NULL,
        reason TEXT NOT NULL,
        blind INTEGER NOT NULL CHECK (blind IN (0, 1)),
        packet TEXT"""

_KEYS = {
    "ratings": "session, form, item, reviewer",
    "notes": "session, turn, speaker, quote, text, tags, reviewer",
    "ticks": "session, statement, reviewer",
    "preferences": "min(a, b), max(a, b), form, reviewer",
}

_TABLES = (*_KEYS, "packets", "returned_files")

MARKS = (
    f"""CREATE TABLE ratings (
        number INTEGER PRIMARY KEY,
        session TEXT NOT NULL REFERENCES sessions(id),
        form TEXT NOT NULL REFERENCES documents(hash),
        item TEXT NOT NULL,
        value INTEGER,{_BY}
    ) STRICT""",
    "CREATE INDEX ratings_by_session ON ratings(session, number)",
    f"""CREATE TABLE notes (
        number INTEGER PRIMARY KEY,
        session TEXT NOT NULL REFERENCES sessions(id),
        turn INTEGER NOT NULL,
        speaker TEXT NOT NULL,
        quote TEXT NOT NULL,
        text TEXT NOT NULL,
        tags TEXT NOT NULL,
        codebook TEXT REFERENCES documents(hash),{_BY}
    ) STRICT""",
    "CREATE INDEX notes_by_session ON notes(session, number)",
    f"""CREATE TABLE ticks (
        number INTEGER PRIMARY KEY,
        session TEXT NOT NULL REFERENCES sessions(id),
        statement TEXT NOT NULL,
        seen INTEGER NOT NULL CHECK (seen IN (0, 1)),
        turn INTEGER,{_BY}
    ) STRICT""",
    "CREATE INDEX ticks_by_session ON ticks(session, number)",
    f"""CREATE TABLE preferences (
        number INTEGER PRIMARY KEY,
        a TEXT NOT NULL REFERENCES sessions(id),
        b TEXT NOT NULL,
        form TEXT NOT NULL REFERENCES documents(hash),
        choice TEXT NOT NULL CHECK (choice IN ('a', 'b', 'no difference')),{_BY}
    ) STRICT""",
    "CREATE INDEX preferences_by_session ON preferences(a, number)",
    """CREATE TABLE packets (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        at TEXT NOT NULL,
        author TEXT NOT NULL,
        key TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE returned_files (
        number INTEGER PRIMARY KEY,
        sha256 TEXT NOT NULL UNIQUE,
        packet TEXT NOT NULL,
        reviewer TEXT NOT NULL,
        name TEXT NOT NULL,
        saved TEXT,
        at TEXT NOT NULL
    ) STRICT""",
    *(
        f"CREATE VIEW present_{table} AS SELECT * FROM {table} WHERE given = 1 AND number IN"  # noqa: S608
        f" (SELECT max(number) FROM {table} GROUP BY {key})"
        for table, key in _KEYS.items()
    ),
    *(trigger for table in _TABLES for trigger in append_only(table)),
    *(never_replaced(table, ("number",)) for table in _KEYS),
    never_replaced("packets", ("number",), ("id",)),
    never_replaced("returned_files", ("number",), ("sha256",)),
)

MARKS_BY_TIME = tuple(
    statement
    for table, key in _KEYS.items()
    for statement in (
        f"DROP VIEW present_{table}",
        f"CREATE VIEW present_{table} AS SELECT * FROM {table} WHERE given = 1 AND number IN"  # noqa: S608
        f" (SELECT first_value(number) OVER (PARTITION BY {key} ORDER BY at DESC, number DESC) FROM {table})",
    )
)
"""Marks from another record come in after later ones that were given here."""
