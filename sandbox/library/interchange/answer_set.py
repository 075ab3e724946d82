"""The answers of an instrument's questions: those that are scores, and the set that most questions share.

“Don't know” as 999, “declined” as 777, “not applicable” as −9 and a second 0 are none. Files number them like
any other answer; summed up, they would make nonsense of a scale.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sandbox.library.interchange.instrument import Answer, Answers, Question, Span

_ENOUGH = 3  # questions with the same numbers, to call them an inventory of statements
_NOT_A_LETTER = re.compile(r"[\W_]+")

_APOSTROPHES = str.maketrans("’‘`´", "''''")
_SAYS_NOTHING = re.compile(
    r"""
    (i\s+)?(do\s?n[o']?t|do\s+not|can'?t|cannot)\s+(know|say|wish\s+to\s+(answer|say)|want\s+to\s+(answer|say))
        (\s+(the\s+answer|how\s+to\s+answer|for\s+sure|exactly))?
  | (i\s+)?(would|'d|i'd)\s+(rather|prefer)\s+not\b.* | (i\s+)?(rather|prefer(red)?)\s+not\b.*
  | (i\s+)?(choose|chose|wish|want)\s+not\s+to\b.* | prefer\s+no\s+answer.*
  | (i\s+)?(declined?|refused?|refusal|skip(ped)?)(\s+(to\s+)?(answer|state|say|respond|question).*)?
  | (this\s+(is|does)\s+|it\s+(is|does)\s+|does\s+)?not\s+(applicable|assessed|answered|asked|done|stated
        |known|available|recorded|reported|apply(\s+to\s+me)?)
  | (this\s+|it\s+|)(does\s?n[o']?t|does\s+not)\s+apply(\s+to\s+me)?
  | n\s?[/.]?\s?a\.? | n/?k | unknown | missing(\s+(data|value|response))? | no\s+(answer|response|reply|data)
  | dk | rf | dk\s?/\s?na | (unable|unwilling)\s+to\s+(answer|say|respond|assess|rate).*
  | wei(ß|ss)\s+(ich\s+)?nicht | (ich\s+)?wei(ß|ss)\s+(es\s+)?nicht | keine\s+(angaben?|antwort)
  | (trifft\s+)?nicht\s+(zutreffend|anwendbar|beurteilbar)
  | (je\s+)?ne\s+sais?\s+pas | (ne\s+souhaite|pr[eé]f[eè]re)\s+(pas|ne\s+pas)\b.* | sans\s+r[eé]ponse
  | (yo\s+)?no\s+(lo\s+)?s[eé] | no\s+sabe.* | no\s+contesta | prefiero\s+no\b.* | (non|no|não)\s+(applicable
        |aplica|aplicable|applicabile|se\s+aplica)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CODE = re.compile(r"-?(?:[6-9]|66|77|88|9[0-9]|555|666|777|888|99[0-9]|7777|8888|999[0-9]|9{5,9}|8{5,9})")


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


@dataclass(frozen=True, slots=True)
class Sifted:
    """The answers that count, those that do not, and those that were made one since they score the same."""

    answers: tuple[Answer, ...]
    left_out: tuple[Answer, ...]
    joined: tuple[Answer, ...]


def sifted(answers: tuple[Answer, ...]) -> Sifted:
    """The answers of a choice without those that are no scores.

    Left out is an answer whose words say that nothing is said, and one with the number of a missing answer
    (7, 88, 999, −9 …) that lies far off the steps of the others. Answers that score the same become one, with
    all of their words. Nothing is left out where fewer than two would remain.
    """
    silent = [answer for answer in answers if says_nothing(answer.label)]
    kept = [answer for answer in answers if answer not in silent]
    if len({a.code if a.value is None else a.value for a in kept}) < 2:
        silent, kept = [], list(answers)
    far = _far_off(kept)
    kept = [answer for answer in kept if answer not in far]
    left_out = tuple(answer for answer in answers if answer in silent or answer in far)
    return Sifted(*_joined(kept, left_out))


def says_nothing(label: str) -> bool:
    """Whether the words mean that no answer is given."""
    words = " ".join(label.translate(_APOSTROPHES).split()).strip(" .!()[]-–—*")
    parts = [part.strip() for part in re.split(r"\s*/\s*|\s+or\s+|,\s+", words) if part.strip()]
    return _matches(words) or (len(parts) > 1 and all(map(_matches, parts)))


def _matches(words: str) -> bool:
    return _SAYS_NOTHING.fullmatch(words) is not None


def _far_off(answers: list[Answer]) -> list[Answer]:
    """Answers with a number that stands for a missing one, farther off than the others' steps explain."""
    numbered = [answer for answer in answers if answer.value is not None]
    marked = [
        answer for answer in numbered if _CODE.fullmatch(f"{answer.value:g}") or (answer.value or 0) < 0
    ]
    plain = sorted({answer.value or 0.0 for answer in numbered if answer not in marked})
    if len(plain) < 2:
        return []
    step = max(after - before for before, after in itertools.pairwise(plain))
    found, low, high = [], plain[0], plain[-1]
    for answer in sorted(marked, key=lambda a: abs((a.value or 0.0) - low)):
        value = answer.value or 0.0
        if low - 2 * step <= value <= high + 2 * step:
            low, high = min(low, value), max(high, value)
        else:
            found.append(answer)
    return found


def _joined(
    kept: list[Answer], left_out: tuple[Answer, ...]
) -> tuple[tuple[Answer, ...], tuple[Answer, ...], tuple[Answer, ...]]:
    numbers: dict[float, int] = {}
    made: list[Answer] = []
    joined: dict[int, Answer] = {}
    for answer in kept:
        at = numbers.get(answer.value) if answer.value is not None else None
        if at is None:
            if answer.value is not None:
                numbers[answer.value] = len(made)
            made.append(answer)
        elif answer.label.casefold() != made[at].label.casefold():
            made[at] = replace(made[at], label=" / ".join(filter(None, (made[at].label, answer.label))))
            joined[at] = made[at]
    return tuple(made), left_out, tuple(joined[at] for at in joined)


def called(answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """The answers, each with words of its own: one without is called by its number, twins have it added."""
    taken: set[str] = set()
    return tuple(_named(answer, taken) for answer in answers)


def _named(answer: Answer, taken: set[str]) -> Answer:
    number = "" if answer.value is None else f"{answer.value:g}"
    label = answer.label or number or answer.code
    if label.casefold() in taken and number:
        label = f"{label} ({number})"
    taken.add(label.casefold())
    return replace(answer, label=label)


def shown(answers: tuple[Answer, ...]) -> Iterator[str]:
    """Each answer with its number, as a remark names it."""
    for answer in answers:
        number = answer.code or ("" if answer.value is None else f"{answer.value:g}")
        yield f"“{answer.label[:60]}”" + (f" ({number})" if number else "")
