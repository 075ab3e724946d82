"""The choices a clinician makes before a run, with sensible defaults, turned into session heads."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sandbox.engine.guidance import guidance_for
from sandbox.engine.plan import Measure, SessionHead, SessionPlan, Shuffled, trunk_and_branches
from sandbox.engine.written_measure import THREE, measure_of
from sandbox.errors import UsageError
from sandbox.library.catalogue import Library
from sandbox.library.scenario import Scenario
from sandbox.library.technique import Technique
from sandbox.measurement.administering import default_way
from sandbox.models.name import full_name
from sandbox.models.provider import Capabilities


@dataclass(frozen=True, slots=True)
class Proposal:
    """Ids of the documents to run with. `measures` empty: chosen by what the model can do.

    A measure is written `ID[:WAY[:FORM]][@WHEN]` (see `written_measure`); `shuffled` goes for all of them.
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
    cannot be read on this model or a follow-up with tasks."""
    techniques = tuple(library.technique(name) for name in dict.fromkeys(proposal.techniques))
    plan = SessionPlan(
        model=full_name(proposal.model),
        client=library.client(proposal.client),
        scenario=library.scenario(proposal.scenario),
        measures=_measures(proposal, library, capabilities),
        seed=proposal.seed,
        administration=proposal.administration,
        follow_up=_follow_up(proposal.follow_up, library) if proposal.follow_up else None,
        guidance=guidance_for(techniques, full_name(proposal.therapist or proposal.model)),
    )
    arms = with_control(techniques, library) if proposal.control else of_equal_length(techniques)
    return trunk_and_branches(plan, arms)


def with_control(techniques: tuple[Technique, ...], library: Library) -> tuple[Technique, ...]:
    """The techniques and, unless there is a control among them, the filler; controls are cut to the longest.

    Raises UsageError when the filler is too short for that.
    """
    if not techniques or any(technique.is_control for technique in techniques):
        return of_equal_length(techniques)
    turns = max(len(technique.steps) for technique in techniques)
    control = library.default_control()
    if len(control.steps) < turns:
        raise UsageError(
            f"the control “{control.id}” has {len(control.steps)} steps, the technique {turns}",
            todo="Give the control more steps, or leave it out.",
        )
    return of_equal_length((*techniques, control))


def of_equal_length(techniques: tuple[Technique, ...]) -> tuple[Technique, ...]:
    """The techniques, every control among them cut to as many steps as the longest technique that is none.

    A control with fewer steps stays as it is; without another technique nothing is cut.
    """
    turns = max((len(technique.steps) for technique in techniques if not technique.is_control), default=None)
    return tuple(
        technique.model_copy(update={"steps": technique.steps[:turns]}) if technique.is_control else technique
        for technique in techniques
    )


def beside(technique: Technique, others: Iterable[Technique]) -> Technique:
    """The technique as it joins others that run already: a control is cut as if they all began together."""
    return of_equal_length((*others, technique))[-1]


def _follow_up(name: str, library: Library) -> Scenario:
    scenario = library.scenario(name)
    if scenario.tasks:
        raise UsageError(
            f"“{scenario.id}” cannot be told before the last measurement: it has tasks.",
            todo="Choose a neutral scenario without tasks, such as doing-laundry.",
        )
    return scenario


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
    return (probe, ratings.model_copy(update={"phases": THREE}))
