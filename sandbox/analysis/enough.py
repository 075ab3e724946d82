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
from sandbox.analysis.sequential import ALPHA, Evidence
from sandbox.text import number_of, printable

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
        Looked(one, one.evidence, _needed(one.values, one.bound))
        for one in found.beyond
        if one.evidence is not None and one.bound
    )


def enough(found: Answer) -> str:
    """The line under every answer; empty where nothing stands beside anything."""
    looked = looked_at(found)
    if not looked:
        return ""
    if all(one.evidence.n < _LEAST for one in looked):
        said = f"No: under {_LEAST} runs nothing can be decided, however large an effect is."
        return printable(" ".join(filter(None, ("Have I run enough?", said, _planning(looked, looked)))))
    decided = [one for one in looked if one.evidence.decided]
    unsure = [one for one in looked if not one.evidence.decided]
    said = "Yes:" if not unsure else "For some:" if decided else "Not yet:"
    parts = []
    if decided:
        parts.append(f"however often one looked, the evidence has decided for {_named(decided)}")
    if unsure:
        parts.append(f"it has not decided for {_named(unsure)}" if decided else
                     f"the evidence has not decided for {_named(unsure)}")  # fmt: skip
    planned = _planning(unsure, looked)
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
    return f"{numeral(found.value)} after {number_of(found.n, 'run')}"


def _planning(wanted: Sequence[Looked], looked: Sequence[Looked]) -> str:
    """How many runs it takes to know the effects wanted as closely as a difference of interest."""
    known = [one for one in wanted if one.needed is not None]
    if not known:
        return ""
    all_of_them = len(known) == len(looked)
    bound = numeral(known[0].difference.bound)
    short = [one for one in known if (one.needed or 0) > one.evidence.n]
    if not short:
        whose = "Each effect is" if all_of_them else _whose(known, looked)
        return f"{whose} known to ± {bound} or closer."
    whose = f"To know {'each effect' if all_of_them else _of(known, looked)} to ± {bound}"
    most = max(short, key=lambda one: one.needed or 0)
    needed, have = most.needed or 0, most.evidence.n
    if needed > _MOST:
        return f"{whose} would take more than {_MOST:,} runs."
    more = f", {needed - have:,} more" if len({one.evidence.n for one in known}) == 1 else ""
    return f"{whose} takes about {needed:,} runs{more}."


def _whose(known: Sequence[Looked], looked: Sequence[Looked]) -> str:
    said = _of(known, looked)
    return f"{said[0].upper()}{said[1:]} {'is' if len(known) == 1 else 'are'}"


def _of(known: Sequence[Looked], looked: Sequence[Looked]) -> str:
    if len(known) > _NAMED:
        return f"{len(known)} of {len(looked)} effects"
    effect = "effect" if len(known) == 1 else "effects"
    return f"the {effect} of {' and '.join(one.difference.title for one in known)}"


def _needed(values: Sequence[float], bound: float) -> int | None:
    if len(values) < 3 or max(values) - min(values) < 1e-9:
        return None
    return pairs_for_width(stdev(values), bound)
