"""What every document of the library has in common, its id first. No loading, no particular document here."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, Self
from unicodedata import normalize

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from sandbox.errors import ExitCode, Problem, Route, SandboxError, UsageError
from sandbox.text import excerpt, number_of, printable

SLUG_PATTERN = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
HASH_PATTERN = r"^[0-9a-f]{64}$"
DOI_PATTERN = r"^10\.\d{4,9}/\S+$"
LINE_PATTERN = r"^[^\n\r]*$"
LANGUAGE_PATTERN = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"

MAX_ID = 64

Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN, max_length=MAX_ID)]
"""An id: lower-case letters, digits and single hyphens; also the file's name without its ending."""

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400, pattern=LINE_PATTERN)
]
"""One line of text that says something."""

Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
"""A text of one or more paragraphs."""

Kind = Literal["scenario", "technique", "questionnaire", "client", "study", "form", "codebook"]
"""The kinds of document; each has a top-level folder named by its plural."""

FOLDERS: Mapping[Kind, str] = {
    "scenario": "scenarios",
    "technique": "techniques",
    "questionnaire": "questionnaires",
    "client": "clients",
    "study": "studies",
    "form": "forms",
    "codebook": "codebooks",
}
"""The content folder of each kind."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MARK = re.compile(r"['’\u0300-\u036f]")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def is_english(language: str) -> bool:
    """Whether a BCP 47 tag is of English, of whatever country: rules by words are for English alone."""
    return language.partition("-")[0] == "en"


FILL_IN = "FILL IN"
"""Stands in a new document where its writer's own words belong."""


class InvalidDocument(SandboxError):
    """A document that cannot be used. `problems` has everything found in it, in file order, never empty."""

    exit_code = ExitCode.INVALID_DOCUMENT

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first, more = problems[0], len(problems) - 1
        todo = first.hint
        if more:
            rest = number_of(more, "more problem")
            todo = f"{todo}\n".lstrip() + f"{rest}: sandbox validate {printable(first.file)} lists them all"
        super().__init__(printable(first.message), where=first.place, todo=printable(todo))
        self.problems = problems


class InvalidTemplate(SandboxError):
    """A text or condition of a technique that is not allowed; `line` is the one in it (from 1)."""

    exit_code = ExitCode.INVALID_DOCUMENT

    def __init__(self, what: str, todo: str = "", line: int = 1, *, where: str = "") -> None:
        super().__init__(what, where=where, todo=todo)
        self.line = line


class HasProblems(ValueError):
    """Parts that are fine one by one and do not fit together: what validation raises for them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def refuse(problems: Iterable[Problem]) -> None:
    """Raise HasProblems with all of `problems`, or do nothing when there are none."""
    found = tuple(problems)
    if found:
        raise HasProblems(found)


def repeated(what: str, values: Iterable[tuple[Route, str]]) -> Iterator[Problem]:
    """A problem for each value that came before, at its later place: “two {what} “value””."""
    seen: set[str] = set()
    for at, value in values:
        if value in seen:
            yield Problem(f"two {what} “{value}”", at, "change or remove one of the two")
        seen.add(value)


class Part(BaseModel):
    """A piece of a document: unknown keys are errors, values keep their YAML type, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        refuse(self._problems())
        return self

    def _problems(self) -> Iterable[Problem]:
        """What is wrong with values that are fine one by one; places are routes from here."""
        return ()


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
    derived_from: Annotated[str, StringConstraints(pattern=HASH_PATTERN)] | None = Field(
        default=None, description="the SHA-256 of the document this one was made from, as records state it"
    )


def document_hash(document: Document) -> str:
    """SHA-256 of what the document says, in hexadecimal: its name in the record.

    Fields at their default are left out, so that a field a later version adds does not rename old documents.
    Half characters are U+FFFD, as the record keeps them.
    """
    return _hash(_Same(document))


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A document as a key, equal to itself alone. It never changes; to write it out takes a millisecond."""

    document: Document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.document is other.document

    def __hash__(self) -> int:
        return id(self.document)


@lru_cache(maxsize=256)
def _hash(same: _Same) -> str:
    said = json.dumps(
        same.document.model_dump(mode="json", exclude_defaults=True),
        ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False,
    )  # fmt: skip
    return hashlib.sha256(_LONE_SURROGATE.sub("\ufffd", said).encode()).hexdigest()


def is_id(text: str) -> bool:
    """Whether the text can be an id as it stands."""
    return len(text) <= MAX_ID and re.fullmatch(SLUG_PATTERN, text) is not None


def id_of(name: str) -> str:
    """An id that resembles the name, without accents; empty when nothing of the name can be in an id."""
    letters = _MARK.sub("", normalize("NFKD", name)).lower()
    return _NOT_SLUG.sub("-", letters).strip("-")[:MAX_ID].strip("-")


def refuse_wrong_id(text: str) -> None:
    """Raises UsageError, with an id that resembles it, for a text that can be no id."""
    if not is_id(text):
        hint = f"an id has lower-case letters, digits and single hyphens, at most {MAX_ID} characters"
        meant = id_of(text)
        what = f"“{excerpt(text, 60)}” is not an id"
        raise UsageError(what, todo=f"{hint}, such as {meant}" if meant else hint)


def free_id(wanted: str, taken: set[str]) -> str:
    """`wanted`, or with a number after it when that is taken; it is taken from now on."""
    found, n = wanted, 1
    while found in taken:
        n += 1
        ending = f"-{n}"
        found = wanted[: MAX_ID - len(ending)].strip("-") + ending
    taken.add(found)
    return found
