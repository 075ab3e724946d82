"""The course of a session: what was said and replied, and every measurement, phase by phase."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.analysis.family import Family
from sandbox.analysis.numeral import numeral
from sandbox.engine.history import Measured, Skip, Turn, turn_labels
from sandbox.engine.phase import PHASES, Phase, at_point, point_name
from sandbox.export.report.blocks import Block, Exchange, Heading, Paragraph, Said, Table, lines_of
from sandbox.library.questionnaire import Questionnaire
from sandbox.measurement.administration import Administration, unseen_note
from sandbox.store.session import StoredSession
from sandbox.text import excerpt

_ORIGINS = {
    "scenario": "scenario",
    "scripted": "scripted",
    "guided": "in a therapist model's words",
    "live": "in the therapist's own words",
}
_PHASE_TITLES = {
    "baseline": "Baseline",
    "induction": "Induction",
    "technique": "Technique",
    "follow-up": "Follow-up",
}

Entry = tuple[Phase, Turn | Measured | Skip]


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a session an export has in it.

    `scores`: measurements, trajectories and effects. `items`: each answer of a measurement beside its
    scores. `system`: the text that the client's model was given before anything was said."""

    scores: bool = True
    items: bool = True
    system: bool = False


ALL_BUT_SYSTEM = Shown()


def turn_id(session: str, label: str) -> str:
    """What a turn or a measurement point is called in every file: `breath11.t3`, unlike any other."""
    return f"{session}.{label}"


def turn_ids(family: Family, session: StoredSession) -> dict[int, str]:
    """By index, the id of each turn of the whole history: it bears the name of the session it was said in.

    Of a parent that is not at hand nobody knows what it inherited: all that came from it bears its name.
    """
    labels = turn_labels(session.history.turns)
    left = next((one for one in family.sessions if one.head.id == session.head.parent), None)
    before = turn_ids(family, left) if left else {}
    elsewhere = session.head.parent or session.head.id
    return {
        index: turn_id(session.head.id, label)
        if index > session.history.inherited
        else before.get(index, turn_id(elsewhere, label))
        for index, label in labels.items()
    }


def course_of(family: Family, session: StoredSession, shown: Shown, *, own_only: bool) -> Iterator[Block]:
    """A heading a phase, then turns, measurements and skips in order.

    `own_only` leaves out what the session inherited, for an export that has its parent as well.
    """
    phase: Phase | None = None
    labels = turn_labels(session.history.turns)
    ids = turn_ids(family, session)
    lines = _first_lines(session.history.turns)
    for entry_phase, entry in _entries(session, shown, own_only=own_only):
        if entry_phase != phase:
            phase = entry_phase
            yield Heading(_PHASE_TITLES[phase], 3)
        match entry:
            case Turn():
                yield exchange(entry, ids[entry.index], labels[entry.index], lines[entry.index])
            case Measured():
                questionnaire = _questionnaire(session, entry.administration.questionnaire)
                yield from _measured(entry, questionnaire, shown)
            case Skip(step, _, reason):
                why = "its condition did not hold" if reason == "condition" else "skipped by the clinician"
                yield Paragraph(f"Step “{step}” was not said: {why}.")


def cut_short(session: StoredSession) -> str:
    """Where the session was broken off and what was not given there any more; empty where it was not."""
    state = session.state
    if state.now not in ("interrupted", "failed", "stopped", "running") or not session.own_turns:
        return ""
    last = session.own_turns[-1]
    place = turn_labels(session.history.turns)[last.index]
    now = "is still running" if state.now == "running" else f"was {state.now}"
    why = f" ({state.reason.rstrip('.')})" if state.reason else ""
    here = [one for one in session.own_measured if one.point.after_turn == last.index]
    given = {one.administration.questionnaire for one in here}
    not_given = [
        one.questionnaire.title
        for one in session.head.plan.measures
        if last.phase in one.phases and last.phase == "technique" and one.questionnaire.id not in given
    ]
    without = f" Not given at {place}: {', '.join(not_given)}." if not_given else ""
    return f"The session {now}{why}: {place} is its last turn, and it has no end.{without}"


def _first_lines(turns: tuple[Turn, ...]) -> dict[int, int]:
    """By index, the number of each turn's first line; they are counted through the whole history."""
    line, found = 1, {}
    for turn in turns:
        found[turn.index] = line
        line += len(lines_of(turn.said)) + (len(lines_of(turn.reply)) if turn.reply is not None else 0)
    return found


