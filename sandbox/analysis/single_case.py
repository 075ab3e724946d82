"""Single-case statistics: how far a phase's scores overlap those of the phase before. Pure.

Phases are lists of scores in the order measured, without missing ones. `lower_is_better` says which way
counts as an improvement; every index is positive for an improvement. Consecutive turns of a conversation
depend on each other, which none of these indices takes into account: that has to be said beside them.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

LEAST_POINTS, LEAST_WITH_RESERVATIONS = 5, 3
"""Points a phase has to have (What Works Clearinghouse 2022, standards for single-case designs)."""


@dataclass(frozen=True, slots=True)
class Nap:
    """Nonoverlap of all pairs (Parker and Vannest 2009), 0 to 1 with 0.5 for no change, and its SE.

    `error` is None where a phase has a single point.
    """

    value: float
    error: float | None


def nap(before: Sequence[float], after: Sequence[float], *, lower_is_better: bool = False) -> Nap | None:
    """The share of pairs (one of each phase) in which the later is better, ties counting half.

    None without points. The SE is that of SingleCaseES (Pustejovsky, Chen and Swan), after Sen 1967 and Mee
    1990: [N − (m + n − 1)N² + nQ₁ + mQ₂ − 2X] / ((m − 1)(n − 1)), its root.
    """
    m, n = len(before), len(after)
    if not m or not n:
        return None
    better = [[_better(a, b, lower_is_better) for b in after] for a in before]
    value = math.fsum(map(math.fsum, better)) / (m * n)
    if m == 1 or n == 1:
        return Nap(value, None)
    rows = math.fsum(math.fsum(row) ** 2 for row in better) / (m * n * n)
    columns = math.fsum(math.fsum(column) ** 2 for column in zip(*better, strict=True)) / (m * m * n)
    squares = math.fsum(one * one for row in better for one in row) / (m * n)
    variance = value - (m + n - 1) * value**2 + n * rows + m * columns - 2 * squares
    return Nap(value, math.sqrt(max(variance, 0.0) / ((m - 1) * (n - 1))))


def tau(before: Sequence[float], after: Sequence[float], *, lower_is_better: bool = False) -> float | None:
    """Tau of nonoverlap: (better pairs − worse pairs) / all pairs, −1 to 1 (Parker et al. 2011)."""
    found = nap(before, after, lower_is_better=lower_is_better)
    return None if found is None else 2 * found.value - 1


def tau_u(before: Sequence[float], after: Sequence[float], *, lower_is_better: bool = False) -> float | None:
    """Tau less the trend within the phase before (Parker et al. 2011): (S_AB − S_A) / (m n).

    It may leave −1 to 1. None without points.
    """
    if not before or not after:
        return None
    between = math.fsum(_sign(a, b, lower_is_better) for a in before for b in after)
    trend = math.fsum(_sign(a, b, lower_is_better) for a, b in itertools.combinations(before, 2))
    return (between - trend) / (len(before) * len(after))


def tau_bc(before: Sequence[float], after: Sequence[float], *, lower_is_better: bool = False) -> float | None:
    """Tau after the trend of the phase before was taken out of both phases (Tarlow 2017).

    The trend is the median slope (Theil 1950; Sen 1968) with the median of its intercepts. None without
    points; without two points before there is no trend to take out. Taken out whatever its p: with so few
    points a test of the trend would hardly ever find one.
    """
    if not before or not after:
        return None
    scores = [*before, *after]
    slopes = [
        (two - one) / (j - i)
        for (i, one), (j, two) in itertools.combinations(enumerate(before), 2)
    ]  # fmt: skip
    slope = median(slopes) if slopes else 0.0
    intercept = median(score - slope * place for place, score in enumerate(before))
    left = [score - intercept - slope * place for place, score in enumerate(scores)]
    return tau(left[: len(before)], left[len(before) :], lower_is_better=lower_is_better)


def pnd(before: Sequence[float], after: Sequence[float], *, lower_is_better: bool = False) -> float | None:
    """The share of later points better than the best before (Scruggs, Mastropieri and Casto 1987), 0 to 1."""
    if not before or not after:
        return None
    best = min(before) if lower_is_better else max(before)
    return sum(_better(best, score, lower_is_better) == 1.0 for score in after) / len(after)


def phase_randomisation_p(
    scores: Sequence[float],
    start: int,
    *,
    least: int = LEAST_WITH_RESERVATIONS,
    lower_is_better: bool = False,
) -> float | None:
    """One-sided p that a phase beginning anywhere else would have improved the mean as much (Edgington 1975).

    `start` is the index of the first point of the later phase; every start that leaves `least` points on
    either side counts as one that might have been drawn. None where `start` is none of these. It is a test
    only if the start was drawn beforehand; a script's is not, so it describes.
    """
    starts = range(least, len(scores) - least + 1)
    if start not in starts:
        return None

    def improvement(at: int) -> float:
        before, after = scores[:at], scores[at:]
        rise = math.fsum(after) / len(after) - math.fsum(before) / len(before)
        return -rise if lower_is_better else rise

    seen = improvement(start)
    return sum(improvement(at) >= seen - 1e-12 for at in starts) / len(starts)


def design_standard(phases: Sequence[int]) -> str:
    """What the What Works Clearinghouse standard says of a design with so many points in each phase."""
    standard, least = "the What Works Clearinghouse standard", min(phases, default=0)
    if len(phases) < 4:
        return (
            f"Does not meet {standard}: it has {len(phases)} phases, and an effect has to be shown"
            " three times (four phases, such as A-B-A-B, or several baselines)."
        )
    if least < LEAST_WITH_RESERVATIONS:
        return f"Does not meet {standard}: a phase has {least} points, fewer than {LEAST_WITH_RESERVATIONS}."
    if least < LEAST_POINTS:
        return f"Meets {standard} with reservations: a phase has {least} points, fewer than {LEAST_POINTS}."
    return f"Meets {standard} for the number of phases and points."


def _better(before: float, after: float, lower_is_better: bool) -> float:
    return (_sign(before, after, lower_is_better) + 1) / 2


def _sign(before: float, after: float, lower_is_better: bool) -> int:
    """1 for better, −1 for worse; what differs by rounding alone is a tie."""
    rise = 0 if abs(after - before) < 1e-9 else 1 if after > before else -1
    return -rise if lower_is_better else rise
