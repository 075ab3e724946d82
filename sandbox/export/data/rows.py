"""The rows of each long table, family by family: numbers as they are stored, texts as they were written."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from sandbox.analysis.afterwards import named_afterwards
from sandbox.analysis.arm import Arm
from sandbox.analysis.effect import change, last_common_label, scale_of, technique_effect
from sandbox.analysis.family import Family
from sandbox.analysis.numeral import for_data
from sandbox.analysis.reply_valence import REPLIES, ReplyPoint
from sandbox.analysis.trajectory import Trajectory, TrajectoryPoint
from sandbox.engine.history import Measured, turn_labels
from sandbox.engine.plan import SessionPlan
from sandbox.export.data.choosing import Part
from sandbox.export.data.columns import NOTE
from sandbox.library.document import document_hash
from sandbox.library.questionnaire import (
    CompletionItem,
    CompletionQuestionnaire,
    Questionnaire,
    RatingItem,
    RatingQuestionnaire,
    WordItem,
    WordQuestionnaire,
)
from sandbox.measurement.administration import Administration, lowest_coverage, mean_entropy
from sandbox.store.session import StoredSession

Row = Mapping[str, object]


def _sessions(part: Part) -> Iterator[Row]:
    for family in part.families:
        for session in family.sessions:
            id = session.head.id
            yield {
                **_head(family, session),
                **_course(family, session),
                "studies": " | ".join(part.studies.get(id, ())),
                "tags": " | ".join(part.tags.get(id, ())),
            }


def _head(family: Family, session: StoredSession) -> Row:
    plan, arm = session.head.plan, family.arm(session.head.id)
    technique, control = plan.technique, family.control_for(arm)
    return {
        **_plan_cells(family, plan),
        "session": arm.id,
        "parent": session.head.parent,
        "parent_turn": session.head.parent_turn,
        "title": arm.title,
        "client_sha256": document_hash(plan.client),
        "scenario_sha256": document_hash(plan.scenario),
        "technique_sha256": document_hash(technique) if technique else None,
        "wording": technique.wording if technique else None,
        "family": technique.family if technique else None,
        "compared_with": control.id if control else None,
        "stretches": " ".join(plan.stretches),
        "redone_turn": arm.redone,
        "replaced_by": arm.replaced_by,
        "administration": plan.administration,
        "therapist": arm.guidance.model if arm.guidance else None,
        "app_version": session.app_version,
        "created": session.created,
        "note": NOTE,
    }


def _course(family: Family, session: StoredSession) -> Row:
    costs = [call.cost for call in session.calls if call.cost is not None]
    return {
        "state": session.state.now,
        "reason": session.state.reason,
        "turns": len(session.own_turns),
        "measurements": len(session.own_measured),
        "calls": len(session.calls),
        "prompt_tokens": sum(call.prompt_tokens or 0 for call in session.calls),
        "completion_tokens": sum(call.completion_tokens or 0 for call in session.calls),
        "cost": sum(costs) if costs else None,
    }


def _turns(part: Part) -> Iterator[Row]:
    for family in part.families:
        for session in family.sessions:
            labels = turn_labels(session.history.turns)
            tones = {reply.turn: reply.negativity for reply in family.arm(session.head.id).replies.points}
            for turn in session.own_turns:
                yield {
                    "session": session.head.id,
                    "trunk": family.trunk,
                    "turn": turn.index,
                    "label": labels[turn.index],
                    "phase": turn.phase,
                    "origin": turn.origin,
                    "step": turn.step,
                    "repeat": turn.repeat,
                    "said": turn.said,
                    "reply": turn.reply,
                    "refused": int(turn.refused),
                    "negativity": for_data(tones[turn.index]) if turn.index in tones else None,
                    "seed": turn.seed,
                    "call": turn.call_id or None,
                    "note": NOTE,
                }


def _answers(part: Part) -> Iterator[Row]:
    for family in part.families:
        for session in family.sessions:
            later = named_afterwards(
                (one for one in family.later.get(session.head.id, ()) if one.session == session.head.id),
                session.head.plan,
            )
            for number, measured in enumerate((*session.own_measured, *later), start=1):
                where = {"session": session.head.id, "trunk": family.trunk, "administration": number}
                yield from ({**where, **row} for row in _answer_rows(measured))


def _answer_rows(measured: Measured) -> Iterator[Row]:
    given, point = measured.administration, measured.point
    last = {answer.item: place for place, answer in enumerate(given.answers, start=1)}
    wrote = _wrote(given)
    for place, answer in enumerate(given.answers, start=1):
        yield {
            "point": point.label,
            "phase": point.phase,
            "after_turn": point.after_turn,
            "technique_turn": point.number or None,
            "questionnaire": given.questionnaire,
            "way": given.way,
            "form": given.form,
            "place": place,
            "item": answer.item,
            "shown_at": _shown_at(given, answer.item),
            "attempt": answer.attempt,
            "final": int(last[answer.item] == place),
            "value": answer.value,
            "missing": answer.missing,
            "raw": answer.raw or wrote.get(answer.call_id) or None,
            "coverage": answer.coverage,
            "entropy": answer.entropy,
            "call": answer.call_id or None,
            "note": NOTE,
        }


def _wrote(given: Administration) -> Mapping[str, str]:
    """By its call, all that the model wrote in answer to a questionnaire whose answers it writes."""
    if given.way != "report":
        return {}
    calls = dict.fromkeys(answer.call_id for answer in given.answers if answer.call_id)
    texts = [message.content for message in given.asked if message.role == "assistant"]
    # Without a call's id (a record made elsewhere) nobody can say which text is whose.
    return dict(zip(calls, texts, strict=True)) if len(calls) == len(texts) else {}


def _shown_at(given: Administration, item: str) -> int | None:
    return given.item_order.index(item) + 1 if item in given.item_order else None


def _scores(part: Part) -> Iterator[Row]:
    """Each score once, under the session that measured it.

    A branch without its trunk has the trunk's rows too, since its effects need them. After each session's
    measurements comes what it was asked afterwards (`k6, asked afterwards`), then its replies, both named as
    in comparisons.
    """
    for family in part.families:
        for session in family.sessions:
            yield from _scores_of(family, session)


def _scores_of(family: Family, session: StoredSession) -> Iterator[Row]:
    whole = not family.holds(session.head.parent)
    for measured, by in zip(session.history.measured, session.measured_in, strict=True):
        if whole or by == session.head.id:
            yield from _score_rows(family, session, measured, by)
    for one in family.later.get(session.head.id, ()):
        if whole or one.session == session.head.id:
            (measured,) = named_afterwards([one], session.head.plan)
            yield from _score_rows(family, session, measured, one.session)
    for reply in family.arm(session.head.id).replies.points:
        if whole or reply.turn > session.history.inherited:
            yield _reply_row(family, session, reply)


def _score_rows(family: Family, session: StoredSession, measured: Measured, by: str) -> list[Row]:
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


def _reply_row(family: Family, session: StoredSession, reply: ReplyPoint) -> Row:
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


def _session_cells(family: Family, session: StoredSession, *, own: bool) -> Row:
    """What a row says of its session; the technique and state only where the session made the row itself."""
    cells = _plan_cells(family, session.head.plan)
    return {
        **(cells if own else {**cells, "technique": None, "control": None}),
        "parent": session.head.parent if own else None,
        "state": session.state.now if own else None,
        "replaced_by": family.replaced.get(session.head.id) if own else None,
    }


def _trajectories(part: Part) -> Iterator[Row]:
    for family in part.families:
        for arm in shown_arms(family):
            for course in arm.courses:
                yield from _points(family, arm, course)


def shown_arms(family: Family) -> tuple[Arm, ...]:
    """What went on from the shared start, also an arm whose place a redo took; else the shared start."""
    arms = tuple(family.arm(session.head.id) for session in family.sessions if session.head.parent)
    return arms or family.members


def _points(family: Family, arm: Arm, course: Trajectory) -> Iterator[Row]:
    plan, control = arm.plan, family.control_for(arm)
    scale = scale_of(arm.asked, course.name)
    higher_is = scale.higher_is if scale else "neither"
    primary = last_common_label(course, control.course(course.name)) if control else None
    for point in course.points:
        yield {
            **_plan_cells(family, plan),
            "session": arm.id,
            "stretches": " ".join(plan.stretches),
            "state": arm.state,
            "replaced_by": arm.replaced_by,
            "questionnaire": course.questionnaire,
            "way": course.way,
            "scale": course.scale,
            "higher_is": higher_is,
            "point": point.label,
            "phase": point.phase,
            "after_turn": point.point.after_turn,
            "technique_turn": point.point.number or None,
            "own": int(arm.is_own(point.point)),
            "score": point.value,
            "reliable": None if point.value is None else int(point.reliable),
            "reason": point.reason or None,
            "as_at": point.as_at or None,
            **_differences(arm, course, point, control),
            "compared_with": control.id if control else None,
            "primary": int(point.label == primary),
            "note": NOTE,
        }


def _differences(arm: Arm, course: Trajectory, point: TrajectoryPoint, control: Arm | None) -> Row:
    """Change and technique effect at the point, as a comparison has them: of the arm's own points alone."""
    after = point in course.after_start and arm.is_own(point.point)
    effect = technique_effect(course, control.course(course.name), point.label) if control and after else None
    return {
        "change": change(course, point.label).value if after else None,
        "technique_effect": effect.value if effect else None,
    }


