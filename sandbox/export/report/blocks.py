"""What a report is made of, whatever file it becomes: headings, texts, tables, charts, conversations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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
    """One turn: where it stands (`t3`), who speaks, and the words, which are somebody else's."""

    place: str
    speaker: str
    words: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A stretch of talk. `columns` stand side by side where there is room, a turn a row (None: none here)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[Said, ...], ...], ...]


Block = Heading | Paragraph | Bullets | Table | Chart | Conversation
