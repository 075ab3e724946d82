"""Whether the record still says what was written: SQLite's own check, and each document against its hash."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlite_utils import Database

from sandbox.library.client import Client
from sandbox.library.document import Document, document_hash
from sandbox.library.questionnaire import QUESTIONNAIRE
from sandbox.library.scenario import Scenario
from sandbox.library.technique import Technique
from sandbox.store.document import POINTER
from sandbox.store.row import storable

_READERS: Mapping[str, TypeAdapter[Any]] = {
    "scenario": TypeAdapter(Scenario),
    "technique": TypeAdapter(Technique),
    "client": TypeAdapter(Client),
    "questionnaire": QUESTIONNAIRE,
}


@dataclass(frozen=True, slots=True)
class Altered:
    """A stored document that does not say what its name, the SHA-256 of its text, stands for."""

    hash: str
    kind: str
    id: str

    def __str__(self) -> str:
        return (
            f"The {self.kind} “{self.id}” was changed in the record after the session was planned: its text"
            f" no longer matches its hash ({self.hash[:12]}…). What is shown of it is not what was said."
        )


def damages(db: Database) -> tuple[str, ...]:
    """What SQLite's `quick_check` finds wrong with the file; nothing when it is sound."""
    found = (str(row[0]) for row in db.execute("PRAGMA quick_check").fetchall())
    return tuple(line for line in found if line != "ok")


def altered_documents(db: Database, names: Iterable[str] | None = None) -> tuple[Altered, ...]:
    """The stored documents (of these hashes, or all) whose content is not what their hash says.

    One that this version cannot read at all is left out: it may be a newer version's.
    """
    columns = "SELECT hash, kind, id, version, title, json FROM documents"
    if names is None:
        rows = db.execute(f"{columns} ORDER BY kind, id, hash").fetchall()
    else:
        rows = [row for name in names for row in db.execute(f"{columns} WHERE hash = ?", [name])]
    return tuple(Altered(row[0], row[1], row[2]) for row in rows if not _as_written(*row))


def documents_of(db: Database, session: str) -> tuple[str, ...]:
    """The hashes of the documents the session's plan points at."""
    row = db.execute("SELECT plan FROM sessions WHERE id = ?", [session]).fetchone()
    return tuple(dict.fromkeys(_pointers(json.loads(row[0])))) if row else ()


def _pointers(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if set(value) == {POINTER}:
            yield str(value[POINTER])
        else:
            for part in value.values():
                yield from _pointers(part)
    elif isinstance(value, list):
        for part in value:
            yield from _pointers(part)


def _as_written(name: str, kind: str, id: str, version: str, title: str, text: str) -> bool:
    if kind not in _READERS:
        return True
    try:
        document: Document = _READERS[kind].validate_json(text)
    except ValidationError:
        return True
    # The other columns are what lists and filters show: they have to agree with the text.
    said = (document_hash(document), document.id, storable(document.version), storable(document.title))
    return said == (name, id, version, title)
