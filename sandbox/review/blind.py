"""A transcript read without knowing its arm: what would name it is left out of the words."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from sandbox.engine.plan import SessionPlan
from sandbox.store.session import StoredSession

HIDDEN = "[…]"
"""Stands where something would have told the arm."""

_SHORT = 3
"""A word of so few letters is hidden as an abbreviation alone: “ACT”, never “act”."""
_DASHES = r"\-\u00ad\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_BETWEEN = rf"[\s_\u200b{_DASHES}]*|[^\w\s]{{1,2}}"
"""What may stand between the words of a name: spaces, any dashes, nothing, or a mark without space."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_OF_MODEL = re.compile(r"(?=.*\d)(?=.*[^\W\d_])|.*[a-z].*[A-Z]|[A-Z].*[A-Z].*[a-z]")
"""A word that only a model is called: `135M`, `4o`, `OpenAI`."""
_STEM = re.compile(r"[^\W\d_]{4,}(?=\d)")
"""The model's name before the number of its version: `Llama` of `llama3`."""


class Blinding:
    """Leaves out what the plans' techniques, their steps and their models are called, however it is written:
    in the plural, shortened, with other dashes. `titles`: what the models are called beside their names."""

    def __init__(self, plans: Iterable[SessionPlan], titles: Iterable[str] = ()) -> None:
        plans = tuple(plans)
        models = {name for plan in plans for name in _models(plan)} | set(titles)
        scripts = {name for plan in plans for name in _script(plan)}
        # “STOP” is hidden where it stands in capitals: its id must not hide every “stop”.
        names = {name for name in models | scripts if name.isupper() or name.upper() not in scripts}
        found = {_any_spelling(name) for name in names} | {
            pattern for name in models for word in _WORD.findall(name) for pattern in _shortened(word)
        }
        abbreviations = (word for name in names for word in _WORD.findall(name) if _abbreviation(word))
        found |= set(map(_any_spelling, abbreviations))
        parts = sorted(filter(None, found), key=len, reverse=True)
        self._names = re.compile(rf"(?<![^\W_])(?:{'|'.join(parts)})(?![^\W_])") if parts else None

    def shown(self, text: str) -> str:
        """The text, with HIDDEN in place of each name."""
        return text if self._names is None else self._names.sub(HIDDEN, text)


def blind_to(*sessions: StoredSession) -> Blinding:
    """What hides the names of these sessions from a blind reader."""
    return Blinding((one.head.plan for one in sessions), (one.model.title for one in sessions))


def _models(plan: SessionPlan) -> Iterator[str]:
    for name in (plan.model, *([plan.guidance.model] if plan.guidance else [])):
        yield name
        yield name.rpartition("/")[2]


def _script(plan: SessionPlan) -> Iterator[str]:
    if plan.technique is not None:
        yield plan.technique.title
        yield plan.technique.id
        yield from (step.id for step in plan.technique.steps if "-" in step.id)


def _abbreviation(word: str) -> bool:
    return len(word) > 1 and word.isalpha() and word.isupper()


def _shortened(word: str) -> Iterator[str]:
    if _OF_MODEL.match(word):
        yield f"(?i:{re.escape(word)})"
    if stem := _STEM.match(word):
        yield f"(?i:{re.escape(stem.group())})"


def _any_spelling(name: str) -> str:
    """A pattern for the name, whatever is between its words, each in the singular, plural or possessive;
    empty for a name without words."""
    words = list(_WORD.finditer(name))
    if len(words) == 1:
        (word,) = (one.group() for one in words)
        if word.isalpha() and (word.isupper() or len(word) <= _SHORT):
            return rf"{re.escape(word.upper())}(?:['’]?s)?" if len(word) > 1 else ""
    parts = [_any_number(word.group()) for word in words]
    gaps = [name[one.end() : other.start()] for one, other in pairwise(words)]
    between = (f"(?:{re.escape(gap)}|{_BETWEEN})" for gap in gaps)
    return f"(?i:{''.join(map(''.join, zip(parts, [*between, ''], strict=True)))})" if parts else ""


def _any_number(word: str) -> str:
    """A pattern for the word in the singular, the plural and the possessive."""
    word = re.sub(r"['’]s?$", "", word)
    if not word.isalpha() or len(word) <= _SHORT:
        return re.escape(word) + r"(?:['’]s)?"
    if (stem := re.fullmatch(r"(.+[^aeiou])(?:y|ies)", word, re.IGNORECASE)) is not None:
        return rf"{re.escape(stem.group(1))}(?:y|ies)(?:['’]s?)?"
    stem = re.fullmatch(r"(.+[^siu])s", word, re.IGNORECASE)
    return rf"{re.escape(stem.group(1) if stem else word)}(?:e?s)?(?:['’]s?)?"
