"""Have I run enough? What may be said however often somebody looked, and how many runs a width takes. Pure.

The evidence is the sign-symmetric e-process of `sequential`. The size fixed beforehand is the smallest
difference of interest: a tenth of the scale's range. Enough is also an interval as narrow as that, and
equivalence.
"""

from collections.abc import Iterator, Sequence

from sandbox.analysis.answer import Answer
from sandbox.analysis.difference import MANY, Difference
from sandbox.analysis.numeral import numeral
from sandbox.analysis.paired import LEAST_FOR_P
from sandbox.analysis.sequential import ALPHA, Evidence
from sandbox.text import number_of, printable

_NAMED = 3


def enough(found: Answer) -> str:
    """The line under every answer; empty where nothing stands beside anything."""
    looked = [one for one in found.beyond if one.evidence is not None]
    if not looked:
        return ""
    asked = f"Have I run enough?{_no_relief(looked)}"
    if all(one.verdict == "too few runs" for one in looked):
        said = f"No: under {LEAST_FOR_P} runs nothing can be decided, however large an effect is."
        return printable(" ".join(filter(None, (asked, said, *_planning(looked, len(looked))))))
    decided = [one for one in looked if one.evidence is not None and one.evidence.decided]
    equal = [one for one in looked if one not in decided and one.verdict == "equivalent"]
    close = [one for one in looked if one.close and one not in (*decided, *equal)]
    unsure = [one for one in looked if one not in (*decided, *equal, *close)]
    parts = []
    if decided:
        parts.append(
            f"however often one looked, the evidence has decided for {_named(decided)} ({_E_VALUES})"
        )
    if equal:
        alike = f"equivalent to {' and '.join(dict.fromkeys(one.against for one in equal))}"
        parts.append(f"{alike}, within ± {numeral(equal[0].bound)}: {_titles(equal)}")
    if close:
        parts.append(f"known to ± {numeral(close[0].bound)} or closer: {_titles(close)}")
    if unsure:
        which = "it" if decided else "the evidence"
        told = "" if decided else f" ({_E_VALUES})"
        parts.append(f"{which} has not decided for {_named(unsure)}{told}")
    if blank := [one.title for one in found.beyond if not one.values] + list(found.unanswered):
        parts.append(
            f"nothing is known of {'; '.join(blank[:_NAMED])}{' and others' * (len(blank) > _NAMED)}"
        )
    said = "Not yet:" if len(unsure) == len(looked) else "For some:" if unsure or blank else "Yes:"
    looked_along = [one for one in looked if one.told_apart and one not in decided]
    warned = f" {_ONE_LOOK}" if looked_along else ""
    planned = " ".join(("", *_planning(unsure, len(looked))))
    return printable(f"{asked} {said} {'; '.join(parts)}.{warned}{planned}")


def _no_relief(looked: Sequence[Difference]) -> str:
    """That no number of runs is enough for relief, where nothing was raised anywhere; for harm it may be."""
    found = [one.induction for one in looked if one.induction is not None]
    if len(found) < len(looked) or any(one.verdict != "not induced" for one in found):
        return ""
    return (
        f" No number of runs shows relief of what was never {found[0].raised}: take another scenario, or"
        " another client. As to harm:"
    )


_E_VALUES = f"e-values; {1 / ALPHA:.0f} decides"
_ONE_LOOK = (
    "“Told apart” counts for one look at a number of runs fixed beforehand; if you looked along the way, only"
    " the e-value counts."
)


def _named(looked: Sequence[Difference]) -> str:
    if len(looked) > _NAMED:
        return f"{len(looked)} techniques"
    return "; ".join(f"{one.title}, {_value(one.evidence)}" for one in looked if one.evidence is not None)


def _value(found: Evidence) -> str:
    if found.decided_at is not None:
        return f"at run {found.decided_at} of {found.n}"
    return f"{numeral(found.value)} after {number_of(found.n, 'run')}"


def _titles(looked: Sequence[Difference]) -> str:
    return "; ".join(one.title for one in looked) if len(looked) <= _NAMED else f"{len(looked)} techniques"


def _planning(wanted: Sequence[Difference], of: int) -> Iterator[str]:
    """How many runs it takes to know the effects wanted as closely as a difference of interest."""
    known = [(one, one.needed) for one in wanted if one.needed is not None]
    if known:
        effects = [one for one, _ in known]
        whose = "the effect of " + " and ".join(one.title for one in effects)
        if len(effects) == of:
            whose = "each effect"
        elif len(effects) > _NAMED:
            whose = f"{len(effects)} of {of} effects"
        to = f"To know {whose} to ± {numeral(effects[0].bound)}"
        takes = [(_runs(needed), needed - len(one.values)) for one, needed in known]
        if len({needed for _, needed in known}) == 1 or len(known) > _NAMED:
            runs, more = max(takes, key=lambda one: one[1])
            many = "" if known[0][1] > MANY or len({left for _, left in takes}) > 1 else f", {more:,} more"
            most = "at most " if len(known) > _NAMED else ""
            yield f"{to} takes {most}{runs}{many}."
        else:
            each = (f"{runs} for {one.title}" for (one, _), (runs, _) in zip(known, takes, strict=True))
            yield f"{to} takes {', '.join(each)}."
    without = [one for one in wanted if one.needed is None]
    if known and without:
        why = "under three runs, or without spread,"
        yield f"For {_titles(without)} no number can be said: {why} there is nothing to go by."


def _runs(needed: int) -> str:
    return f"about {needed:,} runs" if needed <= MANY else f"more than {MANY:,} runs"
