"""The choices a clinician makes before a run, by the documents' ids, with sensible defaults. Runs nothing."""

from dataclasses import dataclass
from typing import Literal

from sandbox.engine.composition import Composition, compose
from sandbox.engine.guidance import guidance_for
from sandbox.engine.measure import THREE, Measure, Shuffled, measure_of
from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.library.catalogue import Library
from sandbox.library.client import Client
from sandbox.library.document import Document
from sandbox.library.questionnaire import CompletionQuestionnaire, RatingQuestionnaire, WordQuestionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.study import Design
from sandbox.library.technique import Technique
from sandbox.measurement.administering import WAYS, default_way
from sandbox.models.name import full_name
from sandbox.models.provider import Capabilities

RATINGS = "affect-ratings"
"""The questionnaire that every model can be asked."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Ids of the documents to run with. `measures` empty: chosen by what the model can do.

    A measure is written `ID[:WAY[:FORM]][@WHEN]` (`engine.measure`); `shuffled` goes for all of them.
    `control` adds the filler control unless a control is among the techniques already; both are run in each
    of the `designs`. `therapist` names the model that speaks guided techniques; None: the client's own.
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
    designs: tuple[Design, ...] = ("after scenario",)


def chosen(proposal: Proposal, library: Library, capabilities: Capabilities) -> Composition:
    """The documents the proposal names. Raises NotFoundError, InvalidDocument, or UsageError for a measure
    that cannot be read on a model that can do this."""
    techniques = tuple(library.technique(name) for name in dict.fromkeys(proposal.techniques))
    wants_control = proposal.control and not any(technique.is_control for technique in techniques)
    return Composition(
        scenario=library.scenario(proposal.scenario),
        techniques=techniques,
        client=library.client(proposal.client),
        measures=_measures(proposal, library, capabilities),
        model=full_name(proposal.model),
        seed=proposal.seed,
        control=library.default_control() if wants_control else None,
        administration=proposal.administration,
        follow_up=library.scenario(proposal.follow_up) if proposal.follow_up else None,
        therapist=full_name(proposal.therapist or proposal.model),
        designs=tuple(dict.fromkeys(proposal.designs)),
    )


def proposed(proposal: Proposal, library: Library, capabilities: Capabilities) -> tuple[SessionHead, ...]:
    """The sessions it comes to, trunk first. Raises what `chosen` and `compose` raise."""
    return compose(chosen(proposal, library, capabilities))


def session_with(document: Document, model: str, capabilities: Capabilities, library: Library) -> SessionPlan:
    """A session as the app would propose it, with `document` in its place."""
    usual = proposed(Proposal(control=False, model=model), library, capabilities)[1].plan
    match document:
        case Scenario():
            return usual.model_copy(update={"scenario": document})
        case Technique():
            guidance = guidance_for((document,), usual.model)
            return usual.model_copy(update={"technique": document, "guidance": guidance})
        case Client():
            return usual.model_copy(update={"client": document})
        case RatingQuestionnaire() | WordQuestionnaire() | CompletionQuestionnaire():
            only, *others = WAYS[document.kind]
            way = default_way(document, capabilities) if others else only
            measure = Measure(questionnaire=document, way=way)
            return usual.model_copy(update={"measures": (measure,)})
        case _:
            return usual


def _measures(proposal: Proposal, library: Library, capabilities: Capabilities) -> tuple[Measure, ...]:
    named = tuple(measure_of(text, library, capabilities) for text in dict.fromkeys(proposal.measures))
    found = named or _default_measures(library, capabilities)
    return tuple(measure.model_copy(update={"shuffled": proposal.shuffled}) for measure in found)


def _default_measures(library: Library, capabilities: Capabilities) -> tuple[Measure, ...]:
    """The word probe at every point; ratings where it cannot be read. A small model is given none: it fills
    them in, and its answers hardly follow what happened. Others get one at the start, after the induction and
    at the end."""
    questionnaire = library.questionnaire(RATINGS)
    ratings = Measure(questionnaire=questionnaire, way=default_way(questionnaire, capabilities))
    if not capabilities.top_logprobs:
        return (ratings,)
    probe = Measure(questionnaire=library.questionnaire("word-probe"), way="word")
    if capabilities.small:
        return (probe,)
    return (probe, ratings.model_copy(update={"phases": THREE}))
