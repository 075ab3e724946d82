"""`sandbox review`: marks given here and marks that come back, set beside one another."""

import json
import sqlite3
import unicodedata
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sandbox.engine.events import RunPlanned, SessionFinished
from sandbox.engine.plan import Redo, SessionHead
from sandbox.errors import ExitCode
from sandbox.export.packet import locked_key
from sandbox.library.document import document_hash
from sandbox.store.mark import By, MarkRecord, Rating, model_reviewer
from sandbox.store.store import DATABASE, Store
from tests.cli.command import sandbox
from tests.documents import plan, technique
from tests.review.packets import key, marks, sent, shipped_form, spreadsheet


def packet_sent(workspace: Path) -> None:
    with Store.open(workspace / "sessions" / DATABASE) as store:
        sent(store)


def all_marks(workspace: Path) -> list[object]:
    with Store.open(workspace / "sessions" / DATABASE) as store:
        return [entry.mark for entry in MarkRecord(store).marked().all()]


def test_two_reviewers_send_their_marks_back_and_the_disagreement_is_shown(workspace: Path) -> None:
    packet_sent(workspace)
    folder = workspace / "back"
    folder.mkdir()
    (folder / "ada.json").write_text(json.dumps(marks("Ada")))
    bea: dict[str, dict[tuple[Any, ...], Any]]
    bea = {"Packet": {(2, "value"): "Bea"}, "Ratings": {(2, "answer"): 1}, "Pairs": {(1, "choice"): "A"}}
    spreadsheet(folder / "bea.xlsx", bea, ("Notes", ("K7", 1, "", "", "", "too-soon")))
    taken = sandbox(workspace, "review", "import", str(folder))
    assert taken.code == ExitCode.OK, taken.err
    assert "ada.json: Ada, 5 new marks; 3 of 24 questions answered" in taken.out
    assert "bea.xlsx: Bea, 3 new marks; 2 of 24 questions answered" in taken.out
    held = all_marks(workspace)
    again = sandbox(workspace, "review", "import", str(folder))
    assert again.code == ExitCode.OK and again.out.count("taken in before; nothing changed") == 2
    assert all_marks(workspace) == held

    told = sandbox(workspace, "review", "agreement")
    assert "2 transcripts" not in told.out and "1 transcript, 3 ratings, 3 of them given blind" in told.out
    assert (
        "K7 (breath)  warmth: Ada 4 warm most of the time; Bea 1 cold" in told.out
        and "(note at t2)" in told.out
    )
    assert (
        "which would you choose? Answered by Ada, Bea\n  Breathing: 1   Manual (control): 1   no diff"
        in told.out
    )
    assert "over 1 pair of transcripts\nEach pair of transcripts counts once" in told.out
    assert "No number (–), as reviewers have fewer than two transcripts in common." in told.out
    assert "K7 (breath) t2  tag too-soon: Ada no; Bea yes" in told.out
    assert "ICC rests on" not in told.out and "Under six transcripts these numbers say next to" in told.out
    assert (
        "session-rating, of filler and breath: breath (kinder)"
        in sandbox(workspace, "review", "show", "breath").out
    )
    nameless = sandbox(workspace, "review", "agreement", "--without-names", "--json")
    assert "Ada" not in nameless.out and "Bea" not in nameless.out
    (form,) = json.loads(nameless.out)["forms"]
    said = form["disagreements"][0]["said"]
    assert set(said) == {"reviewer 1", "reviewer 2"}
    assert set(said.values()) == {"4 warm most of the time", "1 cold, or dismissive at some point"}


def test_a_broken_file_is_named_by_its_cell_and_nothing_of_any_file_is_taken_in(workspace: Path) -> None:
    packet_sent(workspace)
    good, broken = workspace / "ada.json", workspace / "bea.xlsx"
    good.write_text(json.dumps(marks("Ada")))
    spreadsheet(broken, {"Packet": {(2, "value"): "Bea"}, "Ratings": {(2, "answer"): 9}})
    done = sandbox(workspace, "review", "import", str(good), str(broken))
    assert done.code == ExitCode.INVALID_DOCUMENT and done.out == ""
    assert "bea.xlsx" in done.err and "sheet “Ratings”, row 3, answer: 9 is no answer to “warmth”" in done.err
    assert all_marks(workspace) == []


