"""The scores as rows of a table: one row a score, each score once, under the session that measured it."""

from collections.abc import Iterator

from sandbox.analysis.afterwards import named_afterwards
from sandbox.analysis.family import Family
from sandbox.analysis.numeral import for_data
from sandbox.analysis.reply_valence import REPLIES, ReplyPoint
from sandbox.engine.history import Measured
from sandbox.export.data.codebook import NOTE
from sandbox.measurement.administration import Administration, lowest_coverage, mean_entropy
from sandbox.store.session import StoredSession


def score_rows(family: Family) -> Iterator[dict[str, object]]:
    """The rows of the table: what is in SCORES of the codebook. What is missing is None.

    A branch exported without its trunk has the trunk's rows too, since its effects need them. After each
    session's measurements comes what it was asked afterwards (`k6, asked afterwards`), then its replies, both
    named as in comparisons.
    """
    for session in family.sessions:
        whole = not family.holds(session.head.parent)
        for measured, by in zip(session.history.measured, session.measured_in, strict=True):
            if whole or by == session.head.id:
                yield from _rows(family, session, measured, by)
        for one in family.later.get(session.head.id, ()):
            if whole or one.session == session.head.id:
                (measured,) = named_afterwards([one], session.head.plan)
                yield from _rows(family, session, measured, one.session)
        for reply in family.arm(session.head.id).replies.points:
            if whole or reply.turn > session.history.inherited:
                yield _reply_row(family, session, reply)


def _rows(family: Family, session: StoredSession, measured: Measured, by: str) -> list[dict[str, object]]:
    given, point = measured.administration, measured.point
    return [
        {
            **_session_cells(family, session, own=by == session.head.id),
            "session": by,
            "point": point.label,
            "phase": point.phase,
            "after_turn": point.after_turn,
            "technique_turn": point.number or None,
            "questionnaire": given.questionnaire,
            "way": given.way,
            "scale": score.scale,
            "value": score.value,
            "answered": score.answered,
            "items": score.items,
            "reason": score.reason,
            "reliable": None if score.value is None else int(given.reliable),
            "usable": _usable(family, given),
            "coverage": lowest_coverage(given),
            "entropy": mean_entropy(given),
            "unseen": len(given.unseen) if given.way == "word" else None,
            "hidden": given.hidden if given.way == "word" else None,
            "form": given.form if given.way == "report" else None,
            "note": NOTE,
        }
        for score in given.scores
    ]


def _usable(family: Family, given: Administration) -> str:
    """What the check of this questionnaire and way on the model said."""
    for found in family.suitabilities:
        if (found.questionnaire, found.measure.way) == (given.questionnaire, given.way):
            return found.usable or "never checked"
    return ""


def _reply_row(family: Family, session: StoredSession, reply: ReplyPoint) -> dict[str, object]:
    own = reply.turn > session.history.inherited
    questionnaire, way, scale = REPLIES
    return {
        **_session_cells(family, session, own=own),
        "session": session.head.id if own else family.absent_trunk,
        "point": reply.label,
        "phase": reply.phase,
        "after_turn": reply.turn,
        "technique_turn": reply.number if reply.phase == "technique" else None,
        "questionnaire": questionnaire,
        "way": way,
        "scale": scale,
        "value": for_data(reply.negativity),
        "answered": 1,
        "items": 1,
        "note": NOTE,
    }


def _session_cells(family: Family, session: StoredSession, *, own: bool) -> dict[str, object]:
    """What a row says of its session; the technique and state only where the session made the row itself."""
    plan = session.head.plan
    technique = plan.technique if own else None
    return {
        "trunk": family.trunk,
        "parent": session.head.parent if own else None,
        "model": plan.model,
        "seed": plan.seed,
        "client": plan.client.id,
        "scenario": plan.scenario.id,
        "affect": plan.scenario.affect,
        "technique": technique.id if technique else None,
        "control": int(technique.is_control) if technique else None,
        "state": session.state.now if own else None,
        "replaced_by": family.replaced.get(session.head.id) if own else None,
    }
