"""One index of the validity battery: its estimate, how it is judged, and how it is written. Pure."""

from dataclasses import dataclass
from typing import Literal

from sandbox.measurement.estimate import Estimate

Judgement = Literal["good", "with care", "bad", "unknown", "does not apply"]
Unit = Literal["% of the range", "rate", "alpha"]

SMALL_SHIFT = 5.0
LARGE_SHIFT = 15.0
"""Shifts in percent of the scale's range; this project's own convention. A rise of 10 is the least the
battery asks of a strong scenario: a shift under half of that is small beside it, one over 15 drowns it."""

HINT_LIMITS = (2 * SMALL_SHIFT, 2 * LARGE_SHIFT)
"""How far a suggestion may move a score, in percent of its range: up to 10, the least rise asked of a strong
scenario, it is let pass; over 30 the words of a technique alone could make most of what is seen."""

LEAST_ALPHA, POOR_ALPHA = 0.7, 0.5
"""Nunnally 1978: 0.7 and more for early research; under 0.5 most of the sum is not shared by its items."""

TOO_FEW = "too few repeats to tell"

WORST_FIRST: tuple[Judgement, ...] = ("bad", "with care", "unknown", "good", "does not apply")


@dataclass(frozen=True, slots=True)
class Index:
    """One index. `acceptable` says what would be good and why.

    `note` says why there is no estimate or why it does not tell, and what the other state gave.
    """

    id: str
    title: str
    unit: Unit
    estimate: Estimate | None
    judgement: Judgement
    acceptable: str
    note: str = ""

    @property
    def imprecise(self) -> bool:
        """True when there is an estimate, but its interval reaches over the limit."""
        return self.judgement == "unknown" and self.estimate is not None


def judged_size(
    estimate: Estimate | None,
    exact: bool = False,
    limits: tuple[float, float] = (SMALL_SHIFT, LARGE_SHIFT),
) -> Judgement:
    """A size, where less is better, judged by its whole interval.

    Good when the interval ends within the first limit; unknown when it reaches over it; else bad with a value
    beyond the second limit. `exact`: one case is all there is (an unsampled answer about the only state of
    its kind), so that its value needs no interval.
    """
    if estimate is None:
        return "unknown"
    low, high = estimate.low, estimate.high
    if low is None or high is None:
        if not exact:
            return "unknown"
        low = high = estimate.value
    if high <= limits[0]:
        return "good"
    if low <= limits[0]:
        return "unknown"
    return "bad" if estimate.value > limits[1] else "with care"


def judged_shift(
    estimate: Estimate | None,
    exact: bool = False,
    limits: tuple[float, float] = (SMALL_SHIFT, LARGE_SHIFT),
) -> Judgement:
    """A signed shift judged as its size is: moved one way or the other, it is moved."""
    return judged_size(_size(estimate), exact, limits)


def _size(estimate: Estimate | None) -> Estimate | None:
    """The same without its sign; an interval over 0 begins there."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return estimate and Estimate(abs(estimate.value), None, None, estimate.n)
    ends = (abs(estimate.low), abs(estimate.high))
    low = 0.0 if estimate.low <= 0 <= estimate.high else min(ends)
    return Estimate(abs(estimate.value), low, max(ends), estimate.n)


def judged_rate(estimate: Estimate | None, limits: tuple[float, float]) -> Judgement:
    """A rate judged by what was seen: good up to the first limit, bad over the second."""
    if estimate is None:
        return "unknown"
    if estimate.value > limits[1]:
        return "bad"
    return "good" if estimate.value <= limits[0] else "with care"


def judged_alpha(estimate: Estimate | None) -> Judgement:
    """Cronbach's alpha by its whole interval: unknown where that holds the bound."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return "unknown"
    if estimate.low >= LEAST_ALPHA:
        return "good"
    if estimate.high >= LEAST_ALPHA:
        return "unknown"
    return "with care" if estimate.value >= POOR_ALPHA else "bad"


def value_text(estimate: Estimate | None, unit: Unit) -> str:
    """An estimate for reading: `61.2 %` of the range, `12 %` of the cases, `0.83`; – for none."""
    return "–" if estimate is None else _number(estimate.value, unit)


def interval_text(estimate: Estimate | None, unit: Unit) -> str:
    """` [low, high]`, nothing where there is no interval."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    return f" [{_number(estimate.low, unit)}, {_number(estimate.high, unit)}]"


def _number(value: float, unit: Unit) -> str:
    if unit == "rate":
        return f"{100 * value:.0f} %"
    text = f"{value:.2f}" if unit == "alpha" else f"{value:.1f} %"
    return text.replace("-", "−") if any(digit in text for digit in "123456789") else text.lstrip("-")
