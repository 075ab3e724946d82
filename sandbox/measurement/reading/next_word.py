"""The probability of listed words, or of what options are called, as the text that comes next.

Also where they take several tokens. Knows no questionnaire.
"""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sandbox.measurement.administration import TOLERATED
from sandbox.models.provider import Completion, Provider, Request, TokenProbability

MOST_CANDIDATES = 2000
"""How many next tokens are looked at: below this rank a listed word weighs less than 10⁻⁵."""

MOST_FOLLOWED = 6
"""How many beginnings of listed words are followed at most, one call each."""

MOST_OPTIONS_FOLLOWED = 24
"""How many beginnings of an item's options are."""

MOST_AMBIGUOUS = 0.05
"""The share of the options' mass that may fall on tokens that could begin two of them; above it the options
are given letters and asked again."""

_AFTER_NAME = ".,:;)"

_MOST_KNOWN = 50_000
"""Texts remembered for one list: about the vocabulary of a model."""

_AS_SPACE = {0x2581: " ", 0x0120: " ", 0x010A: "\n"}


@dataclass(frozen=True, slots=True)
class WordMass:
    """The probability of each listed word; words that were given none are not in it.

    `hidden` is an upper bound (0–1) on listed mass that was not read: beginnings not followed, and everything
    below the candidates the model returned.
    """

    by_word: Mapping[str, float]
    hidden: float

    @property
    def total(self) -> float:
        return math.fsum(self.by_word.values())

    @property
    def coverage(self) -> float:
        return min(self.total, 1.0)


def probability(candidate: TokenProbability) -> float:
    """A candidate's probability, 0–1; 0 where the server gave no finite number.

    Servers round a certain token to a log-probability just over nought.
    """
    return math.exp(min(candidate.logprob, 0.0)) if math.isfinite(candidate.logprob) else 0.0


@dataclass(frozen=True, slots=True, order=True)
class Beginning:
    """Text that begins a name and was not followed yet. `within`: the longest name that ends inside it."""

    negative: float  # minus its mass, so that the heaviest comes first
    text: str
    within: str | None = field(default=None, compare=False)

    @property
    def mass(self) -> float:
        return -self.negative