def _calls(part: Part) -> Iterator[Row]:
    for family in part.families:
        for session in family.sessions:
            for call in session.calls:
                yield {
                    "session": session.head.id,
                    "trunk": family.trunk,
                    "call": call.id,
                    "attempt": call.attempt,
                    "turn": call.turn,
                    "purpose": call.purpose,
                    "model": call.model,
                    "prompt_sha256": call.prompt_sha256,
                    "parameters": json.dumps(call.parameters, ensure_ascii=False, sort_keys=True),
                    "prompt_tokens": call.prompt_tokens,
                    "cached_tokens": call.cached_tokens,
                    "completion_tokens": call.completion_tokens,
                    "cost": call.cost,
                    "started": call.started,
                    "seconds": call.seconds,
                    "waited": call.waited,
                    "finish_reason": call.finish_reason,
                    "failure": call.failure,
                    "status": call.status,
                    "error": call.error or None,
                    "note": NOTE,
                }


def _items(part: Part) -> Iterator[Row]:
    for hash, questionnaire in part.questionnaires.items():
        for item in questionnaire.items:
            yield {
                "questionnaire": questionnaire.id,
                "questionnaire_sha256": hash,
                "item": item.id,
                "text": item.text,
                "answers": _answers_of(questionnaire, item),
                "put": _put(questionnaire),
                "note": NOTE,
            }


