"""What is measured on a model that turns out to give no log-probabilities. Asks no model."""

from collections.abc import Iterable

from sandbox.engine.plan import Measure
from sandbox.errors import UsageError
from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.measurement.administering import check_way
from sandbox.models.provider import Capabilities


def readable_measures(
    measures: Iterable[Measure], found: Capabilities, ratings: RatingQuestionnaire
) -> tuple[Measure, ...]:
    """The measures as a model that has shown itself to be able of `found` can be asked them.

    A rating questionnaire is read by report in place of likelihood. A word probe cannot be read at all: the
    `ratings` are taken by report at its points, unless they are measured as it is. What stands in for what
    is said in `Measure.instead_of`.
    """
    wished = tuple(measures)
    kept = tuple(measure if _works(measure, found) else _by_report(measure) for measure in wished)
    probes = [
        measure for measure in kept if measure.questionnaire.kind == "word" and not _works(measure, found)
    ]
    if not probes:
        return kept
    others = tuple(measure for measure in kept if measure not in probes)
    title = probes[0].questionnaire.title
    in_place = Measure(
        questionnaire=ratings, way="report", phases=probes[0].phases, instead_of=f"“{title}”, read by word"
    )
    return (in_place, *(measure for measure in others if measure.questionnaire.id != ratings.id))


def _works(measure: Measure, found: Capabilities) -> bool:
    try:
        check_way(measure.questionnaire, measure.way, found)
    except UsageError:
        return False
    return True


def _by_report(measure: Measure) -> Measure:
    if measure.way != "likelihood":
        return measure
    return measure.model_copy(update={"way": "report", "instead_of": "likelihood"})
