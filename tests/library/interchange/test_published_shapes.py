"""FHIR Questionnaires in the shapes that well-known ones are published in: right, or with a loud first line.

The items are made up; the structure, the extensions and the numbers of the answers are the published ones.
"""

import json
from typing import Any

import pytest

from sandbox.library.interchange.draft import Draft, draft
from sandbox.library.interchange.fhir import read_fhir
from sandbox.library.interchange.instrument import Completion
from sandbox.library.interchange.loss import NoInstrument

TOLD = Completion(timeframe="past two weeks", licence="as the file says", id="x")
HL7 = "http://hl7.org/fhir/StructureDefinition/"
LOINC = "http://loinc.org"
ARGONAUT = "http://fhir.org/guides/argonaut-questionnaire/"
DAYS = ("Not at all", "Several days", "More than half the days", "Nearly every day")

Json = dict[str, Any]


def brought(*items: Json, **more: Any) -> Draft:
    text = json.dumps({"resourceType": "Questionnaire", "title": "Panel", "item": list(items), **more})
    return draft(read_fhir(text, "panel.json"), TOLD, "panel.json")


def coding(label: str, code: str) -> Json:
    return {"system": LOINC, "code": code, "display": label}


def control(code: str) -> Json:
    return {"url": f"{HL7}questionnaire-itemControl", "valueCodeableConcept": {"coding": [{"code": code}]}}


def rated(code: str, labels: tuple[str, ...], values: tuple[int, ...] | None = None, **more: Any) -> Json:
    """A question as the forms of the National Library of Medicine write it."""
    numbers = values if values is not None else tuple(range(len(labels)))
    options = [
        {
            "valueCoding": coding(label, f"LA{n}"),
            "extension": [
                {"url": f"{HL7}questionnaire-optionPrefix", "valueString": str(n)},
                {"url": f"{HL7}ordinalValue", "valueDecimal": n},
            ],
        }
        for label, n in zip(labels, numbers, strict=True)
    ]
    question = {"linkId": f"/{code}", "text": f"Question {code}", "type": "choice", "required": False}
    return {
        **question,
        "code": [coding("q", code)],
        "extension": [control("drop-down")],
        "answerOption": options,
    } | more


def total(code: str = "44261-6") -> Json:
    unit = {"url": f"{HL7}questionnaire-unit", "valueCoding": {"code": "{score}"}}
    return {"linkId": f"/{code}", "text": "Total score", "type": "decimal", "extension": [unit]}


def helped(question: Json) -> Json:
    text = {
        "linkId": f"{question['linkId']}-help",
        "type": "display",
        "text": "How to score",
        "extension": [control("help")],
    }
    return {**question, "item": [text]}


def test_the_phq_9_panel_of_loinc_has_its_nine_items_and_not_the_difficulty_or_the_total() -> None:
    """44249-1: nine items 0–3 with help texts inside, one without scores, a total without bounds."""
    difficulty = {
        **rated("69722-7", ("Not difficult", "Somewhat", "Very", "Extremely")),
        "answerOption": [
            {"valueCoding": coding(w, w)} for w in ("Not difficult", "Somewhat", "Very", "Extremely")
        ],
    }
    nine = [helped(rated(f"4425{n}-1", DAYS)) for n in range(9)]
    made = brought(*nine, difficulty, helped(total()))
    found = made.questionnaire
    assert (len(found.items), found.scales[0].range, made.warnings) == (9, (0, 27), ())
    assert [(o.value, o.label) for o in found.options or ()] == list(enumerate(DAYS))
    told = " / ".join(map(str, made.losses))
    for words in ("/69722-7", "/44261-6", "“How to score”", "in /44250-1"):
        assert words in told


def test_the_phq_4_panel_in_groups_is_whole_and_a_scale_a_group() -> None:
    """69724-3: two groups of two under one instruction, each with a read-only sum of its own."""
    groups = [
        {
            "linkId": f"/{name}",
            "text": name,
            "type": "group",
            "item": [rated(f"{name}-1", DAYS), rated(f"{name}-2", DAYS), {**total(name), "readOnly": True}],
        }
        for name in ("GAD-2", "PHQ-2")
    ]
    lead = {"linkId": "/0", "type": "display", "text": "Over the last two weeks, how often?"}
    made = brought(lead, *groups)
    assert made.questionnaire.preamble == "Over the last two weeks, how often?"
    assert [(s.title, s.range) for s in made.questionnaire.scales] == [("GAD-2", (0, 6)), ("PHQ-2", (0, 6))]
    assert made.questionnaire.items[2].text == "PHQ-2\nQuestion PHQ-2-1"
    assert "2 instructions" in made.warnings[0] and "1 “GAD-2”, 2 “PHQ-2”" in made.warnings[1]
    assert any("read-only" in str(loss) for loss in made.losses)


def test_the_audit_says_first_that_four_of_its_ten_questions_have_other_answers() -> None:
    """72110-0: three kinds of answers with the numbers 0–4, and one with 0, 2 and 4."""
    how_often = ("Never", "Monthly or less", "2-4 a month", "2-3 a week", "4 or more a week")
    how_many = ("1 or 2", "3 or 4", "5 or 6", "7 to 9", "10 or more")
    months = ("Never", "Less than monthly", "Monthly", "Weekly", "Daily or almost daily")
    ever = ("No", "Yes, but not in the last year", "Yes, during the last year")
    made = brought(
        rated("q1", how_often),
        rated("q2", how_many),
        *(rated(f"q{n}", months) for n in range(3, 9)),
        *(rated(f"q{n}", ever, (0, 2, 4)) for n in (9, 10)),
    )
    assert [item.id for item in made.questionnaire.items] == [f"q{n}" for n in range(3, 9)]
    assert made.warnings[0].startswith("6 of 10 rating questions are in it")
    assert "Left out: /q1, /q2, /q9, /q10" in made.warnings[0]
    assert made.questionnaire.title == "Panel (6 of 10 questions)"
    assert made.text.startswith("# TODO check: 6 of 10")


