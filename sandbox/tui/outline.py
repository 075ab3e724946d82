"""What a proposal comes to before it is run: what will be said, what is measured when, what it costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.engine.cost import Load, cost_text, too_long
from sandbox.engine.phase import PHASES
from sandbox.engine.plan import Measure, SessionHead
from sandbox.engine.preview import Passage, passages
from sandbox.measurement.administration import Way
from sandbox.models.tokens import TokenCounts

_BY: dict[Way, str] = {
    "word": "by the next word's probabilities",
    "likelihood": "by the options' probabilities",
    "report": "as the model writes it",
    "completion": "by the tone of completed sentences",
}


@dataclass(frozen=True, slots=True)
class Outline:
    """A proposal in sections of lines. `warnings` stand above all, `cost` may be empty: not known yet."""

    warnings: tuple[str, ...]
    cost: tuple[str, ...]
    measures: tuple[str, ...]
    said: tuple[tuple[str, tuple[Passage, ...]], ...]


def outline(
    heads: Sequence[SessionHead],
    warnings: tuple[str, ...],
    cost: tuple[str, ...] = (),
    *,
    chosen: bool = True,
) -> Outline:
    """The outline of the sessions; `chosen`: somebody picked the measures, not the model's abilities.

    `warnings` is what has to be said before they run.
    """
    plan = heads[0].plan
    measures = [measure_text(measure) for measure in plan.measures]
    if not chosen:
        measures.append("(none is picked, so the model's abilities decide)")
    return Outline(warnings, cost, tuple(measures), tuple(_said(heads)))


def cost_lines(load: Load, counts: TokenCounts) -> tuple[str, ...]:
    """The cost in a few lines."""
    how = "" if counts.basis == "counted" else ", tokens estimated"
    lines = [
        f"about {load.calls} calls, {load.prompt_tokens:,} tokens in and {load.reply_tokens:,} out{how}",
        cost_text(load, counts),
        "(if every answer can be read at once)",
    ]
    if warning := too_long(load, counts):
        lines.append(warning)
    return tuple(lines)


def measure_text(measure: Measure) -> str:
    """`Word probe, by the next word's probabilities, at every point`."""
    form = "" if measure.form == "batch" else f", {measure.form}"
    shuffled = f", {' and '.join(measure.shuffled)} shuffled" if measure.shuffled else ""
    when = (
        "at every point"
        if set(measure.phases) >= set(PHASES)
        else "at the start, after the scenario, at the end"
    )
    return f"{measure.questionnaire.title}, {_BY[measure.way]}{form}{shuffled}, {when}"


def _said(heads: Sequence[SessionHead]) -> Iterator[tuple[str, tuple[Passage, ...]]]:
    plan = heads[0].plan
    yield f"scenario: {plan.scenario.title}", passages(plan.scenario)
    for head in heads:
        technique = head.plan.technique
        if technique is not None:
            control = " (control)" if technique.is_control else ""
            yield f"technique: {technique.title}{control}", passages(technique)
    if plan.follow_up is not None:
        yield f"before the last measurement: {plan.follow_up.title}", passages(plan.follow_up)
