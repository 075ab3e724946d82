"""Student's t: its two-sided tail and its quantile, for every number of degrees of freedom. Pure.

P(|T| > t) = I_x(ν/2, 1/2) with x = ν / (ν + t²), the regularised incomplete beta function (DLMF 8.17(i);
Abramowitz and Stegun 1964, 26.7.1). It is found by its continued fraction (DLMF 8.17.22).
"""

import math
from functools import lru_cache

_TINY = 1e-300
_CLOSE = 1e-16
_TERMS = 10_000
"""The fraction needs about √max(a, b) terms: enough for 10⁷ degrees of freedom."""


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
    """P(|T| > |t|), between 0 and 1."""
    square = t * t
    return incomplete_beta(freedom / (freedom + square), square / (freedom + square), freedom / 2, 0.5)


def incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
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
    """The continued fraction of I_x(a, b), by Lentz's method as Thompson and Barnett (1986) changed it."""
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
