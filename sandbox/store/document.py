"""Documents in the record: each stored once under the hash of its content, and plans that point at them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlite_utils import Database

from sandbox.engine.plan import SessionPlan
from sandbox.library.client import Client
from sandbox.library.codebook import Codebook
from sandbox.library.document import Document, document_hash
from sandbox.library.form import Form
from sandbox.library.questionnaire import QUESTIONNAIRE, Questionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.study import Study
from sandbox.library.technique import Technique
from sandbox.store.error import StoreError
from sandbox.store.row import LISTED, as_json, insert_all, listed, storable

POINTER = "$document"
"""The key under which a plan names a document: `{"$document": hash}`."""

_ADDED = {name: SessionPlan.model_fields[name].default for name in ("stretches", "sampling")}
"""Fields of a plan that earlier versions did not know, with what they stand for where a plan leaves them out:
so it is written as it always was, and a session that runs as sessions always did can be read by them too."""

_PLANS = 5000
"""So many plans as they are stored are kept read."""

_DESIGNS = 500
"""How many plans that differ in more than their seed are kept at most."""

_SEED = re.compile(r'"seed":([0-9]+)')
"""A seed in a stored plan. In a text it would have its quotes escaped."""

_POINTED_AT = re.compile(rf'"{re.escape(POINTER)}"\s*:\s*"([^"]*)"')

_Design = tuple[str, ...]


READERS: Mapping[str, TypeAdapter[Any]] = {
    "scenario": TypeAdapter(Scenario),
    "technique": TypeAdapter(Technique),
    "client": TypeAdapter(Client),
    "questionnaire": QUESTIONNAIRE,
    "study": TypeAdapter(Study),
    "form": TypeAdapter(Form),
    "codebook": TypeAdapter(Codebook),
}
"""What reads each kind of document."""


def document_json(document: Document) -> str:
    """The document as the record keeps it: compact JSON with sorted keys."""
    return storable(as_json(document.model_dump(mode="json")))


def kind_of(document: Document) -> str:
    if isinstance(document, Scenario):
        return "scenario"
    if isinstance(document, Technique):
        return "technique"
    if isinstance(document, Client):
        return "client"
    return "questionnaire" if isinstance(document, Questionnaire) else type(document).__name__.lower()


def folded(plan: BaseModel) -> tuple[str, dict[str, Document]]:
    """The plan as JSON with every document replaced by its hash, and the documents by hash."""
    documents: dict[str, Document] = {}

    def fold(value: Any) -> Any:
        if isinstance(value, Document):
            name = document_hash(value)
            documents[name] = value
            return {POINTER: name}
        if isinstance(value, BaseModel):
            kept = {key: getattr(value, key) for key in type(value).model_fields}
            return {key: fold(part) for key, part in kept.items() if _ADDED.get(key, ...) != part}
        if isinstance(value, Mapping):
            return {key: fold(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [fold(part) for part in value]
        return value

    return as_json(fold(plan)), documents


class Documents:
    """The documents of a record, each read and checked once: its name is the hash of what it says."""

    def __init__(self) -> None:
        self._read: dict[str, Document | ValidationError] = {}
        self._designs: dict[_Design, SessionPlan] = {}
        self._plans: dict[str, SessionPlan] = {}

    def plans(self, db: Database, stored: Mapping[str, str]) -> dict[str, SessionPlan]:
        """By session, the plan with its documents put back; `stored` has them as JSON.

        Raises StoreError if a document is not there, or this version cannot read what is.
        """
        new = self._read_plans(db, {text: id for id, text in stored.items() if text not in self._plans})
        # A comparison reads the plans of its sessions twice, and the sessions of a run share theirs.
        known = {**self._plans, **new}
        self._plans = known if len(known) <= _PLANS else new
        return {id: known[text] for id, text in stored.items()}

    def _read_plans(self, db: Database, texts: Mapping[str, str]) -> dict[str, SessionPlan]:
        """By its text, each plan; `texts` name a session of each."""
        # Hundreds of sessions differ in their seed alone, and checking a plan takes a millisecond.
        parts = {text: _around_seed(text) for text in texts}
        first = {design: text for text, (design, _) in parts.items() if design not in self._designs}
        self._take_up(db, {name for text in first.values() for name in pointers(text)})
        read = {design: self._plan(texts[text], json.loads(text)) for design, text in first.items()}
        known = {**self._designs, **read}
        self._designs = known if len(known) <= _DESIGNS else read
        return {
            text: known[design] if seed is None else known[design].model_copy(update={"seed": int(seed)})
            for text, (design, seed) in parts.items()
        }

    def unfolded(self, db: Database, stored: Mapping[str, str]) -> dict[str, Any]:
        """By name, the tree of plain values with its documents put back. Raises as `plans` does."""
        self._take_up(db, {document for text in stored.values() for document in pointers(text)})
        return {name: self._unfold(f"plan {name[:12]}", json.loads(text)) for name, text in stored.items()}

    def _take_up(self, db: Database, names: set[str]) -> None:
        new = sorted(names - self._read.keys())
        if not new:
            return
        rows = db.execute(
            f"SELECT hash, kind, json FROM documents WHERE hash IN {LISTED}",  # noqa: S608
            [listed(new)],
        )
        for name, kind, text in rows:
            try:
                if kind in READERS:
                    self._read[name] = READERS[kind].validate_json(text)
            except ValidationError as error:
                self._read[name] = error

    def _unfold(self, where: str, value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {POINTER}:
                return self._document(where, value[POINTER])
            return {key: self._unfold(where, part) for key, part in value.items()}
        return [self._unfold(where, part) for part in value] if isinstance(value, list) else value

    def _plan(self, session: str, plan: Any) -> SessionPlan:
        where = f"session {session}"
        try:
            return SessionPlan.model_validate(self._unfold(where, plan))
        except ValidationError as error:
            raise _unreadable(where, error) from error

    def _document(self, where: str, name: str) -> Document:
        found = self._read.get(name)
        if isinstance(found, ValidationError):
            raise _unreadable(where, found) from found
        if found is None:
            raise StoreError(f"A document of {where} is not in the record.", where=f"document {name}")
        return found


def _around_seed(text: str) -> tuple[_Design, str | None]:
    """A stored plan without its seed, and that; all of it, and None, where it has more than the one."""
    before, *rest = _SEED.split(text)
    return ((before, rest[1]), rest[0]) if len(rest) == 2 else ((text,), None)


def _unreadable(where: str, error: ValidationError) -> StoreError:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    return StoreError(
        f"This version cannot read the documents it was planned with ({place}: {problem['msg']}).",
        where=where,
        todo="Read it with the version it was made with, or look at the tables (docs/record.md).",
    )


def pointers(text: str) -> tuple[str, ...]:
    """The hashes of the documents that a plan points at; `text` is the plan as it is stored."""
    return tuple(dict.fromkeys(_POINTED_AT.findall(text)))


def store_documents(db: Database, documents: Mapping[str, Document]) -> None:
    """Add those not stored yet."""
    # Asked first: the record refuses a row whose key is there, also one that would be passed over.
    there = db.execute(f"SELECT hash FROM documents WHERE hash IN {LISTED}", [listed(documents)])  # noqa: S608
    known = {row[0] for row in there}
    new = [(name, document) for name, document in documents.items() if name not in known]
    insert_all(
        db,
        "documents",
        [
            {
                "hash": name,
                "kind": kind_of(document),
                "id": document.id,
                "version": document.version,
                "title": document.title,
                "json": document_json(document),
            }
            for name, document in new
        ],
    )
