"""How much of what a model would say an administration saw, in words. Pure."""

import math
from collections.abc import Iterable, Sequence

from sandbox.measurement.administration import Administration
from sandbox.measurement.reading.next_word import TOLERATED


def hides_much(given: Administration) -> bool:
    """True for a word probe of which more may have been missed than the reading tolerates.

    So it mostly is with models that return twenty candidates: whatever ranks lower is not seen.
    """
    return given.way == "word" and given.hidden > TOLERATED


def unseen_note(given: Administration) -> str:
    """`85 listed words unseen, at most 35 % hidden`, where that matters; else empty."""
    if not hides_much(given):
        return ""
    return f"{_words(len(given.unseen))} unseen, at most {given.hidden:.0%} hidden".replace("%", " %")


def unseen_remark(given: Sequence[Administration], title: str) -> str:
    """The same of several administrations of one probe, in a sentence; empty where none hides much."""
    hiding = [one for one in given if hides_much(one)]
    if not hiding:
        return ""
    words, share = max(len(one.unseen) for one in hiding), max(one.hidden for one in hiding)
    return (
        f"“{title}”: in {len(hiding)} of {len(given)} measurements the model showed only its likeliest words,"
        f" with up to {_words(words)} unseen and at most {100 * share:.0f} % of the probability hidden."
    )


def _words(count: int) -> str:
    return "1 listed word" if count == 1 else f"{count} listed words"


def lowest_coverage(given: Administration) -> float | None:
    """The least coverage among the items (0–1); None where there is none (report, completion)."""
    return min(_finite(answer.coverage for answer in given.final_answers), default=None)


def mean_entropy(given: Administration) -> float | None:
    """The items' mean entropy in bits; None where there is none."""
    found = _finite(answer.entropy for answer in given.final_answers)
    return sum(found) / len(found) if found else None


def _finite(values: Iterable[float | None]) -> list[float]:
    """Those that are known: a record may hold what is no number."""
    return [value for value in values if value is not None and math.isfinite(value)]
