"""How well raters, or repeats, agree: intraclass correlations, weighted kappa, Krippendorff's alpha. Pure.

Shrout and Fleiss 1979; McGraw and Wong 1996 name the intraclass correlations as here. NumPy and SciPy are
imported when a function needs them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from numpy.typing import NDArray

Metric = Literal["nominal", "ordinal", "interval"]
Interval = tuple[float, float]
Table = Sequence[Sequence[float | None]]
"""A row a target, a column a rater, None where one gave no rating. All rows have the same length."""

LEAST_FOR_INTERVAL = 6
"""Targets that two raters share. Resampling fewer says next to nothing of targets in general."""

_DRAWN = 2_000
_SEED = 20_260_101
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Icc:
    """The intraclass correlations of targets × raters, complete; 1 is perfect agreement, below 0 none.

    `one_way`: ICC(1,1), raters differ from target to target. `agreement`: ICC(A,1), raters' levels count as
    disagreement. `consistency`: ICC(C,1), they do not. `_mean`: the same of the mean over all raters.
    `_interval`: 95 %, from F (McGraw and Wong 1996, table 7); None where nothing but targets varies.
    """

    one_way: float
    agreement: float
    consistency: float
    one_way_mean: float
    agreement_mean: float
    consistency_mean: float
    agreement_interval: Interval | None
    consistency_interval: Interval | None


def icc(ratings: Sequence[Sequence[float]]) -> Icc | None:
    """Of `ratings` (a row a target, a column a rater). None under two of either, or where nothing varies.

    Raises ValueError for rows of different lengths.
    """
    n, k = len(ratings), len(ratings[0]) if ratings else 0
    if any(len(row) != k for row in ratings):
        raise ValueError("every target needs a rating of every rater")
    if n < 2 or k < 2:
        return None
    grand = math.fsum(map(math.fsum, ratings)) / (n * k)
    rows = [math.fsum(row) / k for row in ratings]
    columns = [math.fsum(column) / n for column in zip(*ratings, strict=True)]
    total = math.fsum((one - grand) ** 2 for row in ratings for one in row)
    of_rows = k * math.fsum((mean - grand) ** 2 for mean in rows)
    of_columns = n * math.fsum((mean - grand) ** 2 for mean in columns)
    if total <= 0:
        return None
    between = of_rows / (n - 1)
    within = (total - of_rows) / (n * (k - 1))
    raters = of_columns / (k - 1)
    error = max(0.0, total - of_rows - of_columns) / ((n - 1) * (k - 1))
    bounds = _icc_intervals(n, k, between, raters, error)
    return Icc(
        one_way=_ratio(between - within, between + (k - 1) * within),
        agreement=_ratio(between - error, between + (k - 1) * error + k * (raters - error) / n),
        consistency=_ratio(between - error, between + (k - 1) * error),
        one_way_mean=_ratio(between - within, between),
        agreement_mean=_ratio(between - error, between + (raters - error) / n),
        consistency_mean=_ratio(between - error, between),
        agreement_interval=bounds and bounds[0],
        consistency_interval=bounds and bounds[1],
    )


def _icc_intervals(
    n: int, k: int, between: float, raters: float, error: float
) -> tuple[Interval, Interval] | None:
    """Of ICC(A,1) and ICC(C,1), from the mean squares (McGraw and Wong 1996, table 7)."""
    if error <= 0 or between <= 0:
        return None
    from scipy.special import fdtri

    def quantile(one: float, other: float) -> float:
        return float(fdtri(one, other, (1 + _LEVEL) / 2))

    rest = (n - 1) * (k - 1)
    f = between / error
    low, high = f / quantile(n - 1, rest), f * quantile(rest, n - 1)
    consistency = ((low - 1) / (low + k - 1), (high - 1) / (high + k - 1))
    icc_a = (between - error) / (between + (k - 1) * error + k * (raters - error) / n)
    a, b = k * icc_a / (n * (1 - icc_a)), 1 + k * icc_a * (n - 1) / (n * (1 - icc_a))
    freedom = (a * raters + b * error) ** 2 / ((a * raters) ** 2 / (k - 1) + (b * error) ** 2 / rest)
    under, over = quantile(n - 1, freedom), quantile(freedom, n - 1)
    both = k * raters + (k * n - k - n) * error
    agreement = (
        n * (between - under * error) / (under * both + n * between),
        n * (over * between - error) / (both + n * over * between),
    )
    return agreement, consistency


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def krippendorff_alpha(ratings: Table, metric: Metric) -> float | None:
    """Krippendorff's alpha; 1 is perfect agreement, 0 what chance gives, below 0 less than that.

    α = 1 − (n − 1) Σ o_ck δ_ck / Σ n_c n_k δ_ck over the coincidences o of values c and k that share a target
    (Krippendorff 2011, “Computing Krippendorff's alpha-reliability”). Targets with one rating do not count.
    None where fewer than two values occur, or fewer than two targets were shared.
    """
    coincidences, values = _coincidences(ratings)
    if len(coincidences) < 2:
        return None
    (found,) = _alphas(coincidences.sum(axis=0)[None], values, metric)
    return None if math.isnan(found) else float(found)


def krippendorff_interval(ratings: Table, metric: Metric) -> Interval | None:
    """Its 95 % interval, the percentiles of 2,000 seeded draws of as many targets. None under six targets."""
    coincidences, values = _coincidences(ratings)
    if len(coincidences) < LEAST_FOR_INTERVAL:
        return None
    drawn = _draws(len(coincidences))
    pairs = (drawn @ coincidences.reshape(len(coincidences), -1)).reshape(-1, len(values), len(values))
    return _percentiles(_alphas(pairs, values, metric))


def weighted_kappa(ratings: Table, levels: Sequence[float]) -> float | None:
    """Cohen's kappa with quadratic weights (Cohen 1968): each step further apart counts by its square. Of
    several raters the mean over all pairs of them (Light 1971). `levels`: all answers, from low to high.

    None where no pair of raters shares two targets, or all ratings of every pair are the same.
    """
    means = _mean_of_known([_kappa(table.sum(axis=0)[None]) for table in _cross_tables(ratings, levels)])
    return None if means is None or math.isnan(means[0]) else float(means[0])


def kappa_interval(ratings: Table, levels: Sequence[float]) -> Interval | None:
    """Its 95 % interval, the percentiles of 2,000 seeded draws of as many targets. None under six targets."""
    shared = [row for row in ratings if sum(one is not None for one in row) > 1]
    if len(shared) < LEAST_FOR_INTERVAL:
        return None
    drawn = _draws(len(shared))
    tables = [
        _kappa((drawn @ table.reshape(len(shared), -1)).reshape(-1, len(levels), len(levels)))
        for table in _cross_tables(shared, levels)
    ]
    means = _mean_of_known(tables)
    return None if means is None else _percentiles(means)


def _coincidences(ratings: Table) -> "tuple[NDArray[Any], NDArray[Any]]":
    """One matrix a target that two raters share, value × value, and the values in order."""
    import numpy as np

    rows = [[one for one in row if one is not None] for row in ratings]
    rows = [row for row in rows if len(row) > 1]
    values = sorted({one for row in rows for one in row})
    place = {value: n for n, value in enumerate(values)}
    found = np.zeros((len(rows), len(values), len(values)))
    for n, row in enumerate(rows):
        counts = np.bincount([place[one] for one in row], minlength=len(values))
        found[n] = (np.outer(counts, counts) - np.diag(counts)) / (len(row) - 1)
    return found, np.asarray(values, dtype=float)


def _alphas(coincidences: "NDArray[Any]", values: "NDArray[Any]", metric: Metric) -> "NDArray[Any]":
    """Of each matrix of coincidences its alpha; NaN where only one value occurs."""
    import numpy as np

    counts = coincidences.sum(axis=2)
    total = counts.sum(axis=1)
    if metric == "nominal":
        apart = np.broadcast_to(1 - np.eye(len(values)), coincidences.shape)
    else:
        # Half of its own ratings and all below it: differences of these are what the ordinal metric adds up.
        at = np.cumsum(counts, axis=1) - counts / 2 if metric == "ordinal" else values[None]
        apart = (at[:, :, None] - at[:, None, :]) ** 2
    seen = (coincidences * apart).sum(axis=(1, 2))
    expected = (counts[:, :, None] * counts[:, None, :] * apart).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[Any] = np.where(expected > 0, 1 - (total - 1) * seen / expected, np.nan)
    return found


def _cross_tables(ratings: Table, levels: Sequence[float]) -> "list[NDArray[Any]]":
    """For each pair of raters, one matrix a target, level × level: 1 where that pair of answers was given."""
    import numpy as np

    place = {level: n for n, level in enumerate(levels)}
    found = []
    for one, other in combinations(range(len(ratings[0]) if ratings else 0), 2):
        table = np.zeros((len(ratings), len(levels), len(levels)))
        for matrix, row in zip(table, ratings, strict=True):
            first, second = row[one], row[other]
            if first is not None and second is not None:
                matrix[place[first], place[second]] = 1
        if table.sum() > 1:
            found.append(table)
    return found


def _kappa(tables: "NDArray[Any]") -> "NDArray[Any]":
    """Of each table of counts, level × level, its kappa with quadratic weights; NaN where nothing varies."""
    import numpy as np

    steps = np.arange(tables.shape[1])
    apart = (steps[:, None] - steps[None]) ** 2
    seen = (tables * apart).sum(axis=(1, 2)) * tables.sum(axis=(1, 2))
    expected = (tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :] * apart).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[Any] = np.where(expected > 0, 1 - seen / expected, np.nan)
    return found


def _mean_of_known(kappas: "Sequence[NDArray[Any]]") -> "NDArray[Any] | None":
    """The mean over pairs of raters, draw by draw, of those that are defined."""
    import numpy as np

    if not kappas:
        return None
    stacked = np.stack(kappas)
    known = ~np.isnan(stacked)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[Any] = np.where(known, stacked, 0).sum(axis=0) / known.sum(axis=0)
    return found


def _draws(targets: int) -> "NDArray[Any]":
    """How often each target is drawn, a row a draw. The seed is fixed: same ratings, same interval."""
    import numpy as np

    even = np.full(targets, 1 / targets)
    return np.random.default_rng(_SEED).multinomial(targets, even, size=_DRAWN).astype(float)


def _percentiles(drawn: "NDArray[Any]") -> Interval | None:
    """The middle 95 % of what came out; None where half of the draws or more have no value."""
    import numpy as np

    known = drawn[~np.isnan(drawn)]
    if 2 * len(known) <= len(drawn):
        return None
    low, high = np.quantile(known, ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
    return float(low), float(high)
