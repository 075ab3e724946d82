"""The tables of calibrations, as `migrations.py` adds them to the record."""

from sandbox.store.unchanging import append_only, never_replaced

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
