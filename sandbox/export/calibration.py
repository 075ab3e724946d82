"""A calibration for reading: the scores at each dose, and whether they follow it. Plain text."""

import textwrap
from collections.abc import Sequence
from dataclasses import asdict

from sandbox.analysis.numeral import MISSING, numeral, percent
from sandbox.export.table import terminal_table
from sandbox.measurement.estimate import Estimate
from sandbox.measurement.validity.dose_response import DOSES, DoseResponse, overall
from sandbox.models.name import is_own
from sandbox.models.phantom.directions import PLACEBOS
from sandbox.text import printable

LEGEND = (
    "Scores in percent of the scale's range, turned so that more is more distress: the mean over the texts at"
    " each dose. τ: Kendall's τ-b of doses and scores. Gain: by how much a dose of 1 raises the score. In"
    " brackets the 95 % interval: a text is a case. The criterion, and what a dose is: docs/calibrate.md."
    " A test of the instrument on a model with a known push inside, never of a feeling."
)

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 100
_ALL = sorted({*DOSES, 0})


def follows_line(responses: Sequence[DoseResponse], model: str) -> str:
    """`Follows a known dose: in part: fear (deq-fear); 3 of 4 not.` Also where nothing was tried."""
    if not responses:
        if not is_own(model):
            return "Follows a known dose: cannot be tested, its weights are not in a GGUF file here."
        return f"Follows a known dose: not tested. (sandbox calibrate {model})"
    verdict, why = overall(responses)
    return f"Follows a known dose: {verdict}: {why}."


def curve_lines(responses: Sequence[DoseResponse], model: str, width: int) -> list[str]:
    """The verdict, and a line a scale with its curve from dose −3 to 3: for a narrow place."""
    lines = textwrap.wrap(printable(follows_line(responses, model)), width)
    return [*lines, *(f"  {_curve(one)}  {one.affect} on {one.scale}: {one.follows}" for one in responses)]


def page(responses: Sequence[DoseResponse], model: str) -> list[str]:
    """The instrument's verdict, its curves, then what speaks for and against each. The least: the verdict."""
    verdict = textwrap.wrap(printable(follows_line(responses, model)), _WIDTH)
    if not responses:
        return verdict
    head = (
        "dose of",
        "scale",
        "curve",
        *(f"{dose:+d}".replace("-", "−") if dose else "0" for dose in _ALL),
        "follows",
    )
    rows = [
        (one.affect, one.scale, _curve(one), *(_point(one.points.get(dose)) for dose in _ALL), one.follows)
        for one in responses
    ]
    lines = [*verdict, "", *terminal_table(head, rows).splitlines()]
    if any(one.placebos for one in responses):
        lines += ["", "Shift from dose 0 at −3 or at 3, whichever is larger:", *_shifts(responses)]
    lines.append("")
    for one in responses:
        lines += textwrap.wrap(_told(one), _WIDTH, subsequent_indent="    ")
    return lines


def _shifts(responses: Sequence[DoseResponse]) -> list[str]:
    """What the affect does to the score, and each placebo."""
    head = ("dose of", "scale", "shift", *PLACEBOS)
    rows = [
        (
            one.affect,
            one.scale,
            numeral(one.shift, signed=True),
            *(numeral(one.placebos.get(name), signed=True) for name in PLACEBOS),
        )
        for one in responses
    ]
    return terminal_table(head, rows).splitlines()


def _told(one: DoseResponse) -> str:
    """What is behind a verdict, in one paragraph."""
    said = [
        f"τ {_interval(one.tau, 2)}",
        f"gain {_interval(one.gain, 1)} a dose",
        f"noise {numeral(one.noise)}" if one.noise is not None else "noise not known",
    ]
    if one.told_apart is not None:
        said.append(f"one score tells doses apart that differ by {numeral(one.told_apart)}")
    said.append(f"at its floor at −3: {percent(one.floor)}, at its ceiling at 3: {percent(one.ceiling)}")
    if one.others:
        theirs = ", ".join(f"{name} {numeral(gain.value, decimals=1)}" for name, gain in one.others.items())
        said.append(f"gain under other affects: {theirs}; own minus the largest {_interval(one.beyond, 1)}")
    why = f" — {one.reason}" if one.reason else ""
    return f"{one.affect} on {one.scale}: {one.follows}{why}. {'; '.join(said)}."


def as_data(responses: Sequence[DoseResponse]) -> dict[str, object]:
    """The same for programs."""
    verdict, why = overall(responses)
    rows = [asdict(one) for one in responses]
    return {"follows": verdict, "why": why, "responses": rows}


def _curve(one: DoseResponse) -> str:
    """The points from −3 to 3 as bars, the full range high."""
    points = (one.points.get(dose) for dose in _ALL)
    return "".join(" " if p is None else _BARS[min(7, int(p.value / 12.5))] for p in points)


def _point(estimate: Estimate | None) -> str:
    return numeral(estimate.value if estimate else None)


def _interval(estimate: Estimate | None, digits: int) -> str:
    if estimate is None:
        return MISSING
    value = numeral(estimate.value, decimals=digits)
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} [{numeral(estimate.low, decimals=digits)}, {numeral(estimate.high, decimals=digits)}]"
