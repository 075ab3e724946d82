"""What reviewers say of sessions, in the record: ratings, notes, ticks and preferences, and the packets sent.

Append-only: to change or take back a mark is a new entry, and the newest of its thing counts, wherever it was
made. Whether a mark fits a form or a packet is review's business.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel
from sqlite_utils import Database

from sandbox.errors import NotFoundError
from sandbox.library.document import Document, document_hash
from sandbox.store.document import Documents, folded, store_documents
from sandbox.store.row import LISTED, Row, as_json, insert, listed
from sandbox.store.session import lineage
from sandbox.store.store import Store

Speaker = Literal["therapist", "client"]
Choice = Literal["a", "b", "no difference"]

M = TypeVar("M", bound="Mark")


@dataclass(frozen=True, slots=True)
class Rating:
    """An item of a form answered for a session. `form` is its hash; `value` None: the transcript does not
    show it."""

    session: str
    form: str
    item: str
    value: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """A note on a turn of a session (`Turn.index`), or on words of it. `speaker` “”: on the whole turn."""

    session: str
    turn: int
    speaker: Speaker | Literal[""] = ""
    quote: str = ""
    text: str = ""
    tags: tuple[str, ...] = ()
    codebook: str | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Whether a line of the technique's fidelity list was seen, and in which turn."""

    session: str
    statement: str
    seen: bool
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """Which of two sessions was chosen, shown as A and as B, to the question of the form of that hash.
    `reason` is the reviewer's own; another reason alone is no other choice."""

    a: str
    b: str
    form: str
    choice: Choice
    reason: str = field(default="", compare=False)


Mark = Rating | Note | Tick | Preference


@dataclass(frozen=True, slots=True)
class By:
    """Who gives marks, why (a correction, say), in which packet, and whether they knew what they judged."""

    reviewer: str
    blind: bool
    packet: str | None = None
    reason: str = ""


_MODEL = "model "


def model_reviewer(model: str) -> str:
    """The name that a model's marks are kept under. No person may go by one of that kind (`is_model`)."""
    return f"{_MODEL}{model}"


def is_model(reviewer: str) -> bool:
    """Whether that is the name of a model, and not of a person."""
    return reviewer.casefold().startswith(_MODEL)


@dataclass(frozen=True, slots=True)
class Entry(Generic[M]):
    """A mark in the record. `given` False: taken back by this entry."""

    number: int
    mark: M
    given: bool
    at: datetime
    by: By


@dataclass(frozen=True, slots=True)
class ReturnedFile:
    """A file of marks that came back: its SHA-256, its name, and when its reviewer saved it."""

    sha256: str
    packet: str
    reviewer: str
    name: str
    saved: datetime | None


@dataclass(frozen=True, slots=True)
class Marked:
    """The marks that count now, in the order given; each reviewer's newest of each thing."""

    ratings: tuple[Entry[Rating], ...]
    notes: tuple[Entry[Note], ...]
    ticks: tuple[Entry[Tick], ...]
    preferences: tuple[Entry[Preference], ...]

    def reviewers(self) -> tuple[str, ...]:
        """Whoever gave one of them, in alphabetical order."""
        return tuple(sorted({entry.by.reviewer for entry in self.all()}))

    def all(self) -> Iterator[Entry[Any]]:
        """Every one of them."""
        for entries in (self.ratings, self.notes, self.ticks, self.preferences):
            yield from entries


_TABLES: dict[type, str] = {Rating: "ratings", Note: "notes", Tick: "ticks", Preference: "preferences"}
_COLUMNS: dict[type, tuple[str, ...]] = {
    Rating: ("session", "form", "item", "value"),
    Note: ("session", "turn", "speaker", "quote", "text", "tags", "codebook"),
    Tick: ("session", "statement", "seen", "turn"),
    Preference: ("a", "b", "form", "choice"),
}
_BY = ("number", "given", "reviewer", "at", "reason", "blind", "packet")


