"""A plain table for a terminal: first column left, numbers right, wide characters counted."""

import unicodedata
from collections.abc import Sequence

from sandbox.text import printable


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One line a row, columns aligned; every row has as many cells as the header."""
    cells = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return "\n".join(_line(row, widths) for row in cells)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    gaps = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
    rest = (gap + cell for gap, cell in zip(gaps[1:], row[1:], strict=True))
    return "  ".join((row[0] + gaps[0], *rest)).rstrip()


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
