"""Exports, byte for byte. After a wanted change run these with SANDBOX_WRITE_GOLDEN=1 and read the diff."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import sandbox
from sandbox.analysis.family import Family, gather
from sandbox.export.archive import archive
from sandbox.export.file import session_table
from sandbox.export.transcript.contents import transcript_markdown
from tests.export.specimen import recorded_family

GOLDEN = Path(__file__).parent / "golden"
FORMS: dict[str, Callable[[Family], str]] = {
    "md": transcript_markdown,
    "csv": lambda family: session_table(family, "scores", ","),
    "json": lambda family: archive(family).text(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "session"), [("family", "trunk111"), ("branch", "breath11")])
def test_export_is_as_it_was(tmp_path, name, session, form):
    with recorded_family(tmp_path) as store:
        text = FORMS[form](gather(store, session))
    if form == "json":
        text = _without_document_bodies(text)
    # The app's version changes with every release and says nothing about the format.
    text = re.sub(re.escape(sandbox.__version__), "VERSION", text)
    golden = GOLDEN / f"{name}.{form}"
    if os.environ.get("SANDBOX_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8", newline="")
    assert text == golden.read_bytes().decode("utf-8")


def _without_document_bodies(text: str) -> str:
    """The library's fields are the library's to change; their presence is tested elsewhere."""
    archive = json.loads(text)
    for entry in archive["documents"].values():
        entry["document"] = entry["document"]["id"]
    return json.dumps(archive, indent=2) + "\n"
