"""JSON Schemas of the documents, for editors. What only shows across values is loading's business."""

import json
from typing import Any

from pydantic import TypeAdapter

from sandbox.library.document import Kind
from sandbox.library.loading import MODELS
from sandbox.library.questionnaire import QUESTIONNAIRE

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a kind of document."""
    found: TypeAdapter[Any] = TypeAdapter(MODELS[kind]) if kind in MODELS else QUESTIONNAIRE
    return {"$schema": DIALECT, "$id": file_name(kind), **found.json_schema()}


def schema_text(kind: Kind) -> str:
    """The schema as the text of its file."""
    return json.dumps(schema(kind), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def file_name(name: str) -> str:
    """The name of a schema's file in docs/schemas/, of a kind of document or of an output."""
    return f"{name}.schema.json"
