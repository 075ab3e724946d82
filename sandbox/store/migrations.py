"""The record's tables, version by version. PRAGMA user_version says how far a file is."""

from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from sandbox.store.error import StoreError
from sandbox.store.tables import CALIBRATIONS, MARKS, MARKS_BY_TIME, append_only, never_replaced

APPLICATION_ID = 0x5342_5831
"""Marks a file as this app's record (the letters SBX1)."""

_RECORD = (
    "documents",
    "sessions",
    "states",
    "turns",
    "calls",
    "administrations",
    "answers",
    "scores",
    "skips",
)


@dataclass(frozen=True, slots=True)
class Migration:
    """What brings a file from the version before to this one: statements run in one transaction."""

    title: str
    statements: tuple[str, ...]


_TABLES = (
    """CREATE TABLE documents (
        hash TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        version TEXT NOT NULL,
        title TEXT NOT NULL,
        json TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE sessions (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        parent TEXT REFERENCES sessions(id) DEFERRABLE INITIALLY DEFERRED,
        parent_turn INTEGER,
        model TEXT NOT NULL,
        seed INTEGER NOT NULL,
        client TEXT NOT NULL REFERENCES documents(hash),
        scenario TEXT NOT NULL REFERENCES documents(hash),
        technique TEXT REFERENCES documents(hash),
        plan TEXT NOT NULL,
        app_version TEXT NOT NULL,
        created TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX sessions_by_parent ON sessions(parent)",
    """CREATE TABLE states (
        number INTEGER PRIMARY KEY,
        session TEXT NOT NULL REFERENCES sessions(id),
        at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN
            ('planned', 'running', 'finished', 'stopped', 'failed', 'interrupted', 'removed')),
        reason TEXT NOT NULL,
        pid INTEGER,
        process_started REAL,
        author TEXT NOT NULL,
        model TEXT
    ) STRICT""",
    "CREATE INDEX states_by_session ON states(session, number)",
    """CREATE VIEW latest_states AS
        SELECT * FROM states WHERE number IN (SELECT max(number) FROM states GROUP BY session)""",
    """CREATE TABLE turns (
        number INTEGER PRIMARY KEY,
        session TEXT NOT NULL REFERENCES sessions(id),
        turn INTEGER NOT NULL,
        phase TEXT NOT NULL,
        origin TEXT NOT NULL,
        step TEXT,
        repeat INTEGER NOT NULL,
        said TEXT NOT NULL,
        reply TEXT,
        seed INTEGER,
        call_id TEXT NOT NULL,
        at TEXT NOT NULL,
        more TEXT,
        UNIQUE (session, turn)
    ) STRICT""",
    "CREATE VIRTUAL TABLE turns_text USING fts5(said, reply, content='turns', content_rowid='number')",
    """CREATE TRIGGER turns_searchable AFTER INSERT ON turns BEGIN
        INSERT INTO turns_text(rowid, said, reply) VALUES (new.number, new.said, new.reply); END""",
    """CREATE TABLE calls (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        session TEXT NOT NULL REFERENCES sessions(id),
        turn INTEGER NOT NULL,
        purpose TEXT NOT NULL,
        model TEXT NOT NULL,
        parameters TEXT NOT NULL,
        prompt_sha256 TEXT NOT NULL,
        prompt_tokens INTEGER,
        cached_tokens INTEGER,
        completion_tokens INTEGER,
        cost REAL,
        started TEXT,
        seconds REAL,
        waited REAL,
        finish_reason TEXT,
        failure TEXT,
        error TEXT NOT NULL,
        status INTEGER,
        UNIQUE (id, attempt)
    ) STRICT""",
    "CREATE INDEX calls_by_session ON calls(session)",
    """CREATE TABLE administrations (
        number INTEGER PRIMARY KEY,
        session TEXT NOT NULL REFERENCES sessions(id),
        after_turn INTEGER NOT NULL,
        phase TEXT NOT NULL,
        point_number INTEGER NOT NULL,
        questionnaire TEXT NOT NULL,
        way TEXT NOT NULL,
        asked TEXT NOT NULL,
        item_order TEXT NOT NULL,
        seed INTEGER NOT NULL,
        reliable INTEGER NOT NULL,
        at TEXT NOT NULL,
        more TEXT
    ) STRICT""",
    "CREATE INDEX administrations_by_session ON administrations(session)",
    """CREATE TABLE answers (
        administration INTEGER NOT NULL REFERENCES administrations(number),
        position INTEGER NOT NULL,
        item TEXT NOT NULL,
        value REAL,
        missing TEXT,
        raw TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        coverage REAL,
        distribution TEXT,
        call_id TEXT NOT NULL,
        more TEXT,
        PRIMARY KEY (administration, position)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE scores (
        administration INTEGER NOT NULL REFERENCES administrations(number),
        position INTEGER NOT NULL,
        scale TEXT NOT NULL,
        value REAL,
        answered INTEGER NOT NULL,
        items INTEGER NOT NULL,
        reason TEXT NOT NULL,
        more TEXT,
        PRIMARY KEY (administration, position)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE skips (
        number INTEGER PRIMARY KEY,
        session TEXT NOT NULL REFERENCES sessions(id),
        step TEXT NOT NULL,
        after_turn INTEGER NOT NULL,
        reason TEXT NOT NULL,
        at TEXT NOT NULL,
        more TEXT
    ) STRICT""",
    "CREATE INDEX skips_by_session ON skips(session)",
)

_TAGS = (
    """CREATE TABLE tags (
        number INTEGER PRIMARY KEY,
        session TEXT NOT NULL REFERENCES sessions(id),
        tag TEXT NOT NULL,
        present INTEGER NOT NULL CHECK (present IN (0, 1)),
        at TEXT NOT NULL,
        author TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX tags_by_session ON tags(session, tag, number)",
    "CREATE INDEX tags_by_tag ON tags(tag, session, number)",
    """CREATE VIEW present_tags AS
        SELECT session, tag FROM tags t WHERE present = 1 AND number =
            (SELECT max(number) FROM tags WHERE session = t.session AND tag = t.tag)""",
    *append_only("tags"),
)

_VALIDITY = (
    """CREATE TABLE validity_checks (
        number INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        model TEXT NOT NULL,
        model_name TEXT NOT NULL,
        questionnaire_id TEXT NOT NULL,
        questionnaire TEXT NOT NULL REFERENCES documents(hash),
        client TEXT NOT NULL REFERENCES documents(hash),
        strong TEXT NOT NULL REFERENCES documents(hash),
        neutral TEXT NOT NULL REFERENCES documents(hash),
        way TEXT NOT NULL,
        scale TEXT NOT NULL,
        usable TEXT NOT NULL,
        verdict TEXT NOT NULL,
        repeats INTEGER NOT NULL,
        seed INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        seconds REAL NOT NULL,
        app_version TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX validity_checks_by_model ON validity_checks(model_name, number)",
    """CREATE TABLE validity_indices (
        validity_check INTEGER NOT NULL REFERENCES validity_checks(number),
        position INTEGER NOT NULL,
        id TEXT NOT NULL,
        title TEXT NOT NULL,
        unit TEXT NOT NULL,
        value REAL,
        low REAL,
        high REAL,
        n INTEGER,
        judgement TEXT NOT NULL,
        acceptable TEXT NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (validity_check, position)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE validity_states (
        validity_check INTEGER NOT NULL REFERENCES validity_checks(number),
        repeat INTEGER NOT NULL,
        state TEXT NOT NULL,
        conversation TEXT NOT NULL,
        PRIMARY KEY (validity_check, repeat, state)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE validity_trials (
        validity_check INTEGER NOT NULL REFERENCES validity_checks(number),
        position INTEGER NOT NULL,
        repeat INTEGER NOT NULL,
        state TEXT NOT NULL,
        condition TEXT NOT NULL,
        administration TEXT NOT NULL,
        PRIMARY KEY (validity_check, position)
    ) STRICT, WITHOUT ROWID""",
    *(
        trigger
        for table in ("validity_checks", "validity_indices", "validity_states", "validity_trials")
        for trigger in append_only(table)
    ),
)

_NO_REPLACING = (
    never_replaced("documents", ("rowid",), ("hash",)),
    never_replaced("sessions", ("number",), ("id",)),
    never_replaced("states", ("number",)),
    never_replaced("turns", ("number",), ("session", "turn")),
    never_replaced("calls", ("number",), ("id", "attempt")),
    never_replaced("administrations", ("number",)),
    never_replaced("answers", ("administration", "position")),
    never_replaced("scores", ("administration", "position")),
    never_replaced("skips", ("number",)),
    never_replaced("tags", ("number",)),
    never_replaced("validity_checks", ("number",)),
    never_replaced("validity_indices", ("validity_check", "position")),
    never_replaced("validity_states", ("validity_check", "repeat", "state")),
    never_replaced("validity_trials", ("validity_check", "position")),
)

_STUDIES = (
    """CREATE TABLE studies (
        number INTEGER PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        root TEXT NOT NULL,
        name TEXT NOT NULL,
        before TEXT,
        plan TEXT NOT NULL,
        at TEXT NOT NULL,
        author TEXT NOT NULL,
        app_version TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX studies_by_root ON studies(root, number)",
    "CREATE INDEX studies_by_name ON studies(name, number)",
    """CREATE TABLE study_sessions (
        root TEXT NOT NULL,
        session TEXT NOT NULL REFERENCES sessions(id),
        PRIMARY KEY (root, session)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX study_sessions_by_session ON study_sessions(session)",
    """CREATE TABLE study_log (
        number INTEGER PRIMARY KEY,
        root TEXT NOT NULL,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        detail TEXT NOT NULL,
        pid INTEGER,
        process_started REAL,
        host TEXT,
        author TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX study_log_by_root ON study_log(root, number)",
    *(trigger for table in ("studies", "study_sessions", "study_log") for trigger in append_only(table)),
    never_replaced("studies", ("number",), ("hash",)),
    never_replaced("study_sessions", ("root", "session")),
    never_replaced("study_log", ("number",)),
)

_AFTERWARDS = (
    """CREATE TABLE later_measurements (
        number INTEGER PRIMARY KEY,
        session TEXT NOT NULL REFERENCES sessions(id),
        after_turn INTEGER NOT NULL,
        phase TEXT NOT NULL,
        point_number INTEGER NOT NULL,
        questionnaire TEXT NOT NULL REFERENCES documents(hash),
        measure TEXT NOT NULL,
        model TEXT NOT NULL,
        described TEXT NOT NULL,
        administration TEXT NOT NULL,
        at TEXT NOT NULL,
        app_version TEXT NOT NULL,
        UNIQUE (session, after_turn, phase, measure, model)
    ) STRICT""",
    """CREATE TABLE later_calls (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        session TEXT NOT NULL REFERENCES sessions(id),
        turn INTEGER NOT NULL,
        purpose TEXT NOT NULL,
        model TEXT NOT NULL,
        parameters TEXT NOT NULL,
        prompt_sha256 TEXT NOT NULL,
        prompt_tokens INTEGER,
        cached_tokens INTEGER,
        completion_tokens INTEGER,
        cost REAL,
        started TEXT,
        seconds REAL,
        waited REAL,
        finish_reason TEXT,
        failure TEXT,
        error TEXT NOT NULL,
        status INTEGER,
        thoughts TEXT,
        UNIQUE (id, attempt)
    ) STRICT""",
    "CREATE INDEX later_calls_by_session ON later_calls(session)",
    *(trigger for table in ("later_measurements", "later_calls") for trigger in append_only(table)),
    never_replaced("later_measurements", ("number",), ("session", "after_turn", "phase", "measure", "model")),
    never_replaced("later_calls", ("number",), ("id", "attempt")),
)

MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        "the record",
        (
            f"PRAGMA application_id = {APPLICATION_ID}",
            *_TABLES,
            *(trigger for table in _RECORD for trigger in append_only(table)),
        ),
    ),
    Migration("tags", _TAGS),
    Migration("validity checks", _VALIDITY),
    Migration(
        "form of a validity check",
        ("ALTER TABLE validity_checks ADD COLUMN form TEXT NOT NULL DEFAULT 'batch'",),
    ),
    Migration("no row is replaced", _NO_REPLACING),
    Migration("what a model thought before its reply", ("ALTER TABLE calls ADD COLUMN thoughts TEXT",)),
    Migration("the machine that runs a session", ("ALTER TABLE states ADD COLUMN host TEXT",)),
    Migration("studies", _STUDIES),
    Migration("measured afterwards", _AFTERWARDS),
    Migration("calibrations", CALIBRATIONS),
    Migration("marks of reviewers", MARKS),
    Migration("the newest mark by its time", MARKS_BY_TIME),
)
"""Entry n (from 1) makes version n. Entries are added, never changed."""


def version_of(db: Database) -> int:
    """The version of the tables in the file; 0: none yet."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: Database, path: Path, migrations: tuple[Migration, ...] = MIGRATIONS) -> int:
    """Bring the file to the newest version, one transaction a version. Returns the version.

    Two programs may do so at once: each version is checked again inside its transaction. Raises StoreError
    for a file made by a newer app or by another program.
    """
    while (version := version_of(db)) < len(migrations):
        db.execute("BEGIN IMMEDIATE")
        try:
            if version_of(db) == version:
                refuse_foreign(db, version, path)
                for statement in migrations[version].statements:
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {version + 1}")
            db.commit()
        except BaseException:
            db.rollback()
            raise
    refuse_foreign(db, version, path)
    if version > len(migrations):
        raise StoreError(
            f"A newer version of the app made this record (its version {version}, ours {len(migrations)}).",
            where=str(path),
            todo="Install the newer version: `pip install --upgrade therapy-sandbox`.",
        )
    return version


def refuse_foreign(db: Database, version: int, path: Path) -> None:
    """Raises StoreError unless the file is this app's or holds nothing yet."""
    application = int(db.execute("PRAGMA application_id").fetchone()[0])
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if application != APPLICATION_ID and not (application == version == 0 and empty):
        raise StoreError(
            "This database belongs to another program.",
            where=str(path),
            todo="Move it away, or choose another workspace.",
        )
