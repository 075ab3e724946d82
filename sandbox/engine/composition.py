"""What sessions are put together from, as documents, and the heads that come of it. Finds no document."""

from dataclasses import dataclass, field
from typing import Literal

from sandbox.engine.guidance import guidance_for
from sandbox.engine.measure import Measure
from sandbox.engine.plan import SessionHead, SessionPlan, trunk_and_branches
from sandbox.errors import UsageError
from sandbox.library.client import Client
from sandbox.library.scenario import Scenario
from sandbox.library.study import Design, StudySampling
from sandbox.library.technique import Technique


@dataclass(frozen=True, slots=True)
class Composition:
    """The documents of a trunk and its branches, so that two versions of one technique can run side by side.

    `control` is added unless a control is among the techniques already; None adds none. `therapist` names the
    model that speaks guided techniques. Names of models are full ones. Each technique, and the control, is
    run once in each of the `designs`; “measured again” is one arm without a technique.
    """

    scenario: Scenario
    techniques: tuple[Technique, ...]
    client: Client
    measures: tuple[Measure, ...]
    model: str
    seed: int
    control: Technique | None = None
    administration: Literal["aside", "in_conversation"] = "aside"
    follow_up: Scenario | None = None
    therapist: str | None = None
    designs: tuple[Design, ...] = ("after scenario",)
    sampling: StudySampling = field(default_factory=StudySampling)


def compose(composition: Composition) -> tuple[SessionHead, ...]:
    """The trunk and its branches. Raises UsageError for a follow-up with tasks, a questionnaire that is
    measured in two ways, or a control that is shorter than the techniques."""
    follow_up = composition.follow_up
    if follow_up is not None and follow_up.tasks:
        raise UsageError(
            f"“{follow_up.id}” cannot be told before the last measurement: it has tasks.",
            todo="Choose a neutral scenario without tasks, such as doing-laundry.",
        )
    if len({measure.questionnaire.id for measure in composition.measures}) < len(composition.measures):
        raise UsageError(
            "A questionnaire is measured in two ways at once.",
            todo="Give each questionnaire once; run the session again for the other way.",
        )
    plan = SessionPlan(
        model=composition.model,
        client=composition.client,
        scenario=composition.scenario,
        measures=composition.measures,
        seed=composition.seed,
        administration=composition.administration,
        follow_up=follow_up,
        guidance=guidance_for(composition.techniques, composition.therapist or composition.model),
        sampling=composition.sampling,
    )
    techniques = with_control(composition.techniques, composition.control)
    return trunk_and_branches(plan, techniques, composition.designs)


def with_control(techniques: tuple[Technique, ...], control: Technique | None) -> tuple[Technique, ...]:
    """The techniques and, unless there is a control among them, `control`; controls are cut to the longest.

    Raises UsageError when `control` is too short for that.
    """
    if control is None or not techniques or any(technique.is_control for technique in techniques):
        return of_equal_length(techniques)
    turns = max(len(technique.steps) for technique in techniques)
    if len(control.steps) < turns:
        raise UsageError(
            f"the control “{control.id}” has {len(control.steps)} steps, the technique {turns}",
            todo="Give the control more steps, or leave it out.",
        )
    return of_equal_length((*techniques, control))


def of_equal_length(techniques: tuple[Technique, ...]) -> tuple[Technique, ...]:
    """The techniques, every control among them cut to as many steps as the longest technique that is none.

    A control keeps its last step, so that it ends as it was written to end: with a question, as techniques
    do. One with fewer steps stays as it is; without another technique nothing is cut.
    """
    turns = max((len(technique.steps) for technique in techniques if not technique.is_control), default=None)
    if turns is None:
        return techniques
    return tuple(cut_to(technique, turns) if technique.is_control else technique for technique in techniques)


def cut_to(control: Technique, turns: int) -> Technique:
    """The control with at most so many steps, its last one among them. `turns` is at least 1."""
    if len(control.steps) <= turns:
        return control
    return control.model_copy(update={"steps": (*control.steps[: turns - 1], control.steps[-1])})
