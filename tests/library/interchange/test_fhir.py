"""FHIR both ways: what we write is valid and comes back equal; what others write is understood or told."""

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire as FhirQuestionnaire
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.errors import UsageError
from sandbox.library.interchange.draft import Draft, draft
from sandbox.library.interchange.fhir import read_fhir
from sandbox.library.interchange.fhir_extensions import OURS
from sandbox.library.interchange.fhir_writing import fhir_text
from sandbox.library.interchange.instrument import Completion
from sandbox.library.interchange.loss import NoInstrument
from sandbox.library.loading import load_file, parse_document
from sandbox.library.questionnaire import CompletionQuestionnaire, RatingQuestionnaire
from sandbox.library.yaml.writing import document_text
from tests.documents import probe
from tests.measurement.ratings import ranged

SHIPPED = sorted((Path(__file__).parents[3] / "questionnaires").glob("*.yaml"))
RATING = [path for path in SHIPPED if "kind: rating" in path.read_text(encoding="utf-8")]
NOTHING = Completion()
TOLD = Completion(timeframe="right now", licence="CC0-1.0")


def back(text: str, completion: Completion = NOTHING) -> Draft:
    return draft(read_fhir(text, "file.json"), completion, "file.json")


def shipped(path: Path) -> RatingQuestionnaire:
    document = load_file(path)
    assert isinstance(document, RatingQuestionnaire)
    return document


def named(name: str) -> RatingQuestionnaire:
    return shipped(next(path for path in RATING if path.stem == name))


def test_there_are_rating_questionnaires_to_try() -> None:
    assert len(RATING) >= 9


@pytest.mark.parametrize("path", RATING, ids=lambda path: path.stem)
def test_a_shipped_questionnaire_comes_back_equal_and_nothing_is_lost(path: Path) -> None:
    questionnaire = shipped(path)
    returned = back(fhir_text(questionnaire)[0])
    assert returned.questionnaire == questionnaire
    assert (returned.losses, returned.assumptions) == ((), ())


@pytest.mark.parametrize("path", RATING, ids=lambda path: path.stem)
def test_what_is_written_is_a_fhir_questionnaire(path: Path) -> None:
    questionnaire = shipped(path)
    resource = FhirQuestionnaire.model_validate_json(fhir_text(questionnaire)[0])
    asked = [item for item in resource.item or () if item.type != "display"]
    assert [item.text for item in asked] == [item.text for item in questionnaire.items]
    reverse = {item.id for item in questionnaire.items if item.reverse}
    for item in asked:
        weights = [
            {str(e.url).rsplit("/", 1)[1]: float(e.valueDecimal or 0) for e in o.extension or ()}
            for o in item.answerOption or ()
        ]
        values = [option.value for option in questionnaire.options or ()]
        counts = [sum(questionnaire.bounds) - v if item.linkId in reverse else v for v in values]
        assert weights == [{"ordinalValue": value, "itemWeight": value} for value in counts]
        codes = [o.valueCoding.code for o in item.answerOption or () if o.valueCoding]
        assert [float(str(code)) for code in codes] == values


def test_software_that_adds_up_the_scores_of_answers_gets_the_published_sum() -> None:
    """The second answer to every item of the PSWQ: 2 in eleven items, 4 in the five reversed ones."""
    pswq = json.loads(fhir_text(named("pswq"))[0])
    asked = [item for item in pswq["item"] if item["type"] == "choice"]
    second = [item["answerOption"][1]["extension"] for item in asked]
    sums = {sum(extensions[n]["valueDecimal"] for extensions in second) for n in (0, 1)}
    assert sums == {11 * 2 + 5 * 4}


def without_our_extensions(value: Any) -> Any:
    """What software leaves of a file that keeps no extension it does not know."""
    if isinstance(value, list):
        kept = [v for v in value if not (isinstance(v, dict) and str(v.get("url")).startswith(OURS))]
        return [without_our_extensions(inner) for inner in kept]
    return {k: without_our_extensions(v) for k, v in value.items()} if isinstance(value, dict) else value


def test_reversed_items_are_known_by_their_scores_where_our_extensions_are_gone() -> None:
    stripped = json.dumps(without_our_extensions(json.loads(fhir_text(named("pswq"))[0])))
    returned = back(stripped, Completion(timeframe="in general")).questionnaire
    assert returned.items == named("pswq").items
    assert returned.options == named("pswq").options


def test_a_file_written_when_reversed_items_had_their_plain_scores_still_comes_back_equal() -> None:
    old = json.loads(fhir_text(named("pswq"))[0])
    for item in old["item"]:
        for option in item.get("answerOption", ()):
            for weight in option["extension"]:
                weight["valueDecimal"] = int(option["valueCoding"]["code"])
    assert back(json.dumps(old)).questionnaire == named("pswq")


