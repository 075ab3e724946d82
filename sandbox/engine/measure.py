"""Measures: a questionnaire, how it is read and put, and when. Chooses no questionnaire.

Also as they are written, `ID[:WAY[:FORM]][@WHEN]`, and as a model without log-probabilities can be asked.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.engine.phase import PHASES, Phase
from sandbox.errors import UsageError
from sandbox.library.catalogue import Library
from sandbox.library.questionnaire import Questionnaire, RatingQuestionnaire
from sandbox.measurement.administering import WAYS, check_way, default_way
from sandbox.measurement.administration import Form, Way
from sandbox.measurement.reading.presentation import Presentation
from sandbox.models.provider import Capabilities
from sandbox.text import excerpt

Shuffled = Literal["options", "labels"]
"""What the session's seed may shuffle beside the items, which it always does: at each point anew."""

THREE: tuple[Phase, ...] = ("baseline", "induction", "follow-up")
"""Baseline, after the induction and at the end: for what is long, or asks about more than this moment."""

_FORMS: dict[str, Form] = {"batch": "batch", "per-item": "per item", "structured": "structured"}
_PHASES: dict[str, tuple[Phase, ...]] = {"every": PHASES, "three": THREE}


class Measure(BaseModel):
    """A questionnaire, how it is read and put, and in which phases it is given.

    `instead_of` says what it stands in for, as the model cannot be asked that: a way of reading, or another
    questionnaire with its way.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    questionnaire: Annotated[Questionnaire, Field(discriminator="kind")]
    way: Way
    phases: tuple[Phase, ...] = PHASES
    form: Form = "batch"
    shuffled: tuple[Shuffled, ...] = ()
    instead_of: str = ""

    @property
    def presentation(self) -> Presentation:
        """How it is put; shuffled labels are letters dealt out in another order."""
        return Presentation(
            form=self.form,
            options="shuffled" if "options" in self.shuffled else "as written",
            labels="letters" if "labels" in self.shuffled else None,
            letters="shuffled" if "labels" in self.shuffled else "as written",
        )


def measure_of(text: str, library: Library, capabilities: Capabilities) -> Measure:
    """The measure of `phq-9`, `affect-ratings:report:per-item` or `phq-9@every`.

    Without a way it is read by the default one; without a WHEN given at the points of `usual_phases`. Raises
    NotFoundError, InvalidDocument, or UsageError for a part that there is not or that does not work with this
    model.
    """
    put_how, at, when = text.partition("@")
    name, _, rest = put_how.partition(":")
    wanted, _, put = rest.partition(":")
    questionnaire = library.questionnaire(name)
    way = _way(questionnaire, wanted, capabilities)
    if put and (put not in _FORMS or way != "report"):
        raise UsageError(
            f"A questionnaire cannot be put as “{excerpt(text, 60)}”.",
            todo=f"Write {name}:report:FORM with the form {', '.join(_FORMS)}.",
        )
    phases = _phases(name, when) if at else usual_phases(questionnaire, way)
    return Measure(questionnaire=questionnaire, way=way, phases=phases, form=_FORMS.get(put, "batch"))


def written(measure: Measure) -> str:
    """What `measure_of` reads as this measure, its shuffling aside: `phq-9:report@every`."""
    questionnaire = measure.questionnaire
    form = next(word for word, form in _FORMS.items() if form == measure.form)
    put = "" if measure.form == "batch" else f":{form}"
    usual = set(measure.phases) == set(usual_phases(questionnaire, measure.way))
    when = "" if usual else "@every" if "technique" in measure.phases else "@three"
    return f"{questionnaire.id}:{measure.way}{put}{when}"


def usual_phases(questionnaire: Questionnaire, way: Way) -> tuple[Phase, ...]:
    """At every point if it asks about right now; else, and for completions, a call a stem, at three."""
    return PHASES if questionnaire.timeframe == "right now" and way != "completion" else THREE


def _way(questionnaire: Questionnaire, wanted: str, capabilities: Capabilities) -> Way:
    if not wanted:
        return default_way(questionnaire, capabilities)
    way = next((one for one in WAYS[questionnaire.kind] if one == wanted), None)
    if way is None:
        raise UsageError(
            f"“{questionnaire.id}” cannot be read by “{excerpt(wanted, 30)}”.",
            todo=f"Read it by {' or '.join(WAYS[questionnaire.kind])}.",
        )
    check_way(questionnaire, way, capabilities)
    return way


def _phases(name: str, when: str) -> tuple[Phase, ...]:
    if when not in _PHASES:
        raise UsageError(
            f"There is no measurement point “{excerpt(when, 30)}”.",
            todo=f"Write {name}@every (at every point) or {name}@three (baseline, after the scenario, end).",
        )
    return _PHASES[when]


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
