"""One questionnaire of a file that holds several: by its instruction, or by whom its questions are for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.library.interchange.instrument import Question
from sandbox.library.interchange.loss import NoInstrument
from sandbox.library.interchange.wording import one_line

_ONE_RULE = re.compile(r"[\[({$]*([\w./-]+)[\])}]*\s*=\s*['\"“]?([^'\"”\])]+?)['\"”]?\s*\)?")
_SHOWN = 12
_WORDS = 60


@dataclass(frozen=True, slots=True)
class Sections:
    """The questions taken, by the instruction they stand under, and those of other sections or for others."""

    taken: tuple[Question, ...]
    others: tuple[Question, ...]
    blocks: tuple[tuple[str, ...], ...]


def sections_of(questions: Sequence[Question], wanted: str | None, file: str) -> Sections:
    """The questions of the section wanted, or of all; of alternatives that exclude each other, the first.

    `wanted` is a section's number (from 1), words of its instruction, or an alternative's rule as the
    file writes it. Raises NoInstrument when there is no such section.
    """
    blocks = blocks_of(questions)
    rules = alternatives(questions)
    rule = rules[0] if rules else ""
    if wanted is not None:
        if wanted in rules:
            rule = wanted
        else:
            blocks = (_named(blocks, wanted, rules, file),)
    taken = tuple(
        q for q in questions if q.block in blocks and (q.condition not in rules or q.condition == rule)
    )
    return Sections(taken, tuple(q for q in questions if q not in taken), blocks_of(taken))


def blocks_of(questions: Sequence[Question]) -> tuple[tuple[str, ...], ...]:
    """The instructions the questions stand under, each once, in order."""
    return tuple(dict.fromkeys(question.block for question in questions))


def alternatives(questions: Sequence[Question]) -> tuple[str, ...]:
    """Rules that exclude each other, such as [sex] = '1' and [sex] = '2', in order; empty where none do.

    Nobody is asked the questions of both.
    """
    found: dict[str, dict[str, str]] = {}
    for question in questions:
        if rule := _ONE_RULE.fullmatch(question.condition.strip()):
            found.setdefault(rule.group(1), {}).setdefault(rule.group(2).strip(), question.condition)
    several = [values for values in found.values() if len(values) > 1]
    if not several:
        return ()
    values = set(several[0].values())
    return tuple(dict.fromkeys(q.condition for q in questions if q.condition in values))


def listed(blocks: Sequence[tuple[str, ...]]) -> str:
    """The sections by number and words."""
    shown = [f"{n} “{words}”" for n, words in enumerate(told_apart(blocks)[:_SHOWN], start=1)]
    return ", ".join(shown) + (f" and {len(blocks) - _SHOWN} more" if len(blocks) > _SHOWN else "")


def told_apart(blocks: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
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
    blocks: Sequence[tuple[str, ...]], wanted: str, rules: Sequence[str], file: str
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
    rest = f"; or a rule: {', '.join(rules[:_SHOWN])}" if rules else ""
    raise NoInstrument(
        f"it has no part “{wanted[:60]}”" if not fitting else f"several parts have “{wanted[:60]}”",
        where=file,
        todo=f"--part NUMBER, of: {listed(blocks)}{rest}",
    )
