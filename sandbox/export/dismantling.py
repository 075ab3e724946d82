"""A dismantling for others: on a terminal, or as JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from sandbox.analysis.dismantling import LEAST_STARTS, Dismantling, StepEffect
from sandbox.analysis.induction import induction_lines
from sandbox.analysis.numeral import interval, numeral, percent
from sandbox.analysis.paired import LEAST_FOR_P
from sandbox.analysis.trajectory import scale_in_words
from sandbox.export import NOTICE
from sandbox.export.table import terminal_table
from sandbox.text import number_of, printable

_MAIN = {
    "factorial": "What each step does to the last score: arms with it − arms without it",
    "each left out": "What each step does to the last score: the whole script − the script without it",
    "each alone": "What each step does alone: the script with only that step − the control",
}


def dismantling_terminal(found: Dismantling) -> str:
    """For a terminal; ends without a newline."""
    return "\n".join(_lines(found))


def dismantling_json(found: Dismantling) -> str:
    """As JSON in ASCII, ending in a newline."""
    data = {"format": "therapy-sandbox dismantling", "notice": NOTICE, **asdict(found)}
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _lines(found: Dismantling) -> Iterator[str]:
    starts = number_of(found.starts, "shared start")
    yield f"Simulated {printable(scale_in_words(found.scale))}, {starts}"
    yield from induction_lines(found.inductions)
    if found.main:
        yield ""
        yield f"{_MAIN[found.design]}. Below zero it lowers the score."
        head = ["step", "last score", "95 % interval", "starts", ""]
        yield terminal_table(head, [_row(one, found) for one in found.main])
    if found.immediate:
        yield ""
        yield "What each step does to the score right after its own turn:"
        head = ["step", "its own turn", "95 % interval", "starts", ""]
        yield terminal_table(head, [_row(one, found) for one in found.immediate])
    together = [one for one in found.pairs if _told(one)]
    if found.pairs:
        yield ""
        if together:
            yield "Pairs that do more (below zero) or less together than the sum of both:"
            yield terminal_table(
                ["pair", "beyond the sum", "95 % interval", "starts", ""],
                [_row(one, found) for one in together],
            )
        else:
            yield f"No pair of steps is told apart from the sum of both ({len(found.pairs)} pairs)."
    if found.smallest is not None:
        least = found.smallest
        yield ""
        yield (
            "The smallest script that keeps 90 % of the effect, by the effects found:"
            f" {', '.join(least.steps)} ({percent(least.kept)})."
            f" In {percent(least.certainty)} of resampled starts it does."
        )
    elif found.design == "factorial":
        yield ""
        yield _no_smallest(found)
    if found.left_out:
        yield ""
        yield f"{found.left_out} more shared starts lack a score of some arm and are left out above."
    yield ""
    yield "Arms, by their mean last score:"
    ordered = sorted(found.arms, key=lambda arm: float("inf") if arm.mean is None else arm.mean)
    yield terminal_table(
        ["arm", "last score", "starts"], [[a.note, numeral(a.mean), str(a.starts)] for a in ordered]
    )
    yield ""
    if found.main:
        several = sum(one.effect.low is not None for one in (*found.main, *found.pairs, *found.immediate))
    else:
        several = 0
    if several:
        yield (
            f"There are {several} intervals here: about one in 20 leaves out 0 by chance alone. An interval"
            " that includes 0 says that nothing is known yet, not that the step does nothing."
        )
    for caution in found.cautions:
        yield f"Caution: {printable(caution)}"
    yield NOTICE


def _no_smallest(found: Dismantling) -> str:
    """Why no smallest script is named."""
    if found.starts < LEAST_STARTS:
        return f"No smallest script is named with fewer than {LEAST_STARTS} shared starts."
    mean = numeral(found.whole.mean if found.whole else None, signed=True)
    return (
        f"The whole script against filler alone: {mean}. It is not shown to change the score for the better,"
        " so there is nothing to keep yet."
    )


def _row(one: StepEffect, found: Dismantling) -> list[str]:
    mean, around = numeral(one.effect.mean, signed=True), interval(one.effect.low, one.effect.high)
    name = " and ".join(map(printable, one.steps))
    starts = f"{one.effect.pairs} of {one.effect.pairs + one.unsaid}" if one.unsaid else str(one.effect.pairs)
    return [name, mean, around, starts, _verdict(one, found)]


def _told(one: StepEffect) -> bool:
    low, high = one.effect.low, one.effect.high
    return low is not None and high is not None and not low <= 0 <= high and one.effect.pairs >= LEAST_FOR_P


def _verdict(one: StepEffect, found: Dismantling) -> str:
    if one.effect.low is None:
        return one.effect.reason
    if one.effect.pairs < LEAST_FOR_P:
        return "too few starts"
    if not _told(one):
        return "could be chance"
    does = "lowers" if (one.effect.mean or 0.0) < 0 else "raises"
    return f"{does}, but {found.nothing_raised}" if found.nothing_raised else does
