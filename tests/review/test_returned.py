"""What reviewers send back is taken in once, whole or not at all, and a fault is named by cell or field."""

import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sandbox.errors import NotFoundError, SandboxError, UsageError
from sandbox.library.document import document_hash
from sandbox.review.returned import InvalidMarks, read_returned
from sandbox.review.taking_in import TakenIn, fitted, take_in
from sandbox.store.mark import By, Mark, MarkRecord, Note, Preference, Rating, Tick
from sandbox.store.store import Store
from tests.review.packets import STATEMENTS, codebook, key, marks, sent, shipped_form, spreadsheet

FORM = document_hash(shipped_form())
SAID: set[Mark] = {
    Rating("breath", FORM, "warmth", 4),
    Rating("breath", FORM, "pace", None),
    Note("breath", 2, "therapist", "Breathe", "=1+1 <b>", ("harm",), document_hash(codebook())),
    Tick("breath", STATEMENTS[0], True, 3),
    Preference("filler", "breath", FORM, "b"),
}


@pytest.fixture
def record(store: Store) -> MarkRecord:
    return sent(store)


def put(path: Path, values: Any) -> Path:
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    return path


def brought(record: MarkRecord, path: Path) -> TakenIn:
    return take_in(record, fitted(record, read_returned(path)))


def held(record: MarkRecord) -> set[Mark]:
    return {entry.mark for entry in record.marked().all()}


def filled_in(path: Path) -> Path:
    """The same marks as `marks` has, in the spreadsheet."""
    return spreadsheet(
        path,
        {
            "Packet": {(2, "value"): "Bea"},
            "Ratings": {(2, "answer"): "4 warm most of the time", (4, "answer"): "Not shown"},
            "Checklist": {(1, "seen"): "yes", (1, "turn"): 2},
            "Pairs": {(1, "choice"): "B", (1, "reason"): "kinder"},
        },
        ("Notes", ("K7", 1, "Therapist", "Breathe", "<b>", "harm")),
    )


def test_a_file_is_taken_in_with_the_session_and_turn_each_mark_is_of(
    record: MarkRecord, tmp_path: Path
) -> None:
    path = put(tmp_path / "ada.json", marks())
    assert set(brought(record, path).new) == SAID == held(record)
    (one,) = record.marked().preferences
    assert (one.by.reviewer, one.by.blind, one.by.packet, one.mark.reason) == ("Ada", True, "p1", "kinder")
    again = brought(record, path)
    assert again.known and held(record) == SAID
    resaved = put(tmp_path / "ada 2.json", marks(saved="2020-11-26T11:00:00Z"))
    assert brought(record, resaved).new == () and len(record.history("breath")) == 5


def test_a_spreadsheet_says_the_same_as_the_page(record: MarkRecord, tmp_path: Path) -> None:
    found = read_returned(filled_in(tmp_path / "bea.xlsx"))
    note = found.marks.transcripts[0].notes[0]
    said = set(fitted(record, found).marks)
    assert note.text == "<b>" and {type(one) for one in said} == {type(one) for one in SAID}
    assert {one for one in said if not isinstance(one, Note)} == {
        one for one in SAID if not isinstance(one, Note)
    }
    assert found.marks.reviewer == "Bea"
    book = openpyxl.load_workbook(tmp_path / "bea.xlsx")
    book["Ratings"]["G1"], book["Ratings"]["G4"] = "remark", "was unsure here"
    book["Ratings"]["F4"], book["Ratings"]["F5"] = "The transcript does  not show it", "-"
    book["Notes"]["B2"], book["Notes"]["F2"] = "K7.1", "might  harm"
    book.save(tmp_path / "bea.xlsx")
    more = fitted(record, read_returned(tmp_path / "bea.xlsx"))
    assert "the column “remark” of sheet “Ratings” (1 cell) is not read" in more.filled_in()
    assert sum(isinstance(one, Rating) and one.value is None for one in more.marks) == 2
    assert [one.tags for one in more.marks if isinstance(one, Note)] == [("harm",)]


