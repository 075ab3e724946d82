"""What each key of Review does: answering, notes that wait, blind reading, preference, disagreements."""

import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, OptionList

from sandbox.library.document import document_hash
from sandbox.store import connection
from sandbox.store.error import StoreError
from sandbox.store.mark import By, Entry, Mark, MarkRecord, Note, Preference, Rating, Tick
from sandbox.store.store import Store
from sandbox.tui.messages import ReviewWanted
from sandbox.tui.screens.agreement import AgreementScreen
from sandbox.tui.screens.note import NotePrompt
from sandbox.tui.screens.preference import PreferenceScreen
from sandbox.tui.screens.review import ReviewScreen
from tests.review.packets import STATEMENTS, two_sessions
from tests.tui.stage import Stage, stage


@asynccontextmanager
async def judging(root: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Stage]:
    """Review of one arm after one run, opened from Sessions."""
    async with stage(root, size=size, played=True) as at:
        await at.started()
        await at.press("s")
        await at.shows("[ ] 20")
        await at.press("down", "j")
        await at.shows("Mindful breathing")
        await at.shows("Session rating")
        yield at


def held(at: Stage) -> list[Mark]:
    return [entry.mark for entry in MarkRecord(at.services.conductor.store).marked().all()]


def ratings(at: Stage) -> list[Entry[Rating]]:
    return list(MarkRecord(at.services.conductor.store).marked().ratings)


async def named(at: Stage) -> None:
    """Answer the question for the reviewer's name."""
    await at.shows("Your name")
    await at.press(*"Ada", "enter")
    await at.shows("reviewer Ada")


async def test_numbers_fill_in_the_form_and_the_name_is_asked_once(tmp_path: Path) -> None:
    async with judging(tmp_path) as at:
        await at.press("4")
        await named(at)
        await at.until(lambda: len(held(at)) == 1)
        await at.shows("4  competence")
        await at.press("minus")
        await at.shows("not shown  warmth")
        await at.press("9")
        await at.shows("There is no answer 9")
        await at.press("up", "tab", "up", "backspace")
        await at.shows("Taken back")
        values = {mark.item: mark.value for mark in held(at) if isinstance(mark, Rating)}
        assert values == {"competence": 4}
        await at.press("escape", "j")
        await at.shows("4  competence")


async def test_a_note_that_was_not_stored_waits_and_its_tags_stand_beside_the_turn(tmp_path: Path) -> None:
    async with judging(tmp_path) as at:
        at.app.preferences.remember_reviewer("Ada")
        await at.press("down", "down", "n")
        await at.until(lambda: isinstance(at.app.screen, NotePrompt))
        await at.press(*"Hm", "escape")
        await at.shows("Your note waits")
        await at.press("escape")
        await at.press("j")
        await at.shows("Session rating")
        await at.press("down", "down", "n")
        await at.until(lambda: isinstance(at.app.screen, NotePrompt))
        assert at.app.screen.query_one("#note-text", Input).value == "Hm"
        await at.press("ctrl+q")
        await at.shows("Not stored")
        assert at.app.is_running, "closing asks once"
        await at.press("tab", *"zzz", "ctrl+s")
        await at.shows("These words are not in this turn")
        await at.press(*["backspace"] * 3, "tab", "down", "space", "ctrl+s")
        await at.until(lambda: bool(held(at)))
        (note,) = held(at)
        assert isinstance(note, Note) and (note.turn, note.text) == (2, "Hm") and len(note.tags) == 1
        await at.shows(f"✎ {note.tags[0]}")


async def test_the_fidelity_list_is_ticked_at_a_turn_and_hidden_while_blind(tmp_path: Path) -> None:
    async with judging(tmp_path) as at:
        at.app.preferences.remember_reviewer("Ada")
        two_sessions(at.services.conductor.store)
        at.app.post_message(ReviewWanted(("breath",)))
        await at.shows("Reply 3.")
        await at.press("f", "f")
        await at.shows("Fidelity list")
        await at.press("1")
        await at.until(lambda: bool(held(at)))
        assert held(at) == [Tick("breath", STATEMENTS[0], True, 1)]
        await at.press("b")
        await at.shows("transcript, blind")
        assert STATEMENTS[0] not in at.text() and "Fidelity" not in at.text()
        await at.press("f", "f", "f")
        assert "Fidelity" not in at.text()


