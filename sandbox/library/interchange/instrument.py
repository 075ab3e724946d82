"""An instrument as another format's file tells it, before it is made a document. No reading, no writing.

Also the texts a file tells before its questions: which of them stand over which question (`Instructions`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.library.interchange.loss import Loss
from sandbox.library.interchange.plain_text import one_line
from sandbox.library.interchange.score_formula import Linear
from sandbox.library.questionnaire import Timeframe


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a choice. `value` is None when the file does not say what it scores.

    `code` is what the file writes for it, where that can differ from the number: 00 beside 0.
    """

    label: str
    value: float | None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A number between `low` and `high`, with the words at some of its points."""

    low: float
    high: float
    anchors: tuple[tuple[float, str], ...] = ()


Answers = tuple[Answer, ...] | Span


@dataclass(frozen=True, slots=True)
class Question:
    """One rating item. `name` is the file's own name for it, `where` its place there.

    `block` are the instructions it stands under, outermost first. `condition` is the file's rule for when it
    is asked, empty for always. `why_not` says why it cannot be taken, though it is a rating question.
    """

    name: str
    text: str
    answers: Answers
    where: str
    reverse: bool = False
    block: tuple[str, ...] = ()
    condition: str = ""
    why_not: str = ""

    @property
    def place(self) -> str:
        """Where it stands, and its name there."""
        return f"{self.where} {self.name[:60]}".strip()


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

    `head` has the document keys the file states, among description, source, references. `section` is what
    the person said of the part wanted, beyond the form or the language: one of the questions' blocks. `parts`
    are the forms or languages that could be named.
    """

    form: str
    name: str
    title: str
    questions: tuple[Question, ...]
    language: str = ""
    version: str = ""
    licence: str = ""
    timeframe: str = ""
    author: str = ""
    section: str | None = None
    parts: tuple[str, ...] = ()
    head: Mapping[str, object] = field(default_factory=dict)
    scales: tuple[Mapping[str, object], ...] = ()
    scores: tuple[Score, ...] = ()
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """What the person who imports adds to what the file says; it wins over the file.

    `values` are the answers' numbers in the file's order, for files without scores. `part` names the form,
    the language, or the section wanted of a file that has several; “FORM / SECTION” names both.
    """

    id: str | None = None
    title: str | None = None
    licence: str | None = None
    timeframe: Timeframe | None = None
    author: str | None = None
    language: str | None = None
    values: tuple[float, ...] = ()
    part: str | None = None


def named_part(part: str | None, names: Sequence[str]) -> tuple[str | None, str | None]:
    """Which of `names` (forms, languages) `part` says, and which section; None where it says nothing."""
    if part is None or part in names:
        return part, None
    head, _, section = part.partition(" / ")
    return (head, section) if section and head in names else (None, part)


class Instructions:
    """Instructions as a form is read from top to bottom; groups inside groups add to those outside.

    A text told after a question takes the place of the one before on its level: it is about what follows.
    """

    def __init__(self) -> None:
        self._levels: list[list[str]] = [[]]
        self._asked = [False]
        self._fresh: list[tuple[str, str]] = []
        self._stray: list[tuple[str, str]] = []

    def tell(self, text: str, where: str, level: int = -1) -> None:
        """A text that stands over the questions to come, on the innermost level or a given one."""
        if not text:
            return
        if self._asked[level]:
            self._levels[level], self._asked[level] = [], False
        if text not in self._levels[level]:
            self._levels[level].append(text)
            self._fresh.append((text, where))

    def enter(self, text: str = "", where: str = "") -> None:
        """A group begins, with its heading."""
        self._levels.append([])
        self._asked.append(False)
        self.tell(text, where)

    def leave(self) -> None:
        """The group ends; its texts hold no longer. A group that was never begun ends without harm."""
        if len(self._levels) > 1:
            self._levels.pop()
            self._asked.pop()
        self._stray += self._fresh
        self._fresh = []

    def asked(self) -> tuple[str, ...]:
        """A question is asked here: the texts it stands under, outermost first."""
        self._asked = [True] * len(self._levels)
        self._fresh = []
        return tuple("\n\n".join(texts) for texts in self._levels if texts)

    def unused(self) -> list[Loss]:
        """The texts no question followed."""
        return [
            Loss(f"a text no question follows is left out: “{one_line(text)[:60]}”", where)
            for text, where in (*self._stray, *self._fresh)
        ]
