"""The choices a clinician makes before a run, with sensible defaults, turned into session heads."""

from dataclasses import dataclass
from typing import Literal

from sandbox.engine.guidance import guidance_for
from sandbox.engine.phase import Phase
from sandbox.engine.plan import Measure, SessionHead, SessionPlan, Shuffled, trunk_and_branches
from sandbox.errors import UsageError
from sandbox.library.catalogue import Library
from sandbox.library.questionnaire import Questionnaire
from sandbox.library.technique import Technique
from sandbox.measurement.administering import WAYS, check_way, default_way
from sandbox.measurement.administration import Form, Way
from sandbox.models.provider import Capabilities
from sandbox.text import excerpt

_SPARSE: tuple[Phase, ...] = ("baseline", "induction", "follow-up")
_FORMS: dict[str, Form] = {"batch": "batch", "per-item": "per item", "structured": "structured"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """Ids of the documents to run with. `measures` empty: chosen by what the model can do.

    A measure is `ID`, `ID:WAY` or `ID:report:FORM` (see `measure_of`); `shuffled` goes for all of them.
    `control` adds the filler control unless a control is among the techniques already. `therapist` names the
    model that speaks guided techniques; None: the client's own.
    """

    scenario: str = "night-attack"
    techniques: tuple[str, ...] = ("mindful-breathing",)
    control: bool = True
    client: str = "study-participant"
    measures: tuple[str, ...] = ()
    shuffled: tuple[Shuffled, ...] = ()
    model: str = "embedded"
    seed: int = 1
    administration: Literal["aside", "in_conversation"] = "aside"
    follow_up: str | None = None
    therapist: str | None = None


def compose(proposal: Proposal, library: Library, capabilities: Capabilities) -> tuple[SessionHead, ...]:
    """The trunk and its branches. Raises NotFoundError, InvalidDocument, or UsageError for a measure that
    cannot be read on this model."""
    techniques = tuple(library.technique(name) for name in dict.fromkeys(proposal.techniques))
    plan = SessionPlan(
        model=proposal.model,
        client=library.client(proposal.client),
        scenario=library.scenario(proposal.scenario),
        measures=_measures(proposal, library, capabilities),
        seed=proposal.seed,
        administration=proposal.administration,
        follow_up=library.scenario(proposal.follow_up) if proposal.follow_up else None,
        guidance=guidance_for(techniques, proposal.therapist or proposal.model),
    )
    return trunk_and_branches(plan, with_control(techniques, library) if proposal.control else techniques)


def with_control(techniques: tuple[Technique, ...], library: Library) -> tuple[Technique, ...]:
    """The techniques and, unless there is one, the filler control with as many turns as the longest of them.

    Raises UsageError when the filler is too short for that.
    """
    if not techniques or any(technique.is_control for technique in techniques):
        return techniques
    turns = max(len(technique.steps) for technique in techniques)
    control = library.default_control()
    if len(control.steps) < turns:
        raise UsageError(
            f"the control “{control.id}” has {len(control.steps)} steps, the technique {turns}",
            todo="Give the control more steps, or leave it out.",
        )
    return (*techniques, control.model_copy(update={"steps": control.steps[:turns]}))


def measure_of(text: str, library: Library, capabilities: Capabilities) -> Measure:
    """`affect-ratings`, `affect-ratings:report` or `affect-ratings:report:per-item` as a measure.

    Without a way it is read by the default one. Given at every point; completions, a call a stem, at three.
    Raises NotFoundError, InvalidDocument, or UsageError for a way or form that there is not or that does not
    work with this model.
    """
    name, _, rest = text.partition(":")
    wanted, _, put = rest.partition(":")
    questionnaire = library.questionnaire(name)
    way = _way(questionnaire, wanted, capabilities)
    if put and (put not in _FORMS or way != "report"):
        raise UsageError(
            f"A questionnaire cannot be put as “{excerpt(text, 60)}”.",
            todo=f"Write {name}:report:FORM with the form {', '.join(_FORMS)}.",
        )
    phases = _SPARSE if way == "completion" else Measure.model_fields["phases"].default
    return Measure(questionnaire=questionnaire, way=way, phases=phases, form=_FORMS.get(put, "batch"))


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


def _measures(proposal: Proposal, library: Library, capabilities: Capabilities) -> tuple[Measure, ...]:
    chosen = tuple(measure_of(text, library, capabilities) for text in dict.fromkeys(proposal.measures))
    if len({measure.questionnaire.id for measure in chosen}) < len(chosen):
        raise UsageError(
            "A questionnaire is measured in two ways at once.",
            todo="Give each questionnaire once; run the session again for the other way.",
        )
    found = chosen or _default_measures(library, capabilities)
    return tuple(measure.model_copy(update={"shuffled": proposal.shuffled}) for measure in found)


def _default_measures(library: Library, capabilities: Capabilities) -> tuple[Measure, ...]:
    """The word probe at every point; ratings where it cannot be read. A model too small to fill in a rating
    scale is given none; others get one at the start, after the induction and at the end."""
    questionnaire = library.questionnaire("affect-ratings")
    ratings = Measure(questionnaire=questionnaire, way=default_way(questionnaire, capabilities))
    if not capabilities.top_logprobs:
        return (ratings,)
    probe = Measure(questionnaire=library.questionnaire("word-probe"), way="word")
    if capabilities.small:
        return (probe,)
    return (probe, ratings.model_copy(update={"phases": _SPARSE}))
