"""Whether the record still says what was written: SQLite's own check, and each document against its hash."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError
from sqlite_utils import Database

from sandbox.library.document import Document, document_hash
from sandbox.store.document import READERS, pointers
from sandbox.store.row import LISTED, listed, storable


@dataclass(frozen=True, slots=True)
class Altered:
    """A stored document that does not say what its name, the SHA-256 of its text, stands for."""

    hash: str
    kind: str
    id: str

    def __str__(self) -> str:
        return (
            f"The {self.kind} “{self.id}” was changed in the record after the session was planned: its text"
            f" no longer matches its hash ({self.hash[:12]}…). What is shown of it is not what was said."
        )


def damages(db: Database) -> tuple[str, ...]:
    """What SQLite's `quick_check` finds wrong with the file; nothing when it is sound."""
    found = (str(row[0]) for row in db.execute("PRAGMA quick_check").fetchall())
    return tuple(line for line in found if line != "ok")


def altered_documents(db: Database, names: Iterable[str] | None = None) -> tuple[Altered, ...]:
    """The stored documents (of these hashes, or all) whose content is not what their hash says.

    One that this version cannot read at all is left out: it may be a newer version's.
    """
    columns = "SELECT hash, kind, id, version, title, json FROM documents"
    if names is None:
        rows = db.execute(f"{columns} ORDER BY kind, id, hash")
    else:
        rows = db.execute(f"{columns} WHERE hash IN {LISTED}", [listed(names)])
    return tuple(Altered(row[0], row[1], row[2]) for row in rows if not _as_written(*row))


def documents_of(db: Database, sessions: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By session, the hashes of the documents its plan points at, and of what it was asked afterwards."""
    wanted = listed(sessions)
    rows = db.execute(f"SELECT id, plan FROM sessions WHERE id IN {LISTED}", [wanted])  # noqa: S608
    found = {id: dict.fromkeys(pointers(plan)) for id, plan in rows}
    later = db.execute(
        f"SELECT DISTINCT session, questionnaire FROM later_measurements WHERE session IN {LISTED}",  # noqa: S608
        [wanted],
    )
    for id, questionnaire in later:
        found[id][questionnaire] = None
    return {id: tuple(names) for id, names in found.items()}


def _as_written(name: str, kind: str, id: str, version: str, title: str, text: str) -> bool:
    if kind not in READERS:
        return True
    try:
        document: Document = READERS[kind].validate_json(text)
    except ValidationError:
        return True
    # The other columns are what lists and filters show: they have to agree with the text.
    said = (document_hash(document), document.id, storable(document.version), storable(document.title))
    return said == (name, id, version, title)
