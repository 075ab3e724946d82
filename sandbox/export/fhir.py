"""The answers of a shared start as an HL7 FHIR R4 Bundle of QuestionnaireResponses.

The subject is marked as simulated, and everything as test data: nothing here may reach a patient's record.
"""

import json
import uuid
from collections.abc import Iterator

import sandbox
from sandbox.analysis.family import Family
from sandbox.engine.history import Measured
from sandbox.export import NOTICE
from sandbox.export.transcript.course import Shown, turn_id
from sandbox.library.interchange.fhir_extensions import ARM, CANONICAL, MISSING, OURS, SCORE, WAY
from sandbox.library.interchange.fhir_writing import (
    Json,
    fhir_complex,
    fhir_number,
    fhir_option,
    fhir_resource,
)
from sandbox.library.questionnaire import Questionnaire, RatingQuestionnaire
from sandbox.measurement.administration import Administration, Answer
from sandbox.models.provider import ModelDescription
from sandbox.store.afterwards import AskedAfterwards
from sandbox.store.session import StoredSession
from sandbox.text import printable

_TEST_DATA = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}
_NAMES = uuid.UUID("6f2c6cbe-6c0e-4d3c-9b57-3f1f0a0e9a11")
"""From which the ids of our resources are made: the same session gives the same ids."""


def fhir_bundle(family: Family, shown: Shown) -> str:
    """The Bundle as JSON in ASCII, ending in a newline. Raw answers are not in it, nor what was said.

    A questionnaire that stood for a later point as well is in it once. With `shown.scores` each response has
    its scores in extensions of ours.
    """
    subject = _resource("Patient", family.trunk, _subject())
    entries = [subject]
    questionnaires: dict[str, Questionnaire] = {}
    started = {call.id: call.started for session in family.sessions for call in session.calls}
    for session in family.sessions:
        arm = _arm(family, session)
        for asked, model, measured, questionnaire in _given(family, session):
            device = _device(model)
            entries.append(device)
            questionnaires.setdefault(questionnaire.id, questionnaire)
            made = _response(asked, measured, questionnaire, shown, arm)
            times = [started.get(answer.call_id) for answer in measured.administration.answers]
            if authored := min(filter(None, times), default=None):
                made["authored"] = authored.isoformat(timespec="milliseconds")
            who = {"subject": _pointing(subject), "author": _pointing(device)}
            entries.append(_resource("QuestionnaireResponse", str(made["identifier"]), {**made, **who}))
    for questionnaire in questionnaires.values():
        if isinstance(questionnaire, RatingQuestionnaire):
            made = fhir_resource(questionnaire)
            entries.append({"fullUrl": _url("Questionnaire", questionnaire.id), "resource": made})
    once = {str(entry["fullUrl"]): entry for entry in entries}
    bundle = {
        "resourceType": "Bundle",
        "id": str(uuid.uuid5(_NAMES, f"Bundle {family.first.head.id}")),
        "meta": {"source": f"urn:therapy-sandbox:{sandbox.__version__}", "tag": [_TEST_DATA]},
        "identifier": {"system": f"{OURS}session", "value": family.first.head.id},
        "type": "collection",
        "timestamp": family.first.created.isoformat(),
        "entry": list(once.values()),
    }
    return json.dumps(bundle, indent=2, allow_nan=False) + "\n"


def _subject() -> Json:
    return {
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">No person: a simulated client. {NOTICE}</div>',
        },
        "active": False,
        "name": [{"text": "Simulated client (no person)"}],
    }


def _arm(family: Family, session: StoredSession) -> Json:
    """In which arm, or shared start, something was given, and how far that got."""
    arm, technique = family.arm(session.head.id), session.head.plan.technique
    return fhir_complex(
        ARM,
        ("session", "String", arm.id),
        ("title", "String", printable(arm.title)),
        ("technique", "String", technique.id if technique else None),
        ("control", "Boolean", arm.is_control if technique else None),
        ("seed", "Integer", session.head.plan.seed),
        ("state", "String", arm.state),
    )


def _device(model: ModelDescription) -> Json:
    named = [{"name": model.title, "type": "model-name"}]
    return _resource("Device", model.name, {"status": "active", "deviceName": named})


def _given(
    family: Family, session: StoredSession
) -> Iterator[tuple[str, ModelDescription, Measured, Questionnaire]]:
    """Where it was given, the model that answered, what was given, and the questionnaire as it was.

    What was asked afterwards is among it.
    """
    documents = {m.questionnaire.id: m.questionnaire for m in session.head.plan.measures}
    whole = not family.holds(session.head.parent)
    for measured, by in zip(session.history.measured, session.measured_in, strict=True):
        given = measured.administration
        if (whole or by == session.head.id) and not given.as_at:
            yield by, session.model, measured, documents[given.questionnaire]
    for one in family.later.get(session.head.id, ()):
        if whole or one.session == session.head.id:
            yield _afterwards(one), one.model, one.measured, one.measure.questionnaire


def _afterwards(one: AskedAfterwards) -> str:
    """Where it was given: one point may be asked of several models, and of one model in several ways."""
    put = (
        (one.measure.form, *one.measure.shuffled)
        if one.measure.form != "batch" or one.measure.shuffled
        else ()
    )
    return ".".join((one.session, "afterwards", one.asked, *put))


def _response(asked: str, measured: Measured, questionnaire: Questionnaire, shown: Shown, arm: Json) -> Json:
    given = measured.administration
    extensions: list[Json] = [arm, {"url": WAY, "valueString": given.way}]
    if shown.scores:
        extensions += [
            fhir_complex(
                SCORE,
                ("scale", "String", score.scale),
                ("value", "Decimal", score.value),
                ("reason", "String", score.reason or None),
            )
            for score in given.scores
        ]
    place = turn_id(asked, measured.point.label)
    made: Json = {
        "extension": extensions,
        "identifier": {"system": f"{OURS}administration", "value": f"{place}.{questionnaire.id}.{given.way}"},
        "status": "stopped" if any(answer.value is None for answer in given.final_answers) else "completed",
    }
    if isinstance(questionnaire, RatingQuestionnaire):
        made["questionnaire"] = f"{CANONICAL}{questionnaire.id}|{questionnaire.version}"
    items = [_item(answer, given, questionnaire) for answer in given.final_answers]
    return {**made, "item": items} if items else made


def _item(answer: Answer, given: Administration, questionnaire: Questionnaire) -> Json:
    texts = {item.id: item.text for item in questionnaire.items}
    item: Json = {"linkId": answer.item, "text": texts.get(answer.item, answer.item)}
    if answer.value is None:
        return {"extension": [{"url": MISSING, "valueString": answer.missing or "not answered"}], **item}
    options = questionnaire.options if isinstance(questionnaire, RatingQuestionnaire) else None
    label = next((option.label for option in options or () if option.value == answer.value), None)
    if given.way == "report" and label is not None:
        return {**item, "answer": [{"valueCoding": fhir_option(answer.value, label)}]}
    return {**item, "answer": [{"valueDecimal": fhir_number(answer.value)}]}


def _resource(kind: str, name: str, made: Json) -> Json:
    """An entry of the Bundle. The same name gives the same id."""
    id = str(uuid.uuid5(_NAMES, f"{kind} {name}"))
    resource = {"resourceType": kind, "id": id, "meta": {"tag": [_TEST_DATA]}, **made}
    return {"fullUrl": f"urn:uuid:{id}", "resource": resource}


def _url(kind: str, name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMES, f'{kind} {name}')}"


def _pointing(entry: Json) -> Json:
    return {"reference": entry["fullUrl"]}
