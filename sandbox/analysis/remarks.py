"""What has to be said before a run and of its scores: remarks as data, from two doors, for every face.

`before_run` looks at plans, `on_reading` at what came out. Nobody else makes a remark.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sandbox.analysis import conditions
from sandbox.analysis.afterwards import later_remarks
from sandbox.analysis.answered_by import other_models
from sandbox.analysis.arm import Arm
from sandbox.analysis.effect import scale_of, worsening
from sandbox.analysis.induction import inductions
from sandbox.analysis.numeral import numeral
from sandbox.analysis.reply_valence import REPLIES
from sandbox.analysis.suitability import Suitability, suitabilities
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.measure import Measure
from sandbox.engine.phase import Point, at_point
from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.engine.privacy import leaving_details
from sandbox.library.document import InvalidTemplate
from sandbox.library.lint import scales_named
from sandbox.library.technique import Technique
from sandbox.measurement.administering import WAYS
from sandbox.measurement.administration import Administration, unseen_remark
from sandbox.measurement.validity.verdict import Usable
from sandbox.models.provider import ModelDescription
from sandbox.store.validity import StoredCheck

Severity = Literal["grave", "caution", "note"]
"""grave: the scores say nothing; caution: read them with this in mind; note: good to know."""
Kind = Literal[
    "privacy", "content", "record", "model", "measure", "plan", "conditions", "missing", "control", "script",
    "unfinished", "length", "induction", "coverage",
]  # fmt: skip
"""What a remark is about."""

_ORDER: tuple[Severity, ...] = ("grave", "caution", "note")
_OF_VERDICT: dict[Usable | None, Severity] = {"not usable with this model": "grave", "undecided": "caution"}


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence that every face shows as it is. `arms`: the ids of the sessions it is of; none: of all."""

    kind: Kind
    severity: Severity
    sentence: str
    arms: tuple[str, ...] = ()


Arms = Mapping[str, Sequence[Arm]]
"""The sessions of each arm, by its title."""


def before_run(
    heads: Sequence[SessionHead],
    model: ModelDescription,
    checks: Iterable[StoredCheck] = (),
    *,
    leaves_machine: bool = False,
) -> tuple[Remark, ...]:
    """What has to be said of sessions that are about to run, all on `model`, what matters most first.

    `checks`, newest first, may be of other models too. `leaves_machine`: something said goes to a model
    elsewhere.
    """
    checks = tuple(checks)
    scenario = heads[0].plan.scenario
    said = []
    if details := leaving_details(heads, local=not leaves_machine):
        said.append(Remark("privacy", "grave", details))
    if scenario.content_warning:
        told = ", ".join(scenario.content_warning)
        said.append(Remark("content", "caution", f"Content warning: {told}."))
    techniques = [head.plan.technique for head in heads if head.plan.technique is not None]
    if techniques and not any(technique.is_control for technique in techniques):
        said.append(Remark("control", "caution", "No control: scores may fall by the mere passage of time."))
    for head in heads:
        said += _of_plan(head.plan, model, head.plan.measures, head.id)
        said += _of_suitability(suitabilities(head.plan, model, checks), head.id)
    return _in_order(said)


def on_reading(arms: Arms, scales: Iterable[ScaleName]) -> tuple[Remark, ...]:
    """What has to be said before the scores of the arms on these scales are read, what matters most first.

    Without a scale, as where nothing was measured yet, what holds of all measures of the plans is said.
    """
    sessions = tuple(session for own in arms.values() for session in own)
    scales = tuple(scales)
    said = [
        *_of_record(sessions),
        *(Remark("plan", "caution", text) for one in sessions for text in one.left_out),
        *(remark for one in sessions for remark in _of_session(one, {scale[:2] for scale in scales})),
        *(Remark("conditions", "caution", text) for text in conditions.conditions_that_differ(sessions)),
        *(remark for scale in scales for remark in _missing(arms, scale)),
        *_of_starts(sessions),
        *(Remark("control", "note", text) for text in conditions.several_controls(arms)),
        *(remark for title, own in arms.items() for remark in _of_arm(title, own, scales)),
        *_unequal_lengths(arms),
        *(remark for scale in scales for remark in _little_induced(sessions, scale, _called(scale, scales))),
        *(
            remark
            for title, own in arms.items()
            for scale in scales
            for remark in _worse_under(title, own, scale, _called(scale, scales))
        ),
        *_unseen(sessions, {scale[:2] for scale in scales}),
    ]
    return _in_order(said)


def _in_order(said: Iterable[Remark]) -> tuple[Remark, ...]:
    """Each sentence once, of all the arms it was said of, by severity."""
    found: dict[str, tuple[Remark, dict[str, None]]] = {}
    for one in said:
        _, arms = found.setdefault(one.sentence, (one, {}))
        arms.update(dict.fromkeys(one.arms))
    once = (replace(one, arms=tuple(arms)) for one, arms in found.values())
    return tuple(sorted(once, key=lambda one: _ORDER.index(one.severity)))


