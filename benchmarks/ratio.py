"""Comparing two timings made side by side in one run: pairs alternate, the ratio of medians is printed."""

import argparse
import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Seconds of ours and of the reference, one pair after the other; `budget` is the ratio not to pass."""

    name: str
    ours: tuple[float, ...]
    reference: tuple[float, ...]
    budget: float

    @property
    def value(self) -> float:
        return statistics.median(self.ours) / statistics.median(self.reference)

    def line(self) -> str:
        """`name: ratio (budget …)`, with the medians in milliseconds and how many pairs."""
        ours, reference = (1000 * statistics.median(t) for t in (self.ours, self.reference))
        verdict = "within" if self.value <= self.budget else "OVER"
        return (
            f"{self.name}: ratio {self.value:.2f}, {verdict} the budget of {self.budget:g} "
            f"(ours {ours:.1f} ms, reference {reference:.1f} ms, {len(self.ours)} pairs)"
        )


def measure(
    name: str, ours: Callable[[], float], reference: Callable[[], float], *, pairs: int, budget: float
) -> Ratio:
    """Run both once to warm caches, then `pairs` times in turn; a single pair is run cold, to see it run.

    Each callable returns the seconds it took.
    """
    if pairs > 1:
        reference(), ours()
    times = [(reference(), ours()) for _ in range(pairs)]
    return Ratio(name, tuple(t[1] for t in times), tuple(t[0] for t in times), budget)


def pairs_asked_for(default: int) -> int:
    """The number of pairs: `default`, or one with `--smoke`, which only checks that the benchmark runs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="one pair, to see that it runs")
    parser.add_argument("--pairs", type=int, default=default)
    arguments = parser.parse_args()
    return 1 if arguments.smoke else max(1, arguments.pairs)
