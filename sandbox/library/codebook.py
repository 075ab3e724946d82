"""Codebooks: the tags a reviewer may put on a turn or on words of it, and when each applies."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from sandbox.errors import Problem
from sandbox.library.document import Document, Line, Part, Prose, Reference, Slug, repeated


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

    def _problems(self) -> Iterator[Problem]:
        return repeated("tags have the id", ((("tags", n, "id"), tag.id) for n, tag in enumerate(self.tags)))
