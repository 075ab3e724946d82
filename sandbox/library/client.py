"""Clients: the profile a language model plays."""

from pydantic import Field

from sandbox.library.document import Document, Line, Part, Prose


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


class Client(Document):
    """A client profile: its system text and, for small models, example turns and an opening."""

    system: Prose = Field(description="the system text the model is given")
    small_model: SmallModelRecipe = SmallModelRecipe()