async def test_blind_after_the_name_was_seen_is_not_blind(tmp_path: Path) -> None:
    async with judging(tmp_path) as at:
        at.app.preferences.remember_reviewer("Ada")
        await at.press("b")
        await at.shows("transcript, blind")
        await at.shows("You have seen this arm")
        assert "Mindful breathing" not in at.text() and "Attacked" not in at.text()
        await at.press("f", "3")
        await at.until(lambda: bool(held(at)))
        (entry,) = MarkRecord(at.services.conductor.store).marked().ratings
        assert not entry.by.blind, "its name was on screen before"


async def test_several_open_blind_and_a_name_that_was_seen_stays_seen(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24), played=True) as at:
        at.app.preferences.remember_reviewer("Dr. Ada Lovelace")
        await at.started()
        await at.press("s")
        await at.shows("[ ] 20")
        await at.press("space", "space", "j")
        await at.shows("transcript 1 of 2, blind")
        await at.press("a")
        await at.shows("Agreement names the arms")
        assert isinstance(at.app.screen, ReviewScreen)
        assert "Mindful breathing" not in at.text() and "Appliance manual" not in at.text()
        await at.press("3")
        await at.until(lambda: len(held(at)) == 1)
        await at.press("b")
        await at.shows("Attacked")
        assert "reviewer Dr. Ada Lovelace" in at.text(), "the titles give way"
        await at.press("escape", "j")
        await at.shows("of 2, blind (name seen)")
        await at.press("4")
        await at.until(lambda: len(held(at)) == 1 and not ratings(at)[-1].by.blind)
        assert at.app.screen.active_bindings["p"].enabled
        trunk, one, _ = arms(at)
        at.app.screen.post_message(ReviewWanted((one, trunk)))

        def alone() -> bool:
            keys = at.app.screen.active_bindings
            return keys["n"].enabled and not keys["p"].enabled

        await at.until(alone, "an arm that was not marked is not set beside the other")


async def test_two_arms_are_set_side_by_side_and_a_choice_is_stored_and_taken_back(tmp_path: Path) -> None:
    async with judging(tmp_path) as at:
        one = arms(at)[1]
        await at.press("p")
        await at.shows("Your name")
        await at.press(*"Ada", "enter")
        await at.until(lambda: isinstance(at.app.screen, PreferenceScreen))
        await at.shows("What both began with: 2 turns. s shows them.")
        assert "Mindful breathing" not in at.text() and "Appliance manual" not in at.text()
        assert "grabs" not in at.text() and "A " in at.text() and "│ B" in at.text()
        await at.until(lambda: "more below" not in at.text())
        await at.press("s")
        await at.shows("s folds them")
        await at.shows("grabs")
        for key, said in (("a", "You chose A"), ("b", "You chose B"), ("equals_sign", "no difference")):
            await at.press(key)
            await at.shows(said)
        (mark,) = held(at)
        assert isinstance(mark, Preference) and mark.choice == "no difference"
        await at.press("backspace")
        await at.until(lambda: held(at) == [])
        at.services.conductor.store.set_state(one, "stopped", "by a test")
        await at.press("escape")
        await at.until(lambda: not at.app.screen.active_bindings["p"].enabled, "one finished arm only")


