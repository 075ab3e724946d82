"""Have I run enough? What may be said however often somebody looked, and how many runs a width takes. Pure.

The evidence is the sign-symmetric e-process of `sequential`. The size fixed beforehand is the smallest
difference of interest: a tenth of the scale's range.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import stdev

from sandbox.analysis.answer import Answer, Difference
from sandbox.analysis.numeral import numeral
from sandbox.analysis.paired import pairs_for_width
from sandbox.analysis.sequential import ALPHA, Evidence, evidence
from sandbox.text import printable

_LEAST = 6
"""Fewer differences decide nothing: an e-value is at most 2ⁿ / 2, and 20 decides."""
_NAMED = 3
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Looked:
    """One technique effect looked at after each run. `needed`: runs until half its 95 % interval is `bound`
    or less, at the spread so far; None where under three runs, or nothing varies."""

    difference: Difference
    evidence: Evidence
    needed: int | None


def looked_at(found: Answer) -> tuple[Looked, ...]:
    """Every arm against what stands beside it; none on a scale without a range, or without a run."""
    return tuple(
        Looked(one, evidence(one.values, one.bound), _needed(one.values, one.bound))
        for one in found.beyond
        if one.bound and one.values
    )


def enough(found: Answer) -> str:
    """The line under every answer; empty where nothing stands beside anything."""
    looked = looked_at(found)
    if not looked:
        return ""
    if all(one.evidence.n < _LEAST for one in looked):
        said = f"No: under {_LEAST} runs nothing can be decided, however large an effect is."
        return printable(" ".join(filter(None, ("Have I run enough?", said, _planning(looked)))))
    decided = [one for one in looked if one.evidence.decided]
    unsure = [one for one in looked if not one.evidence.decided]
    said = "Yes:" if not unsure else "For some:" if decided else "Not yet:"
    parts = []
    if decided:
        parts.append(f"however often one looked, the evidence has decided for {_named(decided)}")
    if unsure:
        parts.append(f"it has not decided for {_named(unsure)}" if decided else
                     f"the evidence has not decided for {_named(unsure)}")  # fmt: skip
    planned = _planning(unsure)
    return printable(
        f"Have I run enough? {said} {', and '.join(parts)} (e-values; {1 / ALPHA:.0f} decides)."
        f"{' ' + planned if planned else ''}"
    )


def _named(looked: Sequence[Looked]) -> str:
    if len(looked) > _NAMED:
        return f"{len(looked)} techniques"
    return "; ".join(f"{one.difference.title}, {_value(one.evidence)}" for one in looked)


def _value(found: Evidence) -> str:
    if found.decided_at is not None:
        return f"at run {found.decided_at} of {found.n}"
    runs = f"{found.n} {'run' if found.n == 1 else 'runs'}"
    return f"{numeral(found.value)} after {runs}"


def _planning(looked: Sequence[Looked]) -> str:
    """How many runs it takes to know every effect as closely as a difference of interest."""
    known = [one for one in looked if one.needed is not None]
    if not known:
        return ""
    most = max(known, key=lambda one: one.needed or 0)
    bound, needed, have = numeral(most.difference.bound), most.needed or 0, most.evidence.n
    if needed <= have:
        return f"Each effect is known to ± {bound} or closer."
    if needed > _MOST:
        return f"To know each effect to ± {bound} would take more than {_MOST:,} runs."
    return f"To know each effect to ± {bound} takes about {needed:,} runs, {needed - have:,} more."


def _needed(values: Sequence[float], bound: float) -> int | None:
    if len(values) < 3 or max(values) - min(values) < 1e-9:
        return None
    return pairs_for_width(stdev(values), bound)
