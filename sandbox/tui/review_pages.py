"""What a reviewer fills in beside a transcript, as pages of rows: each form, the fidelity list, the notes.

Plain values; draws and stores nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.library.document import document_hash
from sandbox.library.form import Form
from sandbox.library.technique import Technique
from sandbox.review.giving import in_words
from sandbox.review.sheet import NOT_SHOWN
from sandbox.store.mark import Entry, Mark, Marked, Note, Rating, Tick
from sandbox.text import printable

SEEN = ((1, "seen: the turn you are at is noted"), (0, "not seen"))

Make = Callable[[int | None, int], Mark]
"""The mark for an answer (None: the transcript does not show it), given at a turn."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to be said. `held`: the reviewer's own mark, `said` how it reads; `answers` with their words,
    none for a note. `may_be_unseen`: that the transcript does not show it is an answer too."""

    label: str
    text: str
    answers: tuple[tuple[int, str], ...]
    held: Mark | None
    said: str
    make: Make | None = None
    may_be_unseen: bool = False

    @property
    def value(self) -> int | None:
        """The answer given, where it is a number."""
        return self.held.value if isinstance(self.held, Rating) else None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows under a title. `note` stands above them."""

    title: str
    note: str
    rows: tuple[Row, ...]
    form: Form | None = None


def pages_of(
    session: str,
    forms: Sequence[Form],
    technique: Technique | None,
    mine: Marked,
    labels: Mapping[int, str],
) -> tuple[Page, ...]:
    """The pages for one session, with what the reviewer holds; `technique` None: its list is not shown."""
    ratings = {(entry.mark.form, entry.mark.item): entry.mark for entry in mine.ratings}
    ticks = {entry.mark.statement: entry.mark for entry in mine.ticks}
    pages = [_form_page(session, form, ratings) for form in forms]
    if technique is not None and technique.fidelity:
        rows = tuple(_tick_row(session, one, ticks.get(one), labels) for one in technique.fidelity)
        pages.append(Page("Fidelity list", "1 seen in this turn, 0 not seen", rows))
    notes = sorted((entry.mark for entry in mine.notes), key=lambda note: note.turn)
    rows = tuple(Row(labels.get(one.turn, ""), _note_text(one, labels), (), one, "") for one in notes)
    pages.append(Page("My notes", "n writes one; Backspace takes one back", rows))
    return tuple(pages)


def mine_of(marked: Marked, reviewer: str) -> Marked:
    """The marks of that reviewer."""

    def own(entries: tuple[Entry[Any], ...]) -> tuple[Entry[Any], ...]:
        return tuple(entry for entry in entries if entry.by.reviewer == reviewer)

    return Marked(own(marked.ratings), own(marked.notes), own(marked.ticks), own(marked.preferences))


def _form_page(session: str, form: Form, ratings: Mapping[tuple[str, str], Rating]) -> Page:
    hash = document_hash(form)
    rows = []
    for item in form.items:
        held = ratings.get((hash, item.id))
        said = "" if held is None else NOT_SHOWN if held.value is None else str(held.value)
        answers = tuple((level.value, printable(level.label)) for level in form.levels_of(item))
        make = partial(_rating, session, hash, item.id)
        rows.append(Row(item.id, printable(item.text), answers, held, said, make, True))
    return Page(printable(form.title), "a number answers, - not shown", tuple(rows), form)


def _rating(session: str, form: str, item: str, value: int | None, turn: int) -> Mark:
    return Rating(session, form, item, value)


def _tick_row(session: str, statement: str, held: Tick | None, labels: Mapping[int, str]) -> Row:
    said = ""
    if held is not None:
        said = f"✓ {labels.get(held.turn or 0, '')}".strip() if held.seen else "✗"
    return Row(
        printable(statement), printable(statement), SEEN, held, said, partial(_tick, session, statement)
    )


def _tick(session: str, statement: str, value: int | None, turn: int) -> Mark:
    return Tick(session, statement, bool(value), turn if value else None)


def _note_text(note: Note, labels: Mapping[int, str]) -> str:
    return in_words(note, dict(labels), {})
