"""The choices a clinician makes before a run, with sensible defaults, turned into session heads."""

from dataclasses import dataclass
from typing import Literal

from sandbox.engine.guidance import guidance_for
from sandbox.engine.phase import Phase
from sandbox.engine.plan import Measure, SessionHead, SessionPlan, trunk_and_branches
from sandbox.errors import UsageError
from sandbox.library.catalogue import Library
from sandbox.library.questionnaire import Questionnaire
from sandbox.library.technique import Technique
from sandbox.measurement.administering import default_way
from sandbox.models.provider import Capabilities

_SPARSE: tuple[Phase, ...] = ("baseline", "induction", "follow-up")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Ids of the documents to run with. `measures` empty: chosen by what the model can do.

    `control` adds the filler control unless a control is among the techniques already. `therapist` names the
    model that speaks guided techniques; None: the client's own.
    """

    scenario: str = "night-attack"
    techniques: tuple[str, ...] = ("mindful-breathing",)
    control: bool = True
    client: str = "study-participant"
    measures: tuple[str, ...] = ()
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
        measures=_measures(proposal.measures, library, capabilities),
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


def _measures(names: tuple[str, ...], library: Library, capabilities: Capabilities) -> tuple[Measure, ...]:
    if not names:
        return _default_measures(library, capabilities)
    chosen = (library.questionnaire(name) for name in dict.fromkeys(names))
    return tuple(_measure(questionnaire, capabilities) for questionnaire in chosen)


def _measure(questionnaire: Questionnaire, capabilities: Capabilities) -> Measure:
    """Read by the default way, at every point; completions, a call a stem, only at three points."""
    measure = Measure(questionnaire=questionnaire, way=default_way(questionnaire, capabilities))
    return measure.model_copy(update={"phases": _SPARSE}) if measure.way == "completion" else measure


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
