"""Questions that exclude each other: for women and for men, by rules on one answer. Nobody is asked both."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.library.interchange.instrument import Question

_NOT_PLAIN = re.compile(r"\bor\b|\|\||\bnot\b", re.IGNORECASE)
_EQUALS = re.compile(
    r"""(?:\[|\$\{)?([\w./-]+)[\]}]?\s*=\s*(?:'([^']+)'|"([^"]+)"|([\w./-]+))"""
    r"""|selected\(\s*\$\{([\w./-]+)\}\s*,\s*['"]([^'"]+)['"]\s*\)"""
)


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
