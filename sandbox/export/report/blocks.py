"""What a report or a transcript is made of, whatever file it becomes: headings, texts, tables, charts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.text import printable


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 is the report's title, 2 a section's."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph. `grave` marks what has to be seen: the notice, a caution."""

    text: str
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Every row has as many cells as the head; columns from `numbers_from` on hold numbers."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers_from: int = 1


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture by its Vega-Lite specification, what it shows in words, and the same as a table."""

    title: str
    description: str
    specification: Mapping[str, Any]
    table: Table


@dataclass(frozen=True, slots=True)
class Said:
    """What one side said: where it stands (`t3`), who speaks, and the words, which are somebody else's.

    `line` is the number of the first of its lines (`lines_of`), for citing; 0: they have none.
    """

    place: str
    speaker: str
    words: str
    note: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """A stretch of talk. `columns` stand side by side where there is room, a turn a row (None: none here)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[Said, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of a transcript: its id (no other turn of any session has it), its title, what was said."""

    id: str
    title: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """Something to type in a terminal, on one line."""

    text: str


Block = Heading | Paragraph | Bullets | Table | Chart | Conversation | Exchange | Command

LONGEST_LINE = 240
_BETWEEN_SENTENCES = re.compile(r"(?<=[^\s\d][.!?…])\s+|(?<=[.!?…][\"”’»)])\s+")


def lines_of(words: str) -> tuple[str, ...]:
    """The words as the lines that are numbered for citing: a sentence each, cut where it is longer than that.

    So a line has the same number on any paper and screen. At least one line.
    """
    rows = (row.strip() for row in printable(words).splitlines())
    sentences = (one for row in rows if row for one in _BETWEEN_SENTENCES.split(row))
    return tuple(piece for sentence in sentences for piece in _cut(sentence)) or ("",)


def _cut(sentence: str) -> Iterator[str]:
    start = 0
    while len(sentence) - start > LONGEST_LINE:
        space = sentence.rfind(" ", start + 1, start + LONGEST_LINE)
        end = space if space > start else start + LONGEST_LINE
        yield sentence[start:end].strip()
        start = end
    yield sentence[start:].strip()
