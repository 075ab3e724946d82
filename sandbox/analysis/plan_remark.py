"""What has to be said of a plan before it is run and wherever its scores are read. Looks at no answer."""

from collections.abc import Iterator

from sandbox.engine.plan import SessionPlan


def plan_remarks(plan: SessionPlan) -> tuple[str, ...]:
    """The remarks on a session with a technique; a trunk gets none, its branches do."""
    return tuple(_remarks(plan)) if plan.technique is not None else ()


def _remarks(plan: SessionPlan) -> Iterator[str]:
    told = plan.follow_up
    if told is not None and told.affect != "none":
        yield (
            f"“{told.title}”, told before the last measurement, is meant to induce {told.affect}: the scores"
            " at the end are those after it, not after the technique alone."
        )