def _entries(session: StoredSession, shown: Shown, *, own_only: bool) -> tuple[Entry, ...]:
    turns = session.own_turns if own_only else session.history.turns
    measured = session.own_measured if own_only else session.history.measured
    placed: list[tuple[tuple[int, int, int], Entry]] = []
    placed += [((t.index, PHASES.index(t.phase), 0), (t.phase, t)) for t in turns]
    if shown.scores:
        placed += [
            ((m.point.after_turn, PHASES.index(m.point.phase), 1), (m.point.phase, m)) for m in measured
        ]
    placed += [
        ((s.after_turn, PHASES.index("technique"), 2), ("technique", s)) for s in session.history.skips
    ]
    return tuple(entry for _, entry in sorted(placed, key=lambda pair: pair[0]))


def exchange(turn: Turn, id: str, label: str, line: int) -> Exchange:
    """A turn with its words, the first of its lines numbered `line`."""
    title = f"{label}{_part(turn)} · {_ORIGINS.get(turn.origin, turn.origin)}"
    speaker = "Therapist" if turn.phase == "technique" else "Said"
    if turn.reply is None:
        told = Said(label, speaker, turn.said, "Told without waiting for an answer.", line)
        return Exchange(id, title, (told,))
    who = (
        "Client (simulated; refused: the model declined to answer)" if turn.refused else "Client (simulated)"
    )
    reply = Said(label, who, turn.reply, line=line + len(lines_of(turn.said)))
    return Exchange(id, title, (Said(label, speaker, turn.said, line=line), reply))


def _part(turn: Turn) -> str:
    """The step of the technique, or the task and which of its questions; empty for a turn that is neither."""
    if not turn.step:
        return ""
    if turn.phase == "induction":
        return f" · task “{turn.step}”, question {turn.repeat}"
    again = f", said for the {_ordinal(turn.repeat)} time" if turn.repeat > 1 else ""
    return f" · step “{turn.step}”{again}"


def _ordinal(number: int) -> str:
    """A step is said ten times at most (technique.Repeat)."""
    words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    return words[number - 1] if number <= len(words) else f"{number}th"


def _measured(measured: Measured, questionnaire: Questionnaire | None, shown: Shown) -> Iterator[Block]:
    given = measured.administration
    title = questionnaire.title if questionnaire else given.questionnaire
    label = measured.point.label
    if given.as_at:
        yield Paragraph(
            f"{point_name(label)}, as at {given.as_at}: {title}. Nothing was said in between, so it was not"
            " given again."
        )
        return
    said = f"Measured {at_point(label)}: {title} ({', '.join(_facts(given))})"
    yield _answers(said, given, questionnaire) if shown.items else Paragraph(said)
    yield Paragraph(
        "Scores: "
        + " · ".join(
            f"{score.scale} {numeral(score.value)}" + (f" ({score.reason})" if score.reason else "")
            for score in sorted(given.scores, key=lambda score: score.scale != "distress")
        )
    )


def _facts(given: Administration) -> Iterator[str]:
    """How it was read, and what stands in the way of relying on it."""
    yield f"read by {given.way}"
    coverages = {answer.coverage for answer in given.final_answers}
    if len(coverages) == 1 and (one := coverages.pop()) is not None:
        yield f"coverage {numeral(one, decimals=2)}"
    words = list(dict.fromkeys(answer.raw for answer in given.final_answers if answer.raw))
    if given.way == "word" and words:
        yield f"most probable word “{_raw(words[0])}”"
    if not given.reliable:
        yield "coverage too low to be relied on"
    if unseen := unseen_note(given):
        yield unseen
    if given.asked_again:
        yield f"asked again {given.asked_again} ×"


def _answers(said: str, given: Administration, questionnaire: Questionnaire | None) -> Table:
    texts = {item.id: item.text for item in questionnaire.items} if questionnaire else {}
    differ = len({answer.coverage for answer in given.final_answers}) > 1
    written = given.way != "word"
    spread = any(answer.entropy is not None for answer in given.final_answers)
    head = (
        "item",
        *(("likeliest next word" if given.way == "likelihood" else "answer",) if written else ()),
        "value",
        *(("coverage",) if differ else ()),
        *(("entropy (bits)",) if spread else ()),
    )
    rows = tuple(
        (
            texts.get(answer.item, answer.item),
            *((_raw(answer.raw),) if written else ()),
            numeral(answer.value) + (f" ({answer.missing})" if answer.missing else ""),
            *((_two_decimals(answer.coverage),) if differ else ()),
            *((_two_decimals(answer.entropy),) if spread else ()),
        )
        for answer in given.final_answers
    )
    return Table(said, head, rows, numbers_from=2 if written else 1)


def _two_decimals(value: float | None) -> str:
    return numeral(value, decimals=2) if value is not None else ""


def _raw(text: str) -> str:
    return excerpt(text, 120)


def _questionnaire(session: StoredSession, name: str) -> Questionnaire | None:
    measures = session.head.plan.measures
    return next((m.questionnaire for m in measures if m.questionnaire.id == name), None)
