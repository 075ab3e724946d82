"""What keeps a table as it was written: triggers that refuse to change, delete or replace a row."""


def append_only(table: str) -> tuple[str, str]:
    """Two triggers that refuse to change or delete a row of `table`."""
    return (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{table} is append-only: add a row instead'); END",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{table} is append-only: rows are never deleted'); END",
    )


def never_replaced(table: str, *keys: tuple[str, ...]) -> str:
    """A trigger that refuses a row whose key is taken. `keys`: the columns of each unique key.

    INSERT OR REPLACE deletes the row before without asking the trigger on DELETE, unless the connection has
    turned `recursive_triggers` on. A number not given is −1 here, so only those from 1 count.
    """
    taken = " OR ".join(
        "("
        + " AND ".join(f"{column} = NEW.{column}" for column in key)
        + (f" AND {key[0]} > 0" if key in (("number",), ("rowid",)) else "")
        + ")"
        for key in keys
    )
    return (
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"  # noqa: S608 - names of our own
        f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) BEGIN"
        f" SELECT RAISE(ABORT, '{table} is append-only: a row is never replaced'); END"
    )
