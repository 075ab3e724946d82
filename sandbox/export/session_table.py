"""Turns, answers or scores of one shared start as a table for a spreadsheet, a row with an id of its own."""

from collections.abc import Mapping
from typing import Literal

from sandbox.analysis.family import Family
from sandbox.export.data.choosing import Part
from sandbox.export.data.codebook import ANSWERS, SCORES, TURNS
from sandbox.export.data.codebook import Table as Columns
from sandbox.export.data.tables import ROWS
from sandbox.export.scores import score_rows
from sandbox.export.table import csv_text
from sandbox.export.transcript.course import turn_id

TableName = Literal["turns", "answers", "scores"]

_COLUMNS: Mapping[TableName, tuple[Columns, str]] = {
    "turns": (TURNS, "label"),
    "answers": (ANSWERS, "point"),
    "scores": (SCORES, "point"),
}
"""The columns of each table, and the one that says where in the session a row is."""

BYTE_ORDER_MARK = "\ufeff"
"""By which spreadsheets know that a file is UTF-8."""


def session_table(family: Family, name: TableName, separator: str) -> str:
    """The table with its header, lines ended by CR LF (RFC 4180), for a file in UTF-8.

    Its first column is `SESSION.t3`, as in every other format. The others are those of the data sets.
    """
    columns, place = _COLUMNS[name]
    rows = score_rows(family) if name == "scores" else ROWS[name](Part((family,), {}, {}))
    named = ({"id": turn_id(str(row["session"]), str(row[place])), **row} for row in rows)
    return BYTE_ORDER_MARK + csv_text(("id", *columns.names), named, separator)
