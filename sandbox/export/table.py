"""How a table is laid out: for a terminal, in Markdown, as CSV. What its rows are, others say."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from sandbox.text import printable

FORMULA_STARTS = ("=", "+", "-", "@", "|", "＝", "＋", "－", "＠", "\ufffd")
_FORMULA = re.compile(rf'(\A|[,;\t\n])(?=(?:[^\S\t\n]|")*[{re.escape("".join(FORMULA_STARTS))}])')
"""Where one begins: at the start, and wherever a spreadsheet may cut the cell. Many cut at `;`, not at `,`;
then quotes around the cell do not hold it together."""


def terminal_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One line a row: the first column left, the others right, wide characters counted.

    Every row has as many cells as the head.
    """
    cells = [[printable(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return "\n".join(_line(row, widths) for row in cells)


def markdown_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers_from: int | None = None
) -> str:
    """A table of cells that are escaped already; columns from `numbers_from` on stand right."""
    aligned = len(head) if numbers_from is None else numbers_from
    rule = ["---" if column < aligned else "---:" for column in range(len(head))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, object]], separator: str = ",") -> str:
    """The rows under a header, lines ended by CR LF (RFC 4180). Missing values are empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, delimiter=separator)
    writer.writeheader()
    writer.writerows({key: guarded(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def guarded(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers.

    So does each part of it that a spreadsheet would run once it cut the text at `,`, `;`, tab or line break.
    """
    if not isinstance(value, str):
        return value
    text = _FORMULA.sub(r"\1'", printable(value))
    return f"'{text}" if text.startswith(("\t", "\n")) else text


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    gaps = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
    rest = (gap + cell for gap, cell in zip(gaps[1:], row[1:], strict=True))
    return "  ".join((row[0] + gaps[0], *rest)).rstrip()


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