def _answers_of(questionnaire: Questionnaire, item: RatingItem | WordItem | CompletionItem) -> str:
    if isinstance(item, WordItem):
        return " | ".join(item.words)
    if not isinstance(questionnaire, RatingQuestionnaire):
        return ""
    options = questionnaire.options or (questionnaire.range.anchors if questionnaire.range else ())
    return " | ".join(f"{one.value:g} = {one.label}" for one in options)


def _put(questionnaire: Questionnaire) -> str | None:
    """What stands before the items: for a next-word probe, with the words the answer begins with."""
    if isinstance(questionnaire, WordQuestionnaire):
        return f"{questionnaire.ask} … {questionnaire.opening}"
    return questionnaire.ask if isinstance(questionnaire, CompletionQuestionnaire) else questionnaire.preamble


def _scales(part: Part) -> Iterator[Row]:
    for hash, questionnaire in part.questionnaires.items():
        turned = {one.id for one in questionnaire.items if isinstance(one, RatingItem) and one.reverse}
        for scale in questionnaire.scales:
            yield {
                "questionnaire": questionnaire.id,
                "questionnaire_sha256": hash,
                "scale": scale.id,
                "title": scale.title,
                "items": " ".join(scale.items),
                "reversed_items": " ".join(one for one in scale.items if one in turned) or None,
                "method": scale.method,
                "multiplied_by": scale.multiply,
                "lowest": scale.range[0],
                "highest": scale.range[1],
                "higher_is": scale.higher_is,
                "timeframe": questionnaire.timeframe,
                "note": NOTE,
            }


def _plan_cells(family: Family, plan: SessionPlan) -> Row:
    """What was planned, as every table that has it says it."""
    technique = plan.technique
    return {
        "trunk": family.trunk,
        "model": plan.model,
        "seed": plan.seed,
        "client": plan.client.id,
        "scenario": plan.scenario.id,
        "affect": plan.scenario.affect,
        "technique": technique.id if technique else None,
        "control": int(technique.is_control) if technique else None,
    }


ROWS: Mapping[str, Callable[[Part], Iterable[Row]]] = {
    "sessions": _sessions,
    "turns": _turns,
    "answers": _answers,
    "scores": _scores,
    "trajectories": _trajectories,
    "calls": _calls,
    "items": _items,
    "scales": _scales,
}
"""By the name of a table of the codebook, what makes its rows."""
