"""Estimates with their intervals: a mean, a rate, Cronbach's alpha; and Student's t. Pure."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean, stdev, variance

_Z = 1.959963984540054
_ROUNDING = 1e-9

_TINY = 1e-300
_CLOSE = 1e-16
_TERMS = 10_000
"""Of the fraction behind Student's t, which needs about √max(a, b): enough for 10⁷ degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval (None: too few cases for one) and the number of cases it rests on."""

    value: float
    low: float | None
    high: float | None
    n: int


def mean_estimate(
    values: Sequence[float], within: tuple[float, float] = (-math.inf, math.inf)
) -> Estimate | None:
    """The mean with Student's t interval (width 0 for equal values, none for one); None without values.

    `within` are the least and the largest value there can be: the interval ends there, as a share's does at
    0 and 100 % and a size's at 0. What is no finite number is missing.
    """
    values = [value for value in values if math.isfinite(value)]
    if not values:
        return None
    mean = fmean(values)
    if len(values) < 2:
        return Estimate(mean, None, None, 1)
    half = t_quantile(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Estimate(mean, max(mean - half, within[0]), min(mean + half, within[1]), len(values))


def mean_over(
    units: Iterable[int],
    measured: Callable[[int], float | None],
    within: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate | None:
    """The mean over the units of analysis (repeats, texts) that gave something; `within` as above."""
    found = (measured(unit) for unit in units)
    return mean_estimate([value for value in found if value is not None], within)


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


def kendall_tau(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Kendall's τ-b (1945, with his correction for ties), −1 to 1; None where either side never differs."""
    agreeing = first_differ = second_differ = 0
    for place, (x, y) in enumerate(pairs):
        for other_x, other_y in pairs[:place]:
            one, two = (x > other_x) - (x < other_x), (y > other_y) - (y < other_y)
            agreeing += one * two
            first_differ += one != 0
            second_differ += two != 0
    if not first_differ or not second_differ:
        return None
    return agreeing / math.sqrt(first_differ * second_differ)


def slope(pairs: Sequence[tuple[float, float]]) -> float | None:
    """The least-squares slope of the second on the first; None where the first never differs."""
    if not pairs:
        return None
    middle_x, middle_y = fmean(x for x, _ in pairs), fmean(y for _, y in pairs)
    spread = math.fsum((x - middle_x) ** 2 for x, _ in pairs)
    if not spread:
        return None
    return math.fsum((x - middle_x) * (y - middle_y) for x, y in pairs) / spread


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


@lru_cache(maxsize=1024)
def t_quantile(freedom: float, level: float = 0.95) -> float:
    """The t that |T| stays within with probability `level` (0 < level < 1); 12.706 for 1 and 0.95.

    `freedom` > 0. Raises ValueError otherwise. Found by bisection to about 12 significant digits.
    """
    if not freedom > 0 or not 0 < level < 1:
        raise ValueError(f"no Student's t with {freedom} degrees of freedom at {level}")
    outside = 1 - level
    low, high = 0.0, 1.0
    while t_tail(high, freedom) > outside:
        low, high = high, 2 * high
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if t_tail(middle, freedom) > outside else (low, middle)
    return (low + high) / 2


def t_tail(t: float, freedom: float) -> float:
    """P(|T| > |t|), between 0 and 1: I_x(ν/2, 1/2) with x = ν / (ν + t²) for ν degrees of freedom (DLMF
    8.17(i); Abramowitz and Stegun 1964, 26.7.1)."""
    square = t * t
    return _incomplete_beta(freedom / (freedom + square), square / (freedom + square), freedom / 2, 0.5)


def _incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
    """The regularised I_x(a, b), 0 ≤ x ≤ 1; `rest` is 1 − x, given so that it keeps its digits near x = 1."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    )
    if x > (a + 1) / (a + b + 2):  # there the fraction of the other side converges
        return 1 - front * _fraction(rest, b, a) / b
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of I_x(a, b) (DLMF 8.17.22), by Lentz's method as Thompson and Barnett (1986)
    changed it."""
    c, d = 1.0, _reciprocal(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = _reciprocal(1 + term * d)
            c = 1 + term / c or _TINY
            found *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return found


def _reciprocal(value: float) -> float:
    return 1 / (value or _TINY)
