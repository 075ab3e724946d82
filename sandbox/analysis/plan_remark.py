"""What has to be said of a plan before it is run and wherever its scores are read. Looks at no answer."""

import contextlib
from collections.abc import Iterable, Iterator

from sandbox.engine.plan import Measure, SessionPlan
from sandbox.library.document import InvalidTemplate
from sandbox.library.lint import scales_named
from sandbox.library.scenario import Scenario
from sandbox.library.technique import Technique
from sandbox.measurement.administering import WAYS


def plan_remarks(plan: SessionPlan) -> tuple[str, ...]:
    """The remarks on a session with a technique; a trunk gets none, its branches do."""
    if plan.technique is None:
        return ()
    measured = {scale.id for measure in plan.measures for scale in measure.questionnaire.scales}
    return (
        *_of_reading(plan.measures),
        *_of_scales(plan.technique, measured),
        *_of_follow_up(plan.follow_up),
    )


def _of_reading(measures: Iterable[Measure]) -> Iterator[str]:
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


def _of_scales(technique: Technique, measured: set[str]) -> Iterator[str]:
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


def _of_follow_up(told: Scenario | None) -> Iterator[str]:
    if told is not None and told.affect != "none":
        yield (
            f"“{told.title}” is told before the last measurement and is meant to induce {told.affect}."
            " So the scores at the end follow it, not the technique alone."
        )