# Of one session


def _of_session(session: Arm, read: set[tuple[str, str]]) -> Iterator[Remark]:
    """What its plan, its model and its measures call for; of measures those that are read, or all."""
    known = [one for one in session.suitabilities if not read or (one.questionnaire, one.measure.way) in read]
    yield from _of_plan(session.plan, session.model, [one.measure for one in known], session.id)
    yield from _of_suitability(known, session.id)
    for text in later_remarks(session.later, session.plan, session.model, read):
        yield Remark("measure", "caution", text, (session.id,))


def _of_plan(
    plan: SessionPlan, model: ModelDescription, measures: Iterable[Measure], id: str
) -> Iterator[Remark]:
    """`model` is the client's; `measures` are those of the plan that something is to be said of."""
    if tiny := _tiny_therapist(plan, model):
        yield Remark("model", "grave", tiny, (id,))
    if _is_tiny(plan.model, model):
        yield Remark(
            "model",
            "note",
            f"{model.title} is tiny: good for learning the app and rehearsing scripts, too small for"
            " conclusions.",
            (id,),
        )
    if plan.technique is not None:  # a trunk gets none of these, its branches do
        measured = {scale.id for measure in plan.measures for scale in measure.questionnaire.scales}
        unmeasured = _unmeasured_scales(plan.technique, measured)
        planned = (*unmeasured, *_upsetting_follow_up(plan), *conditions.other_language(plan))
        yield from (Remark("plan", "caution", text, (id,)) for text in planned)
        yield from (Remark("measure", "caution", text, (id,)) for text in _other_reading(measures))
    yield from (Remark("measure", "caution", text, (id,)) for text in map(_timeframe, measures) if text)


def _of_suitability(known: Iterable[Suitability], id: str) -> Iterator[Remark]:
    for one in known:
        if one.remark:
            yield Remark("measure", _OF_VERDICT.get(one.usable, "note"), one.remark, (id,))


_TINY_BYTES = 1_500_000_000
"""Weights in a file under this size are tiny: the bound under which a GGUF file counts as a small model."""


def _is_tiny(name: str, model: ModelDescription) -> bool:
    size = model.facts.get("bytes", "")
    return name == "embedded" or (size.isdecimal() and int(size) < _TINY_BYTES)


def _tiny_therapist(plan: SessionPlan, model: ModelDescription) -> str:
    """That a tiny model speaks as the therapist; empty when none does.

    A trunk speaks for its branches: it has guidance when one of them is guided. Of another model than the
    client's only the name is known, which is enough to tell the embedded one.
    """
    if plan.guidance is None or (plan.technique is not None and plan.technique.delivery != "guided"):
        return ""
    own = plan.guidance.model == plan.model
    if plan.guidance.model != "embedded" and not (own and _is_tiny(plan.model, model)):
        return ""
    return (
        "The therapist model is tiny: what it says to the client may be nonsense or worse, and scores under"
        " it say nothing of the technique. Guided techniques need a larger model (--therapist)."
    )


def _other_reading(measures: Iterable[Measure]) -> Iterator[str]:
    """What stands in for what could not be read on this model."""
    for measure in measures:
        if measure.instead_of in WAYS[measure.questionnaire.kind]:
            yield (
                f"“{measure.questionnaire.title}” is read by {measure.way}, not by {measure.instead_of}: this"
                " model gives no log-probabilities."
            )
        elif measure.instead_of:
            yield (
                f"“{measure.questionnaire.title}”, read by {measure.way}, is measured in place of"
                f" {measure.instead_of}: this model gives no log-probabilities."
            )


def _timeframe(measure: Measure) -> str:
    """That an instrument about weeks, or in general, is given more than once in a session; else empty."""
    questionnaire = measure.questionnaire
    if questionnaire.timeframe == "right now" or len(measure.phases) < 2:
        return ""
    when = "between turns" if "technique" in measure.phases else "before and after a few turns"
    return (
        f"“{questionnaire.title}” asks about “{questionnaire.timeframe}” and is given {when}."
        " That hardly changes within a session, so a change of its scores there says little."
    )


def _unmeasured_scales(technique: Technique, measured: set[str]) -> Iterator[str]:
    """A technique that goes by scores which nothing measures runs otherwise than it was written."""
    named: dict[str, None] = {}
    # The record of an earlier version may have what is refused now.
    with contextlib.suppress(InvalidTemplate):
        named = dict.fromkeys(scale for _, scale in scales_named(technique))
    absent = [f"“{scale}”" for scale in named if scale not in measured]
    if absent:
        yield (
            f"“{technique.title}” goes by the score of {' and '.join(absent)}, and nothing in this session"
            " measures that. Steps that depend on it may be left out, or repeated to their limit."
            " Measure a questionnaire that has the scale."
        )


