"""Whether what a session measures with is known to work on its model. Says so, never stands in the way."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.analysis.afterwards import asked_name
from sandbox.engine.measure import Measure
from sandbox.engine.phase import PHASES
from sandbox.engine.plan import SessionPlan
from sandbox.library.document import document_hash
from sandbox.measurement.validity.verdict import Usable
from sandbox.models.provider import ModelDescription
from sandbox.store.afterwards import AskedAfterwards
from sandbox.store.validity import StoredCheck

SHIPPED_PAGE = "docs/check-a-model.md"
"""What came out when the app's own default was checked before it was shipped."""
SHIPPED_USABLE: Usable = "not usable with this model"
SHIPPED_REASON = (
    "told what result is hoped for, it moves further than in a strong scenario. Learn the app with it, and"
    " conclude nothing from it"
)


def usable_before(model: str, questionnaire: str) -> Usable | None:
    """The verdict of the check made before the app was shipped; None: there is none."""
    return SHIPPED_USABLE if known_before(model, questionnaire) else None


def known_before(model: str, questionnaire: str) -> str:
    """What is known of a questionnaire on a model without a check made here, and where from; empty: nothing.

    What the app proposes by itself on the embedded model was checked before it was shipped.
    """
    if (model, questionnaire) != ("embedded", "word-probe"):
        return ""
    return (
        f"{SHIPPED_USABLE}: {SHIPPED_REASON}."
        f" This was measured before the app was shipped ({SHIPPED_PAGE}), not here"
    )


@dataclass(frozen=True, slots=True)
class Suitability:
    """A questionnaire and way of reading on a model: what its newest check said; None: never checked.

    `model` is the name the session was asked for with; `other_client`: the check was made with another one.
    `name`: what it is called where it was asked afterwards.
    """

    measure: Measure
    model: str
    check: StoredCheck | None
    other_client: bool = False
    name: str = ""

    @property
    def questionnaire(self) -> str:
        """The id of the questionnaire, as its scores are named."""
        return self.name or self.measure.questionnaire.id

    @property
    def usable(self) -> Usable | None:
        """The verdict of the check, or of the one made before the app was shipped."""
        if self.check is None:
            return usable_before(self.model, self.measure.questionnaire.id)
        return self.check.validity.usable

    @property
    def remark(self) -> str:
        """What its check says to a reader of the scores, in a sentence; empty when it says nothing."""
        name = f"“{self.measure.questionnaire.title}” read by {self._how}"
        if self.check is None:
            if known := known_before(self.model, self.measure.questionnaire.id):
                return f"{name} is {known}."
            return f"{name} was never checked with this model: {self.todo}"
        checked = f"(checked {self.check.at:%Y-%m-%d}{self._otherwise})"
        usable, reason = (
            self.check.validity.usable,
            self.check.validity.verdict.partition(": ")[2].rstrip("."),
        )
        if usable == "not usable with this model":
            return f"{name} is {usable}: {reason} {checked}."
        if usable in ("usable with care", "undecided"):
            return f"{name} is {usable} with this model: {reason} {checked}."
        return f"{name} is {usable} with this model {checked}." if self._otherwise else ""

    @property
    def todo(self) -> str:
        """The command that would check it."""
        return (
            f"sandbox check-model {self.model} --questionnaire {self.measure.questionnaire.id}"
            f":{self.measure.way}{self._form and ':' + self._form.replace(' ', '-')}"
        )

    @property
    def _form(self) -> str:
        """The form of a report, where it is not the usual one."""
        return self.measure.form if self.measure.way == "report" and self.measure.form != "batch" else ""

    @property
    def _how(self) -> str:
        return f"{self.measure.way}, {self._form}" if self._form else self.measure.way

    @property
    def _otherwise(self) -> str:
        """In what the session differs from the check."""
        client = " with another client" if self.other_client else ""
        shuffled = f", {' and '.join(self.measure.shuffled)} not shuffled" if self.measure.shuffled else ""
        return client + shuffled


def suitabilities(
    plan: SessionPlan, model: ModelDescription, checks: Iterable[StoredCheck]
) -> tuple[Suitability, ...]:
    """One for each measure of the plan, in its order. `checks`, newest first, may be of other models too."""
    known = tuple(checks)
    found = ((measure, _newest(measure, model, known)) for measure in plan.measures)
    return tuple(
        Suitability(
            measure, plan.model, check, check is not None and check.client_hash != document_hash(plan.client)
        )
        for measure, check in found
    )


def later_suitabilities(
    later: Iterable[AskedAfterwards], plan: SessionPlan, checks: Iterable[StoredCheck]
) -> tuple[Suitability, ...]:
    """The same of what was asked afterwards, on the models that were asked."""
    known, given = tuple(checks), tuple(later)
    newest = {(asked_name(one, plan), one.measure.way): one for one in given}
    found = []
    for (name, _), one in newest.items():
        points = {other.measured.point.phase for other in given if asked_name(other, plan) == name}
        measure = one.measure.model_copy(update={"phases": tuple(sorted(points, key=PHASES.index))})
        check = _newest(measure, one.model, known)
        other_client = check is not None and check.client_hash != document_hash(plan.client)
        found.append(Suitability(measure, one.asked, check, other_client, name))
    return tuple(found)


def _newest(measure: Measure, model: ModelDescription, checks: tuple[StoredCheck, ...]) -> StoredCheck | None:
    return next(
        (check for check in checks if check.is_of(measure.questionnaire, measure.way, model, measure.form)),
        None,
    )
