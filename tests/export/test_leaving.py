"""Before a session leaves the app, what looks like a real person's details in it is named, with its turn."""

from pathlib import Path

from sandbox.engine.events import TurnFinished
from sandbox.engine.history import Turn
from sandbox.errors import ExitCode
from sandbox.export.leaving import details_leaving
from sandbox.store.store import DATABASE, Store
from tests.cli.command import sandbox
from tests.review.packets import two_sessions


def test_details_are_named_before_a_transcript_or_a_data_set_is_written(tmp_path: Path) -> None:
    with Store.open(tmp_path / "sessions" / DATABASE) as store:
        two_sessions(store)
        assert details_leaving(store, ["breath", "filler"]) == ""
        store.record(TurnFinished("breath", Turn(4, "technique", "live", "Mail ann@ward.org for me.", "No.")))
        assert "“ann@ward.org” (breath, t4)" in details_leaving(store, ["filler", "breath"])
        assert details_leaving(store, ["filler"]) == ""
    for words in (("breath", "--to", "one.md"), ("data", "breath", "--to", "tables")):
        done = sandbox(tmp_path, "export", *words[:-1], str(tmp_path / words[-1]))
        assert done.code == ExitCode.OK, done.err
        assert "Caution: “ann@ward.org” (breath, t4) looks like a real person's details" in done.err