@contextmanager
def slow_reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is read of sessions meanwhile comes once this ends, as on a slow disk."""
    go_on, stored = threading.Event(), Store.stored

    def slow(store: Store, sessions: Any) -> Any:
        go_on.wait(30)
        return stored(store, sessions)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "stored", slow)
        try:
            yield
        finally:
            go_on.set()


def arms(at: Stage) -> list[str]:
    """The session on screen and the others of its family."""
    screen = at.app.screen
    assert isinstance(screen, ReviewScreen)
    return [head.id for head in at.services.conductor.store.family(screen.shown)]


async def test_keys_that_mark_wait_for_the_transcript_they_would_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with judging(tmp_path) as at:
        at.app.preferences.remember_reviewer("Ada")
        screen = at.app.screen
        assert isinstance(screen, ReviewScreen)
        screen.post_message(ReviewWanted(tuple(arms(at)[1:]), None))
        await at.shows("transcript 1 of 2")
        with slow_reading(monkeypatch):
            await at.press("right_square_bracket", "4", "n")
            assert isinstance(at.app.screen, ReviewScreen), "no note on what is not there yet"
        await at.shows("transcript 2 of 2")
        assert held(at) == []
        await at.press("4")
        await at.until(lambda: len(held(at)) == 1)
        (mark,) = held(at)
        assert isinstance(mark, Rating) and mark.session == screen.shown


async def test_nobody_chooses_of_a_pair_that_is_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with judging(tmp_path) as at:
        store, form = at.services.conductor.store, at.services.conductor.library.form("session-rating")
        with slow_reading(monkeypatch):
            at.app.push_screen(PreferenceScreen(store, (form,), arms(at), lambda: "Ada", ()))
            await at.press("a")
        await at.shows("pair 1 of 3")
        with slow_reading(monkeypatch):
            await at.press("n", "a")
        await at.shows("pair 2 of 3")
        assert held(at) == []
        await at.press("b")
        await at.shows("You chose B")
        assert len(held(at)) == 1


async def test_a_record_that_another_program_writes_to_stops_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_MILLISECONDS", 20_000)  # a slow machine is not a busy record
    async with judging(tmp_path) as at:
        at.app.preferences.remember_reviewer("Ada")
        review = at.app.screen
        rows = review.query_one("#rows", OptionList)
        other = sqlite3.connect(at.services.conductor.store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await at.press("4", "3")
        assert rows.highlighted == 2, "it went on while nothing could be stored"
        other.execute("ROLLBACK")
        await at.until(lambda: len(held(at)) == 2)
        await at.press("p")
        await at.shows("What both began with")
        other.execute("BEGIN IMMEDIATE")
        await at.press("a", "b", "escape")
        assert at.app.screen is review
        other.execute("ROLLBACK")
        other.close()
        told = [4, 3, "b"]  # the last of each, though the screen was left
        await at.until(
            lambda: [getattr(mark, "value", getattr(mark, "choice", "")) for mark in held(at)] == told
        )


async def test_what_cannot_be_taken_back_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("The record is busy.")

    async with judging(tmp_path) as at:
        at.app.preferences.remember_reviewer("Ada")
        await at.press("p")
        await at.shows("What both began with")
        await at.press("a")
        await at.shows("You chose A")
        monkeypatch.setattr(MarkRecord, "take_back", refuse)
        await at.press("backspace")
        await at.shows("The record is busy.")
        assert at.app.is_running and len(held(at)) == 1


async def test_without_a_form_that_asks_it_no_preference_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReviewScreen, "_asking", ())
    async with judging(tmp_path) as at:
        review = at.app.screen
        await at.press("p")
        assert at.app.screen is review
        assert not review.active_bindings["p"].enabled


async def test_one_key_goes_from_the_disagreement_to_its_turn(tmp_path: Path) -> None:
    async with judging(tmp_path, (80, 24)) as at:
        store, library = at.services.conductor.store, at.services.conductor.library
        screen = at.app.screen
        assert isinstance(screen, ReviewScreen)
        record, form, session = MarkRecord(store), library.form("session-rating"), screen.shown
        hash = document_hash(form)
        record.add(
            (Rating(session, hash, "warmth", 5), Note(session, 4, text="Here.")),
            By("Ada", blind=True),
            [form],
        )
        record.add((Rating(session, hash, "warmth", 1),), By("Bea", blind=True), [form])
        await at.press("a")
        await at.until(lambda: isinstance(at.app.screen, AgreementScreen))
        await at.shows(f"{session}  warmth: Ada 5 warm")
        await at.press("w")
        await at.shows("warmth: reviewer 1 5 warm")
        await at.press("enter")
        await at.until(lambda: at.app.screen is screen, "Review again")
        await at.until(lambda: screen.turn == 4, "the turn")
        await at.shows("t2 therapist")
        assert "s1 scenario" not in at.text(), "scrolled to the turn"


def test_ticks_are_seen_in_a_turn() -> None:
    """Of a list to tick, 1 is seen in the turn one is at, 0 not seen."""
    from sandbox.store.mark import Marked
    from sandbox.tui.review_pages import pages_of
    from tests.documents import technique

    script = technique(fidelity=("Names the breath",))
    (page, _) = pages_of("one", (), script, Marked((), (), (), ()), {3: "t1"})
    make = page.rows[0].make
    assert make is not None
    assert (make(1, 3), make(0, 3)) == (
        Tick("one", "Names the breath", True, 3),
        Tick("one", "Names the breath", False, None),
    )
