"""A long table as CSV, row by row: RFC 4180, UTF-8, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from sandbox.export.data.codebook import Table
from sandbox.export.table import guarded


class CsvTable:
    """`TABLE.csv` in the folder, open until it is closed. Missing values are empty."""

    def __init__(self, folder: Path, table: Table) -> None:
        # Open for as long as rows come: whoever made it closes it.
        self._file = (folder / f"{table.name}.csv").open("x", encoding="utf-8", newline="")
        self._table = table
        self._names = frozenset(table.names)
        self._writer = csv.writer(self._file)
        self._writer.writerow(table.names)

    def add(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Write the rows. Raises ValueError for a key that is no column of the table."""
        for row in rows:
            if not row.keys() <= self._names:
                raise ValueError(f"no columns of {self._table.name}: {sorted(row.keys() - self._names)}")
            self._writer.writerow([_cell(row.get(name)) for name in self._table.names])

    def close(self) -> None:
        self._file.close()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return guarded(value)
    return value.isoformat() if isinstance(value, datetime) else value