def _upsetting_follow_up(plan: SessionPlan) -> Iterator[str]:
    told = plan.follow_up
    if told is not None and told.affect != "none":
        yield (
            f"“{told.title}” is told before the last measurement and is meant to induce {told.affect}."
            " So the scores at the end follow it, not the technique alone."
        )


# Of the record, and of what the sessions do not share


def _of_record(sessions: Sequence[Arm]) -> Iterator[Remark]:
    """Documents changed in the record, and more than one model in one trunk."""
    for session in sessions:
        yield from (Remark("record", "grave", text, (session.id,)) for text in session.altered)
    trunks: dict[str, list[Arm]] = {}
    for session in sessions:
        trunks.setdefault(session.trunk, []).append(session)
    for own in trunks.values():
        if mixed := other_models(model for session in own for model in session.answered_by):
            yield Remark("record", "grave", mixed, tuple(session.id for session in own))


def _of_starts(sessions: Sequence[Arm]) -> Iterator[Remark]:
    if repeats := conditions.repeated_trunks(sessions):
        text = f"Not independent: seeds are used again, in {repeats} of the shared starts."
        yield Remark("conditions", "caution", text)
    techniques = [one.plan.technique for one in sessions if one.plan.technique is not None]
    if techniques and not any(technique.is_control for technique in techniques):
        yield Remark("control", "caution", "No control is here: a fall may be the mere passage of time.")


# Of an arm


def _of_arm(title: str, own: Sequence[Arm], scales: Sequence[ScaleName]) -> Iterator[Remark]:
    ids = tuple(session.id for session in own)
    began = (session.began.remark(title) for session in own)
    for text in filter(None, (*began, _redone(title, own), _other_steps(title, own))):
        yield Remark("script", "caution", text, ids)
    states = sorted({session.state for session in own if session.state != "finished"})
    if states:
        yield Remark("unfinished", "caution", f"{title} is not finished ({', '.join(states)}).", ids)
    for scale in scales:
        if not any(session.course(scale).points for session in own):
            text = f"{title} was not measured with {scale[2]} ({scale[0]}, by {scale[1]})."
            yield Remark("missing", "caution", text, ids)
            continue
        asked = sum(scale_of(session.asked, scale) is not None for session in own)
        if asked < len(own) and scale != REPLIES:
            text = f"{title}: {scale[2]} ({scale[0]}, by {scale[1]}) was asked in {asked} of {len(own)} runs."
            yield Remark("missing", "caution", text, ids)


def _redone(title: str, own: Sequence[Arm]) -> str:
    """That a reply was chosen after the first was read, and what was there before."""
    redone = [session for session in own if session.redone is not None and session.replaced_by is None]
    if not redone:
        return ""
    before = [id for session in redone for id in session.replaces]
    where = f"{len(redone)} of the {len(own)} runs of {title}" if len(own) > 1 else title
    kept = f" What was before the redo: session {', '.join(before)}." if before else ""
    return (
        f"A reply was asked for again in {where}. To redo the replies one dislikes is to choose"
        f" the result.{kept}"
    )


def _other_steps(title: str, own: Sequence[Arm]) -> str:
    """From where on the arm's rows are not the script's steps in their order; empty when they all are."""
    scripted = [
        session
        for session in own
        if session.plan.technique is not None and session.plan.technique.delivery != "live"
    ]
    skipped = min((turn for session in scripted for turn in _skipped_before(session)), default=None)
    spoken = min((turn for session in scripted for turn in _own_words(session)), default=None)
    told = sorted(
        [
            *([(skipped, f"left out a step before t{skipped}")] if skipped is not None else []),
            *([(spoken, f"spoke in own words at t{spoken}")] if spoken is not None else []),
        ]
    )
    if not told:
        return ""
    return (
        f"In {title} the clinician {' and '.join(text for _, text in told)}. From t{told[0][0]} on its rows"
        " hold other steps than the arms beside it."
    )


def _own_words(session: Arm) -> Iterator[int]:
    """The technique turns, counted from 1, that the clinician spoke."""
    said = (turn for turn in session.history.turns if turn.phase == "technique")
    return (number for number, turn in enumerate(said, start=1) if turn.origin == "live")


def _skipped_before(session: Arm) -> Iterator[int]:
    """The technique turns that follow a step which the clinician left out."""
    said = [turn.index for turn in session.history.turns if turn.phase == "technique"]
    for skip in session.skips:
        if skip.reason == "clinician":
            yield sum(index <= skip.after_turn for index in said) + 1


