"""The published JSON Schemas: current, and in agreement with the content and the loader."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from sandbox.library.catalogue import document_files
from sandbox.library.document import FOLDERS, Kind
from sandbox.library.schema import file_name, schema, schema_text
from sandbox.library.workspace import shipped_content
from tests.library.bad_documents import BAD, GOOD, Bad

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas"
OF_VALUES = (
    "mistyped key",
    "mistyped inner key",
    "missing key",
    "unknown affect",
    "too often",
    "list for a text",
    "bad id",
)


@pytest.mark.parametrize("kind", FOLDERS)
def test_the_published_schema_is_current(kind: Kind) -> None:
    assert (PUBLISHED / file_name(kind)).read_text(encoding="utf-8") == schema_text(kind), (
        "run: uv run sandbox schema --to docs/schemas"
    )


@pytest.mark.parametrize("kind", FOLDERS)
def test_shipped_content_fits_its_schema(kind: Kind) -> None:
    Draft202012Validator.check_schema(schema(kind))
    validator = Draft202012Validator(json.loads((PUBLISHED / file_name(kind)).read_text(encoding="utf-8")))
    files = document_files(shipped_content() / FOLDERS[kind])
    assert files
    for file in files:
        errors = [
            f"{file.name}: {e.json_path}: {e.message}"
            for e in validator.iter_errors(yaml.safe_load(file.read_bytes()))
        ]
        assert errors == []


@pytest.mark.parametrize("bad", [b for b in BAD if b.name in OF_VALUES], ids=lambda bad: bad.name)
def test_an_editor_sees_wrong_keys_and_values(bad: Bad) -> None:
    validator = Draft202012Validator(schema(bad.kind))
    assert validator.is_valid(yaml.safe_load(GOOD[bad.kind]))
    assert not validator.is_valid(yaml.safe_load(bad.text))


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_schema_names_no_address_but_its_dialect(kind: Kind) -> None:
    assert schema_text(kind).count("http") == schema_text(kind).count(
        "https://json-schema.org/"
    ) + schema_text(kind).count("https://doi.org/")
