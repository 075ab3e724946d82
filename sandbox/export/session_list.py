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

_MOST = 26
"""Characters of a title on a terminal."""


def session_list_csv(found: Iterable[FoundSession]) -> str:
    """One row a session found, or a turn when words were looked for; tags and studies separated by |."""
    rows = ({**row, "tags": _joined(row["tags"]), "studies": _joined(row["studies"])} for row in _rows(found))
    return csv_text(COLUMNS, rows)


def session_list_json(found: Iterable[FoundSession]) -> str:
    """The same as a JSON list; tags and studies are lists. ASCII, so that no character acts on a terminal."""
    return json.dumps(list(_rows(found)), indent=2) + "\n"


def session_list_terminal(found: Sequence[FoundSession]) -> str:
    """A line a session, with its tags and studies, and below it the words that were found."""
    head = ("session", "when", "scenario", "arm", "model", "seed", "state", "turns", "tags, studies")
    rows = [
        (
            one.summary.id,
            f"{one.summary.created.astimezone():%Y-%m-%d %H:%M}",
            excerpt(one.summary.scenario, _MOST),
            excerpt(one.name, _MOST),
            excerpt(one.summary.model, _MOST),
            str(one.summary.seed),
            one.summary.state,
            str(one.summary.turns),
            excerpt(", ".join((*one.tags, *one.studies)), 40),
        )
        for one in found
    ]
    lines = terminal_table(head, rows).split("\n")
    said = [f"    {one.turn_label}: {excerpt(one.excerpt, 90)}" if one.excerpt else "" for one in found]
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
