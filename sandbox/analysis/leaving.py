"""What is said before sessions leave the app: a text in them looks like a real person's details."""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import chain

from sandbox.engine.history import turn_labels
from sandbox.engine.preview import passages
from sandbox.engine.privacy import told_documents
from sandbox.library.document import Document
from sandbox.library.suspect_words import personal
from sandbox.store.document import Documents
from sandbox.store.history import said_in, written_in
from sandbox.store.mark import MarkRecord, Note, Preference, sessions_of
from sandbox.store.session import heads_of, lineage
from sandbox.store.store import Store
from sandbox.text import excerpt


def details_leaving(store: Store, sessions: Collection[str]) -> str:
    """A warning that names the first such detail in what was said and answered in the sessions, in their
    documents and in the notes on them, and where; “” for none.

    Addresses, numbers and whole dates are looked for; a name alone is not found.
    """
    with store.reading() as db:
        heads = heads_of(db, lineage(db, sessions), Documents())
    # Sessions share their documents: each is read once.
    documents = {id(one): one for head in heads.values() for one in told_documents(head.plan)}.values()
    return _first(
        _said(store, sessions), _written(store, sessions), _told(documents), _notes(store, sessions)
    )


def details_in_transcripts(store: Store, sessions: Collection[str], sent: Iterable[Document]) -> str:
    """The same where the words of the sessions leave alone, with the documents `sent` along."""
    return _first(_said(store, sessions), _told(sent))


Text = tuple[Callable[[], str], str]
"""Where a text stands, asked for only if it matters, and the text."""


def _first(*texts: Iterable[Text]) -> str:
    for where, text in chain(*texts):
        if detail := personal(text):
            return (
                f"“{excerpt(detail, 60)}” ({where()}) looks like a real person's details. Read what you"
                " pass on before you do: this check does not find names."
            )
    return ""


def _said(store: Store, sessions: Collection[str]) -> Iterator[Text]:
    with store.reading() as db:
        said = tuple(said_in(db, lineage(db, sessions)))
    for session, turn, text in said:
        yield partial(_turn, store, session, turn), text


def _turn(store: Store, session: str, turn: int) -> str:
    return f"{session}, {turn_labels(store.history(session).turns).get(turn, str(turn))}"


def _written(store: Store, sessions: Collection[str]) -> Iterator[Text]:
    with store.reading() as db:
        written = tuple(written_in(db, lineage(db, sessions)))
    for session, what, text in written:
        yield partial("{}, {}".format, session, what), text


def _told(documents: Iterable[Document]) -> Iterator[Text]:
    for document in documents:
        for passage in passages(document):
            yield partial(_passage, document, passage.label), passage.text


def _passage(document: Document, label: str) -> str:
    return f"“{excerpt(document.title, 40)}”, {label}"


def _notes(store: Store, sessions: Collection[str]) -> Iterator[Text]:
    for entry in MarkRecord(store).every(sessions):
        mark = entry.mark
        texts = [entry.by.reason]
        if isinstance(mark, Note):
            texts += [mark.quote, mark.text]
        if isinstance(mark, Preference):
            texts.append(mark.reason)
        for text in texts:
            yield partial(_note, sessions_of(mark)[0], entry.by.reviewer), text


def _note(session: str, reviewer: str) -> str:
    return f"{session}, a note by {excerpt(reviewer, 40)}"
