"""Scenarios: the stimulus that induces one affect, told in one or more turns."""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field

from sandbox.errors import Problem
from sandbox.library.document import Document, Line, Part, Prose, Reference, repeated
from sandbox.library.task import Task

Affect = Literal["fear", "anxiety", "worry", "sadness", "anger", "disgust", "stress", "none"]
"""The affect a scenario is meant to induce; `none` marks a neutral scenario, the induction control."""

AFFECTS: frozenset[str] = frozenset(get_args(Affect)) - {"none"}

Intensity = Literal["mild", "moderate", "strong"]
"""How hard the situation would be for a person, in the writer's judgement; it is not measured."""


class ScenarioTurn(Part):
    """One thing the client is told. With `reply: false` it is told without waiting for an answer."""

    say: Prose = Field(description="what the client is told")
    reply: bool = True


class Scenario(Document):
    """A distressing (or neutral) situation."""

    affect: Affect = Field(description="the affect it is meant to induce; none for a neutral scenario")
    intensity: Intensity | None = Field(
        default=None, description="how hard it would be for a person, in the writer's judgement"
    )
    domain: Line | None = Field(default=None, description="the part of life it is from, such as work")
    content_warning: tuple[Line, ...] = ()
    references: tuple[Reference, ...] = ()
    turns: Annotated[tuple[ScenarioTurn, ...], Field(min_length=1, max_length=40)] = Field(
        description="what the client is told, in order, each turn with say"
    )
    tasks: Annotated[tuple[Task, ...], Field(max_length=10)] = Field(
        default=(), description="interactive tasks after the turns, in order"
    )

    @property
    def title_with_affect(self) -> str:
        """`Attacked at night (fear)`, `An ordinary room (neutral)`."""
        return f"{self.title} ({'neutral' if self.affect == 'none' else self.affect})"

    def _problems(self) -> Iterator[Problem]:
        return repeated("tasks have the id", ((("tasks", n, "id"), t.id) for n, t in enumerate(self.tasks)))
