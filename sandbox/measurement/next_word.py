"""The probability of listed words as the next word, also of words that take more than one token."""

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sandbox.models.provider import Completion, Provider, Request, TokenProbability

MOST_CANDIDATES = 2000
"""How many next tokens are looked at: below this rank a listed word weighs less than 10⁻⁵."""

TOLERATED = 0.05
"""Beginnings of listed words are followed until what they may still hide is under this share of the listed
mass. On the embedded model that is mostly so from the start, and the probe stays one call."""

MOST_FOLLOWED = 6
"""How many beginnings are followed at most, one call each."""

_SPACE_MARKS = " \t\n\u2581\u0120\u010a"


@dataclass(frozen=True, slots=True)
class WordMass:
    """The probability of each listed word; words that were given none are not in it.

    `hidden` is an upper bound (0–1) on listed mass that was not read: beginnings not followed, and everything
    below the candidates the model returned. `followed` counts the extra calls.
    """

    by_word: Mapping[str, float]
    hidden: float = 0.0
    followed: int = 0

    @property
    def total(self) -> float:
        return math.fsum(self.by_word.values())

    @property
    def coverage(self) -> float:
        return min(self.total, 1.0)


def without_space(token: str) -> str:
    """A token without the marks that stand for a space before it, as tokenisers write them."""
    return token.lstrip(_SPACE_MARKS).rstrip()


def probability(candidate: TokenProbability) -> float:
    """A candidate's probability, 0–1; servers round a certain token to a log-probability just over nought."""
    return math.exp(min(candidate.logprob, 0.0))


@dataclass(slots=True)
class _Reading:
    """Masses while they are being read: of words, and of beginnings (raw text → mass) not followed yet."""

    listed: Mapping[str, str]
    starts: frozenset[str]
    masses: dict[str, list[float]] = field(default_factory=dict)
    beginnings: list[tuple[float, str]] = field(default_factory=list)
    tail: float = 0.0

    @classmethod
    def of(cls, words: Iterable[str]) -> "_Reading":
        listed = {word.casefold(): word for word in words}
        return cls(listed, frozenset(word[:end] for word in listed for end in range(1, len(word))))

    def read(self, top: Iterable[TokenProbability], written: str = "", weight: float = 1.0) -> None:
        """Take up the candidates that come after `written` (a beginning, or nothing)."""
        seen = 0.0
        for candidate in top:
            mass = weight * probability(candidate)
            seen += mass
            bare = without_space(candidate.token)
            spaced = candidate.token[:1] in set(_SPACE_MARKS)
            self._take(f"{written} {bare}" if written and spaced else written + bare, mass, written)
        self.tail += max(weight - seen, 0.0)

    def _take(self, raw: str, mass: float, written: str) -> None:
        text = raw.casefold()
        if not text or mass <= 0 or text == written.casefold():
            return
        if text in self.listed:
            self.masses.setdefault(self.listed[text], []).append(mass)
            shorter = self.listed.get(written.casefold())
            if shorter is not None:
                self.masses[shorter].append(-mass)
        if text in self.starts:
            heapq.heappush(self.beginnings, (-mass, raw))

    @property
    def unfollowed(self) -> float:
        return -math.fsum(mass for mass, _ in self.beginnings)

    def result(self, followed: int) -> WordMass:
        masses = {word: max(math.fsum(parts), 0.0) for word, parts in self.masses.items()}
        return WordMass(
            {word: mass for word, mass in masses.items() if mass > 0},
            hidden=min(self.unfollowed + self.tail, 1.0),
            followed=followed,
        )


async def read_next_word(
    words: Iterable[str], provider: Provider, request: Request
) -> tuple[WordMass, Completion]:
    """The next-word distribution of `request` over `words`, and its first completion.

    Where the model takes a prefill, the heaviest beginnings of listed words (“un” of “unsettled”) are
    followed with a call each, until what is left is tolerable. Raises ModelError when a call fails.
    """
    completion = await provider.complete(request)
    reading = _Reading.of(words)
    reading.read(completion.top)
    followed = 0
    while request.prefill and reading.beginnings and followed < MOST_FOLLOWED:
        seen = math.fsum(mass for parts in reading.masses.values() for mass in parts)
        if reading.unfollowed <= TOLERATED * seen:
            break
        mass, written = heapq.heappop(reading.beginnings)
        onwards = await provider.complete(replace(request, prefill=f"{request.prefill} {written}"))
        reading.read(onwards.top, written, -mass)
        followed += 1
    return reading.result(followed), completion
