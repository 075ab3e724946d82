"""A list of sessions for others: on a terminal, as CSV or JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence

from sandbox.export.table import csv_text, terminal_table
from sandbox.store.listing import FoundSession
from sandbox.text import excerpt

COLUMNS = (
    "session", "parent", "created", "scenario", "arm", "model", "seed", "state", "reason", "turns", "tags",
    "studies", "turn", "excerpt",
)  # fmt: skip
"""`turn` and `excerpt` are empty unless words were looked for."""

_LAYOUTS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (26, ()),
    (16, ()),
    (24, ("model", "when")),
    (16, ("model", "when")),
    (24, ("model", "when", "tags, studies")),
    (16, ("model", "when", "tags, studies")),
    (10, ("model", "when", "tags, studies")),
)
"""Characters of a title on a terminal, and the columns left out: the first that fits."""


def session_list_csv(found: Iterable[FoundSession]) -> str:
    """One row a session found, or a turn when words were looked for; tags and studies separated by |."""
    rows = ({**row, "tags": _joined(row["tags"]), "studies": _joined(row["studies"])} for row in _rows(found))
    return csv_text(COLUMNS, rows)


def session_list_json(found: Iterable[FoundSession]) -> str:
    """The same as a JSON list; tags and studies are lists. ASCII, so that no character acts on a terminal."""
    return json.dumps(list(_rows(found)), indent=2) + "\n"


def session_list_terminal(found: Sequence[FoundSession], width: int | None = None) -> str:
    """A line a session, with its tags and studies, and below it the words that were found.

    `width`: columns there are. The texts give way, and where that is not enough the model and the time.
    """
    for most, left_out in _LAYOUTS:
        told = _table(found, most, left_out)
        if width is None or all(len(line) <= width for line in told.split("\n")):
            break
    return told


def _table(found: Sequence[FoundSession], most: int, left_out: Sequence[str]) -> str:
    head = ("session", "when", "scenario", "arm", "model", "seed", "state", "turns", "tags, studies")
    rows = [
        (
            one.summary.id,
            f"{one.summary.created.astimezone():%Y-%m-%d %H:%M}",
            excerpt(one.summary.scenario, most),
            excerpt(one.name, most),
            excerpt(one.summary.model, most),
            str(one.summary.seed),
            one.summary.state,
            str(one.summary.turns),
            excerpt(", ".join((*one.tags, *one.studies)), most + 14),
        )
        for one in found
    ]
    kept = [place for place, heading in enumerate(head) if heading not in left_out]
    table = terminal_table([head[n] for n in kept], [[row[n] for n in kept] for row in rows])
    lines = table.split("\n")
    said = [
        f"    {one.turn_label}: {excerpt(one.excerpt, 64 + most)}" if one.excerpt else "" for one in found
    ]
    told = (line for pair in zip(lines[1:], said, strict=True) for line in pair if line)
    return "\n".join((lines[0], *told))


def _rows(found: Iterable[FoundSession]) -> Iterable[Mapping[str, object]]:
    for one in found:
        summary = one.summary
        values = (
            summary.id, summary.parent, summary.created.isoformat(), summary.scenario, one.name,
            summary.model, summary.seed, summary.state, summary.reason, summary.turns, one.tags,
            one.studies, one.turn_label, one.excerpt,
        )  # fmt: skip
        yield dict(zip(COLUMNS, values, strict=True))


def _joined(values: object) -> str:
    return " | ".join(values) if isinstance(values, tuple) else ""