class MarkRecord:
    """The marks of a workspace's record."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        marks: Sequence[Mark],
        by: By,
        documents: Iterable[Document] = (),
        file: ReturnedFile | None = None,
        instead: Sequence[Mark] = (),
        still: Sequence[Entry[Any]] = (),
    ) -> tuple[Mark, ...]:
        """Add those that say something new of their thing, or say it in another packet or no longer as blind;
        which they are. All are added, or none.

        `documents`: the forms and the codebook that the marks name. `instead`: marks of the same reviewer
        that are taken back with it; `still`: what of these counts on, as said elsewhere. Raises NotFoundError
        for a session that is not there.
        """
        with self._store.writing() as (db, clock):
            lineage(db, {session for mark in (*marks, *instead) for session in sessions_of(mark)})
            store_documents(db, {document_hash(document): document for document in documents})
            now, at = _said(db, (*marks, *instead), by.reviewer, clock)
            new = tuple(mark for mark in dict.fromkeys(marks) if not _says(now.get(thing(mark)), mark, by))
            for mark in new:
                insert(db, _TABLES[type(mark)], _row(mark, by, at, given=True))
            for mark in instead:
                insert(db, _TABLES[type(mark)], _row(mark, by, at, given=False))
            for entry in still:
                insert(db, _TABLES[type(entry.mark)], _row(entry.mark, entry.by, at, given=True))
            if file is not None:
                insert(db, "returned_files", _file_row(file, at))
        return new

    def take_back(self, marks: Sequence[Mark], by: By) -> tuple[Mark, ...]:
        """Add an entry that takes back each of the marks that the reviewer holds now; which they are."""
        with self._store.writing() as (db, clock):
            now, at = _said(db, marks, by.reviewer, clock)
            held = tuple(mark for mark in marks if (one := now.get(thing(mark))) and one.mark == mark)
            for mark in held:
                insert(db, _TABLES[type(mark)], _row(mark, by, at, given=False))
        return held

    def marked(self, sessions: Collection[str] | None = None) -> Marked:
        """The marks that count now: of these sessions, or all. A preference is of both its sessions."""
        with self._store.reading() as db:
            kept = {kind: tuple(_newest(_entries(db, kind, sessions))) for kind in _TABLES}
        return Marked(kept[Rating], kept[Note], kept[Tick], kept[Preference])

    def history(self, session: str) -> tuple[Entry[Any], ...]:
        """Every entry about the session as it was made, those taken back or changed since as well."""
        return tuple(sorted(self.every([session]), key=lambda entry: entry.at))

    def every(self, sessions: Collection[str]) -> tuple[Entry[Any], ...]:
        """Every entry about these sessions, kind by kind; those taken back or changed since as well."""
        with self._store.reading() as db:
            return tuple(entry for kind in _TABLES for entry in _entries(db, kind, sessions))

    def said_by(self, reviewer: str) -> tuple[dict[str | None, Entry[Any]], ...]:
        """For each thing of which the reviewer says something now: by packet, None for what was given here,
        what they say of it, the newest last."""
        found: dict[tuple[object, ...], dict[str | None, Entry[Any]]] = defaultdict(dict)
        with self._store.reading() as db:
            entries = [entry for kind in _TABLES for entry in _entries(db, kind, None, reviewer)]
        for entry in entries:
            said = found[thing(entry.mark)]
            said.pop(entry.by.packet, None)
            if entry.given:
                said[entry.by.packet] = entry
            elif entry.by.packet is None:  # taken back by hand: wherever it was said
                said.clear()
        return tuple(said for said in found.values() if said)

    def reviewers(self) -> tuple[str, ...]:
        """Whoever ever gave a mark, in the order of their first; one that was taken back since counts."""
        first: dict[str, datetime] = {}
        with self._store.reading() as db:
            for table in _TABLES.values():
                rows = db.execute(f"SELECT reviewer, min(at) FROM {table} GROUP BY reviewer")  # noqa: S608
                for reviewer, text in rows:
                    at = datetime.fromisoformat(text)
                    first[reviewer] = min(at, first.get(reviewer, at))
        return tuple(sorted(first, key=lambda one: (first[one], one)))

    def documents(self, hashes: Collection[str]) -> dict[str, Document]:
        """The forms and codebooks of those hashes. Raises StoreError for one that cannot be read."""
        pointed = {name: as_json({"$document": name}) for name in hashes}
        with self._store.reading() as db:
            return Documents().unfolded(db, pointed)

    def add_packet(self, id: str, key: BaseModel, author: str) -> None:
        """Keep the key of a packet that is sent out. Raises StoreError when that id is there."""
        text, documents = folded(key)
        with self._store.writing() as (db, at):
            store_documents(db, documents)
            row: Row = {"id": id, "at": at.isoformat(), "author": author, "key": text}
            insert(db, "packets", row)

    def packet(self, id: str) -> Any:
        """The key of the packet, as a tree of plain values with its documents. Raises NotFoundError."""
        with self._store.reading() as db:
            row = db.execute("SELECT key FROM packets WHERE id = ?", [id]).fetchone()
            if row is None:
                ids = [one[0] for one in db.execute("SELECT id FROM packets ORDER BY number DESC LIMIT 5")]
                known = f"packets made here: {', '.join(ids)}" if ids else "no packet was made here"
                raise NotFoundError(f"There is no packet “{id}” in this record.", todo=f"{known}.")
            return Documents().unfolded(db, {id: row[0]})[id]

    def codes(self) -> dict[str, tuple[str, ...]]:
        """By session, the codes under which packets showed it to reviewers, the oldest packet first."""
        found: dict[str, list[str]] = defaultdict(list)
        with self._store.reading() as db:
            for session, code in db.execute(
                "SELECT json_extract(value, '$.session'), json_extract(value, '$.code')"
                " FROM packets, json_each(packets.key, '$.transcripts') ORDER BY number"
            ):
                found[session].append(code)
        return {session: tuple(dict.fromkeys(codes)) for session, codes in found.items()}

    def returned(self, packet: str) -> tuple[ReturnedFile, ...]:
        """The files of marks of that packet that came back, in the order taken in."""
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT sha256, packet, reviewer, name, saved FROM returned_files WHERE packet = ?"
                " ORDER BY number",
                [packet],
            ).fetchall()
        return tuple(
            ReturnedFile(sha256, packet, reviewer, name, _moment(saved) if saved else None)
            for sha256, packet, reviewer, name, saved in rows
        )


def sessions_of(mark: Mark) -> tuple[str, ...]:
    """The session a mark is of, or both of a preference."""
    return (mark.a, mark.b) if isinstance(mark, Preference) else (mark.session,)


def thing(mark: Mark) -> tuple[object, ...]:
    """What a reviewer has one say on: two marks with the same thing replace one another."""
    match mark:
        case Rating(session, form, item):
            return "rating", session, form, item
        case Note():
            return "note", mark.session, mark.turn, mark.speaker, mark.quote, mark.text, mark.tags
        case Tick(session, statement):
            return "tick", session, statement
        case Preference(a, b, form):
            return "preference", *sorted((a, b)), form


def _said(
    db: Database, marks: Iterable[Mark], reviewer: str, clock: datetime
) -> tuple[dict[tuple[object, ...], Entry[Any]], datetime]:
    """By thing, what the reviewer holds now of the marks' sessions; and the time of a new entry: that of the
    clock, or of the newest entry where that is later. Of a clock that was set back nothing older counts."""
    sessions = {session for mark in marks for session in sessions_of(mark)}
    entries = [entry for kind in _TABLES for entry in _entries(db, kind, sessions, reviewer)]
    return {thing(entry.mark): entry for entry in _newest(entries)}, max(
        [clock, *(one.at for one in entries)]
    )


def _says(held: Entry[Any] | None, mark: Mark, by: By) -> bool:
    """Whether the entry says the same, in the same packet, as blind."""
    if held is None or held.mark != mark:
        return False
    return (held.by.packet, held.by.blind) == (by.packet, by.blind)


def _newest(entries: Iterable[Entry[M]]) -> Iterator[Entry[M]]:
    """Each reviewer's newest of each thing, in the order given; none where it is taken back."""
    newest = {(entry.by.reviewer, thing(entry.mark)): entry for entry in entries}
    yield from sorted((one for one in newest.values() if one.given), key=_age)


