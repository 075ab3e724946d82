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
        return printable(" ".join(filter(None, (asked, said, *_planning(found, looked, len(looked))))))
    decided = [one for one in looked if one.evidence is not None and one.evidence.decided]
    equal = [one for one in looked if one not in decided and one.verdict == "equivalent"]
    close = [one for one in looked if one.close and one not in (*decided, *equal)]
    unsure = [one for one in looked if one not in (*decided, *equal, *close)]
    parts = []
    if decided:
        parts.append(f"decided, however often one looked, for {_named(decided)}")
    if equal:
        alike = f"equivalent to {' and '.join(dict.fromkeys(one.against for one in equal))}"
        parts.append(f"{alike}, within ± {numeral(equal[0].bound)}: {_titles(equal)}")
    if close:
        parts.append(f"known to ± {numeral(close[0].bound)} or closer: {_titles(close)}")
    if unsure:
        parts.append(f"open for {_named(unsure)}")
    if blank := [one.title for one in found.beyond if not one.values] + list(found.unanswered):
        parts.append(
            f"nothing is known of {'; '.join(blank[:_NAMED])}{' and others' * (len(blank) > _NAMED)}"
        )
    said = "Not yet:" if len(unsure) == len(looked) else "For some:" if unsure or blank else "Yes:"
    looked_along = [one for one in looked if one.told_apart and one not in decided]
    warned = f" {_E_VALUES}" * bool(decided or unsure) + f" {_ONE_LOOK}" * bool(looked_along)
    planned = " ".join(("", *_planning(found, unsure, len(looked))))
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


_E_VALUES = f"Evidence (an e-value) decides from {1 / ALPHA:.0f} on."
_ONE_LOOK = (
    "“Told apart” counts for one look at a number of runs fixed beforehand; if you looked along the way, only"
    " the evidence counts."
)


def _named(looked: Sequence[Difference]) -> str:
    if len(looked) > _NAMED:
        return f"{len(looked)} techniques"
    return "; ".join(f"{one.title} ({_value(one.evidence)})" for one in looked if one.evidence is not None)


def _value(found: Evidence) -> str:
    if found.decided_at is not None:
        return f"at run {found.decided_at} of {found.n}"
    return f"evidence {numeral(found.value)} after {number_of(found.n, 'run')}"


def _titles(looked: Sequence[Difference]) -> str:
    return "; ".join(one.title for one in looked) if len(looked) <= _NAMED else f"{len(looked)} techniques"


def _planning(found: Answer, unsure: Sequence[Difference], of: int) -> Iterator[str]:
    """How many more runs make the intervals wanted as narrow as a difference of interest, and what that
    takes: the pairs of techniques that lead among them."""
    pairs = [one for one in found.leading if not (one.told_apart or one.close or one.verdict == "equivalent")]
    known = [(one, one.needed) for one in (*unsure, *pairs) if one.needed is not None]
    if known:
        whose = [
            f"of {one.title}" if one in unsure else f"between {one.title} and {one.against}"
            for one, _ in known
        ]
        which = f"the interval{'s' * (len(whose) > 1)} {' and '.join(whose)}"
        if len(known) > 1 and len(known) == of + len(found.leading):
            which = "each interval"
        elif len(known) > _NAMED:
            which = f"{len(known)} intervals"
        more = max(needed - len(one.values) for one, needed in known)
        bound = numeral(known[0][0].bound, decimals=0)
        to = f"would narrow {which} to about ± {bound}; 0 may still lie in it"
        cases = len({one.induction.case for one, _ in known if one.induction is not None})
        runs = f"About {number_of(more, 'more run')}" + " of each case" * (cases > 1)
        cost = f" It takes {found.run.of(more * max(1, cases))}." if found.run is not None else ""
        yield f"{runs} {to}.{cost}" if more <= MANY else f"More than {MANY:,} more runs {to}."
    without = [one for one in unsure if one.needed is None]
    if known and without:
        why = "under three runs, or without spread,"
        yield f"For {_titles(without)} no number can be said: {why} there is nothing to go by."
