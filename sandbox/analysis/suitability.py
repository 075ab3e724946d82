"""Whether what a session measures with is known to work on its model. Says so, never stands in the way."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.analysis.therapist import therapist_remark
from sandbox.analysis.timeframe import timeframe_remark
from sandbox.engine.plan import Measure, SessionPlan
from sandbox.measurement.validity import Usable
from sandbox.models.provider import ModelDescription
from sandbox.store.validity import StoredCheck


@dataclass(frozen=True, slots=True)
class Suitability:
    """A questionnaire and way of reading on a model: what its newest check said; None: never checked.

    `model` is the name the session was asked for with.
    """

    measure: Measure
    model: str
    check: StoredCheck | None

    @property
    def usable(self) -> Usable | None:
        return self.check.validity.usable if self.check else None

    @property
    def remark(self) -> str:
        """What its check says to a reader of the scores, in a sentence; empty when it says nothing."""
        name = f"“{self.measure.questionnaire.title}” read by {self.measure.way}"
        if self.check is None:
            never = f"{name} was never checked with this model: {self.todo}"
            return "" if self._is_shipped_default else never
        if self.check.validity.usable != "not usable with this model":
            return ""
        reason = self.check.validity.verdict.partition(": ")[2].rstrip(".")
        return f"{name} is not usable with this model: {reason} (checked {self.check.at:%Y-%m-%d})."

    @property
    def remarks(self) -> tuple[str, ...]:
        """All that a reader of the scores has to know, also of when it is given; often nothing."""
        return tuple(filter(None, (timeframe_remark(self.measure), self.remark)))

    @property
    def todo(self) -> str:
        """The command that would check it."""
        return (
            f"sandbox check-model {self.model} --questionnaire {self.measure.questionnaire.id}"
            f" --way {self.measure.way}"
        )

    @property
    def _is_shipped_default(self) -> bool:
        """What the app proposes by itself was checked before it was shipped (docs/check-a-model.md)."""
        return self.model == "embedded" and self.measure.way == "word"


def suitabilities(
    plan: SessionPlan, model: ModelDescription, checks: Iterable[StoredCheck]
) -> tuple[Suitability, ...]:
    """One for each measure of the plan, in its order. `checks`, newest first, may be of other models too."""
    known = tuple(checks)
    return tuple(
        Suitability(measure, plan.model, _newest(measure, model, known)) for measure in plan.measures
    )


def remarks(plan: SessionPlan, model: ModelDescription, checks: Iterable[StoredCheck]) -> tuple[str, ...]:
    """What is to be said before the scores are read: of a therapist model that is not up to it, then of the
    plan's measures on this model. Empty when there is nothing to say."""
    measures = (remark for found in suitabilities(plan, model, checks) for remark in found.remarks)
    return tuple(filter(None, (therapist_remark(plan, model), *measures)))


def _newest(measure: Measure, model: ModelDescription, checks: tuple[StoredCheck, ...]) -> StoredCheck | None:
    return next(
        (check for check in checks if check.is_of(measure.questionnaire, measure.way, model)),
        None,
    )
