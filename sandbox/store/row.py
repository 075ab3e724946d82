"""One row of the record: writing it, values that stand as JSON in a column, and fields that have none."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlite_utils import Database

from sandbox.models.provider import Message, ModelDescription

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with half characters, which UTF-8 cannot hold, replaced by U+FFFD. A model may write them."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


Row = Mapping[str, str | int | float | None]

# json.dumps would make one anew for every value.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

_MOST_VALUES = 900
"""How many values one statement is given at most; SQLite before 3.32 takes no more than 999."""


def insert(db: Database, table: str, row: Row) -> int:
    """Add a row; returns its number. `table` and the keys are ours, never from outside."""
    number = db.execute(_insertion(table, tuple(row), 1), _values(row)).lastrowid
    return int(number or 0)


def insert_all(db: Database, table: str, rows: Sequence[Row]) -> None:
    """Add rows that all have the same keys, with as few statements as there can be."""
    if not rows:
        return
    columns = tuple(rows[0])
    size = max(1, _MOST_VALUES // len(columns))
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        db.execute(_insertion(table, columns, len(some)), [value for row in some for value in _values(row)])


def _values(row: Row) -> list[str | int | float | None]:
    return [storable(value) if isinstance(value, str) else value for value in row.values()]


@lru_cache(maxsize=128)
def _insertion(table: str, columns: tuple[str, ...], rows: int) -> str:
    # The same text every time lets SQLite reuse the prepared statement.
    marks = ", ".join([f"({', '.join('?' * len(columns))})"] * rows)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {marks}"  # noqa: S608


LISTED = "(SELECT value FROM json_each(?))"
"""What stands after IN for `listed` values: one statement, however many there are."""


def listed(values: Iterable[str]) -> str:
    """The values as the one parameter of LISTED."""
    return as_json(list(values))


def as_json(value: object) -> str:
    """Compact JSON, keys sorted, so that equal values give equal text."""
    return _ENCODER.encode(value)


def model_json(model: ModelDescription) -> str:
    """A model as it described itself. Equal descriptions give equal text."""
    return as_json({"name": model.name, "title": model.title, "facts": dict(model.facts)})


@lru_cache(maxsize=64)
def model_in(text: str) -> ModelDescription:
    """The description that `model_json` wrote. The sessions of one model share it."""
    return ModelDescription(**json.loads(text))


def messages_json(messages: Iterable[Message]) -> str:
    """A conversation as a list of role and content."""
    return as_json([[message.role, message.content] for message in messages])


def more(value: Any, columns: Collection[str]) -> str | None:
    """JSON of the fields of the dataclass `value` that have no column and are not at their default.

    So a field added to a value later is kept without a new column, and old rows still read.
    """
    left = {
        name
        for name, default in _defaults(value.__class__)
        if name not in columns and (default is MISSING or getattr(value, name) != default)
    }
    if not left:
        return None
    dumped: dict[str, object] = _adapter(value.__class__).dump_python(value, mode="json")
    return as_json({name: dumped[name] for name in left})


@lru_cache(maxsize=32)
def _adapter(kind: type) -> TypeAdapter[Any]:
    # Building one takes a millisecond, as long as writing a whole administration.
    return TypeAdapter(kind)


@lru_cache(maxsize=32)
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    """The dataclass's fields with their defaults, MISSING for one that has to be given."""
    return tuple(
        (field.name, field.default if field.default_factory is MISSING else field.default_factory())
        for field in fields(kind)
    )


def without_more(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with what `more` holds put back as keys."""
    return {**{key: value for key, value in row.items() if key != "more"}, **json.loads(row["more"] or "{}")}
