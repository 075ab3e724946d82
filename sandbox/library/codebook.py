"""Codebooks: the tags a reviewer may put on a turn or on words of it, and when each applies."""

from typing import Annotated

from pydantic import Field, model_validator

from sandbox.library.document import Document, Line, Part, Prose, Reference, Slug, refuse, repeated


class Tag(Part):
    """A tag: `when` says when a turn gets it, so that two reviewers give it alike."""

    id: Slug = Field(description="the tag itself, short")
    title: Line = Field(description="what it stands for")
    when: Prose = Field(description="when a turn gets it, and when not")


class Codebook(Document):
    """Tags for turns of a transcript."""

    references: tuple[Reference, ...] = ()
    tags: Annotated[tuple[Tag, ...], Field(min_length=1, max_length=60)] = Field(
        description="the tags, each with id, title and when"
    )

    @model_validator(mode="after")
    def _ids_differ(self) -> "Codebook":
        refuse(repeated("tags have the id", ((("tags", n, "id"), tag.id) for n, tag in enumerate(self.tags))))
        return self
