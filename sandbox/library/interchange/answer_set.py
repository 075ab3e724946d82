"""The answers the questions of an instrument share, and which questions have them the other way round."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandbox.library.interchange.instrument import Answer, Answers, Question, Span

_ENOUGH = 3  # questions with the same numbers, to call them an inventory of statements
_NOT_A_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Shared:
    """The questions with one set of answers. `turned` are the names of those whose numbers run backwards.

    `others` are the questions with other answers. `reworded` are the names of those with the same numbers and
    some words of their own for them, which stand in their text now. `stated` says that all of them have
    statements of their own, which do.
    """

    answers: Answers
    questions: tuple[Question, ...]
    turned: frozenset[str]
    others: tuple[Question, ...] = ()
    reworded: tuple[str, ...] = ()
    stated: bool = False

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest number an answer has."""
        if isinstance(self.answers, Span):
            return self.answers.low, self.answers.high
        values = [answer.value or 0.0 for answer in self.answers]
        return min(values), max(values)

    @property
    def falls(self) -> bool:
        """Whether the answers are listed from the highest number down. Yes before no says nothing."""
        return not isinstance(self.answers, Span) and len(self.answers) > 2 and not _rises(self.answers)


def shared_answers(questions: Sequence[Question]) -> Shared:
    """The answers most of the questions have, and those questions. Every answer has a number.

    The same answers with their numbers mirrored count as the same: so forms write reversed items. A question
    whose numbers are the same, and fewer than half of its words others, is kept with its own words said. If
    most have the same numbers and each its own statements, the statements go into their texts.
    """
    common = _with_common_words(questions)
    return _with_statements(questions, 2 * len(common.questions)) or common


def _with_statements(questions: Sequence[Question], more_than: int) -> Shared | None:
    """The questions with the same numbers, for inventories of statements; None where they are too few."""
    choices = [question for question in questions if not isinstance(question.answers, Span)]
    numbers = {question.where: _numbers(question) for question in choices}
    if not choices:
        return None
    most = Counter(numbers.values()).most_common(1)[0][0]
    alike = [question for question in choices if numbers[question.where] == most]
    if len(alike) < _ENOUGH or len(alike) < more_than:
        return None
    answers = tuple(Answer(f"statement {value:g}", value) for value in sorted(most))
    taken = tuple(replace(question, text=f"{question.text}\n{_statements(question)}") for question in alike)
    others = tuple(question for question in questions if question not in alike)
    return Shared(answers, taken, frozenset(), others, stated=True)


def _numbers(question: Question) -> frozenset[float]:
    answers = () if isinstance(question.answers, Span) else question.answers
    return frozenset(answer.value or 0.0 for answer in answers)


def _statements(question: Question) -> str:
    answers = () if isinstance(question.answers, Span) else question.answers
    ordered = sorted(answers, key=lambda answer: answer.value or 0.0)
    return "\n".join(f"{answer.value:g}: {answer.label}" for answer in ordered)


def _with_common_words(questions: Sequence[Question]) -> Shared:
    kinds = {question.where: _kind(question.answers) for question in questions}
    family = {where: frozenset((kind, _mirrored(kind))) for where, kind in kinds.items()}
    commonest = Counter(family.values()).most_common(1)[0][0]
    kept = [question for question in questions if family[question.where] == commonest]
    counts = Counter(kinds[question.where] for question in kept)
    firsts = {kind: next(q.answers for q in kept if kinds[q.where] == kind) for kind in counts}
    forward = max(counts, key=lambda kind: (_rises(firsts[kind]), counts[kind]))
    base = firsts[forward]
    taken: list[Question] = []
    others: list[Question] = []
    reworded: list[str] = []
    for question in questions:
        own = None if question in kept else _own_words(question.answers, base)
        if question in kept:
            taken.append(question)
        elif own is None:
            others.append(question)
        else:
            taken.append(replace(question, text=f"{question.text}\n({own})"))
            reworded.append(question.name)
    turned = frozenset(question.name for question in kept if kinds[question.where] != forward)
    return Shared(base, tuple(taken), turned, tuple(others), tuple(reworded))


_Kind = frozenset[tuple[str, float]]


def _kind(answers: Answers) -> _Kind:
    """What makes two sets of answers the same: words with numbers, in any order."""
    if isinstance(answers, Span):
        ends = (("\0low", answers.low), ("\0high", answers.high))
        return frozenset((*ends, *((_words(label), value) for value, label in answers.anchors)))
    return frozenset((_words(answer.label), answer.value or 0.0) for answer in answers)


def _words(label: str) -> str:
    """The words alone: capitals, signs and spaces make no other answer of one."""
    return " ".join(_NOT_A_LETTER.sub(" ", label.casefold()).split()) or label


def _mirrored(kind: _Kind) -> _Kind:
    values = [value for _, value in kind]
    whole = min(values) + max(values)
    if any(label.startswith("\0") for label, _ in kind):
        return kind  # a slider that runs from high to low is not known
    return frozenset((label, whole - value) for label, value in kind)


def _own_words(answers: Answers, base: Answers) -> str | None:
    """What the numbers mean in answers that differ from the base by a few words; None if they differ more."""
    if isinstance(answers, Span) or isinstance(base, Span):
        return None
    known = {answer.value: answer.label for answer in base}
    if {answer.value for answer in answers} != set(known):
        return None
    own = [answer for answer in answers if _words(answer.label) != _words(known[answer.value])]
    if 2 * len(own) >= len(answers):
        return None
    return "Here " + ", ".join(_said(answer) for answer in own) + "."


def _said(answer: Answer) -> str:
    return f"{answer.value:g} means “{answer.label}”"


def _rises(answers: Answers) -> bool:
    """Whether the numbers grow in the order the answers are listed, as they do for items not reversed."""
    values = [] if isinstance(answers, Span) else [answer.value or 0.0 for answer in answers]
    return values == sorted(values)