def test_a_mark_without_numbers_for_codes_does_not_cancel_mirrored_scores() -> None:
    mark = [{"url": f"{OURS}reverse", "valueBoolean": True}]
    text = foreign(choice("a", "I hum", *TURNED, extension=mark), choice("b", "I fret", *YES))
    assert [item.reverse for item in back(text, TOLD).questionnaire.items] == [True, False]


def test_what_only_we_would_find_in_the_file_is_told() -> None:
    told = " / ".join(map(str, fhir_text(named("pswq"))[1]))
    assert "reversed" not in told and "scored" in told
    told = " / ".join(map(str, fhir_text(ranged())[1]))
    assert "calm: that these items are reversed" in told


def test_what_is_not_rated_has_no_fhir_form_and_is_called_what_it_is() -> None:
    with pytest.raises(UsageError, match="next-word probe"):
        fhir_text(probe())
    stems = load_file(next(path for path in SHIPPED if path.stem == "sentence-completion"))
    assert isinstance(stems, CompletionQuestionnaire)
    with pytest.raises(UsageError, match="sentence completion"):
        fhir_text(stems)


# What others write.


def choice(id: str, text: str, *options: tuple[str, float | None], **more: Any) -> dict[str, Any]:
    url = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
    made = [
        {"valueCoding": {"system": "http://loinc.org", "code": f"LA{n}", "display": label}}
        | ({} if value is None else {"extension": [{"url": url, "valueDecimal": value}]})
        for n, (label, value) in enumerate(options)
    ]
    return {"linkId": id, "text": text, "type": "choice", "answerOption": made, **more}


YES = (("never", 0), ("sometimes", 1), ("often", 2))
TURNED = (("never", 2), ("sometimes", 1), ("often", 0))


def foreign(*items: dict[str, Any], **more: Any) -> str:
    head = {"resourceType": "Questionnaire", "status": "active", "title": "Made up", "id": "made-up"}
    return json.dumps({**head, "item": list(items), **more})


def test_a_foreign_questionnaire_gets_a_sum_of_its_items_and_says_so() -> None:
    made = back(
        foreign(
            {"linkId": "0", "type": "display", "text": "Think of this week."},
            choice("/q-1", "I hum", *YES),
            choice("/q-2", "I whistle", *YES),
            copyright="Free to use",
            language="de",
            publisher="A society",
        ),
        Completion(timeframe="past week"),
    )
    found = made.questionnaire
    assert (found.id, found.language, found.licence, found.source.author) == (
        "made-up",
        "de",
        "Free to use",
        "A society",
    )
    assert found.preamble == "Think of this week."
    assert [item.id for item in found.items] == ["q-1", "q-2"]
    assert [(o.value, o.label) for o in found.options or ()] == [(0, "never"), (1, "sometimes"), (2, "often")]
    assert [(s.method, s.range) for s in found.scales] == [("sum", (0, 4))]
    assert any(assumption.key == "scales" for assumption in made.assumptions)
    assert any("codes in http://loinc.org" in str(loss) for loss in made.losses)
    assert "# TODO check: the file has no score" in made.text


def test_line_ends_that_no_document_may_have_become_ordinary_ones() -> None:
    item = choice("a", "I hum\u2028or whistle", ("not\u2029now", 0), ("now", 1))
    found = back(foreign(item), TOLD).questionnaire
    assert found.items[0].text == "I hum\nor whistle"
    assert [option.label for option in found.options or ()] == ["not now", "now"]


def test_mirrored_scores_mean_a_reversed_item() -> None:
    found = back(foreign(choice("a", "I hum", *TURNED), choice("b", "I fret", *YES)), TOLD).questionnaire
    assert {item.id: item.reverse for item in found.items} == {"a": True, "b": False}
    assert [o.value for o in found.options or ()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"linkId": "x", "type": "text", "text": "Anything else?"}, "type text"),
        ({"linkId": "x", "type": "boolean", "text": "Really?"}, "type boolean"),
        (choice("x", "Other answers", ("no", 0), ("yes", 1)), "other answers than most"),
        (choice("x", "Only if", *YES, enableWhen=[{"question": "a"}]), "x: asked under a condition"),
        (choice("x", "Several", *YES, repeats=True), "several answers"),
        (
            choice("x", "Odd", *YES, extension=[{"url": "http://x.org/odd", "valueString": "?"}]),
            "http://x.org/odd",
        ),
        (
            {"linkId": "x", "type": "choice", "text": "T", "answerValueSet": "http://x.org/vs"},
            "http://x.org/vs",
        ),
        ({"linkId": "x", "type": "integer", "text": "How many?"}, "lowest and highest"),
        ({"linkId": "x", "type": "display", "text": "Now the rest."}, "Now the rest."),
        (choice("x", "Below", *YES, item=[{"linkId": "y"}]), "item[2].item[0] y"),
    ],
)
def test_what_cannot_be_carried_is_told(item: dict[str, Any], words: str) -> None:
    made = back(foreign(choice("a", "I hum", *YES), choice("b", "I fret", *YES), item), TOLD)
    told = (*made.losses, *made.assumptions)
    assert any(words in str(one) for one in told), told


