"""What migrations make tables of, for calibrations and for marks; and what keeps a table as it was written.

Statements that a migration has run somewhere are never changed: a new migration says what is different.
"""


def append_only(table: str) -> tuple[str, str]:
    """Two triggers that refuse to change or delete a row of `table`."""
    return (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{table} is append-only: add a row instead'); END",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{table} is append-only: rows are never deleted'); END",
    )


def never_replaced(table: str, *keys: tuple[str, ...]) -> str:
    """A trigger that refuses a row whose key is taken. `keys`: the columns of each unique key.

    INSERT OR REPLACE deletes the row before without asking the trigger on DELETE, unless the connection has
    turned `recursive_triggers` on. A number not given is −1 here, so only those from 1 count.
    """
    taken = " OR ".join(
        "("
        + " AND ".join(f"{column} = NEW.{column}" for column in key)
        + (f" AND {key[0]} > 0" if key in (("number",), ("rowid",)) else "")
        + ")"
        for key in keys
    )
    return (
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"  # noqa: S608 - names of our own
        f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) BEGIN"
        f" SELECT RAISE(ABORT, '{table} is append-only: a row is never replaced'); END"
    )


CALIBRATIONS = (
    """CREATE TABLE calibrations (
        number INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        model TEXT NOT NULL,
        model_name TEXT NOT NULL,
        directions TEXT NOT NULL,
        directions_hash TEXT NOT NULL,
        client TEXT NOT NULL REFERENCES documents(hash),
        seed INTEGER NOT NULL,
        app_version TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX calibrations_by_model ON calibrations(model_name, number)",
    """CREATE TABLE calibration_texts (
        calibration INTEGER NOT NULL REFERENCES calibrations(number),
        text INTEGER NOT NULL,
        scenario TEXT NOT NULL REFERENCES documents(hash),
        conversation TEXT NOT NULL,
        PRIMARY KEY (calibration, text)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE calibration_trials (
        number INTEGER PRIMARY KEY,
        calibration INTEGER NOT NULL REFERENCES calibrations(number),
        questionnaire TEXT NOT NULL REFERENCES documents(hash),
        way TEXT NOT NULL,
        form TEXT NOT NULL,
        direction TEXT NOT NULL,
        dose INTEGER NOT NULL,
        text INTEGER NOT NULL,
        administration TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX calibration_trials_by_questionnaire"
    " ON calibration_trials(calibration, questionnaire, number)",
    *(
        trigger
        for table in ("calibrations", "calibration_texts", "calibration_trials")
        for trigger in append_only(table)
    ),
    never_replaced("calibrations", ("number",)),
    never_replaced("calibration_texts", ("calibration", "text")),
    never_replaced("calibration_trials", ("number",)),
)

# Marks: a row says what one reviewer holds from then on of one thing; the newest row of a thing counts (the
# views). `given` 0: it is taken back.

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
