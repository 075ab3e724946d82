"""An instrument as another format's file tells it, before it is made a document. No reading, no writing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.library.interchange.loss import Assumption, Loss
from sandbox.library.interchange.score_formula import Linear
from sandbox.library.questionnaire import Timeframe


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a choice. `value` is None when the file does not say what it scores."""

    label: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Span:
    """A number between `low` and `high`, with the words at some of its points."""

    low: float
    high: float
    anchors: tuple[tuple[float, str], ...] = ()


Answers = tuple[Answer, ...] | Span


@dataclass(frozen=True, slots=True)
class Question:
    """One rating item. `name` is the file's own name for it, `where` its place there."""

    name: str
    text: str
    answers: Answers
    where: str
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """A calculated field over questions, by their names in the file."""

    name: str
    title: str
    formula: Linear
    where: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """All that was understood. `scales` are whole, in the document's own form; `scores` are still to be read.

    `head` has the document keys the file states, among description, source, references.
    """

    form: str
    name: str
    title: str
    questions: tuple[Question, ...]
    preamble: str = ""
    language: str = ""
    version: str = ""
    licence: str = ""
    timeframe: str = ""
    author: str = ""
    head: Mapping[str, object] = field(default_factory=dict)
    scales: tuple[Mapping[str, object], ...] = ()
    scores: tuple[Score, ...] = ()
    losses: tuple[Loss, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """What the person who imports adds to what the file says; it wins over the file.

    `values` are the answers' numbers in the file's order, for files without scores; `part` names the form or
    the language wanted of a file that has several.
    """

    id: str | None = None
    title: str | None = None
    licence: str | None = None
    timeframe: Timeframe | None = None
    author: str | None = None
    language: str | None = None
    values: tuple[float, ...] = ()
    part: str | None = None
