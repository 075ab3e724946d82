"""One questionnaire of a file that holds several: by its instruction, or by whom its questions are for.

Questions for women and for men, by rules on one answer, exclude each other: nobody is asked both.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.library.interchange.instrument import Question
from sandbox.library.interchange.loss import NoInstrument, first_few
from sandbox.library.interchange.plain_text import one_line

_NOT_PLAIN = re.compile(r"\bor\b|\|\||\bnot\b", re.IGNORECASE)
_EQUALS = re.compile(
    r"""(?:\[|\$\{)?([\w./-]+)[\]}]?\s*=\s*(?:'([^']+)'|"([^"]+)"|([\w./-]+))"""
    r"""|selected\(\s*\$\{([\w./-]+)\}\s*,\s*['"]([^'"]+)['"]\s*\)"""
)

_SHOWN = 12
_WORDS = 60


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The answer that decides, and for each of its values the rule as the file first writes it, in order."""

    name: str = ""
    rules: Mapping[str, str] = field(default_factory=dict)

    def value_of(self, question: Question) -> str | None:
        """The value of the deciding answer for which a question is asked; None where it does not depend."""
        value = _required(question.condition).get(self.name)
        return value if value in self.rules else None

    def fits(self, question: Question, value: str) -> bool:
        """Whether a question is asked of someone whose deciding answer is `value`."""
        return self.value_of(question) in {None, value}

    def named(self, wanted: str) -> str | None:
        """The value whose rule a person named; spaces and quotes do not matter."""
        return next((v for v, rule in self.rules.items() if _bare(rule) == _bare(wanted)), None)


def alternatives(questions: Sequence[Question]) -> Alternatives:
    """The first answer whose values decide between questions; none where nothing excludes anything.

    Read are rules that ask for equality, joined by “and”: [sex] = '1', ${sex} = 'f' and ${age} > 3.
    """
    found: dict[str, dict[str, str]] = {}
    for question in questions:
        for name, value in _required(question.condition).items():
            found.setdefault(name, {}).setdefault(value, question.condition)
    return next((Alternatives(n, rules) for n, rules in found.items() if len(rules) > 1), Alternatives())


def _bare(rule: str) -> str:
    return re.sub(r"[\s'\"]", "", rule)


def _required(condition: str) -> dict[str, str]:
    """What a rule requires: answers by name, and the values they have to have."""
    if _NOT_PLAIN.search(condition):
        return {}
    matches = (match.groups() for match in _EQUALS.finditer(condition))
    return {a or e: (b or c or d or f).strip() for a, b, c, d, e, f in matches}


@dataclass(frozen=True, slots=True)
class Sections:
    """The questions taken, by the instruction they stand under, and those of other sections or for others."""

    taken: tuple[Question, ...]
    others: tuple[Question, ...]
    blocks: tuple[tuple[str, ...], ...]
    choice: Alternatives


def sections_of(
    questions: Sequence[Question], wanted: str | None, file: str, names: Sequence[str] = ()
) -> Sections:
    """The questions of the section wanted, or of all; of alternatives that exclude each other, the first.

    `wanted` is a section's number (from 1), words of its instruction, or an alternative's rule as the
    file writes it. `names` are other parts it could have named. Raises NoInstrument when there is none such.
    """
    blocks = blocks_of(questions)
    choice = alternatives(questions)
    value = next(iter(choice.rules), "")
    if wanted is not None:
        named = choice.named(wanted)
        if named is None:
            blocks = (_named(blocks, wanted, (*choice.rules.values(), *names), file),)
        else:
            value = named
    taken = tuple(q for q in questions if q.block in blocks and choice.fits(q, value))
    return Sections(taken, tuple(q for q in questions if q not in taken), blocks_of(taken), choice)


def blocks_of(questions: Sequence[Question]) -> tuple[tuple[str, ...], ...]:
    """The instructions the questions stand under, each once, in order."""
    return tuple(dict.fromkeys(question.block for question in questions))


def listed(blocks: Sequence[tuple[str, ...]]) -> str:
    """The sections by number and words."""
    return first_few([f"{n} “{words}”" for n, words in enumerate(distinct_words(blocks), start=1)], _SHOWN)


def distinct_words(blocks: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Words for each section by which it is told from the others, no two the same.

    Its first words; where those begin as another's do (“… how you feel right now”, “… how you generally
    feel”), the words from where the two part.
    """
    shorts = [short(block) for block in blocks]
    texts = [one_line(block[-1]) if block else "" for block in blocks]
    made: list[str] = []
    for n, (words, text) in enumerate(zip(shorts, texts, strict=True)):
        alike = [other for m, other in enumerate(texts) if m != n and shorts[m] == words]
        same = max((_same_start(text, other) for other in alike), default=0)
        start = text.rfind(" ", 0, same) + 1
        made.append(f"…{_cut(text[start:])}" if start and text[start:] else words)
    return tuple(
        words if made.count(words) == 1 else f"{words} ({n})" for n, words in enumerate(made, start=1)
    )


def _same_start(one: str, other: str) -> int:
    """How many letters the two begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def short(block: tuple[str, ...]) -> str:
    """The first words of the innermost instruction."""
    return _cut(one_line(block[-1])) if block else "no instruction"


def _cut(words: str) -> str:
    return f"{words[:_WORDS].rstrip()}…" if len(words) > _WORDS else words


def _named(
    blocks: Sequence[tuple[str, ...]], wanted: str, others: Sequence[str], file: str
) -> tuple[str, ...]:
    if wanted.strip().isdecimal() and 1 <= int(wanted) <= len(blocks):
        return blocks[int(wanted) - 1]
    start = one_line(wanted).casefold()
    texts = {block: [one_line(text).casefold() for text in block] for block in blocks}
    fitting = [block for block in blocks if any(text.startswith(start) for text in texts[block])]
    if len(fitting) != 1:
        fitting = [block for block in blocks if any(start in text for text in texts[block])]
    if start and len(fitting) == 1:
        return fitting[0]
    parts = [f"NUMBER, of: {listed(blocks)}"] if len(blocks) > 1 else []
    parts += [f"NAME, of: {', '.join(name[:_WORDS] for name in others[:_SHOWN])}"] if others else []
    raise NoInstrument(
        f"it has no part “{wanted[:60]}”" if not fitting else f"several parts have “{wanted[:60]}”",
        where=file,
        todo="; or ".join(f"--part {part}" for part in parts) or "it is one part: leave out --part",
    )
