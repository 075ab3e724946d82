"""Documents in the record: each stored once under the hash of its content, and plans that point at them."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlite_utils import Database

from sandbox.engine.plan import SessionPlan
from sandbox.library.client import Client
from sandbox.library.document import Document, document_hash
from sandbox.library.questionnaire import Questionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.technique import Technique
from sandbox.store.error import StoreError
from sandbox.store.row import as_json, insert_all, marks, storable

POINTER = "$document"
"""The key under which a plan names a document: `{"$document": hash}`."""


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


def folded(plan: SessionPlan) -> tuple[str, dict[str, Document]]:
    """The plan as JSON with every document replaced by its hash, and the documents by hash."""
    documents: dict[str, Document] = {}

    def fold(value: Any) -> Any:
        if isinstance(value, Document):
            name = document_hash(value)
            documents[name] = value
            return {POINTER: name}
        if isinstance(value, BaseModel):
            return {key: fold(getattr(value, key)) for key in type(value).model_fields}
        if isinstance(value, Mapping):
            return {key: fold(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [fold(part) for part in value]
        return value

    return as_json(fold(plan)), documents


def unfolded(db: Database, plan: str, session: str) -> SessionPlan:
    """The plan with its documents put back. Raises StoreError if this version cannot read them."""

    def unfold(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {POINTER}:
                return _stored(db, value[POINTER])
            return {key: unfold(part) for key, part in value.items()}
        return [unfold(part) for part in value] if isinstance(value, list) else value

    try:
        return SessionPlan.model_validate_json(json.dumps(unfold(json.loads(plan))))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise StoreError(
            f"This version cannot read the documents the session ran with ({place}: {problem['msg']}).",
            where=f"session {session}",
            todo="Read it with the version it was made with, or look at the tables (docs/record.md).",
        ) from error


def store_documents(db: Database, documents: Mapping[str, Document]) -> None:
    """Add those not stored yet."""
    # Asked first: the record refuses a row whose key is there, also one that would be passed over.
    there = db.execute(f"SELECT hash FROM documents WHERE hash IN ({marks(documents)})", [*documents])  # noqa: S608
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


def _stored(db: Database, name: str) -> Any:
    row = db.execute("SELECT json FROM documents WHERE hash = ?", [name]).fetchone()
    if row is None:
        raise StoreError("A document of the session is not in the record.", where=f"document {name}")
    return json.loads(row[0])
