"""The course of a session in Markdown: what was said and replied, and every measurement, phase by phase."""

from collections.abc import Iterator

from sandbox.analysis.numeral import numeral
from sandbox.engine.history import Measured, Skip, Turn, turn_labels
from sandbox.engine.phase import PHASES, Phase
from sandbox.export.markdown_text import inline, quoted
from sandbox.export.table import markdown_table
from sandbox.library.questionnaire import Questionnaire
from sandbox.measurement.administration import Administration
from sandbox.measurement.reading.coverage import unseen_note
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


def course_of(session: StoredSession, *, own_only: bool) -> Iterator[str]:
    """Blocks of Markdown: a heading a phase, then turns, measurements and skips in order.

    `own_only` leaves out what the session inherited, for an export that has its parent as well.
    """
    phase: Phase | None = None
    labels = turn_labels(session.history.turns)
    for entry_phase, entry in _entries(session, own_only=own_only):
        if entry_phase != phase:
            phase = entry_phase
            yield f"### {_PHASE_TITLES[phase]}"
        match entry:
            case Turn():
                yield from _turn(entry, labels[entry.index])
            case Measured():
                yield from _measured(entry, _questionnaire(session, entry.administration.questionnaire))
            case Skip(step, _, reason):
                why = "its condition did not hold" if reason == "condition" else "skipped by the clinician"
                yield f"*Step “{inline(step)}” was not said: {why}.*"


def _entries(session: StoredSession, *, own_only: bool) -> tuple[Entry, ...]:
    turns = session.own_turns if own_only else session.history.turns
    measured = session.own_measured if own_only else session.history.measured
    placed: list[tuple[tuple[int, int, int], Entry]] = []
    placed += [((t.index, PHASES.index(t.phase), 0), (t.phase, t)) for t in turns]
    placed += [((m.point.after_turn, PHASES.index(m.point.phase), 1), (m.point.phase, m)) for m in measured]
    placed += [
        ((s.after_turn, PHASES.index("technique"), 2), ("technique", s)) for s in session.history.skips
    ]
    return tuple(entry for _, entry in sorted(placed, key=lambda pair: pair[0]))


def _turn(turn: Turn, label: str) -> Iterator[str]:
    yield f"#### {label}{_part(turn)} · {_ORIGINS.get(turn.origin, turn.origin)}"
    yield "**Said**" if turn.phase != "technique" else "**Therapist**"
    yield quoted(turn.said)
    if turn.reply is None:
        yield "*Told without waiting for an answer.*"
    else:
        yield (
            "**Client** (simulated; refused: the model declined to answer)"
            if turn.refused
            else "**Client** (simulated)"
        )
        yield quoted(turn.reply)


def _part(turn: Turn) -> str:
    """The step of the technique, or the task and which of its questions; empty for a turn that is neither."""
    if not turn.step:
        return ""
    if turn.phase == "induction":
        return f" · task “{inline(turn.step)}”, question {turn.repeat}"
    again = f", said for the {_ordinal(turn.repeat)} time" if turn.repeat > 1 else ""
    return f" · step “{inline(turn.step)}”{again}"


def _ordinal(number: int) -> str:
    """A step is said ten times at most (technique.Repeat)."""
    words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    return words[number - 1] if number <= len(words) else f"{number}th"


def _measured(measured: Measured, questionnaire: Questionnaire | None) -> Iterator[str]:
    given = measured.administration
    title = questionnaire.title if questionnaire else given.questionnaire
    if given.as_at:
        yield (
            f"**`{measured.point.label}`, as at `{given.as_at}`:** {inline(title)}. Nothing was said in"
            " between, so it was not given again."
        )
        return
    coverages = {answer.coverage for answer in given.final_answers}
    facts = [f"read as *{inline(given.way)}*"]
    if len(coverages) == 1 and (one := coverages.pop()) is not None:
        facts.append(f"coverage {numeral(one, decimals=2)}")
    words = list(dict.fromkeys(answer.raw for answer in given.final_answers if answer.raw))
    if given.way == "word" and words:
        facts.append(f"most probable word “{_raw(words[0])}”")
    if not given.reliable:
        facts.append("**coverage too low to be relied on**")
    if unseen := unseen_note(given):
        facts.append(unseen)
    asked_again = sum(answer.attempt > 1 for answer in given.answers)
    if asked_again:
        facts.append(f"asked again {asked_again} ×")
    yield f"**Measured at `{measured.point.label}`:** {inline(title)} ({', '.join(facts)})"
    yield _answers(given, questionnaire)
    yield "Scores: " + " · ".join(
        f"{inline(score.scale)} **{numeral(score.value)}**"
        + (f" ({inline(score.reason)})" if score.reason else "")
        for score in sorted(given.scores, key=lambda score: score.scale != "distress")
    )


def _answers(given: Administration, questionnaire: Questionnaire | None) -> str:
    texts = {item.id: item.text for item in questionnaire.items} if questionnaire else {}
    differ = len({answer.coverage for answer in given.final_answers}) > 1
    written = given.way != "word"
    spread = any(answer.entropy is not None for answer in given.final_answers)
    head = (
        "item",
        *(("answer",) if written else ()),
        "value",
        *(("coverage",) if differ else ()),
        *(("entropy (bits)",) if spread else ()),
    )
    rows = [
        (
            inline(texts.get(answer.item, answer.item)),
            *((_raw(answer.raw),) if written else ()),
            numeral(answer.value) + (f" ({answer.missing})" if answer.missing else ""),
            *((_two_decimals(answer.coverage),) if differ else ()),
            *((_two_decimals(answer.entropy),) if spread else ()),
        )
        for answer in given.final_answers
    ]
    return markdown_table(head, rows, numbers_from=2 if written else 1)


def _two_decimals(value: float | None) -> str:
    return numeral(value, decimals=2) if value is not None else ""


def _raw(text: str) -> str:
    return inline(excerpt(text, 120))


def _questionnaire(session: StoredSession, name: str) -> Questionnaire | None:
    measures = session.head.plan.measures
    return next((m.questionnaire for m in measures if m.questionnaire.id == name), None)
