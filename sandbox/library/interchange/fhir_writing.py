"""A rating questionnaire written as an HL7 FHIR R4 Questionnaire in JSON."""

import json
from collections.abc import Iterator

from sandbox.errors import UsageError
from sandbox.library.document import Reference, Source
from sandbox.library.interchange.fhir_extensions import (
    ANCHOR,
    CANONICAL,
    ITEM_WEIGHT,
    MAX_VALUE,
    MIN_VALUE,
    ORDINAL_VALUE,
    PREAMBLE,
    REFERENCE,
    REVERSE,
    SCALE,
    SOURCE,
    TIMEFRAME,
)
from sandbox.library.interchange.loss import Loss
from sandbox.library.questionnaire import Questionnaire, RatingItem, RatingQuestionnaire, Scale

Json = dict[str, object]

_NOT_RATED = {"word": "A next-word probe has", "completion": "A sentence completion has"}


def fhir_text(questionnaire: Questionnaire) -> tuple[str, tuple[Loss, ...]]:
    """The JSON text, and what stands in it where only this app looks: in extensions of our own.

    Raises UsageError for a questionnaire that is not of ratings: FHIR has no form for it.
    """
    if not isinstance(questionnaire, RatingQuestionnaire):
        raise UsageError(
            f"{_NOT_RATED[questionnaire.kind]} no rated questions a FHIR Questionnaire could hold.",
            where=questionnaire.id,
            todo="Export a questionnaire of kind: rating.",
        )
    text = json.dumps(fhir_resource(questionnaire), indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n", tuple(_only_ours(questionnaire))


def fhir_resource(questionnaire: RatingQuestionnaire) -> Json:
    """The Questionnaire as a tree of plain values."""
    preamble: list[Json] = []
    if questionnaire.preamble:
        preamble = [{"linkId": PREAMBLE, "type": "display", "text": questionnaire.preamble}]
    return {
        "resourceType": "Questionnaire",
        "id": questionnaire.id,
        "language": questionnaire.language,
        "extension": list(_extensions(questionnaire)),
        "url": CANONICAL + questionnaire.id,
        "version": questionnaire.version,
        "name": _computer_name(questionnaire.id),
        "title": questionnaire.title,
        "status": "active",
        "description": questionnaire.description,
        "copyright": questionnaire.licence,
        "item": [*preamble, *(_item(item, questionnaire) for item in questionnaire.items)],
    }


def _extensions(questionnaire: RatingQuestionnaire) -> Iterator[Json]:
    yield {"url": TIMEFRAME, "valueString": questionnaire.timeframe}
    yield _source(questionnaire.source)
    yield from map(_reference, questionnaire.references)
    for anchor in questionnaire.range.anchors if questionnaire.range else ():
        yield fhir_complex(ANCHOR, ("value", "Decimal", anchor.value), ("label", "String", anchor.label))
    yield from map(_scale, questionnaire.scales)


def _source(source: Source) -> Json:
    return fhir_complex(
        SOURCE,
        ("author", "String", source.author),
        ("method", "String", source.method),
        ("draftedBy", "String", source.drafted_by),
        ("drawnFrom", "String", source.drawn_from),
    )


def _reference(reference: Reference) -> Json:
    return fhir_complex(
        REFERENCE,
        ("title", "String", reference.title),
        ("doi", "String", reference.doi),
        ("url", "String", reference.url),
    )


def _scale(scale: Scale) -> Json:
    return fhir_complex(
        SCALE,
        ("id", "String", scale.id),
        ("title", "String", scale.title),
        *(("item", "String", item) for item in scale.items),
        ("method", "String", scale.method),
        ("multiply", "Decimal", scale.multiply),
        ("low", "Decimal", scale.range[0]),
        ("high", "Decimal", scale.range[1]),
        ("higherIs", "String", scale.higher_is),
        ("missingAtMost", "Integer", scale.missing.at_most),
        ("missingRule", "String", scale.missing.rule),
    )


def _item(item: RatingItem, questionnaire: RatingQuestionnaire) -> Json:
    extensions: list[Json] = [{"url": REVERSE, "valueBoolean": True}] if item.reverse else []
    if questionnaire.range is not None:
        for url, value in ((MIN_VALUE, questionnaire.range.min), (MAX_VALUE, questionnaire.range.max)):
            extensions.append({"url": url, "valueDecimal": fhir_number(value)})
    made: Json = {"extension": extensions} if extensions else {}
    made |= {"linkId": item.id, "text": item.text}
    if questionnaire.options is None:
        return {**made, "type": "decimal"}
    whole = sum(questionnaire.bounds)
    options = [
        _option(option.value, whole - option.value if item.reverse else option.value, option.label)
        for option in questionnaire.options
    ]
    return {**made, "type": "choice", "answerOption": options}


def _option(value: float, counts: float, label: str) -> Json:
    """An answer: its code is the value as answered, its weights what it counts, which is what others sum."""
    # R4 knows the score as ordinalValue; R5 and today's tools as itemWeight.
    weights = [{"url": url, "valueDecimal": fhir_number(counts)} for url in (ORDINAL_VALUE, ITEM_WEIGHT)]
    return {"extension": weights, "valueCoding": fhir_option(value, label)}


def fhir_option(value: float, label: str) -> Json:
    """An answer as a code: the value as answered, and its words."""
    return {"code": str(fhir_number(value)), "display": label}


def fhir_complex(url: str, *parts: tuple[str, str, str | float | None]) -> Json:
    """An extension made of named parts, each with its FHIR type; those that are None are left out."""
    inner = [
        {"url": name, f"value{type_}": fhir_number(value) if isinstance(value, float) else value}
        for name, type_, value in parts
        if value is not None
    ]
    return {"extension": inner, "url": url}


def fhir_number(value: float) -> int | float:
    """The number as it is written in JSON: whole where it is whole."""
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _computer_name(id: str) -> str:
    name = "".join(part.capitalize() for part in id.split("-"))
    return name if name[0].isalpha() else f"Q{name}"


def _only_ours(questionnaire: RatingQuestionnaire) -> Iterator[Loss]:
    """What stands in extensions of ours alone."""
    yield Loss("its timeframe and its source")
    if questionnaire.references:
        yield Loss("its references")
    if questionnaire.range and questionnaire.range.anchors:
        yield Loss("the words at the points of its range")
    # Answers of a list carry what they count; a number in a range is what was answered.
    reverse = [item.id for item in questionnaire.items if item.reverse and questionnaire.range]
    if reverse:
        yield Loss("that these items are reversed: others would score them the wrong way", ", ".join(reverse))
    yield Loss("how these scales are scored", ", ".join(scale.id for scale in questionnaire.scales))
