"""A measure as it is written: `ID[:WAY[:FORM]][@WHEN]`, to a measure and back. Chooses no questionnaire."""

from typing import Literal, get_args

from sandbox.engine.phase import PHASES, Phase
from sandbox.engine.plan import Measure
from sandbox.errors import UsageError
from sandbox.library.catalogue import Library
from sandbox.library.questionnaire import Questionnaire
from sandbox.measurement.administering import WAYS, check_way, default_way
from sandbox.measurement.administration import Form, Way
from sandbox.models.provider import Capabilities
from sandbox.text import excerpt

When = Literal["every", "three"]

THREE: tuple[Phase, ...] = ("baseline", "induction", "follow-up")
"""Baseline, after the induction and at the end: for what is long, or asks about more than this moment."""

_FORMS: dict[str, Form] = {"batch": "batch", "per-item": "per item", "structured": "structured"}
_PHASES: dict[When, tuple[Phase, ...]] = {"every": PHASES, "three": THREE}


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
    for known in get_args(When):
        if when == known:
            return _PHASES[known]
    raise UsageError(
        f"There is no measurement point “{excerpt(when, 30)}”.",
        todo=f"Write {name}@every (at every point) or {name}@three (baseline, after the scenario, end).",
    )
