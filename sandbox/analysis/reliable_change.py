"""Reliable change: which runs got better or worse by more than the measure itself wavers. Pure.

Jacobson and Truax 1991: RC = (after − before) / S_diff with S_diff = √(2 · (SD √(1 − r))²). Reliability and
SD are the model's own, from asking it the same thing twice (check-model), never borrowed from people.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Literal

CRITERION = 1.959963984540054
"""|RC| beyond this is a change that wavering alone would bring in one case of twenty."""

Change = Literal["reliably better", "unchanged", "reliably worse", "unknown"]


@dataclass(frozen=True, slots=True)
class Reliability:
    """A measure's SD over states and its retest correlation `r` (−1 to 1), on one model."""

    spread: float
    r: float

    @property
    def difference_error(self) -> float:
        """S_diff, the standard error of a difference of two scores, in the scale's units."""
        return math.sqrt(2) * self.spread * math.sqrt(max(0.0, 1 - self.r))


LEAST_PAIRS = 6
"""Fewer pairs of scores say too little of how far a measure wavers."""


def reliability(pairs: Sequence[tuple[float, float]]) -> Reliability | None:
    """From scores of the same state asked twice: the SD over both askings, and r = covariance / variance.

    With the pooled variance S_diff is the SD of the differences. None under LEAST_PAIRS pairs, or where all
    scores are equal: then nothing is known of it.
    """
    if len(pairs) < LEAST_PAIRS:
        return None
    first, second = [one for one, _ in pairs], [two for _, two in pairs]
    pooled = (variance(first) + variance(second)) / 2
    if pooled <= 1e-12:
        return None
    centre, other = fmean(first), fmean(second)
    shared = math.fsum((one - centre) * (two - other) for one, two in pairs) / (len(pairs) - 1)
    return Reliability(math.sqrt(pooled), shared / pooled)


def reliable_change_index(before: float, after: float, reliability: Reliability) -> float:
    """RC: below 0 the score fell. ±∞ where the measure does not waver at all and the score moved."""
    error = reliability.difference_error
    if error:
        return (after - before) / error
    return 0.0 if after == before else math.copysign(math.inf, after - before)


def classified(
    before: float | None, after: float | None, reliability: Reliability, *, lower_is_better: bool = True
) -> Change:
    """What became of one run; `unknown` where a score is missing."""
    if before is None or after is None:
        return "unknown"
    index = reliable_change_index(before, after, reliability)
    if abs(index) <= CRITERION:
        return "unchanged"
    return "reliably better" if (index < 0) == lower_is_better else "reliably worse"


def counted(changes: Iterable[Change]) -> dict[Change, int]:
    """How many runs became what, every kind named, missing ones counted as unknown."""
    found: dict[Change, int] = {"reliably better": 0, "unchanged": 0, "reliably worse": 0, "unknown": 0}
    for change in changes:
        found[change] += 1
    return found
