"""A single case as text: a phase-change graph in characters, what its numbers say, and the appendix."""

import textwrap
from collections.abc import Iterator, Sequence

from sandbox.analysis.case import Case
from sandbox.analysis.numeral import numeral
from sandbox.analysis.trajectory import scale_in_words
from sandbox.export import NOTICE
from sandbox.text import printable

_WIDE = 79
_ROWS = 10
_CELLS = 6
"""Of a point."""


def case_text(found: Case) -> str:
    """The graph, a bar between phases, then the lines. Ends without a newline."""
    return "\n".join(
        (
            printable(f"{found.title} ({found.session}): simulated {scale_in_words(found.scale)}"),
            "",
            *_graph(found),
            "",
            *found.lines,
            NOTICE,
        )
    )


def appendix_text(lead: str, items: Sequence[tuple[str, str, str]]) -> str:
    """An item a paragraph: its number, topic and answer. Ends without a newline."""
    told = [lead, "", *(f"{number:>2}  {topic}: {answer}" for number, topic, answer in items)]
    return "\n".join(
        textwrap.fill(
            printable(line), _WIDE, subsequent_indent="    " * (line != lead), break_on_hyphens=False
        )
        for line in told
    )


def _graph(found: Case) -> Iterator[str]:
    if not found.phases:
        yield "Nothing was measured on this scale."
        return
    heights = [
        [None if score is None else _row(score, found) for score in phase.scores] for phase in found.phases
    ]
    step = (found.high - found.low) / (_ROWS - 1)
    for row in range(_ROWS - 1, -1, -1):
        marks = [["●" if height == row else "" for height in phase] for phase in heights]
        cells = ("".join(f"{mark:^{_CELLS}}" for mark in phase) for phase in marks)
        value = numeral(found.low + row * step, decimals=0) if row in (0, _ROWS - 1) else ""
        yield f"{value:>6} ┤ {' ┊ '.join(cells)}".rstrip()
    labels = ("".join(f"{label:^{_CELLS}}" for label in phase.labels) for phase in found.phases)
    yield f"{'':>6}   {' ┊ '.join(labels)}".rstrip()
    scores = (
        "".join(f"{numeral(score, decimals=0):^{_CELLS}}" for score in phase.scores) for phase in found.phases
    )
    yield f"{'':>6}   {' ┊ '.join(scores)}".rstrip()
    names = ", then ".join(phase.name for phase in found.phases)
    yield f"Phases, a bar between two: {names}. – is a missing score."


def _row(score: float, found: Case) -> int:
    share = (score - found.low) / (found.high - found.low)
    return round(max(0.0, min(1.0, share)) * (_ROWS - 1))
