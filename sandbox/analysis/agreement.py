"""How well raters, or repeats, agree: intraclass correlations. Pure.

Shrout and Fleiss 1979; McGraw and Wong 1996 name them as here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Icc:
    """The intraclass correlations of targets × raters, complete; 1 is perfect agreement, below 0 none.

    `one_way`: ICC(1,1), raters differ from target to target. `agreement`: ICC(A,1), raters' levels count as
    disagreement. `consistency`: ICC(C,1), they do not. `_mean`: the same of the mean over all raters.
    """

    one_way: float
    agreement: float
    consistency: float
    one_way_mean: float
    agreement_mean: float
    consistency_mean: float


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
    return Icc(
        one_way=_ratio(between - within, between + (k - 1) * within),
        agreement=_ratio(between - error, between + (k - 1) * error + k * (raters - error) / n),
        consistency=_ratio(between - error, between + (k - 1) * error),
        one_way_mean=_ratio(between - within, between),
        agreement_mean=_ratio(between - error, between + (raters - error) / n),
        consistency_mean=_ratio(between - error, between),
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
