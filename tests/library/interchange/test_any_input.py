"""Whatever stands in a file, bringing it in ends in a document or in an error of ours."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.errors import SandboxError
from sandbox.library.interchange.draft import draft
from sandbox.library.interchange.fhir import read_fhir
from sandbox.library.interchange.instrument import Completion
from sandbox.library.interchange.redcap import read_redcap
from sandbox.library.questionnaire import RatingQuestionnaire
from tests.library.interchange.dictionaries import redcap

TOLD = Completion(timeframe="right now", licence="x", id="any", values=(0, 1))
KEYS = [
    "resourceType",
    "id",
    "url",
    "version",
    "title",
    "item",
    "type",
    "text",
    "linkId",
    "answerOption",
    "valueCoding",
    "valueInteger",
    "display",
    "code",
    "extension",
    "valueDecimal",
    "valueString",
    "contained",
    "compose",
    "include",
    "concept",
    "answerValueSet",
    "repeats",
    "readOnly",
    "enableWhen",
    "question",
    "expansion",
    "contains",
    "options",
    "reference",
    "property",
    "language",
]
WORDS = [
    "Questionnaire",
    "ValueSet",
    "CodeSystem",
    "itemWeight",
    "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden",
    "choice",
    "decimal",
    "group",
    "display",
    "#vs",
    "en",
    "low",
    "urn:therapy-sandbox:fhir:scale",
    "urn:therapy-sandbox:fhir:source",
    "urn:therapy-sandbox:fhir:anchor",
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
    "http://hl7.org/fhir/StructureDefinition/minValue",
    "http://hl7.org/fhir/StructureDefinition/maxValue",
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)
OPTION = st.fixed_dictionaries(
    {}, optional={"valueInteger": st.integers(0, 3), "valueString": st.text(max_size=5), "extension": VALUES}
)
ITEM = st.fixed_dictionaries(
    {"linkId": st.text(max_size=5), "type": st.sampled_from(["choice", "decimal", "group", "display", "x"])},
    optional={
        "text": st.text(max_size=20),
        "answerOption": st.lists(OPTION, max_size=3) | VALUES,
        "item": VALUES,
        "extension": VALUES,
    },
)
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6), st.lists(ITEM, max_size=4))
def test_any_json(more: dict[str, Any], items: list[dict[str, Any]]) -> None:
    text = json.dumps({"item": items, **more, "resourceType": "Questionnaire"})
    try:
        made = draft(read_fhir(text, "f"), TOLD, "f")
    except SandboxError as error:
        assert str(error)
    else:
        assert isinstance(made.questionnaire, RatingQuestionnaire)


CELLS = st.text(max_size=12) | st.sampled_from(
    [
        "radio",
        "descriptive",
        "0, a | 00, b | 999, don't know",
        "@HIDDEN",
        "[x] = '1'",
        "[x] = '2'",
        "slider",
        "calc",
        "1, a | 2, b",
        "2, a | 1, b",
        "a | b",
        "[x]+[y]",
        "x",
        "y",
        "integer",
        "0",
        "9",
        "=1",
    ]
)


@MANY
@given(st.lists(st.lists(CELLS, min_size=1, max_size=18), max_size=5), st.text(max_size=10))
def test_any_dictionary(rows: list[list[str]], rest: str) -> None:
    try:
        made = draft(read_redcap(redcap(*rows) + rest, "f", TOLD), TOLD, "f")
    except SandboxError as error:
        assert str(error)
    else:
        assert isinstance(made.questionnaire, RatingQuestionnaire)
