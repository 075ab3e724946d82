"""The probability of each option's name as an answer, read from the next tokens. Knows no questionnaire."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.measurement.reading.next_word import TOLERATED, Reading
from sandbox.models.provider import Completion, Provider, Request, TokenProbability

MOST_AMBIGUOUS = 0.05
"""The share of the options' mass that may fall on tokens that could begin two of them; above it the options
are given letters and asked again."""

MOST_FOLLOWED = 24
"""How many beginnings of an item's options are followed at most, a call each."""

_AFTER_NAME = ".,:;)"


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


def option_mass(names: Sequence[str], top: Iterable[TokenProbability]) -> OptionMass:
    """The mass of each name: of the tokens that are it, or that begin it and no other name."""
    reading = _reading(names)
    reading.read(top)
    return _mass(reading)


async def read_options(
    names: Sequence[str], provider: Provider, request: Request, *, spaces: bool = False
) -> tuple[OptionMass, Completion]:
    """The mass of each name as the answer to `request`, and its first completion.

    Where the answer is opened for the model, names of several tokens are read by their whole probability,
    the product of their tokens' (“More”, “ than”, “ half” …): the heaviest beginning is followed with a call
    of its own until what is left is tolerable. So is a white-space token, with `spaces`. Elsewhere the first
    token has to do. Raises ModelError when a call fails.
    """
    completion = await provider.complete(request)
    reading = _reading(names, spaces=spaces)
    reading.read(completion.top)
    for _ in range(MOST_FOLLOWED if request.prefill else 0):
        if not reading.beginnings or reading.unfollowed <= TOLERATED * reading.seen:
            break
        await reading.follow(provider, request)
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
