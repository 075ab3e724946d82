"""Clients: the profile a language model plays, and how it resists."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from sandbox.library.document import Document, Line, Part, Prose, Reference

Forthcoming = Literal["closed", "guarded", "open"]
Agreeable = Literal["contrary", "hesitant", "agreeable"]

_FORTHCOMING: Mapping[Forthcoming, str] = {
    "closed": "Of your own accord you say next to nothing about yourself. Asked, you answer in a few words.",
    "guarded": "You answer what you are asked, and no more than that.",
    "open": "You talk readily, and add what comes to your mind.",
}
_AGREEABLE: Mapping[Agreeable, str] = {
    "contrary": "You do not agree in order to please. When something does not fit you, you say so, and why.",
    "hesitant": "You rarely say a plain yes: you see what speaks against it, and say that too.",
    "agreeable": "You tend to agree with what is said to you, and only later say what did not help.",
}


class ExampleTurn(Part):
    """A turn shown to a small model before the session, so that it answers in kind. Part of the stimulus."""

    say: Prose = Field(description="what is said to the client")
    reply: Prose = Field(description="what the client answers")


class SmallModelRecipe(Part):
    """What a very small model needs to stay in its role; larger models are not shown it.

    `examples` come right after the system text; `opening` is prefilled at the start of every reply.
    """

    examples: tuple[ExampleTurn, ...] = ()
    opening: Line | None = None


class Disclosure(Part):
    """Something the client tells only when it is asked about. Until then the model does not know of it."""

    fact: Prose = Field(description="what there is to tell, said to the client: Your brother died last year.")
    asked: Annotated[tuple[Line, ...], Field(min_length=1, max_length=20)] = Field(
        description="words; a question of the therapist that has one of them opens it"
    )
    question: Literal["any", "open"] = Field(
        default="any", description="open: only a question that no yes or no answers opens it"
    )
    told: Annotated[tuple[Line, ...], Field(min_length=1, max_length=20)] = Field(
        description="words by which a reply is seen to tell it"
    )


class Relapse(Part):
    """Something that comes back, whatever is said."""

    at: Annotated[int, Field(ge=1, le=40)] = Field(description="at which turn of the technique, from 1")
    fact: Prose = Field(description="what comes back, said to the client: Your chest tightens again.")


class Client(Document):
    """A client profile: its system text and, for small models, example turns and an opening.

    `forthcoming` and `agreeable` are said to the model after the system text. What the client discloses, and
    what comes back, is said to it as a stage direction after the therapist's words of that turn.
    """

    system: Prose = Field(description="the system text the model is given")
    forthcoming: Forthcoming | None = Field(default=None, description="how much is told without being asked")
    agreeable: Agreeable | None = Field(default=None, description="how readily it agrees")
    discloses: Annotated[tuple[Disclosure, ...], Field(max_length=20)] = ()
    relapses: Annotated[tuple[Relapse, ...], Field(max_length=20)] = ()
    references: tuple[Reference, ...] = ()
    small_model: SmallModelRecipe = SmallModelRecipe()

    @property
    def told_first(self) -> str:
        """What the model is told before anything is said to the client."""
        told = [self.system]
        if self.forthcoming is not None:
            told.append(_FORTHCOMING[self.forthcoming])
        if self.agreeable is not None:
            told.append(_AGREEABLE[self.agreeable])
        return "\n\n".join(told)
