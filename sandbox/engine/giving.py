"""One questionnaire given at a point of a session, in the run or afterwards: what is sent, and the seed."""

from dataclasses import replace

from sandbox.engine.conversation import conversation
from sandbox.engine.history import History, Measured
from sandbox.engine.phase import Point
from sandbox.engine.plan import Measure, SessionPlan
from sandbox.measurement.administering import administer
from sandbox.measurement.administration import Administration
from sandbox.models.provider import Provider
from sandbox.seed import derived_seed


async def give(
    plan: SessionPlan, history: History, point: Point, measure: Measure, provider: Provider
) -> Administration:
    """Ask it after what has happened by then. Raises ModelError."""
    return await administer(
        measure.questionnaire,
        measure.way,
        conversation(plan, history, provider.capabilities),
        provider,
        derived_seed(plan.seed, "measure", point.label, measure.questionnaire.id),
        presentation=measure.presentation,
    )


def given_already(plan: SessionPlan, history: History, point: Point, measure: Measure) -> Measured | None:
    """What stands for the last measurement where no turn lies before it: the same conversation measured twice
    would show how answers are drawn, not what happened. To show just that is what an arm that is only
    measured again is for."""
    here = history.given_here(measure.questionnaire.id, measure.way, measure.form)
    if point.phase != "follow-up" or plan.measured_again or here is None:
        return None
    return Measured(point, replace(here.administration, as_at=here.point.label))
