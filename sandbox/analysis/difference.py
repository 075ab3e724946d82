"""One arm against another at one point: the size over the runs that have both, its verdict, and how many runs
more would tell. Values alone; `answer` has the words."""

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, stdev

from sandbox.analysis.effect import PairedDifference
from sandbox.analysis.induction import Induction
from sandbox.analysis.paired import LEAST_FOR_P, Verdict, pairs_for_width, verdict
from sandbox.analysis.sequential import Evidence, evidence
from sandbox.measurement.estimate import t_tail

MANY = 1000
"""Beyond so many runs their number is not named."""


@dataclass(frozen=True)
class Difference:
    """One arm against another at one point, over the runs that have both, in the scale's units.

    `at` is the row's own label: `end` also where that is the last turn's measurement.

    `values` has one difference a run, in the order of the runs; below 0 the first of the two is lower.
    `bound` is the smallest difference of interest, stated before: a tenth of the scale's range. `induction`:
    what the scenario did to the state both started from; None where none was told before.
    """

    title: str
    against: str
    at: str
    values: tuple[float, ...]
    paired: PairedDifference
    bound: float | None
    induction: Induction | None = None
    of: int = 0
    """The runs of the arm, those without a difference among them."""
    script: str = ""
    """The title of the arm's technique, the same in every scenario."""

    @cached_property
    def verdict(self) -> Verdict:
        return verdict(self.values, self.bound)

    @property
    def empty(self) -> bool:
        """Whether it can be no relief, since nothing was raised. A turn for the worse stays one."""
        if self.induction is None or not self.induction.nothing:
            return False
        worse = {"more distress": "higher", "less distress": "lower"}.get(self.induction.higher_is)
        return self.verdict != worse

    @property
    def said(self) -> str:
        """The verdict for a table: `lower`, `lower, but nothing was raised`, `no interval`."""
        told: str = self.verdict
        if not self.known:
            told = ("no run", "one run, no interval", "no interval")[min(2, len(self.values))]
        return f"{told}{self.proviso}"

    @property
    def proviso(self) -> str:
        """What goes behind all that is said of it: `, but nothing was raised`; else empty."""
        if self.induction is None:
            return ""
        if self.empty:
            return f", but nothing was {self.induction.raised}"
        return f", not known if anything was {self.induction.raised}" if self.induction.unsure else ""

    @cached_property
    def evidence(self) -> Evidence | None:
        """What may be looked at after every run, with `bound` as its size; None without one, or a run."""
        return evidence(self.values, self.bound) if self.bound and self.values else None

    @property
    def told_apart(self) -> bool:
        return self.verdict in ("lower", "higher")

    @property
    def known(self) -> bool:
        """Whether there is anything to judge by: an interval, or differences all equal within the bound."""
        return self.paired.low is not None or self.verdict == "equivalent"

    @property
    def needed(self) -> int | None:
        """About how many runs make half the interval `bound` or less, if the spread stayed; never under six.

        None without a bound, under three runs, or where nothing varies: no spread is known then.
        """
        if not self.bound or len(self.values) < 3 or max(self.values) - min(self.values) < 1e-9:
            return None
        return max(LEAST_FOR_P, pairs_for_width(stdev(self.values), self.bound))

    @property
    def close(self) -> bool:
        """Whether the interval is as narrow as that."""
        return self.needed is not None and self.needed <= len(self.values)

    @property
    def more_runs(self) -> int | None:
        """How many of those are left to run; None where that is not known, or none is needed."""
        if self.told_apart or self.close or self.verdict == "equivalent" or self.needed is None:
            return None
        return self.needed - len(self.values) if self.needed <= MANY else None

    @property
    def p_by_t(self) -> float | None:
        """Student's two-sided p, as the interval; None under LEAST_FOR_P runs or without spread."""
        n = len(self.values)
        if n < LEAST_FOR_P or self.paired.low is None:
            return None
        return t_tail(fmean(self.values) / (stdev(self.values) / math.sqrt(n)), n - 1)