def test_what_a_cell_or_a_sheet_holds_is_read_or_told_and_never_lost(
    record: MarkRecord, tmp_path: Path
) -> None:
    path = filled_in(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    book["Ratings"].title = "Bewertungen"
    book.save(path)
    assert len(fitted(record, read_returned(path)).marks) == 5, "a renamed sheet is known by its headings"
    book["Bewertungen"]["F4"], book["Bewertungen"]["F5"] = "=1+2", "#REF!"
    book["Notes"]["E2"] = "=1+1"
    book["Pairs"]["D1"] = "Wahl"
    del book["Checklist"]
    book.save(path)
    with pytest.raises(InvalidMarks) as caught:
        brought(record, path)
    assert [str(fault).split(";")[0] for fault in caught.value.faults] == [
        "the sheet “Checklist” is missing",
        "sheet “Bewertungen”, row 4, answer: this is a formula without a value",
        "sheet “Bewertungen”, row 5, answer: this is a formula without a value",
        "sheet “Notes”, row 2, note: this is a formula without a value",
        "sheet “Pairs”: there is no column “choice”",
    ]
    assert held(record) == set()


def test_a_clock_that_goes_wrong_keeps_nobody_out(record: MarkRecord, tmp_path: Path) -> None:
    found = fitted(record, read_returned(put(tmp_path / "a.json", marks(saved="2999-01-01T00:00:00Z"))))
    assert "yet to come" in found.filled_in()
    take_in(record, found)
    brought(record, put(tmp_path / "b.json", marks(saved="2020-11-27T10:00:00Z", preferences=[])))
    older = put(tmp_path / "c.json", marks(saved="2020-11-26T10:00:00Z"))
    with pytest.raises(UsageError, match="--older"):
        brought(record, older)
    assert take_in(record, fitted(record, read_returned(older), older=True)).new
    brought(record, put(tmp_path / "d.json", marks(saved="2020-11-26T11:00:00Z", transcripts=[])))


def test_every_fault_of_a_file_is_told_at_once(record: MarkRecord, tmp_path: Path) -> None:
    values = marks(reviewer="", preferences=[{"pair": "P1"}, {"pair": "P7", "form": "x", "choice": "a"}])
    told = values["transcripts"][0]
    told["ratings"]["session-rating"] = {"warmth": "warm", "fit": 7, "pace": 3}
    told["notes"] = [{"text": "no turn"}, {"turn": 1, "tags": ["harm"]}, {"turn": 9, "text": "?"}]
    told["ticks"] = [{"statement": STATEMENTS[0], "seen": seen} for seen in ("maybe", True, False)]
    with pytest.raises(InvalidMarks) as caught:
        brought(record, put(tmp_path / "a.json", values))
    assert [str(fault).split(" (")[0].split(";")[0] for fault in caught.value.faults] == [
        "the reviewer's name is missing",
        "preferences › 1 › choice: this is missing",
        "preferences › 1 › form: this is missing",
        "preferences › 2: there is no pair “P7” in this packet",
        "transcripts › 1 › notes › 1 › turn: this is missing",
        "transcripts › 1 › notes › 3: there is no turn 9",
        "transcripts › 1 › ratings › session-rating › fit: 7 is no answer to “fit”",
        "transcripts › 1 › ratings › session-rating › warmth: this is neither a whole number nor “not shown”",
        "transcripts › 1 › ticks › 1 › seen: this is not yes or no",
        f"transcripts › 1 › ticks › 3: “{STATEMENTS[0]}” is answered twice",
    ]
    told["notes"] = [{"turn": n, "text": "?"} for n in range(10, 80)]
    with pytest.raises(InvalidMarks, match=r"notes › 46: there is no turn 55[^…]*… and 28 more"):
        brought(record, put(tmp_path / "a.json", values))


def test_a_newer_file_takes_back_what_it_no_longer_says_and_an_older_one_is_refused(
    record: MarkRecord, tmp_path: Path
) -> None:
    brought(record, put(tmp_path / "a.json", marks()))
    newer = marks(saved="2020-11-27T10:00:00Z", preferences=[])
    newer["transcripts"][0]["ratings"]["session-rating"] = {"warmth": 2}
    taken = brought(record, put(tmp_path / "b.json", newer))
    assert taken.new == (Rating("breath", FORM, "warmth", 2),)
    assert set(taken.withdrawn) == {
        Rating("breath", FORM, "pace", None),
        Preference("filler", "breath", FORM, "b"),
    }
    before = held(record)
    older = put(tmp_path / "c.json", marks(saved="2020-11-25T10:00:00Z"))
    with pytest.raises(UsageError, match="before the one taken in last"):
        brought(record, older)
    assert held(record) == before


def test_a_form_that_leaves_most_out_is_asked_about_and_an_earlier_file_can_count_again(
    record: MarkRecord, tmp_path: Path
) -> None:
    full = marks()
    ratings = {item.id: 3 for item in shipped_form().items}
    full["transcripts"][0]["ratings"]["session-rating"] = ratings
    page = put(tmp_path / "page.json", full)
    said = set(brought(record, page).new)
    name = {"Packet": {(2, "value"): " ADA"}}
    empty = spreadsheet(tmp_path / "empty.xlsx", name)
    little = spreadsheet(tmp_path / "little.xlsx", {**name, "Ratings": {(2, "answer"): 1}})
    for path, told in ((empty, "the form is empty"), (little, "1 of ")):
        with pytest.raises(
            UsageError, match=rf"take back \d+ of the {len(said)} marks that Ada .*{told}"
        ) as ask:
            brought(record, path)
        assert "--keep" in ask.value.todo and held(record) == said
    found = fitted(record, read_returned(little))
    assert take_in(record, found, left_out="stays").reviewer == "Ada" and len(held(record)) == len(said)
    assert len(take_in(record, found, again=True, left_out="goes").withdrawn) == len(said) - 1
    assert brought(record, page).since == "little.xlsx" and len(held(record)) == 1
    again = fitted(record, read_returned(page), older=True)
    assert set(take_in(record, again, again=True).new) == said == held(record)
    assert record.marked().reviewers() == ("Ada",), "written in another way it is no second rater"


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "a value that is no answer": ({"ratings": {"session-rating": {"warmth": 9}}}, "warmth: 9 is no answer"),
    "a word for a number": ({"ratings": {"session-rating": {"warmth": "warm"}}}, "it is “warm”"),
    "an item of no form": ({"ratings": {"session-rating": {"warmht": 3}}}, "has no item “warmht”"),
    "a form that was not sent": ({"ratings": {"phq-9": {"q1": 3}}}, "there is no form “phq-9”"),
    "a turn too far": ({"notes": [{"turn": 3, "text": "?"}]}, "notes › 1: there is no turn 3"),
    "a tag of no codebook": ({"notes": [{"turn": 1, "tags": ["nice"]}]}, "there is no tag “nice”"),
    "a statement of no list": (
        {"ticks": [{"statement": "x", "seen": True}]},
        "not on this transcript's list",
    ),
    "a key too many": ({"rating": {}}, "rating: nothing of that name belongs here"),
    "another transcript": ({"code": "../../K8"}, "code"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_fault_and_nothing_of_the_file_is_taken_in(name: str, record: MarkRecord, tmp_path: Path) -> None:
    change, told = BROKEN[name]
    values = marks()
    values["transcripts"][0].update(change)
    with pytest.raises(InvalidMarks) as caught:
        brought(record, put(tmp_path / "a.json", values))
    assert any(told in str(fault) for fault in caught.value.faults), str(caught.value)
    assert held(record) == set() and record.returned("p1") == ()


def test_a_fault_in_a_spreadsheet_is_named_by_its_row_and_column(record: MarkRecord, tmp_path: Path) -> None:
    path = spreadsheet(
        tmp_path / "a.xlsx",
        {
            "Packet": {(2, "value"): "Bea"},
            "Ratings": {(2, "answer"): "warm", (3, "answer"): 7},
            "Pairs": {(1, "choice"): "both"},
        },
        ("Notes", ("K7", "nine", "client", "", "Hm.", "")),
        ("Ratings", ("K7", "session-rating", "warmth", "", "", 3)),
    )
    with pytest.raises(InvalidMarks) as caught:
        brought(record, path)
    told = [str(fault) for fault in caught.value.faults]
    assert [one.split(":")[0] for one in told] == [
        "sheet “Notes”, row 2",
        "sheet “Pairs”, row 2",
        "sheet “Ratings”, row 3, answer",
        "sheet “Ratings”, row 4, answer",
        "sheet “Ratings”, row 24, answer",
    ]
    assert "(it is “nine”)" in told[0] and "not “a”, “b” or “no difference” (it is “both”)" in told[1]
    assert "“warmth” of K7 is answered here and in sheet “Ratings”, row 3" in told[4]
    path = spreadsheet(tmp_path / "b.xlsx", {"Packet": {(2, "value"): "Bea"}, "Ratings": {(3, "answer"): 7}})
    with pytest.raises(InvalidMarks, match=r"sheet “Ratings”, row 4, answer: 7 is no answer to “fit”"):
        brought(record, path)
    with pytest.raises(InvalidMarks, match=r"sheet “Packet”, row 3, value: the reviewer's name is missing"):
        brought(record, spreadsheet(tmp_path / "c.xlsx", {}))


def test_what_is_no_file_of_marks_is_refused(record: MarkRecord, tmp_path: Path) -> None:
    for name, content, told in (
        ("a.json", "no", "this is not a file of marks; send the .json"),
        ("a.docx", "PK", "this is not a file of marks; send the .json"),
        ("l.json", "[1, 2]", "this is not a file of marks; send the .json"),
        ("b.json", "[" * 100_000, "this is not a file of marks; send the .json"),
        ("c.json", "{}", "the packet's id is missing"),
        ("h.json", '{"format": "therapy', "line 1: the file is cut short or damaged here"),
        ("f.json", json.dumps(marks(format_version=9)), "newer version of this app made the file"),
        ("d.xlsx", "PK", "this is not an .xlsx file\nsave it"),
        ("e.xlsx", "", "the file is empty"),
    ):
        with pytest.raises(SandboxError, match=re.escape(told)):
            brought(record, put(tmp_path / name, content))
    with pytest.raises(NotFoundError, match="no packet “p9”"):
        brought(record, put(tmp_path / "e.json", marks(packet="p9")))


ANSWERS: dict[object, int | None] = {
    4.0: 4,
    "4.0": 4,
    "4 warm most of the time": 4,
    "4: Warm": 4,
    "4 warm most…": 4,
    "4.5": None,
    4.5: None,
    "2,5": None,
    "3 or 4": None,
    "4-5": None,
    "4 - 5": None,
    "1/2": None,
    "4 cold": None,
    "4 war": None,
}


def test_a_cell_is_an_answer_or_a_fault_and_never_a_guess(record: MarkRecord, tmp_path: Path) -> None:
    for written, meant in ANSWERS.items():
        filled: dict[str, dict[tuple[Any, ...], Any]]
        filled = {"Packet": {(2, "value"): "Bea"}, "Ratings": {(2, "answer"): written}}
        path = spreadsheet(tmp_path / "a.xlsx", filled)
        if meant is None:
            with pytest.raises(InvalidMarks, match="sheet “Ratings”, row 3, answer"):
                brought(record, path)
        else:
            found = read_returned(path).marks.transcripts[0].ratings
            assert found == {"session-rating": {"warmth": meant}}, written


def test_a_time_without_a_zone_is_utc(record: MarkRecord, tmp_path: Path) -> None:
    brought(record, put(tmp_path / "a.json", marks(saved="2020-11-26T10:00:00")))
    brought(record, put(tmp_path / "b.json", marks(saved="2020-11-26T11:30:00+01:00")))
    with pytest.raises(UsageError, match="before the one taken in last"):
        fitted(record, read_returned(put(tmp_path / "c.json", marks(saved="2020-11-26T10:29:00"))))


def test_what_another_packet_still_says_is_not_taken_back(record: MarkRecord, tmp_path: Path) -> None:
    record.add_packet("p2", key().model_copy(update={"id": "p2"}), "tests")
    saying = marks()
    dropped = marks(saved="2020-11-27T10:00:00Z", transcripts=[])
    for packet in ("p1", "p2"):
        brought(record, put(tmp_path / "said.json", {**saying, "packet": packet}))
    assert brought(record, put(tmp_path / "a.json", {**dropped, "packet": "p2"})).withdrawn == ()
    assert held(record) == SAID, "p1 still says it"
    (one,) = record.marked().ticks
    assert one.by.packet == "p1"
    assert len(brought(record, put(tmp_path / "b.json", dropped)).withdrawn) == 4
    assert held(record) == {Preference("filler", "breath", FORM, "b")}


def test_a_blind_packet_that_repeats_what_was_not_blind_is_blind(record: MarkRecord, tmp_path: Path) -> None:
    said = Rating("breath", FORM, "warmth", 4)
    record.add((said,), By("Ada", blind=False), (shipped_form(),))
    brought(record, put(tmp_path / "a.json", marks()))
    assert [one.by.blind for one in record.marked().ratings] == [True, True]
    record.take_back((said,), By("Ada", blind=False))
    brought(record, put(tmp_path / "b.json", marks(saved="2020-11-27T10:00:00Z", transcripts=[])))
    assert held(record) == {Preference("filler", "breath", FORM, "b")}, "what was taken back stays so"