def contained(kind: str) -> Json:
    """A value set inside the file as the Argonaut project's and HL7's own PHQ-9 have it."""
    score = {
        "argonaut": f"{ARGONAUT}StructureDefinition/extension-score",
        "expansion": f"{HL7}ordinalValue",
        "url": f"{HL7}valueset-ordinalValue",
        "system": "",
    }[kind]
    concepts = [
        {"code": f"LA{n}", "display": label}
        | ({"extension": [{"url": score, "valueDecimal": n}]} if score else {})
        for n, label in enumerate(DAYS)
    ]
    made: Json = {"resourceType": "ValueSet", "id": "PHQ-9", "url": f"{ARGONAUT}ValueSet/PHQ-9"}
    if kind == "expansion":
        return made | {"expansion": {"contains": [{"system": LOINC, **concept} for concept in concepts]}}
    if kind == "system":
        return made | {"compose": {"include": [{"system": "urn:days"}]}}
    return made | {"compose": {"include": [{"system": LOINC, "concept": concepts}]}}


SYSTEM = {
    "resourceType": "CodeSystem",
    "url": "urn:days",
    "concept": [
        {"code": f"d{n}", "display": label, "property": [{"code": "itemWeight", "valueDecimal": n}]}
        for n, label in enumerate(DAYS)
    ],
}


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("argonaut", {"answerValueSet": "#PHQ-9"}),
        ("argonaut", {"options": {"reference": "#PHQ-9"}}),
        ("expansion", {"answerValueSet": "#PHQ-9"}),
        ("url", {"answerValueSet": f"{ARGONAUT}ValueSet/PHQ-9|1.0"}),
        ("system", {"answerValueSet": "#PHQ-9"}),
    ],
)
def test_the_phq_9_of_argonaut_has_its_answers_from_the_value_set_in_the_file(kind: str, named: Json) -> None:
    items = [{"linkId": f"q{n}", "type": "choice", "text": f"Question {n}", **named} for n in range(9)]
    group = {"linkId": "g", "type": "group", "text": "Over the last 2 weeks …", "item": items}
    made = brought(group, {**total(), "readOnly": True}, contained=[contained(kind), SYSTEM])
    assert (len(made.questionnaire.items), made.questionnaire.scales[0].range) == (9, (0, 27))
    assert [o.label for o in made.questionnaire.options or ()] == list(DAYS)
    assert (made.questionnaire.preamble, made.warnings) == ("Over the last 2 weeks …", ())


def test_a_panel_whose_answers_stand_on_a_server_says_so_with_the_item_s_own_line() -> None:
    """As the server of LOINC gives it out: nothing but an address stands in the file."""
    items = [
        {
            "linkId": f"/{n}",
            "type": "choice",
            "text": "Little pleasure",
            "answerValueSet": f"{LOINC}/vs/LL358-3",
        }
        for n in range(9)
    ]
    with pytest.raises(NoInstrument, match="no rating question") as refused:
        brought(*items)
    assert "item[0] /0 “Little pleasure”" in refused.value.todo
    assert (
        "its answers stand elsewhere (http://loinc.org/vs/LL358-3), and nothing is fetched"
        in refused.value.todo
    )
    partly = brought(*items[:2], rated("a", DAYS))
    assert partly.warnings[0].startswith("1 of 3 rating questions are in it")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"extension": [{"url": f"{HL7}questionnaire-hidden", "valueBoolean": True}]}, "is hidden"),
        ({"readOnly": True}, "is read-only"),
        (
            {
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
                        "sdc-questionnaire-calculatedExpression",
                        "valueExpression": {"language": "text/fhirpath", "expression": "1"},
                    }
                ]
            },
            "is calculated",
        ),
    ],
)
def test_what_nobody_is_asked_is_not_asked_of_the_model(more: Json, words: str) -> None:
    inside = {"linkId": "g", "type": "group", "item": [rated("c", DAYS)], **more}
    made = brought(rated("a", DAYS), rated("b", DAYS, **more), *([inside] if "extension" in more else []))
    assert ([item.id for item in made.questionnaire.items], made.warnings) == (["a"], ())
    assert any(words in str(loss) and "/b “Question b”" in str(loss) for loss in made.losses)


def test_questions_nested_in_a_question_are_named_and_counted() -> None:
    made = brought(rated("a", DAYS), rated("b", DAYS, item=[rated("c", DAYS)]))
    assert [item.id for item in made.questionnaire.items] == ["a", "b"]
    assert made.warnings[0].startswith("2 of 3 rating questions are in it")
    assert any("it is nested in /b" in str(loss) and "“Question c”" in str(loss) for loss in made.losses)


def test_alternatives_that_exclude_each_other_are_never_asked_of_one_client() -> None:
    def only(answer: str) -> Json:
        return {"enableWhen": [{"question": "sex", "operator": "=", "answerCoding": {"code": answer}}]}

    made = brought(rated("a", DAYS), rated("f", DAYS, **only("female")), rated("m", DAYS, **only("male")))
    assert [item.id for item in made.questionnaire.items] == ["a", "f"]
    assert made.warnings[0].startswith("2 of 3 rating questions are in it")
    assert any("sex = 'male'" in str(assumption) for assumption in made.assumptions)
