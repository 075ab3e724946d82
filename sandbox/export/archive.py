"""Everything the record holds of the sessions, as JSON with a versioned format."""

import json

import sandbox
from sandbox.analysis.family import Family
from sandbox.analysis.suitability import Suitability
from sandbox.export.result import (
    Archive,
    ArchivedDocument,
    ArchivedSession,
    LaterMeasurement,
    Measurement,
    MeasureValidity,
    StateChange,
    arm_results,
)
from sandbox.export.transcript.course import turn_ids
from sandbox.export.transcript.provenance import documents
from sandbox.library.document import document_hash
from sandbox.store.document import folded, kind_of
from sandbox.store.session import StoredSession


def archive(family: Family) -> Archive:
    """Documents by hash, then every session with its own turns, measurements with answers and distributions,
    skips, calls and states; what is known of each measure's validity on the model; the arms with their
    effects, and the cautions a reader of the scores needs.
    """
    return Archive(
        cautions=family.remarks,
        written_by=f"therapy-sandbox {sandbox.__version__}",
        documents={
            document_hash(document): ArchivedDocument(
                kind=kind_of(document), document=document.model_dump(mode="json")
            )
            for document in documents(family)
        },
        validity=tuple(map(_validity, family.suitabilities)),
        sessions=tuple(_session(family, session) for session in family.sessions),
        arms=arm_results(family),
    )


def _session(family: Family, session: StoredSession) -> ArchivedSession:
    head, whole = session.head, not family.holds(session.head.parent)
    measured = zip(session.history.measured, session.measured_in, strict=True)
    turns, ids = session.history.turns if whole else session.own_turns, turn_ids(family, session)
    return ArchivedSession(
        id=head.id,
        parent=head.parent,
        replaced_by=family.replaced.get(head.id),
        inherited_turns=session.history.inherited,
        includes_inherited=whole and head.parent is not None,
        created=session.created,
        app_version=session.app_version,
        model=session.model,
        plan=json.loads(folded(head.plan)[0]),
        states=tuple(
            StateChange(at=one.at, state=one.state, reason=one.reason, author=one.author)
            for one in session.states
        ),
        state_now=session.state.now,
        turns=turns,
        turn_ids=tuple(ids[turn.index] for turn in turns),
        replies=tuple(
            point
            for point in family.arm(head.id).replies.points
            if whole or point.turn > session.history.inherited
        ),
        skips=session.history.skips,
        measurements=tuple(
            Measurement(
                measured_in=by,
                label=given.point.label,
                point=given.point,
                administration=given.administration,
            )
            for given, by in measured
            if whole or by == head.id
        ),
        asked_afterwards=tuple(
            LaterMeasurement(
                measured_in=one.session,
                label=one.measured.point.label,
                point=one.measured.point,
                asked=one.asked,
                model=one.model,
                at=one.at,
                measure=json.loads(folded(one.measure)[0]),
                administration=one.measured.administration,
            )
            for one in family.later.get(head.id, ())
            if whole or one.session == head.id
        ),
        calls=session.calls,
    )


def _validity(found: Suitability) -> MeasureValidity:
    check = found.check
    return MeasureValidity(
        questionnaire=found.questionnaire,
        way=found.measure.way,
        usable=found.usable,
        verdict=check.validity.verdict if check else None,
        checked=check.at if check else None,
        indices=check.validity.indices if check else (),
        remark=found.remark,
    )
