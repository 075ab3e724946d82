"""Techniques: the intervention script, ordered steps the therapist says."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sandbox.library.document import Document, Line, Part, Prose, Reference, Slug, refuse, repeated

Family = Literal[
    "mindfulness",
    "cbt",
    "act",
    "dbt",
    "relaxation",
    "compassion",
    "supportive",
    "problem solving",
    "control",
    "harmful",
]
Delivery = Literal["scripted", "guided", "live"]
DEFAULT_CONTROL = "filler-manual"
"""The id of the control that a new comparison proposes."""

Expression = Annotated[str, Field(min_length=1, max_length=500)]


class Repeat(Part):
    """Say the step again until `until` holds, at most `at_most` times in all."""

    until: Expression = Field(description="an expression such as score('distress') < 20")
    at_most: Annotated[int, Field(ge=1, le=10)] = Field(description="how often at most, from 1 to 10")


class Step(Part):
    """One therapist turn. `when` skips the step if its expression is false; `say` may quote `last_reply`."""

    id: Slug = Field(description="a short name of the step")
    say: Prose = Field(description="what the therapist says")
    when: Expression | None = None
    repeat: Repeat | None = None


class Technique(Document):
    """An intervention script. A technique of the family `control` has as many turns and does nothing."""

    family: Family = Field(description="the school it belongs to; control for a control technique")
    rationale: Prose = Field(description="why it should help")
    references: tuple[Reference, ...] = ()
    delivery: Delivery = "scripted"
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=40)] = Field(
        description="what the therapist says, in order, each step with id and say"
    )
    changed_by: Line | None = Field(
        default=None, description="who changed the version that derived_from names into this one"
    )
    changed_on: Line | None = Field(default=None, description="when, such as 2026-11-27 09:30 UTC")
    fidelity: tuple[Line, ...] = ()
    cautions: Prose | None = None

    @property
    def is_control(self) -> bool:
        return self.family == "control"

    @model_validator(mode="after")
    def _step_ids_differ(self) -> "Technique":
        refuse(
            repeated(
                "steps have the id", ((("steps", n, "id"), step.id) for n, step in enumerate(self.steps))
            )
        )
        return self