def _unequal_lengths(arms: Arms) -> Iterator[Remark]:
    """Where sessions differ in the technique turns they took. Time passes with turns, so a longer arm had
    more of it for its scores to move."""
    told = {title: [session for session in own if session.technique_turns] for title, own in arms.items()}
    turns = {title: [session.technique_turns for session in own] for title, own in told.items() if own}
    seen = {count for counts in turns.values() for count in counts}
    if len(seen) > 1:
        alike: dict[str, list[str]] = {}
        for title, found in turns.items():
            span = " to ".join(dict.fromkeys(map(str, (min(found), max(found)))))
            whole = all(session.state in ("finished", "stopped") for session in told[title])
            alike.setdefault(span if whole else f"{span} so far", []).append(title)
        counts = " | ".join(f"{span}: {'; '.join(titles)}" for span, titles in alike.items())
        least = min(seen)
        each = "each finished arm" if any(span.endswith("so far") for span in alike) else "each arm"
        text = (
            f"The arms differ in the number of technique turns ({counts}). Compare them up to t{least}:"
            f" “end” is the last measurement of {each}, after more turns in some than in others."
        )
        yield Remark("length", "caution", text)


# Of the scores on one scale


def _missing(arms: Arms, scale: ScaleName) -> Iterator[Remark]:
    """How many scores of each arm are missing at which point."""
    told = [text for title, own in arms.items() if (text := _missing_in(title, own, scale))]
    if told:
        several = any(len(own) > 1 for own in arms.values())
        rest = " Means there are over the other runs." if several else ""
        text = (
            f"Scores of {scale[2]} ({scale[0]}) are missing: {'; '.join(told)}. They may not be missing at"
            f" random: a model may decline just where its score would be high.{rest}"
        )
        yield Remark("missing", "caution", text)


def _missing_in(title: str, own: Sequence[Arm], scale: ScaleName) -> str:
    """`Breathing 3 of 5 at t2, end; 1 of 5 at t3`: missing scores, and points a run never came to."""
    labels = dict.fromkeys(point.label for session in own for point in session.course(scale).points)
    by_count: dict[int, list[str]] = {}
    for label in labels:
        found = [(session.at(scale, label), session.state) for session in own]
        count = sum(
            (state != "finished" and len(own) > 1) if point is None else point.value is None
            for point, state in found
        )
        if count:
            by_count.setdefault(count, []).append(label)
    counted = [f"{count} of {len(own)} {', '.join(map(at_point, at))}" for count, at in by_count.items()]
    return f"{title} {', '.join(counted)}" if counted else ""


def _called(scale: ScaleName, scales: Sequence[ScaleName]) -> str:
    """`distress`, and of which questionnaire where another one has a scale of that name too."""
    alike = [one for one in scales if one[2] == scale[2]]
    return scale[2] if len(alike) < 2 else f"{scale[2]} ({scale[0]}, read by {scale[1]})"


def _little_induced(sessions: Sequence[Arm], scale: ScaleName, called: str) -> Iterator[Remark]:
    """Where nothing was raised, or that is open; and where it was, in how many starts it was not."""
    for one in (replace(found, scale=called) for found in inductions(sessions, scale)):
        text = one.sentence
        small = one.rise.pairs - one.marked
        if small and not text:
            where = f" of {one.case}" if one.case else ""
            text = (
                f"In {small} of {one.rise.pairs} shared starts{where} the scenario hardly {one.raised}"
                f" {called}: there is little for a technique to undo."
            )
        if text and one.rise.pairs:  # else scores are missing, which is said of them
            yield Remark("induction", "caution", text)


def _worse_under(title: str, own: Sequence[Arm], scale: ScaleName, called: str) -> Iterator[Remark]:
    """That the control itself made the score worse, which an effect against it contains."""
    courses = [session.course(scale) for session in own]
    worse = worsening(own[0].asked, courses) if own[0].is_control else None
    if worse is not None:
        text = (
            f"Under {title} {called} got worse, by {numeral(worse)}. The effect of a technique against it"
            " contains that. Look at the change under the technique too, or take another control."
        )
        yield Remark("control", "caution", text, tuple(session.id for session in own))


def _unseen(sessions: Sequence[Arm], read: set[tuple[str, str]]) -> Iterator[Remark]:
    """Probes that saw too little of what the model would say. Each measurement is counted once."""
    titles = {m.questionnaire.id: m.questionnaire.title for s in sessions for m in s.plan.measures}
    given: dict[tuple[str, str], dict[tuple[str, Point], Administration]] = {}
    for session in sessions:
        for by, measured in zip(session.measured_in, session.history.measured, strict=True):
            one = measured.administration
            if not read or (one.questionnaire, one.way) in read:
                own = given.setdefault((one.questionnaire, one.way), {})
                own[by, measured.point] = one
    for (questionnaire, _), own in given.items():
        if text := unseen_remark(tuple(own.values()), titles.get(questionnaire, questionnaire)):
            yield Remark("coverage", "caution", text)