def test_a_key_opens_with_its_passphrase_alone_and_without_the_record(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert locked_key._COST == 2**15
    monkeypatch.setattr(locked_key, "_COST", 2**4)  # no guesser here
    packet_sent(workspace)
    file, right = tmp_path / "p1.key", "vier Wörter"
    lock = ("review", "key", "p1", "--to", str(file))
    for refused, variables in (("no passphrase", {}), ("8 characters", {"SANDBOX_PASSPHRASE": "short"})):
        done = sandbox(workspace, *lock, **variables)
        assert done.code == ExitCode.USAGE and refused in done.err and not file.exists()
    done = sandbox(workspace, *lock, SANDBOX_PASSPHRASE=right)
    assert done.code == ExitCode.OK and done.out.strip() == str(file), done.err
    locked = file.read_text()
    assert "p1" in locked and "breath" not in locked and "session-rating" not in locked
    again = sandbox(workspace, *lock, SANDBOX_PASSPHRASE=right)
    assert again.code == ExitCode.USAGE and "--force" in again.err and file.read_text() == locked

    elsewhere = tmp_path / "elsewhere"
    typed = unicodedata.normalize("NFD", right)  # as another keyboard makes it
    opened = sandbox(elsewhere, "review", "key", str(file), SANDBOX_PASSPHRASE=typed)
    assert opened.out == sandbox(workspace, "review", "key", "p1").out != "", opened.err
    wrong = sandbox(elsewhere, "review", "key", str(file), SANDBOX_PASSPHRASE="vier andere Wörter")
    assert wrong.code == ExitCode.USAGE and "does not open the key of p1" in wrong.err and not wrong.out
    file.write_text("{}")
    assert "no locked key" in sandbox(elsewhere, "review", "key", str(file)).err


def test_a_file_older_than_the_one_taken_in_keeps_out_the_others_too(workspace: Path) -> None:
    packet_sent(workspace)
    (workspace / "ada.json").write_text(json.dumps(marks("Ada")))
    assert sandbox(workspace, "review", "import", str(workspace / "ada.json")).code == ExitCode.OK
    held = all_marks(workspace)
    (workspace / "older.json").write_text(json.dumps(marks("Ada", saved="2020-11-25T10:00:00")))
    (workspace / "bea.json").write_text(json.dumps(marks("Bea", saved="2020-11-24T10:00:00Z")))
    done = sandbox(
        workspace, "review", "import", *(str(workspace / f"{one}.json") for one in ("older", "bea"))
    )
    assert done.code != ExitCode.OK and done.out == "" and all_marks(workspace) == held
    assert "before the one taken in last" in done.err and "of the other 1 either" in done.err


def test_what_is_empty_no_form_or_the_packet_itself_is_said_in_a_line(workspace: Path) -> None:
    packet_sent(workspace)
    with Store.open(workspace / "sessions" / DATABASE) as store:
        MarkRecord(store).add_packet("p2", key().model_copy(update={"id": "p2", "forms": ()}), "tests")
    path = workspace / "bea.xlsx"
    spreadsheet(path, {"Packet": {(2, "value"): "Bea"}})
    book = openpyxl.load_workbook(path)
    del book["Notes"]
    book.save(path)
    done = sandbox(workspace, "review", "import", str(path))
    assert "Bea, 0 new marks; the form is empty; the sheet “Notes” is missing" in done.out, done.err
    (workspace / "no-form.json").write_text(json.dumps(marks("Ada", packet="p2")))
    (workspace / "packet.zip").write_bytes(b"PK")
    (workspace / "shape.json").write_text(json.dumps(marks("Ada", preferences=[{}])))
    for name, told in {
        "no-form.json": "is a blind export without a form",
        "packet.zip": "This is the packet itself.",
        "shape.json": "preferences › 1 › choice: this is missing",
    }.items():
        refused = sandbox(workspace, "review", "import", str(workspace / name))
        assert refused.code != ExitCode.OK and told in refused.err


def test_what_few_reviewers_can_say_is_said_in_a_line(workspace: Path) -> None:
    packet_sent(workspace)
    sandbox(workspace, "review", "rate", "breath", "warmth=4", "--by", "Ada")
    sandbox(workspace, "review", "prefer", "breath", "filler", "first", "--by", "Dee")
    told = sandbox(workspace, "review", "agreement").out
    assert "Only one reviewer so far." in told and "given blind; by Ada\n" in told, "who rates is no chooser"
    sandbox(workspace, "review", "rate", "breath", "warmth=2", "--by", "Bea")
    sandbox(workspace, "review", "rate", "filler", "warmth=2", "--by", "Bea")
    sandbox(workspace, "review", "rate", "filler", "warmth=3", "--by", "Cem")
    told = sandbox(workspace, "review", "agreement").out
    assert "No ICC, as fewer than two transcripts have an answer of every reviewer: warmth." in told
    assert "have fewer than two transcripts in common: competence, fit" in told
    assert "K7 (breath)  warmth: Ada 4 warm most of the time; Bea 2 polite, but distant\n" in told


def test_a_rating_that_its_form_does_not_have_is_left_out_and_counted(workspace: Path) -> None:
    packet_sent(workspace)
    form = shipped_form()
    with Store.open(workspace / "sessions" / DATABASE) as store:
        for who, value in (("Ada", 99), ("Bea", 4)):
            said = Rating("breath", document_hash(form), "warmth", value)
            MarkRecord(store).add((said,), By(who, blind=True), (form,))
    told = sandbox(workspace, "review", "agreement")
    assert told.code == ExitCode.OK, told.err
    assert "1 transcript, 1 rating" in told.out and "Left out: 1 rating that" in told.out


def test_marks_given_here_are_remembered_changed_and_taken_back(workspace: Path) -> None:
    packet_sent(workspace)
    told = sandbox(workspace, "review", "rate", "breath", "wrmth=4", "warmth=9").err
    assert "Did you mean “warmth”?" in told and "“9” is no answer" in told and "--by NAME" in told
    assert sandbox(workspace, "review", "rate", "breath", "warmth=4").code == ExitCode.USAGE, "no name yet"
    begun = sandbox(workspace, "new", "codebook", "a-mine")
    assert begun.code == ExitCode.OK, "not filled in, it is not the usual one"
    for words in (
        ("rate", "breath", "warmth=4", "pace=-", "--by", "Ada", "--blind"),
        ("note", "breath", "t2", "Too fast.", "--tag", "too-soon", "--words", "Breathe out"),
        ("note", "breath", "t2", "--words", "out"),
        ("prefer", "breath", "filler", "no-difference"),
        ("rate", "breath", "warmth=2", "--reason", "misread"),
    ):
        done = sandbox(workspace, "review", *words)
        assert done.code == ExitCode.OK, done.err
    shown = sandbox(workspace, "review", "show", "breath").out
    assert "warmth: 2 polite, but distant (misread)" in shown and "warmth: 4" not in shown
    assert "pace: not shown" in shown and "t2 “Breathe out” [too-soon]: Too fast." in shown
    assert "t2 “out”  not blind" in shown, "words alone are a mark"
    empty = sandbox(workspace, "review", "note", "breath", "t2", "--words", " ")
    assert empty.code == ExitCode.USAGE and "--words of the turn" in empty.err
    undone = sandbox(workspace, "review", "undo", "breath")
    assert "warmth: 2" in undone.err
    assert "warmth" not in sandbox(workspace, "review", "show", "breath").out
    assert "taken back" in sandbox(workspace, "review", "show", "breath", "--all").out
    wrong = sandbox(workspace, "review", "rate", "breath", "warmth=9")
    assert wrong.code == ExitCode.USAGE and "1 cold, or dismissive" in wrong.err


def test_the_list_offers_what_can_be_judged(workspace: Path) -> None:
    base, arm = plan(), plan(technique=technique())
    again = base.model_copy(update={"redo": Redo(phase="induction", origin="scenario", said="It is dark.")})
    heads = (
        SessionHead(id="start", plan=base),
        SessionHead(id="again", plan=again, parent="start", parent_turn=0),
        SessionHead(id="armed", plan=arm, parent="start"),
        SessionHead(id="alone", plan=base),
    )
    with Store.open(workspace / "sessions" / DATABASE) as store:
        store.record(RunPlanned(heads))
        for head in heads:
            store.record(SessionFinished(head.id, "finished"))
    listed = sandbox(workspace, "review", "list").out
    assert [line.split()[0] for line in listed.splitlines()] == ["session", "alone", "armed"]
    refused = sandbox(workspace, "review", "rate", "again", "warmth=4", "--by", "Ada")
    assert refused.code == ExitCode.USAGE and "armed (Breathing)" in refused.err


def test_scores_of_two_versions_of_a_form_are_never_put_together(workspace: Path) -> None:
    packet_sent(workspace)
    sandbox(workspace, "review", "rate", "breath", "warmth=4", "--by", "Ada")
    form = workspace / "forms" / "session-rating.yaml"
    form.write_text(form.read_text().replace("friendly, without", "kind, without"))
    sandbox(workspace, "review", "rate", "breath", "warmth=1", "--by", "Bea")
    told = sandbox(workspace, "review", "agreement")
    assert told.out.count("Session rating (session-rating 1, ") == 2
    assert "Where they part" not in told.out and "both" not in told.out


def test_a_bundle_can_leave_without_the_reviewers_names(workspace: Path) -> None:
    packet_sent(workspace)
    with Store.open(workspace / "sessions" / "sandbox.db") as store:
        form = shipped_form()
        model = By(model_reviewer("embedded"), blind=True)
        MarkRecord(store).add((Rating("breath", document_hash(form), "warmth", 2),), model, (form,))
    sandbox(workspace, "review", "rate", "breath", "warmth=4", "--by", "Ada")
    path = workspace / "b.zip"
    signed = technique().model_copy(update={"changed_by": "Ada", "changed_on": "2026-11-27 09:30 UTC"})
    with Store.open(workspace / "sessions" / "sandbox.db") as store:
        store.record(RunPlanned((SessionHead(id="changed", plan=plan(technique=signed), parent="breath"),)))
    words = ("export", "data", "breath", "--format", "bundle", "--to", str(path), "--without-names")
    done = sandbox(workspace, *words)
    assert done.code == ExitCode.OK and "as its author: breathing" in done.err, done.err
    with zipfile.ZipFile(path) as bundle:
        (workspace / "out.db").write_bytes(bundle.read("record.db"))
    with closing(sqlite3.connect(workspace / "out.db")) as db:
        found = db.execute("SELECT reviewer, value FROM ratings ORDER BY value").fetchall()
    assert found == [("model embedded", 2), ("reviewer 1", 4)], (
        "a model stays a model, and people are counted"
    )
    refused = sandbox(workspace, "export", "breath", "--to", str(workspace / "x.md"), "--without-names")
    assert refused.code == ExitCode.USAGE and not (workspace / "x.md").exists()
