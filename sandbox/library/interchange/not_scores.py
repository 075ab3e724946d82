"""Answers that are no scores: “don't know” as 999, “declined” as 777, “not applicable” as −9, a second 0.

Files number them like any other answer; summed up, they would make nonsense of a scale.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sandbox.library.interchange.instrument import Answer

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
