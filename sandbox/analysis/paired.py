"""What paired differences say: how large, how sure, whether as good as none, and how many more would tell.

Pure, over plain numbers: one difference a trunk, in the scale's units. Nothing is rounded here. SciPy is
imported when a function needs it: it takes over a second.
"""

import math
from collections.abc import Callable, Sequence
from statistics import fmean, stdev
from typing import Literal

from sandbox.measurement.estimate import mean_estimate, t_quantile, t_tail

LEAST_FOR_P = 6
"""With fewer pairs there is no p-value and no verdict: of five signs the least two-sided p is 1/16, above
0.05, and the e-value at most 16, under the 20 that decide."""

_EXACT = 14
"""Up to so many pairs every pattern of signs is gone through (2¹⁴); beyond, 9,999 are drawn."""
_DRAWN = 9_999
_AT_ONCE = 200
"""So many patterns are held in memory at a time."""
_MOST_DRAWN = 2_000
"""Beyond so many pairs drawing takes minutes and says what Student's t says."""
_SEED = 20_260_101
_ALPHA = 0.05
_MOST_PAIRS = 1_000_000


def hedges_gz(differences: Sequence[float]) -> float | None:
    """Hedges' g of paired differences, mean / SD × J(n − 1); None under three or without spread.

    This is g_z (Lakens 2013, eq. 6–7): in units of the differences' own SD, and so not comparable with a g
    in units of the scores' SD. J is exact: Γ(m/2) / (√(m/2) Γ((m − 1)/2)) (Hedges 1981, eq. 6e).
    """
    n = len(differences)
    if n < 3 or not (spread := _spread(differences)):  # J(1) is not defined
        return None
    m = n - 1
    correction = math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2)) / math.sqrt(m / 2)
    return correction * fmean(differences) / spread


def bca_interval(differences: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % BCa interval of the mean by bootstrap (Efron 1987); None under LEAST_FOR_P pairs, over 2,000,
    or without spread.

    The draws come from a fixed seed, so that the same differences give the same interval.
    """
    if not LEAST_FOR_P <= len(differences) <= _MOST_DRAWN or not _spread(differences):
        return None
    import numpy as np
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.asarray(differences, dtype=float),), np.mean,
        n_resamples=_DRAWN, method="BCa", batch=_AT_ONCE, rng=np.random.default_rng(_SEED),
    ).confidence_interval  # fmt: skip
    low, high = float(found.low), float(found.high)
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def sign_flip_p(differences: Sequence[float]) -> float | None:
    """Two-sided p of the mean when every difference might as well have had the other sign (Fisher 1935).

    None under LEAST_FOR_P pairs. Exact up to 14 pairs; beyond, the share of 9,999 seeded draws and the data;
    over 2,000 Student's t, which it comes to.
    """
    if len(differences) < LEAST_FOR_P:
        return None
    if len(differences) > _MOST_DRAWN:
        error = _spread(differences) / math.sqrt(len(differences))
        mean = fmean(differences)
        return t_tail(mean / error, len(differences) - 1) if error else float(not mean)
    import numpy as np
    from scipy.stats import permutation_test

    found = permutation_test(
        (np.asarray(differences, dtype=float),), lambda x, axis: np.mean(x, axis=axis),
        permutation_type="samples", vectorized=True, alternative="two-sided",
        batch=_AT_ONCE, n_resamples=2**_EXACT if len(differences) <= _EXACT else _DRAWN,
        rng=np.random.default_rng(_SEED),
    )  # fmt: skip
    return float(found.pvalue)


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """The p-values adjusted for being several (Holm 1979), in the order given; missing ones stay missing."""
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        adjusted[place] = largest
    return tuple(adjusted)


# As good as none


Verdict = Literal["lower", "higher", "equivalent", "not told apart", "too few runs"]
"""What an interval says of a mean difference. `equivalent`: within the bound stated before. `too few runs`:
under LEAST_FOR_P nothing is said, whatever the interval."""


def tost_p(differences: Sequence[float], bound: float) -> float | None:
    """p of the two one-sided tests that the mean lies within ± `bound` (Schuirmann 1987); None under two.

    The larger of the two p-values, each of Student's t with n − 1 degrees of freedom. `bound` > 0, in the
    scale's units. Raises ValueError for another.
    """
    if not bound > 0:
        raise ValueError(f"an equivalence bound is above 0, not {bound}")
    n = len(differences)
    if n < 2:
        return None
    mean, error = fmean(differences), _spread(differences) / math.sqrt(n)
    if not error:
        return 0.0 if abs(mean) < bound else 1.0
    return max(_upper_tail((mean + bound) / error, n - 1), _upper_tail((bound - mean) / error, n - 1))


def verdict(differences: Sequence[float], bound: float | None = None) -> Verdict:
    """What may be said of the mean difference, at 5 %; under LEAST_FOR_P differences nothing.

    Lower or higher, when Student's interval leaves out 0; else equivalent, when TOST against a bound stated
    before says so; else not told apart. “Not told apart” is no “equivalent”.
    """
    if len(differences) < LEAST_FOR_P:
        return "too few runs"
    interval = student_interval(differences)
    if interval is not None:
        if interval[1] < 0:
            return "lower"
        if interval[0] > 0:
            return "higher"
    p = tost_p(differences, bound) if bound is not None else None
    return "equivalent" if p is not None and p < _ALPHA else "not told apart"


def student_interval(differences: Sequence[float]) -> tuple[float, float] | None:
    """Student's 95 % interval of the mean (`mean_estimate`); None under two or without spread."""
    found = mean_estimate(differences) if _spread(differences) else None
    return None if found is None or found.low is None or found.high is None else (found.low, found.high)


# How many more


def pairs_for_width(spread: float, within: float) -> int:
    """The least number of pairs whose Student's interval is ± `within` or less at that SD of the differences.

    At least 2. Raises ValueError unless `within` > 0; never more than a million.
    """
    if not within > 0:
        raise ValueError(f"a width is above 0, not {within}")
    return _least(lambda n: half_width(spread, n) <= within)


def half_width(spread: float, pairs: int) -> float:
    """Half of Student's 95 % interval for so many pairs (at least 2) of that SD."""
    return t_quantile(pairs - 1) * spread / math.sqrt(pairs)


def _least(enough: Callable[[int], bool]) -> int:
    """The least number from 2 on that is enough, by doubling and halving: once enough, more is too."""
    high = 2
    while not enough(high) and high < _MOST_PAIRS:
        high = min(2 * high, _MOST_PAIRS)
    low = max(2, high // 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def _spread(differences: Sequence[float]) -> float:
    """The sample SD; 0 where the differences are equal but for rounding."""
    if len(differences) < 2:
        return 0.0
    size = max(abs(difference) for difference in differences)
    return 0.0 if max(differences) - min(differences) <= 1e-9 * max(size, 1.0) else stdev(differences)


def _upper_tail(t: float, freedom: int) -> float:
    """P(T > t)."""
    tail = t_tail(t, freedom) / 2
    return tail if t > 0 else 1 - tail