def _age(entry: Entry[Any]) -> tuple[datetime, int]:
    return entry.at, entry.number


def _entries(
    db: Database, kind: type, sessions: Collection[str] | None, reviewer: str | None = None
) -> list[Entry[Any]]:
    """The entries of a kind, the oldest first: of these sessions, or all; of one reviewer, or all."""
    columns, where, values = _COLUMNS[kind], [], []
    if sessions is not None:
        about = ("a", "b") if kind is Preference else ("session",)
        where.append("(" + " OR ".join(f"{column} IN {LISTED}" for column in about) + ")")
        values += [listed(sessions)] * len(about)
    if reviewer is not None:
        where.append("reviewer = ?")
        values.append(reviewer)
    rows = db.execute(
        f"SELECT {', '.join((*columns, *_BY))} FROM {_TABLES[kind]}"  # noqa: S608
        f"{' WHERE ' if where else ''}{' AND '.join(where)}",
        values,
    ).fetchall()
    return sorted((_entry(kind, row[: len(columns)], row[len(columns) :]) for row in rows), key=_age)


def _entry(kind: type, mark: tuple[Any, ...], by: tuple[Any, ...]) -> Entry[Any]:
    values = dict(zip(_COLUMNS[kind], mark, strict=True))
    if kind is Note:
        values["tags"] = tuple(json.loads(values["tags"]))
    if kind is Tick:
        values["seen"] = bool(values["seen"])
    number, given, reviewer, at, reason, blind, packet = by
    if kind is Preference:
        values["reason"] = reason
    return Entry(
        number,
        kind(**values),
        bool(given),
        datetime.fromisoformat(at),
        By(reviewer, bool(blind), packet, reason),
    )


def _row(mark: Mark, by: By, at: datetime, *, given: bool) -> Row:
    said = {name: getattr(mark, name) for name in _COLUMNS[type(mark)]}
    if isinstance(mark, Note):
        said["tags"] = as_json(list(mark.tags))
    if isinstance(mark, Tick):
        said["seen"] = int(mark.seen)
    return {
        **said,
        "given": int(given),
        "reviewer": by.reviewer,
        "at": at.isoformat(),
        "reason": by.reason or (mark.reason if isinstance(mark, Preference) else ""),
        "blind": int(by.blind),
        "packet": by.packet,
    }


def _moment(text: str) -> datetime:
    """A time as it was kept; one that names no zone is UTC."""
    at = datetime.fromisoformat(text)
    return at if at.utcoffset() is not None else at.replace(tzinfo=UTC)


def _file_row(file: ReturnedFile, at: datetime) -> Row:
    return {
        "sha256": file.sha256,
        "packet": file.packet,
        "reviewer": file.reviewer,
        "name": file.name,
        "saved": file.saved.isoformat() if file.saved else None,
        "at": at.isoformat(),
    }
