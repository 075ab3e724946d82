"""What sessions were asked when they were over, beside what was measured in the run: under its own name."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sandbox.analysis.answered_by import other_models
from sandbox.analysis.trajectory import Trajectory, trajectories
from sandbox.engine.history import History, Measured
from sandbox.engine.measure import Measure
from sandbox.engine.plan import SessionPlan
from sandbox.models.name import short_name
from sandbox.models.provider import ModelDescription
from sandbox.store.afterwards import AskedAfterwards

_AFTERWARDS = ", asked afterwards"


def asked_name(one: AskedAfterwards, plan: SessionPlan) -> str:
    """`k6, asked afterwards`, and of whom, where that is not the model that plays the client."""
    by = "" if one.asked == plan.model else f" by {short_name(one.asked)}"
    return f"{one.measure.questionnaire.id}{_AFTERWARDS}{by}"


def asked_later(name: str) -> str | None:
    """The questionnaire in such a name; None for one that was part of the run."""
    questionnaire, found, _ = name.partition(_AFTERWARDS)
    return questionnaire if found else None


def later_measures(later: Iterable[AskedAfterwards], plan: SessionPlan) -> tuple[Measure, ...]:
    """The measures asked afterwards, each once, its questionnaire under that name."""
    found = {(asked_name(one, plan), one.measure.way): one for one in later}
    return tuple(
        one.measure.model_copy(
            update={"questionnaire": one.measure.questionnaire.model_copy(update={"id": name})}
        )
        for (name, _), one in found.items()
    )


def named_afterwards(later: Iterable[AskedAfterwards], plan: SessionPlan) -> tuple[Measured, ...]:
    """What was given afterwards, its questionnaire under that name, in the order of the points."""
    return tuple(
        replace(
            one.measured,
            administration=replace(one.measured.administration, questionnaire=asked_name(one, plan)),
        )
        for one in sorted(later, key=lambda one: one.measured.point.after_turn)
    )


def later_courses(
    later: Iterable[AskedAfterwards], plan: SessionPlan, own_after: int
) -> tuple[Trajectory, ...]:
    """The trajectories of what was asked afterwards."""
    return trajectories(History(measured=named_afterwards(later, plan)), plan.stretches, own_after)


def later_remarks(
    later: Sequence[AskedAfterwards],
    plan: SessionPlan,
    model: ModelDescription,
    read: set[tuple[str, str]],
) -> Iterator[str]:
    """That it was no part of the run, when it was asked and who answered. `read`: questionnaires and ways
    that are shown, none: all. `model` is the one that played the client."""
    for name in dict.fromkeys(asked_name(one, plan) for one in later):
        own = [one for one in later if asked_name(one, plan) == name]
        if read and (name, own[0].measure.way) not in read:
            continue
        days = sorted({f"{one.at:%Y-%m-%d}" for one in own})
        when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        asked = own[0].asked
        by = "" if asked == plan.model else f" {short_name(asked)} answered, not the client's model."
        changed = "" if by else other_models([model, *(one.model for one in own)])
        yield (
            f"“{own[0].measure.questionnaire.title}” was asked afterwards ({when}), on a side copy of the"
            " conversation as it stood at each point. It was no part of the run."
            f"{by}{changed and ' ' + changed}"
        )
