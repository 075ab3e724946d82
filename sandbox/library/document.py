"""What every document of the library has in common. No loading and no particular document here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SLUG_PATTERN = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
DOI_PATTERN = r"^10\.\d{4,9}/\S+$"
LINE_PATTERN = r"^[^\n\r]*$"
LANGUAGE_PATTERN = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"

Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN, max_length=64)]
"""An id: lower-case letters, digits and single hyphens; also the file's name without its ending."""

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400, pattern=LINE_PATTERN)
]
"""One line of text that says something."""

Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
"""A text of one or more paragraphs."""

Kind = Literal["scenario", "technique", "questionnaire", "client"]
"""The kinds of document; each has a top-level folder named by its plural."""

FOLDERS: Mapping[Kind, str] = {
    "scenario": "scenarios",
    "technique": "techniques",
    "questionnaire": "questionnaires",
    "client": "clients",
}
"""The content folder of each kind."""

Route = tuple[str | int, ...]
"""The way to a value inside a document: keys and positions (from 0), outermost first."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Something wrong in a document: what, at which value, and what would help.

    It concerns the value, or its `key`; `below` counts lines down from the value's first.
    """

    message: str
    at: Route = ()
    hint: str = ""
    key: bool = False
    below: int = 0


class Incoherent(ValueError):
    """Parts that are fine one by one and do not fit together."""

    def __init__(self, clashes: tuple[Clash, ...]) -> None:
        super().__init__("; ".join(clash.message for clash in clashes))
        self.clashes = clashes


def refuse(clashes: Iterable[Clash]) -> None:
    """Raise Incoherent with all of `clashes`, or do nothing when there are none."""
    found = tuple(clashes)
    if found:
        raise Incoherent(found)


def repeated(what: str, values: Iterable[tuple[Route, str]]) -> Iterator[Clash]:
    """A clash for each value that came before, at its later place: “two {what} “value””."""
    seen: set[str] = set()
    for at, value in values:
        if value in seen:
            yield Clash(f"two {what} “{value}”", at, "change or remove one of the two")
        seen.add(value)


class Part(BaseModel):
    """A piece of a document: unknown keys are errors, values keep their YAML type, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Source(Part):
    """Where a document comes from: who wrote it, by what method, drawn from what."""

    author: Line = Field(description="who wrote it")
    method: Line | None = Field(default=None, description="how it was made, such as an imagery vignette")
    drafted_by: Literal["person", "language model"] = Field(description="who wrote the first draft")
    drawn_from: Prose | None = Field(default=None, description="what it leans on")


class Reference(Part):
    """A publication a document leans on."""

    title: Line = Field(description="the publication's title")
    doi: Annotated[str, StringConstraints(pattern=DOI_PATTERN)] | None = Field(
        default=None, description="the DOI alone, without https://doi.org/"
    )
    url: Line | None = Field(default=None, description="where it can be read")


class Document(Part):
    """The head of every document. `id` must equal the file's name without `.yaml`."""

    id: Slug = Field(description="the file's name without .yaml")
    title: Line = Field(description="a short name for people")
    description: Prose = Field(description="what it is, in a sentence or two")
    source: Source = Field(description="where it comes from: author and drafted_by, at least")
    licence: Line = Field(description="under which terms it may be used, such as CC-BY-4.0")
    version: Line = Field(description='the version of the text, in quotes, such as "1.0"')
    language: Annotated[str, StringConstraints(pattern=LANGUAGE_PATTERN)] = Field(
        default="en", description="BCP 47 language tag of the texts, such as en or pt-BR"
    )