def test_answers_of_a_value_set_inside_the_file_are_found() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/itemWeight"
    concepts = [
        {"code": "n", "display": "no", "extension": [{"url": url, "valueDecimal": 0}]},
        {"code": "y", "display": "yes", "extension": [{"url": url, "valueDecimal": 1.5}]},
    ]
    value_set = {"resourceType": "ValueSet", "id": "vs", "compose": {"include": [{"concept": concepts}]}}
    item = {"linkId": "a", "type": "choice", "text": "Is it?", "answerValueSet": "#vs"}
    made = back(foreign(item, contained=[value_set]), TOLD)
    assert [(o.label, o.value) for o in made.questionnaire.options or ()] == [("no", 0), ("yes", 1.5)]
    assert made.losses == ()


def test_answers_without_scores_need_the_values_said() -> None:
    text = foreign(choice("a", "I hum", ("never", None), ("often", None)))
    with pytest.raises(NoInstrument, match="what its answers score") as refused:
        back(text, TOLD)
    assert "--values" in refused.value.todo
    told = Completion(timeframe="right now", licence="CC0-1.0", values=(1, 7))
    assert [o.value for o in back(text, told).questionnaire.options or ()] == [1, 7]


def test_what_neither_file_nor_person_says_is_asked_for() -> None:
    with pytest.raises(UsageError) as refused:
        back(foreign(choice("a", "I hum", *YES)))
    assert "--timeframe" in refused.value.todo and "--licence" in refused.value.todo


# Round trips of anything a document can hold.

SLUGS = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\x85\ufeff\ufffe\uffff")
LINES = (
    st.text(LETTERS, min_size=1, max_size=60).map(str.strip).filter(lambda t: t and len(t.splitlines()) == 1)
)
TEXTS = st.lists(LINES, min_size=1, max_size=3).map("\n".join)
NUMBERS = st.integers(-1000, 1000).map(float) | st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-3)


@st.composite
def questionnaires(draw: st.DrawFn) -> dict[str, Any]:
    ids = draw(st.lists(SLUGS, min_size=1, max_size=5, unique=True))
    low, high = sorted(draw(st.lists(NUMBERS, min_size=2, max_size=2, unique=True)))
    answers: dict[str, Any] = {
        "range": {"min": low, "max": high, "anchors": ({"value": low, "label": draw(LINES)},)}
    }
    if draw(st.booleans()):
        labels = draw(st.lists(LINES, min_size=2, max_size=2, unique_by=str.casefold))
        answers = {
            "options": tuple({"value": v, "label": t} for v, t in zip((low, high), labels, strict=True))
        }
    items = tuple({"id": id, "text": draw(TEXTS), "reverse": draw(st.booleans())} for id in ids)
    multiply = draw(st.floats(0.5, 8))
    scale: dict[str, Any] = {
        "id": draw(SLUGS),
        "items": tuple(ids),
        "method": "sum",
        "multiply": multiply,
        "range": (low * len(ids) * multiply, high * len(ids) * multiply),
        "higher_is": draw(st.sampled_from(["more distress", "less distress", "neither"])),
        "missing": {"at_most": len(ids) - 1, "rule": draw(st.sampled_from(["prorate", "absent"]))},
    }
    return {
        "id": draw(SLUGS),
        "kind": "rating",
        "title": draw(LINES),
        "description": draw(TEXTS),
        "source": {"author": draw(LINES), "drafted_by": "person", "drawn_from": draw(TEXTS)},
        "licence": draw(LINES),
        "version": draw(LINES),
        "timeframe": draw(st.sampled_from(["right now", "past month"])),
        "references": ({"title": draw(LINES), "url": draw(LINES)},),
        "preamble": draw(TEXTS),
        **answers,
        "items": items,
        "scales": (scale,),
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(questionnaires())
def test_any_rating_questionnaire_survives_fhir(data: dict[str, Any]) -> None:
    questionnaire = RatingQuestionnaire.model_validate(data)
    text, _ = fhir_text(questionnaire)
    FhirQuestionnaire.model_validate_json(text)
    returned = back(text)
    assert returned.questionnaire == questionnaire
    assert returned.losses == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(questionnaires(), st.text(max_size=200))
def test_any_questionnaire_is_written_as_yaml_that_says_the_same(data: dict[str, Any], comment: str) -> None:
    text = document_text(data, {"items": [comment]})
    assert parse_document(text, "questionnaire") == RatingQuestionnaire.model_validate(data)
