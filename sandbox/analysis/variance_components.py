"""Where the spread of scores comes from, and what more of which facet would buy. Pure.

A generalisability study: every score is taken under one level of each facet (technique, scenario, wording,
seed, …). Balanced and fully crossed data are taken apart by analysis of variance (Cornfield and Tukey 1956;
Brennan 2001, eq. 3.22); the last facet holds what is left.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Levels = tuple[str, ...]
"""One level of each facet, in the facets' order."""
Effect = tuple[str, ...]
"""Facets whose combination is an effect: (`technique`,), (`technique`, `scenario`)."""


@dataclass(frozen=True, slots=True)
class Components:
    """Variance of each effect in squared units of the scale; `sizes` has the number of levels of each facet.

    Estimates below 0 are kept in `raw` and are 0 in `variance`: they say that the effect is small.
    """

    facets: tuple[str, ...]
    sizes: Mapping[str, int]
    raw: Mapping[Effect, float]

    @property
    def variance(self) -> dict[Effect, float]:
        return {effect: max(0.0, value) for effect, value in self.raw.items()}

    def share(self, effect: Effect) -> float | None:
        """The effect's part of the whole variance, 0 to 1; None where nothing varies."""
        whole = math.fsum(self.variance.values())
        return self.variance[effect] / whole if whole else None


def components(facets: Sequence[str], scores: Mapping[Levels, float]) -> Components:
    """The variance components of a fully crossed design with one score a cell.

    Raises ValueError when a cell is missing, a facet has fewer than two levels, or there are no facets.
    """
    names = tuple(facets)
    levels = [sorted({cell[place] for cell in scores}) for place in range(len(names))]
    if not names or any(len(found) < 2 for found in levels):
        raise ValueError("every facet needs two levels or more")
    if len(scores) != math.prod(map(len, levels)):
        raise ValueError("the design is not complete: a cell is missing or there twice")
    squares = {effect: _mean_square(effect, names, levels, scores) for effect in _effects(names)}
    sizes = {name: len(found) for name, found in zip(names, levels, strict=True)}
    raw = {}
    for effect in squares:
        above = [other for other in squares if set(effect) <= set(other)]
        signed = math.fsum((-1) ** (len(other) - len(effect)) * squares[other] for other in above)
        raw[effect] = signed / math.prod(sizes[name] for name in names if name not in effect)
    return Components(names, sizes, raw)


def error_variance(found: Components, of: str, sizes: Mapping[str, int]) -> float:
    """The variance of the difference-free mean of a level of `of`, were there `sizes` levels of the others.

    The decision study's relative error variance (Brennan 2001, eq. 4.13): every effect that `of` is part of
    with others, each over the number of levels it is averaged over. Facets not in `sizes` keep theirs.
    """
    wished = {name: sizes.get(name, found.sizes[name]) for name in found.facets}
    return math.fsum(
        variance / math.prod(wished[name] for name in effect if name != of)
        for effect, variance in found.variance.items()
        if of in effect and len(effect) > 1
    )


def error_freedom(found: Components, of: str, sizes: Mapping[str, int]) -> float:
    """The degrees of freedom of `error_variance` by Satterthwaite (1946); 0 where that is 0.

    The error is a sum and difference of the mean squares that `of` is part of with others, each expected from
    the components at `sizes` and divided by the number of cells a mean is over.
    """
    wished = {name: sizes.get(name, found.sizes[name]) for name in found.facets}
    cells = math.prod(wished[name] for name in found.facets if name != of)
    error = cells * error_variance(found, of, sizes)
    spread = 0.0
    for effect in found.variance:
        if of in effect and len(effect) > 1:
            expected = math.fsum(
                variance * math.prod(wished[name] for name in found.facets if name not in other)
                for other, variance in found.variance.items()
                if set(effect) <= set(other)
            )
            spread += expected**2 / math.prod(wished[name] - 1 for name in effect)
    return error**2 / spread if spread else 0.0


def _effects(names: Sequence[str]) -> list[Effect]:
    return [effect for size in range(1, len(names) + 1) for effect in itertools.combinations(names, size)]


def _mean_square(
    effect: Effect, names: Sequence[str], levels: Sequence[Sequence[str]], scores: Mapping[Levels, float]
) -> float:
    """The effect's sum of squares over its degrees of freedom, from the means of its margins."""
    places = [names.index(name) for name in effect]
    margins = {
        part: _margin([places[index] for index in part], scores)
        for size in range(len(places) + 1)
        for part in itertools.combinations(range(len(places)), size)
    }
    total = 0.0
    for cell in itertools.product(*(levels[place] for place in places)):
        deviation = math.fsum(
            (-1) ** (len(places) - len(part)) * margins[part][tuple(cell[index] for index in part)]
            for part in margins
        )
        total += deviation**2
    others = math.prod(len(found) for place, found in enumerate(levels) if place not in places)
    freedom = math.prod(len(levels[place]) - 1 for place in places)
    return others * total / freedom


def _margin(places: Sequence[int], scores: Mapping[Levels, float]) -> dict[Levels, float]:
    sums: dict[Levels, list[float]] = {}
    for cell, score in scores.items():
        sums.setdefault(tuple(cell[place] for place in places), []).append(score)
    return {levels: math.fsum(found) / len(found) for levels, found in sums.items()}
