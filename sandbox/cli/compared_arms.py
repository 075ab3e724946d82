"""A comparison as a terminal shows it: a numbered legend, and a table narrow enough to read."""

from sandbox.analysis.comparison import Comparison
from sandbox.cli.table import table
from sandbox.export import NOTICE
from sandbox.export.comparison_text import cells, explanation, heading, reasons
from sandbox.text import printable


def compared_arms(comparison: Comparison) -> str:
    """Legend, table, what is undefined and why, and what the columns mean. Ends without a newline."""
    legend = [
        f"{letter}  {printable(arm.title)}{_runs(len(arm.sessions))}:"
        f" {_sessions([session.id for session in arm.sessions])}"
        for letter, arm in zip(_letters(len(comparison.arms)), comparison.arms, strict=True)
    ]
    head, rows = cells(comparison)
    letters = iter(_letters(len(comparison.arms)))
    titles = {arm.title for arm in comparison.arms}
    short = [next(letters) if column in titles else column for column in head]
    return "\n".join(
        [
            f"Simulated {printable(heading(comparison))}",
            "",
            *legend,
            "",
            table(short, rows),
            "",
            *map(printable, reasons(comparison)),
            printable(explanation(comparison)),
            NOTICE,
        ]
    )


def _runs(count: int) -> str:
    return f", n={count}" if count > 1 else ""


def _letters(count: int) -> list[str]:
    return [chr(ord("A") + place) if place < 26 else f"A{place}" for place in range(count)]


def _sessions(ids: list[str]) -> str:
    return ", ".join(ids) if len(ids) <= 4 else f"{', '.join(ids[:3])} … {len(ids)} sessions"