@dataclass(slots=True)
class _Spellings:
    """How names are recognised in what a model writes. Each text is matched once, not once a token."""

    names: tuple[str, ...]
    fold: bool
    closing: str
    _named: dict[str, str] = field(init=False)
    _begun: dict[str, list[str]] = field(default_factory=dict, init=False)
    _known: dict[str, tuple[str | None, Sequence[str]]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._named = {name.casefold() if self.fold else name: name for name in self.names}
        for spelling, name in self._named.items():
            for end in range(1, len(spelling)):
                self._begun.setdefault(spelling[:end], []).append(name)

    def meant(self, written: str) -> tuple[str | None, Sequence[str]]:
        """The name that the text is, and the names it begins without being them."""
        if (known := self._known.get(written)) is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            text = written.lstrip()
            text = text.casefold() if self.fold else text
            bare = text.rstrip()
            named = self._named.get(bare) or self._named.get(bare.rstrip(self.closing))
            known = self._known[written] = named, self._begun.get(text, ())
        return known


@lru_cache(maxsize=64)
def _spellings(names: tuple[str, ...], fold: bool, closing: str) -> _Spellings:
    """The same for every reading of the same list: a session reads one list many times."""
    return _Spellings(names, fold, closing)


@dataclass(slots=True)
class Reading:
    """The probability of each of `names` (words, or what options are called) as the text that comes next.

    `masses` is what was read so far, `beginnings` what may still become a name, the heaviest first. `tail` is
    the mass of what the server did not show. With `fold` case does not count. `closing` are marks that some
    tokenisers join to a name (“A)”). With `spaces`, white space that is a token of its own is a beginning:
    for tokenisers that are not known.
    """

    names: Sequence[str]
    fold: bool = True
    closing: str = ""
    spaces: bool = False
    masses: dict[str, float] = field(init=False)
    beginnings: list[Beginning] = field(default_factory=list, init=False)
    tail: float = field(default=0.0, init=False)
    _spellings: _Spellings = field(init=False)

    def __post_init__(self) -> None:
        self.masses = dict.fromkeys(self.names, 0.0)
        self._spellings = _spellings(tuple(self.names), self.fold, self.closing)

    @property
    def seen(self) -> float:
        """The mass of all names so far."""
        return math.fsum(self.masses.values())

    @property
    def unfollowed(self) -> float:
        """The mass of beginnings that may still become a name."""
        return math.fsum(beginning.mass for beginning in self.beginnings)

    def read(self, top: Iterable[TokenProbability], after: Beginning | None = None) -> None:
        """Take up the candidates that come after a beginning, or at the very start."""
        written, weight, within = (after.text, after.mass, after.within) if after else ("", 1.0, None)
        read = []
        for candidate in top:
            token, mass = candidate.token.translate(_AS_SPACE), weight * probability(candidate)
            read.append(mass)
            if not token or mass <= 0:
                continue
            if token.isspace() and after is None:
                if self.spaces:
                    heapq.heappush(self.beginnings, Beginning(-mass, token))
            else:
                self._take(written + token, mass, within)
        self.tail += max(weight - math.fsum(read), 0.0)

    def _take(self, written: str, mass: float, within: str | None) -> None:
        named, begun = self.meant(written)
        if named is not None and named != within:
            self.add(named, mass, within)
            within = named
        if begun:
            heapq.heappush(self.beginnings, Beginning(-mass, written, within))

    def meant(self, written: str) -> tuple[str | None, Sequence[str]]:
        """The name that the text is, and the names it begins without being them."""
        return self._spellings.meant(written)

    def add(self, name: str, mass: float, within: str | None) -> None:
        """Count `mass` for a name; it does not count for the shorter name it goes on from."""
        self.masses[name] += mass
        if within is not None:
            self.masses[within] -= mass

    async def read_all(self, provider: Provider, request: Request, most: int) -> Completion:
        """Read the answer to `request`; its first completion.

        Where the answer is opened for the model, the heaviest beginnings (“un” of “unsettled”) are followed
        with a call each, `most` at all, until what is left is tolerable. Raises ModelError when a call fails.
        """
        completion = await provider.complete(request)
        self.read(completion.top)
        for _ in range(most if request.prefill else 0):
            if not self.beginnings or self.unfollowed <= TOLERATED * self.seen:
                break
            await self._follow(provider, request)
        return completion

    async def _follow(self, provider: Provider, request: Request) -> None:
        """Read what comes after the heaviest beginning."""
        beginning = heapq.heappop(self.beginnings)
        gap = "" if request.prefill[-1:].isspace() or beginning.text[:1].isspace() else " "
        prefill = f"{request.prefill}{gap}{beginning.text}"
        completion = await provider.complete(replace(request, prefill=prefill))
        self.read(completion.top, beginning)


async def read_next_word(
    words: Iterable[str], provider: Provider, request: Request
) -> tuple[WordMass, Completion]:
    """The next-word distribution of `request` over `words`, and its first completion. Raises ModelError."""
    reading = Reading(tuple(words))
    completion = await reading.read_all(provider, request, MOST_FOLLOWED)
    by_word = {word: mass for word, mass in reading.masses.items() if mass > 0}
    return WordMass(by_word, hidden=min(reading.unfollowed + reading.tail, 1.0)), completion


@dataclass(frozen=True, slots=True)
class OptionMass:
    """Each option name's probability as the model gave it, and the mass that could be any of several."""

    by_name: Mapping[str, float]
    ambiguous: float

    @property
    def coverage(self) -> float:
        """The probability of all names together, 0–1."""
        return min(math.fsum(self.by_name.values()), 1.0)

    @property
    def is_ambiguous(self) -> bool:
        return self.ambiguous > MOST_AMBIGUOUS * (math.fsum(self.by_name.values()) + self.ambiguous)


async def read_options(
    names: Sequence[str], provider: Provider, request: Request, *, spaces: bool = False
) -> tuple[OptionMass, Completion]:
    """The mass of each name as the answer to `request`, and its first completion.

    Where the answer is opened for the model, names of several tokens are read by their whole probability,
    the product of their tokens' (“More”, “ than”, “ half” …): the heaviest beginning is followed with a call
    of its own until what is left is tolerable. So is a white-space token, with `spaces`. Elsewhere the first
    token has to do. Raises ModelError when a call fails.
    """
    reading = _reading(names, spaces=spaces)
    completion = await reading.read_all(provider, request, MOST_OPTIONS_FOLLOWED)
    return _mass(reading), completion


def _reading(names: Sequence[str], *, spaces: bool = False) -> Reading:
    """Single letters keep their case: “a” may begin “a little”."""
    fold = any(len(name) > 1 for name in names)
    return Reading(tuple(names), fold=fold, closing=_AFTER_NAME, spaces=spaces)


def _mass(reading: Reading) -> OptionMass:
    """What was not followed counts for the one name it can be, else as ambiguous."""
    ambiguous = []
    for beginning in reading.beginnings:
        named, begun = reading.meant(beginning.text)
        meant = (*begun, *((named,) if named else ()))
        if len(meant) == 1:
            reading.add(meant[0], beginning.mass, beginning.within)
        elif meant:
            ambiguous.append(beginning.mass)
            if beginning.within is not None:
                reading.masses[beginning.within] -= beginning.mass
    by_name = {name: max(mass, 0.0) for name, mass in reading.masses.items()}
    return OptionMass(by_name, math.fsum(ambiguous))


def expected_value(values: Mapping[str, float], mass: OptionMass) -> float | None:
    """Σ value·p over the options, renormalised; None when the options had no mass at all."""
    total = math.fsum(mass.by_name.values())
    if total <= 0:
        return None
    mean = math.fsum(values[name] * p for name, p in mass.by_name.items()) / total
    return min(max(mean, min(values.values())), max(values.values()))


def entropy(mass: OptionMass) -> float | None:
    """Shannon's entropy of the renormalised options in bits, 0 to log₂(options); None without mass."""
    total = math.fsum(mass.by_name.values())
    if total <= 0:
        return None
    shares = [p / total for p in mass.by_name.values() if p > 0]
    return max(-math.fsum(share * math.log2(share) for share in shares), 0.0)
