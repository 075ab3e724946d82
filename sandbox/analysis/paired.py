"""Paired differences over several trunks, with a bootstrap interval. The unit of analysis is the trunk."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The mean of the differences and its interval, in the scale's units. None, with a `reason`: undefined.

    `pairs` counts the trunks that had both values, `left_out` those that had not.
    """

    mean: float | None
    low: float | None
    high: float | None
    pairs: int
    left_out: int = 0
    reason: str = ""


def paired_difference(
    pairs: Sequence[tuple[float | None, float | None]],
    *,
    seed: int = 0,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> PairedDifference:
    """Mean of first − second over the pairs, with a percentile bootstrap interval.

    Pairs are resampled whole (Efron & Tibshirani 1993, ch. 13). A pair with a missing value is left out and
    counted. With one pair there is a mean and no interval; the same `seed` gives the same interval.
    """
    differences = [one - other for one, other in pairs if one is not None and other is not None]
    left_out = len(pairs) - len(differences)
    count = len(differences)
    if count == 0:
        return PairedDifference(None, None, None, 0, left_out, "no trunk has both values")
    mean = fmean(differences)
    if count == 1:
        return PairedDifference(mean, None, None, 1, left_out, "one pair has no interval")
    if min(differences) == max(differences):
        return PairedDifference(mean, mean, mean, count, left_out, "all differences are equal")
    drawn = random.Random(seed)  # noqa: S311 - resampling, not a secret
    means = sorted(fmean(drawn.choices(differences, k=count)) for _ in range(resamples))
    tail = (1 - level) / 2
    return PairedDifference(mean, _quantile(means, tail), _quantile(means, 1 - tail), count, left_out)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear interpolation between the two nearest of the ordered values."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
