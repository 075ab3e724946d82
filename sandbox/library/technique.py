"""Techniques: the intervention script, ordered steps the therapist says."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from sandbox.errors import Problem
from sandbox.library.document import (
    Document,
    Line,
    Part,
    Prose,
    Reference,
    Slug,
    document_hash,
    repeated,
)
from sandbox.text import excerpt

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


class Variant(Part):
    """Another wording of a step: the writer's own, or proposed by a model and accepted by a person."""

    say: Prose = Field(description="what the therapist says in place of the step's own text")
    by: Line | None = Field(default=None, description="who wrote it; left out: the technique's author")
    model: Line | None = Field(default=None, description="the model that proposed it, if one did")
    accepted_by: Line | None = Field(default=None, description="who accepted the model's proposal")
    accepted_on: Line | None = Field(default=None, description="when, such as 2026-11-27 09:30 UTC")

    @property
    def origin(self) -> str:
        """Such as `proposed by openai/gpt-4o, accepted by Ann on 2026-11-27 09:30 UTC`."""
        if self.model is None:
            return f"by {self.by}" if self.by else "by the technique's author"
        on = f" on {self.accepted_on}" if self.accepted_on else ""
        return f"proposed by {self.model}, accepted by {self.accepted_by or 'nobody named'}{on}"


class Step(Part):
    """One therapist turn. `when` skips the step if its expression is false; `say` may quote `last_reply`.

    `variants` are said in its place in studies that spread wordings (`Technique.worded`), and nowhere else.
    """

    id: Slug = Field(description="a short name of the step")
    say: Prose = Field(description="what the therapist says")
    when: Expression | None = None
    repeat: Repeat | None = None
    variants: Annotated[tuple[Variant, ...], Field(max_length=20)] = Field(
        default=(), description="other wordings of the step, for studies that spread them"
    )

    def _problems(self) -> Iterator[Problem]:
        seen = {_plainly(self.say): "the step's own text"}
        for n, variant in enumerate(self.variants):
            said = _plainly(variant.say)
            if said in seen:
                what = f"the variant says the same as {seen[said]}"
                yield Problem(what, ("variants", n, "say"), "word it otherwise, or remove it")
            seen.setdefault(said, f"variant {n + 1}")


def _plainly(text: str) -> str:
    """The text without what no reader hears: case, and how it is broken into lines."""
    return " ".join(text.split()).casefold()


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
    wording: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="written by the app: which wording of the script that derived_from names"
    )
    fidelity: tuple[Line, ...] = ()
    cautions: Prose | None = None

    @property
    def is_control(self) -> bool:
        return self.family == "control"

    @property
    def wordings(self) -> int:
        """How many wordings it has: its own, and one for each variant of the step that has the most."""
        return 1 + max(len(step.variants) for step in self.steps)

    def worded(self, number: int = 0) -> "Technique":
        """The script as it is said in that wording (from 0, the base), without its variants: what a session
        runs. Each step takes its variant of that number; one with fewer begins again from its own text.

        The base has the hash of the script before it got variants. Another wording is a document of its own,
        derived from the base, that says whose words it has; `number` may be any, and is told by the smallest
        that says the same.
        """
        if self.wordings == 1:
            return self
        counts = [1 + len(step.variants) for step in self.steps]
        taken = [number % count for count in counts]
        bare = [step.model_copy(update={"variants": ()}) for step in self.steps]
        base = self.model_copy(update={"steps": tuple(bare)})
        if not any(taken):
            return base
        chosen = [step.variants[n - 1] if n else None for step, n in zip(self.steps, taken, strict=True)]
        said = tuple(
            step if variant is None else step.model_copy(update={"say": variant.say})
            for step, variant in zip(bare, chosen, strict=True)
        )
        known = (n for n in range(1, number + 1) if [n % count for count in counts] == taken)
        told = "; ".join(f"{step.id} {one.origin}" for step, one in zip(bare, chosen, strict=True) if one)
        drafted = "language model" if any(one and one.model for one in chosen) else self.source.drafted_by
        wording = next(known)
        return base.model_copy(
            update={
                "description": excerpt(f"Wording {wording} of “{self.title}”: {told}.", 2000),
                "source": self.source.model_copy(update={"drafted_by": drafted}),
                "derived_from": document_hash(base),
                "wording": wording,
                "steps": said,
            }
        )

    def _problems(self) -> Iterator[Problem]:
        return repeated("steps have the id", ((("steps", n, "id"), s.id) for n, s in enumerate(self.steps)))
