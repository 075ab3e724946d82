"""Everything the record holds of the sessions, as JSON with a versioned format."""

import json
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

import sandbox
from sandbox.analysis.suitability import Suitability
from sandbox.analysis.trajectory import ScaleName
from sandbox.export.family import NOTICE, Family, course, effects, replies
from sandbox.export.markdown import documents
from sandbox.library.document import document_hash
from sandbox.store.document import folded, kind_of
from sandbox.store.session import StoredSession
from sandbox.store.state import StateEntry

FORMAT = "therapy-sandbox record"
FORMAT_VERSION = 3


def archive(family: Family) -> dict[str, Any]:
    """Documents by hash, then every session: plan (documents as {"$document": hash}), own turns,
    measurements with answers and distributions, negativity of its replies, skips, calls, states; the effects
    of each arm; what is known of each measure's validity on the model (`usable` null: never checked), and
    the cautions a reader of the scores needs.
    """
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "notice": NOTICE,
        "written_by": f"therapy-sandbox {sandbox.__version__}",
        "documents": {
            document_hash(document): {
                "kind": kind_of(document),
                "document": document.model_dump(mode="json"),
            }
            for document in documents(family)
        },
        "cautions": [asdict(remark) for remark in family.remarks],
        "validity": [_validity(found) for found in family.suitabilities],
        "sessions": [_session(family, session) for session in family.sessions],
        "effects": [_effects(family, arm, name) for arm in family.arms for name in family.scales],
    }


def archive_json(family: Family) -> str:
    """`archive` as text: ASCII, so that no character of a model's can act on a terminal."""
    return json.dumps(archive(family), indent=2, allow_nan=False) + "\n"


def _session(family: Family, session: StoredSession) -> dict[str, Any]:
    head, whole = session.head, not family.holds(session.head.parent)
    measured = zip(session.history.measured, session.measured_in, strict=True)
    return {
        "id": head.id,
        "parent": head.parent,
        "replaced_by": family.replaced.get(head.id),
        "inherited_turns": session.history.inherited,
        "includes_inherited": whole and head.parent is not None,
        "created": session.created.isoformat(),
        "app_version": session.app_version,
        "model": _plain(session.model),
        "plan": json.loads(folded(head.plan)[0]),
        "states": [_state(entry) for entry in session.states],
        "state_now": session.state.now,
        "turns": [_plain(turn) for turn in (session.history.turns if whole else session.own_turns)],
        "replies": [
            _plain(point)
            for point in replies(session).points
            if whole or point.turn > session.history.inherited
        ],
        "skips": [_plain(skip) for skip in session.history.skips],
        "measurements": [
            {"measured_in": by, "label": given.point.label, **_plain(given)}
            for given, by in measured
            if whole or by == head.id
        ],
        "calls": [_plain(call) for call in session.calls],
    }


def _validity(found: Suitability) -> dict[str, Any]:
    check = found.check
    return {
        "questionnaire": found.measure.questionnaire.id,
        "way": found.measure.way,
        "usable": found.usable,
        "verdict": check.validity.verdict if check else None,
        "checked": check.at.isoformat() if check else None,
        "indices": [_plain(index) for index in check.validity.indices] if check else [],
        "remark": found.remark,
    }


def _state(entry: StateEntry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "state": entry.state,
        "reason": entry.reason,
        "author": entry.author,
    }


def _effects(family: Family, arm: StoredSession, name: ScaleName) -> dict[str, Any]:
    questionnaire, way, scale = name
    return {
        "session": arm.head.id,
        "questionnaire": questionnaire,
        "way": way,
        "scale": scale,
        "trajectory": [
            {"label": p.label, "value": p.value, "reliable": p.reliable, "reason": p.reason}
            for p in course(arm, name).points
        ],
        **_plain(effects(family, arm, name)),
    }


def _plain(value: object) -> dict[str, Any]:
    dumped: dict[str, Any] = TypeAdapter(type(value)).dump_python(value, mode="json")
    return dumped
