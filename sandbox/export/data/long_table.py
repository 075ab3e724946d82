"""A long table as a file that is written row by row, open until it is closed: CSV or Parquet."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sandbox
from sandbox.export import NOTICE
from sandbox.export.data.columns import Column, Kind, Table
from sandbox.export.data.rows import Row
from sandbox.export.file import needed
from sandbox.export.table import guarded
from sandbox.text import printable

if TYPE_CHECKING:
    import pyarrow as pa

_TYPES: Mapping[Kind, str] = {"text": "string", "integer": "int64", "number": "float64", "0/1": "int8"}
_GROUP = 10_000
"""Rows of a row group: readers take one at a time, and so many are held here."""


class CsvTable:
    """`TABLE.csv` in the folder: RFC 4180, UTF-8, safe to open in a spreadsheet. Missing values are empty."""

    def __init__(self, folder: Path, table: Table) -> None:
        self._file = (folder / f"{table.name}.csv").open("x", encoding="utf-8", newline="")
        self._table = table
        self._writer = csv.writer(self._file)
        self._writer.writerow(table.names)

    def add(self, rows: Iterable[Row]) -> None:
        """Write the rows. Raises ValueError for a key that is no column of the table."""
        for row in _fitting(self._table, rows):
            self._writer.writerow([_csv_cell(row.get(name)) for name in self._table.names])

    def close(self) -> None:
        self._file.close()


class ParquetTable:
    """`TABLE.parquet` in the folder, by pyarrow (the extra `data`). Missing values are null.

    The codebook's meaning and unit stand with each column, and what the numbers are with the file.
    """

    def __init__(self, folder: Path, table: Table) -> None:
        self._pa: Any = needed("pyarrow", "Parquet")
        parquet: Any = needed("pyarrow.parquet", "Parquet")
        self._table = table
        self._schema = self._pa.schema(
            [self._field(column) for column in table.columns],
            metadata={
                "description": f"{table.row}. {NOTICE}",
                "written_by": f"therapy-sandbox {sandbox.__version__}",
            },
        )
        self._writer = parquet.ParquetWriter(
            folder / f"{table.name}.parquet", self._schema, compression="zstd"
        )
        self._held: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Write the rows. Raises ValueError for a key that is no column of the table."""
        for row in _fitting(self._table, rows):
            self._held.append(row)
            if len(self._held) >= _GROUP:
                self._write()

    def close(self) -> None:
        try:
            self._write()
        finally:
            self._writer.close()

    def _field(self, column: Column) -> "pa.Field[Any]":
        timestamp = column.kind == "time"
        kind = self._pa.timestamp("us", tz="UTC") if timestamp else getattr(self._pa, _TYPES[column.kind])()
        said = {"description": column.meaning, "unit": column.unit, "range": column.values}
        return self._pa.field(column.name, kind, metadata={key: text for key, text in said.items() if text})

    def _write(self) -> None:
        if not self._held:
            return
        columns = [
            self._pa.array([_parquet_cell(row.get(field.name)) for row in self._held], type=field.type)
            for field in self._schema
        ]
        self._writer.write_table(self._pa.Table.from_arrays(columns, schema=self._schema))
        self._held = []


def _parquet_cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return printable(value) if isinstance(value, str) else value


def _csv_cell(value: object) -> object:
    if isinstance(value, str):
        return guarded(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _fitting(table: Table, rows: Iterable[Row]) -> Iterator[Row]:
    names = frozenset(table.names)
    for row in rows:
        if not row.keys() <= names:
            raise ValueError(f"no columns of {table.name}: {sorted(row.keys() - names)}")
        yield row
