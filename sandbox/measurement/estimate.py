"""Estimates with their intervals for the validity battery: a mean, a rate, Cronbach's alpha. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev, variance

_Z = 1.959963984540054
_ROUNDING = 1e-9
_T_975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval (None: too few cases for one) and the number of cases it rests on."""

    value: float
    low: float | None
    high: float | None
    n: int


def mean_estimate(values: Sequence[float]) -> Estimate | None:
    """The mean with Student's t interval (width 0 for equal values, none for one); None without values."""
    if not values:
        return None
    mean = fmean(values)
    if len(values) < 2:
        return Estimate(mean, None, None, 1)
    freedom = len(values) - 1
    t = _T_975[freedom - 1] if freedom <= len(_T_975) else _Z
    half = t * stdev(values) / math.sqrt(len(values))
    return Estimate(mean, mean - half, mean + half, len(values))


def rate_estimate(hits: float, cases: int) -> Estimate | None:
    """A proportion (0–1) with Wilson's score interval (Wilson 1927); None without cases.

    `hits` need not be whole: where a case holds several observations that are not independent of each other,
    it counts with its share of them.
    """
    if not cases:
        return None
    rate = hits / cases
    scale = 1 + _Z**2 / cases
    centre = (rate + _Z**2 / (2 * cases)) / scale
    half = _Z * math.sqrt(rate * (1 - rate) / cases + _Z**2 / (4 * cases**2)) / scale
    return Estimate(rate, max(centre - half, 0.0), min(centre + half, 1.0), cases)


def cronbach_alpha(states: Sequence[Sequence[Sequence[float]]]) -> Estimate | None:
    """Cronbach's alpha (1951) within `states`: each has its rows (one an administration, one keyed value an
    item).

    Variances are pooled within states, as if each item were centred in each: what a state does to all items
    alike is no sign that they go together. The interval is Bonett's (2002): ln(1 − α) is about normal with
    variance 2k / ((k − 1)(n − 2)); every state beyond the first takes one from his n, as its means take one
    degree of freedom. None where that leaves fewer than three, with one item, or without variance between
    rows. `n` of the estimate is the number of rows.
    """
    states = [rows for rows in states if rows]
    cases = sum(map(len, states))
    free = cases - (len(states) - 1)
    items = len(states[0][0]) if states else 0
    if free < 3 or items < 2:
        return None
    total = _pooled([[math.fsum(row) for row in rows] for rows in states])
    within = math.fsum(_pooled([[row[item] for row in rows] for rows in states]) for item in range(items))
    if total <= _ROUNDING * within:
        return None
    alpha = items / (items - 1) * (1 - within / total)
    if alpha >= 1:
        return Estimate(1.0, 1.0, 1.0, cases)
    half = _Z * math.sqrt(2 * items / ((items - 1) * (free - 2)))
    centre = math.log(1 - alpha)
    return Estimate(alpha, 1 - math.exp(centre + half), 1 - math.exp(centre - half), cases)


def _pooled(groups: Sequence[Sequence[float]]) -> float:
    """The variance within groups: squared distances from each group's own mean, over n − groups."""
    squares = math.fsum((len(group) - 1) * variance(group) for group in groups if len(group) > 1)
    return squares / (sum(map(len, groups)) - len(groups))
