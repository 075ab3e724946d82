"""Paired differences over several trunks, with a Student's t interval. The unit of analysis is the trunk."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.measurement.estimate import mean_estimate

_EQUAL = 1e-9
"""Differences that lie closer together than this, in the scale's units, differ by rounding alone."""


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The mean of the differences and its 95 % interval in the scale's units; None, with a reason: undefined.

    `pairs` counts the trunks that had both values, `left_out` those that had not. `reliable` is False when a
    score that went into it had too little coverage.
    """

    mean: float | None
    low: float | None
    high: float | None
    pairs: int
    left_out: int = 0
    reason: str = ""
    reliable: bool = True


def paired_difference(differences: Sequence[float | None]) -> PairedDifference:
    """The mean of the differences, one a trunk, with Student's t interval (Student 1908).

    A missing one is left out and counted. One alone, or all equal, give a mean and no interval: neither shows
    how far chance moves them.
    """
    found = [difference for difference in differences if difference is not None]
    left_out = len(differences) - len(found)
    estimate = mean_estimate(found)
    if estimate is None:
        return PairedDifference(None, None, None, 0, left_out, "no run has a score under both")
    if estimate.n == 1:
        return PairedDifference(estimate.value, None, None, 1, left_out, "one pair has no interval")
    if max(found) - min(found) < _EQUAL:
        why = f"the {estimate.n} differences are equal"
        return PairedDifference(estimate.value, None, None, estimate.n, left_out, why)
    return PairedDifference(estimate.value, estimate.low, estimate.high, estimate.n, left_out)
