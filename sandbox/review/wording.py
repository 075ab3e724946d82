"""Marks in words, a line each, for the terminal and for screens."""

from sandbox.engine.history import turn_labels
from sandbox.library.document import Document
from sandbox.library.form import Form
from sandbox.review.sheet import NOT_SHOWN
from sandbox.store.mark import Mark, MarkRecord, Note, Preference, Rating, Tick
from sandbox.store.store import Store
from sandbox.text import excerpt, printable


def mark_in_words(store: Store, mark: Mark) -> str:
    """One mark, its turns by their names and its answers in words."""
    documents = MarkRecord(store).documents([mark.form]) if isinstance(mark, Rating | Preference) else {}
    session = mark.a if isinstance(mark, Preference) else mark.session
    return in_words(mark, turn_labels(store.history(session).turns), documents)


def in_words(mark: Mark, labels: dict[int, str], documents: dict[str, Document]) -> str:
    """The same with what it needs at hand: the session's turn labels, and the forms by hash."""
    match mark:
        case Rating():
            return f"{mark.item}: {answer_in_words(documents[mark.form], mark.item, mark.value)}"
        case Note():
            about = labels.get(mark.turn, str(mark.turn))
            quote = f" “{excerpt(mark.quote, 60)}”" if mark.quote else ""
            tags = f" [{', '.join(mark.tags)}]" if mark.tags else ""
            return printable(f"{about}{quote}{tags}{': ' + mark.text if mark.text else ''}")
        case Tick():
            at = f" in {labels.get(mark.turn, str(mark.turn))}" if mark.turn else ""
            return printable(f"{'seen' if mark.seen else 'not seen'}{at}: {mark.statement}")
        case Preference():
            chosen = {"a": mark.a, "b": mark.b, "no difference": "no difference"}[mark.choice]
            reason = f" ({mark.reason})" if mark.reason else ""
            form = documents.get(mark.form)
            asked = f"{form.id}, " if form else ""
            return printable(f"{asked}of {mark.a} and {mark.b}: {chosen}{reason}")


def answer_in_words(form: Document, item: str, value: int | None) -> str:
    """`4 warm most of the time`, or “not shown”."""
    if value is None:
        return NOT_SHOWN
    found = next((one for one in form.items if one.id == item), None) if isinstance(form, Form) else None
    levels = form.levels_of(found) if isinstance(form, Form) and found else ()
    label = next((level.label for level in levels if level.value == value), "")
    return printable(f"{value} {label}".strip())
