"""The answers the questions of an instrument share, and which questions have them the other way round."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sandbox.library.interchange.instrument import Answer, Answers, Question, Span
from sandbox.library.interchange.loss import Loss, NoInstrument


@dataclass(frozen=True, slots=True)
class Shared:
    """The questions with one set of answers. `turned` are the names of those whose numbers run backwards.

    Every question of another set is in `losses`.
    """

    answers: Answers
    questions: tuple[Question, ...]
    turned: frozenset[str]
    losses: tuple[Loss, ...]

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest number an answer has."""
        return _bounds(self.answers)


def shared_answers(questions: Iterable[Question], values: tuple[float, ...], file: str) -> Shared:
    """The answers most questions have, and those questions.

    `values` are the numbers of answers the file has none for. The same answers with their numbers mirrored
    count as the same: so forms write reversed items. Raises NoInstrument when there is no question or an
    answer has no number.
    """
    scored = [_scored(question, values, file) for question in questions]
    if not scored:
        todo = "an instrument has questions with numbered answers, or with a lowest and highest number"
        raise NoInstrument("no rating question was found in it", where=file, todo=todo)
    kinds = {question.name: _kind(question.answers) for question in scored}
    family = {name: frozenset((kind, _mirrored(kind))) for name, kind in kinds.items()}
    commonest = Counter(family.values()).most_common(1)[0][0]
    kept = [question for question in scored if family[question.name] == commonest]
    counts = Counter(kinds[question.name] for question in kept)
    firsts = {kind: next(q.answers for q in kept if kinds[q.name] == kind) for kind in counts}
    forward = max(counts, key=lambda kind: (_rises(firsts[kind]), counts[kind]))
    base = firsts[forward]
    return Shared(
        base,
        tuple(kept),
        frozenset(question.name for question in kept if kinds[question.name] != forward),
        tuple(
            Loss(
                "a question with other answers than most; it is left out", f"{question.where} {question.name}"
            )
            for question in scored
            if family[question.name] != commonest
        ),
    )


_Kind = frozenset[tuple[str, float]]


def _kind(answers: Answers) -> _Kind:
    """What makes two sets of answers the same: labels with numbers, in any order."""
    if isinstance(answers, Span):
        ends = (("\0low", answers.low), ("\0high", answers.high))
        return frozenset((*ends, *((label.casefold(), value) for value, label in answers.anchors)))
    return frozenset((answer.label.casefold(), answer.value or 0.0) for answer in answers)


def _mirrored(kind: _Kind) -> _Kind:
    values = [value for _, value in kind]
    whole = min(values) + max(values)
    if any(label.startswith("\0") for label, _ in kind):
        return kind  # a slider that runs from high to low is not known
    return frozenset((label, whole - value) for label, value in kind)


def _rises(answers: Answers) -> bool:
    """Whether the numbers grow in the order the answers are listed, as they do for items not reversed."""
    values = [] if isinstance(answers, Span) else [answer.value or 0.0 for answer in answers]
    return values == sorted(values)


def _bounds(answers: Answers) -> tuple[float, float]:
    if isinstance(answers, Span):
        return answers.low, answers.high
    values = [answer.value or 0.0 for answer in answers]
    return min(values), max(values)


def _scored(question: Question, values: tuple[float, ...], file: str) -> Question:
    answers = question.answers
    if isinstance(answers, Span) or all(answer.value is not None for answer in answers):
        return question
    if len(values) != len(answers):
        labels = ", ".join(f"“{answer.label}”" for answer in answers[:8])
        given = f"--values has {len(values)} numbers for {len(answers)} answers" if values else ""
        todo = f"say it in their order, such as --values {','.join(str(n) for n in range(len(answers)))}"
        raise NoInstrument(
            given or "the file does not say what its answers score",
            where=f"{file}: {question.where}",
            todo=f"the answers: {labels}\n{todo}",
        )
    numbered = (Answer(answer.label, value) for answer, value in zip(answers, values, strict=True))
    return replace(question, answers=tuple(numbered))
