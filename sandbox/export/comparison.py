"""A comparison for others: on a terminal, as Markdown or CSV."""

import textwrap
from collections.abc import Iterable, Iterator

from sandbox.analysis.answer import answer
from sandbox.analysis.comparison import ComparedArm, ComparedPoint, Comparison, Row, arms_compared_with
from sandbox.analysis.enough import enough
from sandbox.analysis.mixed import Mixed
from sandbox.analysis.talk_counts import HOW, counts_of, pooled, rows
from sandbox.export import NOTICE
from sandbox.export.comparison_text import (
    cells,
    explanation,
    harm_lines,
    heading,
    noise_lines,
    page_cells,
    reasons,
)
from sandbox.export.markdown_text import inline
from sandbox.export.table import csv_text, markdown_table, terminal_table
from sandbox.text import printable

COLUMNS = (
    "point", "phase", "technique_turn", "arm", "sessions", "control", "compared_with", "questionnaire",
    "way", "scale", "score", "score_n", "change", "change_n", "difference", "low", "high", "pairs",
    "left_out", "primary", "reliable", "difference_reliable", "reason", "usable", "replaces", "note",
)  # fmt: skip
_NOTE = "simulated affect, not a feeling"


def comparison_markdown(comparison: Comparison) -> str:
    """The comparison as Markdown, ending in a newline."""
    head, rows, numbers_from = page_cells(comparison)
    found = answer(comparison)
    blocks = [
        f"# Comparison: {inline(heading(comparison))}",
        f"> {NOTICE}",
        "  \n".join(map(inline, filter(None, (*found.lines, enough(found))))),
        *(f"**Caution:** {inline(warning)}" for warning in comparison.cautions),
        markdown_table(
            ("arm", "sessions"),
            [(inline(arm.title), ", ".join(s.id for s in arm.sessions)) for arm in comparison.arms],
        ),
        markdown_table(
            tuple(map(inline, head)),
            [tuple(map(inline, row)) for row in rows],
            numbers_from=numbers_from,
        ),
        "  \n".join(map(inline, harm_lines(comparison))),
        "  \n".join(map(inline, noise_lines(comparison))),
        *(inline(reason) for reason in reasons(comparison)),
        inline(explanation(comparison)),
        *_counts(comparison),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _counts(comparison: Comparison) -> Iterator[str]:
    """What therapist and client did in each arm, counted by rule; nothing where no technique was begun."""
    found = [pooled(map(counts_of, arm.sessions)) for arm in comparison.arms]
    if all(counts is None for counts in found):
        return
    columns = [rows(counts) for counts in found]
    lines = [(names[0][0], *(value for _, value in names)) for names in zip(*columns, strict=True)]
    head = ("the talk, counted", *(inline(arm.title) for arm in comparison.arms))
    yield markdown_table(head, lines, numbers_from=1)
    yield inline(HOW)


def comparison_csv(comparison: Comparison) -> str:
    """One row an arm and point, lines ended by CR LF (RFC 4180), UTF-8. Missing values are empty."""
    rows = (
        _flat(comparison, row, arm, cell)
        for row in comparison.rows
        for arm, cell in zip(comparison.arms, row.cells, strict=True)
    )
    return csv_text(COLUMNS, rows)


def _flat(comparison: Comparison, row: Row, arm: ComparedArm, cell: ComparedPoint) -> dict[str, object]:
    questionnaire, way, scale = comparison.scale
    difference = cell.difference
    return {
        "point": row.label,
        "phase": row.phase,
        "technique_turn": row.number or None,
        "arm": arm.title,
        "sessions": " ".join(session.id for session in arm.sessions),
        "control": int(arm.control),
        "compared_with": " | ".join(other.title for other in arms_compared_with(arm, comparison.arms)),
        "questionnaire": questionnaire,
        "way": way,
        "scale": scale,
        "score": cell.score,
        "score_n": cell.sessions,
        "change": cell.change,
        "change_n": cell.changes,
        "difference": difference.mean if difference else None,
        "low": difference.low if difference else None,
        "high": difference.high if difference else None,
        "pairs": difference.pairs if difference else None,
        "left_out": difference.left_out if difference else None,
        "primary": int(row.label == arm.primary) if difference else None,
        "reliable": int(cell.reliable),
        "difference_reliable": int(difference.reliable) if difference else None,
        "reason": cell.reason or (difference.reason if difference else ""),
        "usable": arm.usable(comparison.scale),
        "replaces": " ".join(old for session in arm.sessions for old in session.replaces),
        "note": _NOTE,
    }


def comparison_terminal(comparison: Comparison, width: int | None = None, mixed: Mixed | None = None) -> str:
    """For a terminal: a legend by letters, a table narrow enough to read, and what its columns mean.

    With a `width` no line is wider, in cells, if that can be: a wide table becomes several, one below the
    other. Ends without a newline.
    """
    found = answer(comparison)
    legend = [
        f"{letter}  {printable(arm.title)}{_runs(len(arm.sessions))}:"
        f" {_sessions([session.id for session in arm.sessions])}"
        for letter, arm in zip(_letters(len(comparison.arms)), comparison.arms, strict=True)
    ]
    lines = [*found.lines, *filter(None, [enough(found)])]
    return "\n".join(
        [
            f"Simulated {printable(heading(comparison))}",
            "",
            *_filled(lines, width),
            *([""] if lines else []),
            *_filled(legend, width),
            "",
            *_tables(comparison, width),
            *_filled(harm_lines(comparison), width),
            *_filled(noise_lines(comparison), width),
            *_filled(mixed.lines if mixed is not None else (), width),
            *_filled(map(printable, (*reasons(comparison), explanation(comparison), NOTICE)), width),
        ]
    )


def _filled(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """Broken between words where a terminal would break them anywhere; a line's rest stands a little in."""
    for line in lines:
        yield (
            line
            if width is None
            else textwrap.fill(
                line,
                max(20, width - 1),
                subsequent_indent="  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )


def _tables(comparison: Comparison, width: int | None) -> Iterator[str]:
    """The table under letters for the arms, an empty line after it; in parts of whole arms where it is too
    wide, each with its points."""
    head, rows = cells(comparison)
    letters = _letters(len(comparison.arms))
    parts: list[list[int]] = []
    at = 1
    for letter, arm in zip(letters, comparison.arms, strict=True):
        own = list(range(at, at + (2 if arm.reference else 3)))
        at += len(own)
        head = (*head[: own[0]], letter, *head[own[0] + 1 :])
        if parts and width is not None and _wide(head, rows, [*parts[-1], *own]) >= width:
            parts.append(own)
        elif parts:
            parts[-1] += own
        else:
            parts.append(own)
    for columns in parts:
        yield _part(head, rows, columns)
        yield ""


def _part(head: tuple[str, ...], rows: list[tuple[str, ...]], columns: list[int]) -> str:
    shown = [0, *columns]
    said = [[row[n] for n in shown] for row in rows if any(row[n] for n in columns)]
    return terminal_table([head[n] for n in shown], said)


def _wide(head: tuple[str, ...], rows: list[tuple[str, ...]], columns: list[int]) -> int:
    return max(map(len, _part(head, rows, columns).splitlines()))


def _runs(count: int) -> str:
    return f", n={count}" if count > 1 else ""


def _letters(count: int) -> list[str]:
    return [chr(ord("A") + place) if place < 26 else f"A{place}" for place in range(count)]


def _sessions(ids: list[str]) -> str:
    return ", ".join(ids) if len(ids) <= 4 else f"{', '.join(ids[:3])} … {len(ids)} sessions"
