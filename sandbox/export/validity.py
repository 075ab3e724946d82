"""A validity check for reading: the verdict, then every index with what would be good and why. Plain text."""

import textwrap

from sandbox.measurement.estimate import Estimate
from sandbox.measurement.validity import Index, Judgement, Unit, Validity
from sandbox.text import printable

MARKS: dict[Judgement, str] = {
    "good": "✓",
    "with care": "~",
    "bad": "✗",
    "unknown": "?",
    "does not apply": " ",
}

LEGEND = (
    "✓ good, ~ with care, ✗ bad, ? could not be found out. “%” is of the scale's range; in brackets the 95 %"
    " interval over repeats, each with new tellings of the scenarios. Simulated affect, not a feeling."
)


def page(validity: Validity, width: int = 100) -> list[str]:
    """The check in lines of at most `width` characters (at least 40)."""
    lines = [*textwrap.wrap(printable(validity.verdict), width), ""]
    absent = [index for index in validity.indices if index.judgement == "does not apply"]
    for index in validity.indices:
        if index not in absent:
            lines += index_lines(index, width)
    if absent:
        names = "; ".join(index.title[:1].lower() + index.title[1:] for index in absent)
        lines += ["", *textwrap.wrap(f"Does not apply here: {names}.", width)]
    return lines


def index_lines(index: Index, width: int) -> list[str]:
    """What came out for one index, and beneath it what would be good."""
    shown = index.note or f"{value_text(index.estimate, index.unit)}{_interval(index.estimate, index.unit)}"
    head = f"{MARKS[index.judgement]} {index.title}"
    gap = width - len(head) - len(shown)
    first = [f"{head}{' ' * gap}{shown}"] if gap >= 2 else [*textwrap.wrap(head, width), f"  {shown}"]
    good = textwrap.wrap(f"good: {index.acceptable}", width, initial_indent="    ", subsequent_indent="    ")
    return [*first, *good]


def value_text(estimate: Estimate | None, unit: Unit) -> str:
    """An estimate for reading: `61.2 %` of the range, `12 %` of the cases, `0.83`; – for none."""
    return "–" if estimate is None else _number(estimate.value, unit)


def _interval(estimate: Estimate | None, unit: Unit) -> str:
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    return f" [{_number(estimate.low, unit)}, {_number(estimate.high, unit)}]"


def _number(value: float, unit: Unit) -> str:
    if unit == "rate":
        return f"{100 * value:.0f} %"
    text = f"{value:.2f}" if unit == "alpha" else f"{value:.1f} %"
    return text.replace("-", "−") if any(digit in text for digit in "123456789") else text.lstrip("-")
