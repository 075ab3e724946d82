"""What reviewers say is added and never changed: the newest entry counts, and all of them can be read."""

from dataclasses import replace

import pytest

from sandbox.engine.events import RunPlanned
from sandbox.engine.plan import SessionHead
from sandbox.errors import NotFoundError
from sandbox.library.document import document_hash
from sandbox.library.form import Form
from sandbox.library.loading import load_file
from sandbox.library.workspace import shipped_content
from sandbox.store.error import StoreError
from sandbox.store.mark import By, Mark, MarkRecord, Note, Preference, Rating, ReturnedFile, Tick
from sandbox.store.store import Store
from tests.documents import plan


def form() -> Form:
    found = load_file(shipped_content() / "forms" / "session-rating.yaml")
    assert isinstance(found, Form)
    return found


FORM = document_hash(form())
ADA, BEA = By("Ada", blind=True), By("Bea", blind=False)


def every_mark(one: str, two: str) -> tuple[Mark, ...]:
    """One of each kind, and a rating that says that the transcript does not show it."""
    return (
        Rating(one, FORM, "warmth", 4),
        Rating(one, FORM, "pace", None),
        Note(one, 1, "therapist", "Breathe", "Too fast.", ("too-soon",)),
        Tick(one, "Names the breath", True, 2),
        Preference(one, two, FORM, "no difference"),
    )


EVERY = every_mark("one", "two")


@pytest.fixture
def record(store: Store) -> MarkRecord:
    heads = tuple(SessionHead(id=id, plan=plan()) for id in ("one", "two"))
    store.record(RunPlanned(heads))
    return MarkRecord(store)


def test_a_mark_given_again_adds_nothing_and_a_changed_one_counts_instead(record: MarkRecord) -> None:
    assert record.add(EVERY, ADA, [form()]) == EVERY
    assert record.add(EVERY, ADA, [form()]) == ()
    (changed,) = record.add([Rating("one", FORM, "warmth", 2)], replace(ADA, reason="misread"), [form()])
    assert [entry.mark for entry in record.marked(["one"]).ratings] == [EVERY[1], changed]
    assert [entry.mark for entry in record.marked(["two"]).all()] == [EVERY[4]], "a pair is of both"
    told = [(entry.mark, entry.by.reason) for entry in record.history("one")]
    assert told == [*((mark, "") for mark in EVERY), (changed, "misread")]


def test_taking_back_is_an_entry_of_the_same_reviewer_and_can_be_given_again(record: MarkRecord) -> None:
    record.add(EVERY, ADA, [form()])
    record.add(EVERY, BEA, [form()])
    assert record.take_back(EVERY, ADA) == EVERY
    assert record.take_back(EVERY, ADA) == ()
    assert record.marked().reviewers() == ("Bea",)
    assert len(record.history("one")) == 15
    record.add(EVERY, ADA, [form()])
    assert len(tuple(record.marked().all())) == 10


def test_a_pair_shown_the_other_way_round_is_the_same_pair(record: MarkRecord) -> None:
    record.add([Preference("one", "two", FORM, "a")], ADA, [form()])
    record.add([Preference("two", "one", FORM, "a")], ADA, [form()])
    assert [entry.mark for entry in record.marked().preferences] == [Preference("two", "one", FORM, "a")]


def test_all_or_nothing(record: MarkRecord) -> None:
    with pytest.raises(NotFoundError):
        record.add([EVERY[0], Rating("gone", FORM, "pace", 1)], ADA, [form()])
    file = ReturnedFile("0" * 64, "p1", "Ada", "ada.json", None)
    record.add(EVERY, ADA, [form()], file)
    with pytest.raises(StoreError):
        record.add([Rating("one", FORM, "warmth", 1)], ADA, [form()], file)
    assert [entry.mark for entry in record.marked().all()] == list(EVERY)
    assert record.returned("p1") == (file,)


def test_reviewers_keep_their_order_when_they_change_and_take_back(record: MarkRecord) -> None:
    rating = Rating("one", FORM, "warmth", 4)
    for by in (BEA, ADA):
        record.add([rating], by, [form()])
    record.add([Rating("one", FORM, "warmth", 2)], BEA, [form()])
    record.take_back([rating], ADA)
    assert record.reviewers() == ("Bea", "Ada")
