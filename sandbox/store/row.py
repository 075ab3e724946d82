"""One row of the record: writing it, and the fields of a value that have no column of their own."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlite_utils import Database

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with half characters, which UTF-8 cannot hold, replaced by U+FFFD. A model may write them."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def insert(db: Database, table: str, row: Mapping[str, str | int | float | None]) -> int:
    """Add a row; returns its number. `table` and the keys are ours, never from outside."""
    values = [storable(value) if isinstance(value, str) else value for value in row.values()]
    number = db.execute(_insertion(table, tuple(row)), values).lastrowid
    return int(number or 0)


@lru_cache(maxsize=64)
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    # The same text every time lets SQLite reuse the prepared statement.
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608


def as_json(value: object) -> str:
    """Compact JSON, keys sorted, so that equal values give equal text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def more(value: Any, columns: Collection[str]) -> str | None:
    """JSON of the fields of the dataclass `value` that have no column and are not at their default.

    So a field added to a value later is kept without a new column, and old rows still read.
    """
    left = {
        field.name
        for field in fields(value)
        if field.name not in columns and not _at_default(getattr(value, field.name), field)
    }
    if not left:
        return None
    dumped: dict[str, object] = _adapter(value.__class__).dump_python(value, mode="json")
    return as_json({name: dumped[name] for name in left})


@lru_cache(maxsize=32)
def _adapter(kind: type) -> TypeAdapter[Any]:
    # Building one takes a millisecond, as long as writing a whole administration.
    return TypeAdapter(kind)


def _at_default(value: object, field: Any) -> bool:
    if field.default is not MISSING:
        return bool(value == field.default)
    return field.default_factory is not MISSING and bool(value == field.default_factory())


def without_more(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with what `more` holds put back as keys."""
    return {**{key: value for key, value in row.items() if key != "more"}, **json.loads(row["more"] or "{}")}
