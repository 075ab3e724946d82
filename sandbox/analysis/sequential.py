"""Whether enough was run: evidence that stays valid however often it is looked at. Pure.

For a fixed λ the product of exp(λxᵢ) / cosh(λxᵢ) over the differences xᵢ is a test martingale under “the
differences are symmetric about 0”: each factor is at most 1 on average then, as (exp(λx) + exp(−λx)) / 2 =
cosh(λx) (de la Peña 1999; Ramdas et al. 2023). The mean over several λ and both signs is one too. By Ville's
inequality it reaches 1/α with probability at most α, at whatever time anybody looks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

RATES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""λ in units of 1/s, where s is a size of difference named beforehand."""

ALPHA = 0.05
"""How often evidence may reach 1/α where nothing is, at whatever time somebody looks."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The e-process after `n` differences, its largest value so far, and the confidence sequence.

    `low` and `high` (None: no bound yet) hold the centre of symmetry at all times at once with 1 − α. They
    are found when asked for, which takes far longer than the rest. `decided_at`: after so many differences
    the e-process first reached 1/α; None: it has not.
    """

    n: int
    value: float
    largest: float
    decided_at: int | None
    differences: tuple[float, ...]
    size: float

    @property
    def low(self) -> float | None:
        return _bound(self.differences, self.size)

    @property
    def high(self) -> float | None:
        above = _bound([-one for one in self.differences], self.size)
        return None if above is None else -above

    @property
    def decided(self) -> bool:
        return self.decided_at is not None


def evidence(differences: Sequence[float], size: float) -> Evidence:
    """The evidence in the differences, in the order they were planned.

    `size` > 0, in the scale's units, has to be fixed before the first is seen (the smallest difference of
    interest, or the measure's retest SD). Raises ValueError otherwise. Under log₂(2/α) differences (6 for
    0.05) nothing can be decided: e-values are at most 2ⁿ / 2.
    """
    if not size > 0:
        raise ValueError(f"the size that evidence is measured by is above 0, not {size}")
    largest, decided, value = 1.0, None, 1.0
    sums = [[0.0] * len(RATES), [0.0] * len(RATES)]
    for n, difference in enumerate(differences, 1):
        for sign, row in ((1, sums[0]), (-1, sums[1])):
            for place, rate in enumerate(RATES):
                row[place] += _log_factor(sign * rate * difference / size)
        value = math.fsum(_mean_exp(row) for row in sums) / 2
        largest = max(largest, value)
        if decided is None and value >= 1 / ALPHA:
            decided = n
    return Evidence(len(differences), value, largest, decided, tuple(differences), size)


def _bound(differences: Sequence[float], size: float) -> float | None:
    """The largest μ below which the half of the mixture that looks upward has reached 2/α already.

    That half falls as μ rises, so it is found by bisection; None where even a far μ does not reach it.
    Leaving the other half out makes the sequence a little wider and keeps it valid.
    """
    if not differences:
        return None

    import numpy as np

    seen = np.asarray(differences, dtype=float)

    def reached(centre: float) -> bool:
        twice = 2 * (seen - centre) / size
        rows = [float(np.sum(math.log(2) - np.logaddexp(0.0, -rate * twice))) for rate in RATES]
        return _mean_exp(rows) >= 2 / ALPHA

    low = min(differences) - 40 * size
    if not reached(low):
        return None
    high = max(differences)
    while high - low > 1e-6 * size:
        middle = (low + high) / 2
        low, high = (middle, high) if reached(middle) else (low, middle)
    return low


def _log_factor(x: float) -> float:
    """ln(exp(x) / cosh(x)), without overflow: ln 2 − ln(1 + exp(−2x))."""
    return math.log(2) - (math.log1p(math.exp(-2 * x)) if x > -350 else -2 * x)


def _mean_exp(logs: Sequence[float]) -> float:
    top = max(logs)
    return math.exp(min(top, 700.0)) * math.fsum(math.exp(one - top) for one in logs) / len(logs)
