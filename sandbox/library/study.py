"""Studies: which sessions to run, how often, and when to stop."""

from typing import Annotated, Literal

from pydantic import Field

from sandbox.library.document import Document, Line, Part, Prose, Slug

Design = Literal["after scenario", "without scenario", "before scenario", "measured again"]
"""Where a technique stands in a session; `measured again`: no technique, only another measurement."""


class StudySampling(Part):
    """How every reply of the client is drawn, in place of what the model proposes."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=4096)] | None = None


class Caps(Part):
    """What the study may use at most; None: no bound. `cost` in US dollars."""

    cost: Annotated[float, Field(gt=0)] | None = None
    calls: Annotated[int, Field(gt=0)] | None = None
    hours: Annotated[float, Field(gt=0)] | None = None


class StopRule(Part):
    """Go on until the interval of the technique effect is narrower than ± `within`, or a cap is reached.

    It is looked at only when so many repeats are finished as `looks` says, in rising order.
    """

    scale: Line
    within: Annotated[float, Field(gt=0)]
    looks: Annotated[tuple[Annotated[int, Field(ge=2)], ...], Field(min_length=1, max_length=50)]


class Study(Document):
    """A study: model × client × scenario × repeat gives the trunks, × technique and design the branches."""

    question: Prose | None = Field(default=None, description="what the study is to answer")
    models: Annotated[tuple[Line, ...], Field(min_length=1)] = ("embedded",)
    clients: Annotated[tuple[Slug, ...], Field(min_length=1)] = ("study-participant",)
    scenarios: Annotated[tuple[Slug, ...], Field(min_length=1)] = Field(description="ids of scenarios")
    techniques: tuple[Slug, ...] = Field(description="ids of techniques")
    controls: tuple[Slug, ...] | None = Field(
        default=None, description="ids of control techniques; left out: the filler control; []: none"
    )
    designs: Annotated[tuple[Design, ...], Field(min_length=1)] = ("after scenario",)
    repeats: Annotated[int, Field(ge=1, le=100_000)] = 1
    first_seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**31)], ...] = Field(
        default=(), description="the seeds one by one, in place of repeats and first_seed"
    )
    measures: tuple[Line, ...] = Field(default=(), description="as in --measure: ID[:WAY[:FORM]][@WHEN]")
    administration: Literal["aside", "in_conversation"] = "aside"
    follow_up: Slug | None = None
    therapist: Line | None = None
    sampling: StudySampling = StudySampling()
    at_once: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="how many sessions at once at most with a hosted model"
    )
    caps: Caps = Caps()
    stop: StopRule | None = None
