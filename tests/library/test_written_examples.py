"""The examples in docs/documents.md are documents: who copies them gets what the page says."""

import re
from pathlib import Path

from sandbox.library.loading import parse_document
from sandbox.library.scenario import Scenario
from sandbox.library.technique import Technique

PAGE = Path(__file__).parents[2] / "docs" / "documents.md"


def test_the_examples_load() -> None:
    head, scenario, technique, *_ = re.findall(
        r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    assert isinstance(parse_document(head + scenario, "scenario"), Scenario)
    script = parse_document(head + technique, "technique")
    assert isinstance(script, Technique)
    assert script.steps[1].repeat is not None
