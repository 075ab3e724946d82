"""Before a session leaves the app, what looks like a real person's details in it is named, with its turn."""

from pathlib import Path

from sandbox.analysis.leaving import details_in_transcripts, details_leaving
from sandbox.engine.events import AdministrationFinished, RunPlanned, TurnFinished
from sandbox.engine.history import Measured, Turn
from sandbox.engine.phase import Point
from sandbox.engine.plan import SessionHead
from sandbox.errors import ExitCode
from sandbox.measurement.administration import Administration, Answer
from sandbox.store.mark import By, MarkRecord, Note
from sandbox.store.store import DATABASE, Store
from tests.cli.command import sandbox
from tests.documents import client, plan, technique
from tests.review.packets import shipped_form, two_sessions


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


def test_details_in_a_document_an_answer_or_a_note_are_named_too(tmp_path: Path) -> None:
    real = plan(technique=technique(), client=client().model_copy(update={"system": "Born 12.03.1981."}))
    with Store.open(tmp_path / "sessions" / DATABASE) as store:
        two_sessions(store)
        store.record(RunPlanned((SessionHead(id="real", plan=real),)))
        assert "“12.03.1981” (“Participant”, system text)" in details_leaving(store, ["breath", "real"])
        assert details_leaving(store, ["breath"]) == ""
        assert details_in_transcripts(store, ["real"], ()) == "", "the words alone leave"
        asked = shipped_form().model_copy(update={"instruction": "Send it to me@ward.org."})
        assert "“me@ward.org” (“Session rating”, instruction)" in details_in_transcripts(
            store, ["real"], (asked,)
        )
        answer = Answer("fear", None, "Call 0151 234 5678.", "c1", missing="unreadable")
        given = Administration("probe", "report", (), ("fear",), (answer,), (), 7)
        store.record(AdministrationFinished("filler", Measured(Point(3, "technique"), given)))
        assert "“0151 234 5678” (filler, an answer to “fear”)" in details_leaving(store, ["filler"])
        MarkRecord(store).add((Note("breath", 2, text="As k.e@ward.org said."),), By("Ada", blind=False))
        assert "“k.e@ward.org” (breath, a note by Ada)" in details_leaving(store, ["breath"])
