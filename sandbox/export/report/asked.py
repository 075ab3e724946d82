"""What a questionnaire asks and how its scores are to be read, in words. No answer, no score."""

from collections.abc import Iterable, Iterator

from sandbox.analysis.effect import scale_of
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.measure import Measure
from sandbox.engine.plan import SessionPlan
from sandbox.export.report.blocks import Table
from sandbox.library.questionnaire import (
    CompletionQuestionnaire,
    RatingQuestionnaire,
    Scale,
    WordQuestionnaire,
)
from sandbox.text import number_of

_HIGHER = {
    "more distress": "higher is more distress",
    "less distress": "higher is less distress",
    "neither": "neither end is more distress",
}


def direction(plan: SessionPlan, name: ScaleName) -> str:
    """`0 to 100, higher is more distress`; empty for what no questionnaire defines."""
    scale = scale_of(plan, name)
    return _read(scale) if scale is not None else ""


def told_apart(plan: SessionPlan, name: ScaleName) -> str:
    """The scale's name, marked where higher is not more distress: `calm, higher is less distress`."""
    scale = scale_of(plan, name)
    marked = scale is not None and scale.higher_is != "more distress"
    return f"{name[2]}, {_HIGHER[scale.higher_is]}" if scale is not None and marked else name[2]


def what_was_asked(plans: Iterable[SessionPlan]) -> Table:
    """A row a measure: the words put to the model, and each scale with its range and direction."""
    measures = dict.fromkeys(
        (f"{measure.questionnaire.id}, by {measure.way}", _words(measure), "; ".join(_scales(measure)))
        for plan in plans
        for measure in plan.measures
    )
    return Table(
        "What the questionnaires ask, and how their scores read (exact prompts: in the JSON export)",
        ("questionnaire", "words", "scales"),
        tuple(measures),
        numbers_from=9,
    )


def _words(measure: Measure) -> str:
    asked = measure.questionnaire
    match asked:
        case WordQuestionnaire():
            return f"“{asked.ask}” The answer is opened with “{asked.opening}”: which word comes next?"
        case CompletionQuestionnaire():
            return f"“{asked.ask}” Each item is the beginning of a sentence."
        case RatingQuestionnaire():
            return f"{f'“{asked.preamble}” ' if asked.preamble else ''}Each item: {_answers(asked)}."


def _answers(asked: RatingQuestionnaire) -> str:
    if asked.range is None:
        return ", ".join(f"{one.value:g} {one.label}" for one in asked.options or ())
    anchors = ", ".join(f"{one.value:g} {one.label}" for one in asked.range.anchors)
    return f"a number from {asked.range.min:g} to {asked.range.max:g}{anchors and f' ({anchors})'}"


def _scales(measure: Measure) -> Iterator[str]:
    alike: dict[str, list[str]] = {}
    for scale in measure.questionnaire.scales:
        of = f" ({scale.method} of {number_of(len(scale.items), 'item')})" if len(scale.items) > 1 else ""
        alike.setdefault(_read(scale), []).append(scale.id + of)
    for read, named in alike.items():
        yield f"{', '.join(named)}: {read}"


def _read(scale: Scale) -> str:
    low, high = scale.range
    return f"{low:g} to {high:g}, {_HIGHER[scale.higher_is]}"
