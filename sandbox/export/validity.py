"""A validity check for reading: the verdict, then every index with what would be good and why. Plain text."""

import textwrap

from sandbox.measurement.validity.index import Index, Judgement, interval_text, value_text
from sandbox.measurement.validity.verdict import Validity
from sandbox.text import printable

MARKS: dict[Judgement, str] = {
    "good": "✓",
    "with care": "~",
    "bad": "✗",
    "unknown": "?",
    "does not apply": " ",
}

LEGEND = (
    "✓ good, ~ with care, ✗ bad, ? could not be told. “%” is of the scale's range, or of the cases. In"
    " brackets the 95 % interval: a repeat, with its own tellings of the scenarios, is one case; for alpha a"
    " telling is. The state before any scenario is one and the same conversation: read without sampling it is"
    " measured once and has no interval; else its repeats are new draws of answers, not new states. Shifts"
    " and alpha are judged by their whole interval, rates by what was seen. Simulated affect, not a feeling."
)


def page(validity: Validity, width: int = 100) -> list[str]:
    """The check in lines of at most `width` characters (at least 40)."""
    lines = [*textwrap.wrap(printable(validity.verdict), width), ""]
    absent = [index for index in validity.indices if index.judgement == "does not apply"]
    for index in validity.indices:
        if index not in absent:
            lines += _index_lines(index, width)
    if absent:
        names = "; ".join(index.title[:1].lower() + index.title[1:] for index in absent)
        lines += ["", *textwrap.wrap(f"Does not apply here: {names}.", width)]
    return lines


def _index_lines(index: Index, width: int) -> list[str]:
    """What came out for one index, beneath it what else is to be said of it, and what would be good."""
    found = f"{value_text(index.estimate, index.unit)}{interval_text(index.estimate, index.unit)}"
    shown, beneath = (found, index.note) if index.estimate else (index.note, "")
    head = f"{MARKS[index.judgement]} {index.title}"
    gap = width - len(head) - len(shown)
    first = [f"{head}{' ' * gap}{shown}"] if gap >= 2 else [*textwrap.wrap(head, width), f"  {shown}"]
    return [*first, *_indented(beneath, width), *_indented(f"good: {index.acceptable}", width)]


def _indented(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="    ", subsequent_indent="    ")
