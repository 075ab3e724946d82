"""Marks: what one reviewer says of the transcripts of one packet, as a file that comes back from them.

The keys here are the JSON that a packet's page saves. Whether the marks fit the packet, taking_in.py says.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from sandbox.library.document import LINE_PATTERN, Slug
from sandbox.store.mark import Choice, Speaker
from sandbox.text import printable

MARKS_FORMAT = "therapy-sandbox marks"
"""The value of `format` in every file of marks."""

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")]
"""What a transcript or a pair goes by in a packet: letters, digits and hyphens."""

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=LINE_PATTERN)
]
"""A reviewer's name, or what they go by; one line."""

Tag = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=LINE_PATTERN)
]
"""A tag of the codebook by its id or its title, or several by their ids with spaces between."""

Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]

Moment = Annotated[
    datetime, AfterValidator(lambda at: at if at.utcoffset() is not None else at.replace(tzinfo=UTC))
]
"""A time; one that names no zone is UTC."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file of marks: in which cell or field, what, and what would help."""

    place: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        head = f"{self.place}: {self.what}" if self.place else self.what
        return printable(f"{head}; {self.hint}" if self.hint else head)


class _Mark(BaseModel):
    """Unknown keys are errors and nothing changes later. Values of JSON keep their type."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Note(_Mark):
    """A note on a turn (its number in the transcript, from 1), or on words of it: `quote`, as they stand
    there, said by `speaker`. It has a text, a quotation or tags of the codebook."""

    turn: Annotated[int, Field(ge=1, strict=True)]
    speaker: Speaker | None = None
    quote: Remark = ""
    text: Remark = ""
    tags: tuple[Tag, ...] = ()


class Tick(_Mark):
    """Whether a line of a technique's fidelity list was seen, and in which turn."""

    statement: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
    seen: Annotated[bool, Field(strict=True)]
    turn: Annotated[int, Field(ge=1, strict=True)] | None = None


class TranscriptMarks(_Mark):
    """What was said of one transcript. `ratings`: by form id, by item id, the value of the answer chosen;
    None where the reviewer says that the transcript does not show it. An item not answered is not there."""

    code: Code
    ratings: dict[Slug, dict[Slug, Annotated[int, Field(strict=True)] | None]] = {}
    notes: tuple[Note, ...] = ()
    ticks: tuple[Tick, ...] = ()


class Preference(_Mark):
    """Which transcript of a pair was chosen, to the question of the form of that id."""

    pair: Code
    form: Slug
    choice: Choice
    reason: Remark = ""


class Marks(_Mark):
    """All that one reviewer says of one packet. `packet` is the packet's id."""

    format: Literal["therapy-sandbox marks"] = "therapy-sandbox marks"
    format_version: Literal[1] = 1
    packet: Code
    reviewer: Name
    saved: Moment | None = None
    transcripts: tuple[TranscriptMarks, ...] = ()
    preferences: tuple[Preference, ...] = ()
