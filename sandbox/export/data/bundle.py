"""A bundle: one zip with a set of sessions and all that belongs to them, described by RO-Crate metadata.

In it: the sessions' own record, their tables with the codebook, every document with its licence, the plans of
their studies, the versions that made it, and a sum of every file. Another machine brings it in and has the
same numbers.
"""

import hashlib
import json
import platform
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlite_utils import Database

import sandbox
from sandbox.export import NOTICE
from sandbox.export.data.choosing import Chosen
from sandbox.export.data.data_set import Contents, about, fill_tables
from sandbox.export.file import needed, not_written, refuse_existing
from sandbox.library.document import Document
from sandbox.review.judged import aliases
from sandbox.store.connection import open_database
from sandbox.store.document import kind_of
from sandbox.store.store import Store
from sandbox.store.transfer import transfer
from sandbox.text import printable
from sandbox.whole_file import whole_file

RECORD = "record.db"
METADATA = "ro-crate-metadata.json"
SUMS = "sha256sums.txt"

_MADE_OF = ("click", "jinja2", "litellm", "pydantic", "scipy", "sqlite-utils", "textual", "xllamacpp")
_MEDIA = {
    ".csv": "text/csv", ".md": "text/markdown", ".json": "application/json",
    ".db": "application/vnd.sqlite3", ".txt": "text/plain",
}  # fmt: skip


def write_bundle(
    store: Store, chosen: Chosen, path: Path, *, overwrite: bool = False, names: bool = True
) -> Contents:
    """The sessions as a bundle at `path`, whole or not at all; `names`: with those of reviewers.

    Raises UsageError where something stands already, ExportError, MissingLibrary.
    """
    crate: Any = needed("rocrate.rocrate", "A bundle")
    refuse_existing(path, overwrite=overwrite)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".bundle-") as name:
            folder = Path(name)
            contents = _fill(store, chosen, folder, names=names)
            said = _metadata(crate.ROCrate(version="1.1"), chosen, contents, folder)
            (folder / METADATA).write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", "utf-8")
            (folder / SUMS).write_text("".join(f"{_sum(folder / f)}  {f}\n" for f in _files(folder)), "utf-8")
            with whole_file(path, overwrite=overwrite, mode=0o600) as file:
                _zip(folder, file)
    except OSError as error:
        raise not_written("The bundle", path, error) from error
    return contents


def _fill(store: Store, chosen: Chosen, folder: Path, *, names: bool) -> Contents:
    (folder / "tables").mkdir()
    contents = fill_tables(store, chosen, folder / "tables", "csv")
    (folder / "README.md").write_text(
        about(chosen, contents)
        + "\nThe tables are in `tables/`, the documents in `documents/`, the plans of studies in `studies/`."
        + f" `{RECORD}` is the record of these sessions (SQLite): `sandbox import FILE.zip` brings it into"
        + " another workspace, where `sandbox compare` has the same numbers.\n",
        encoding="utf-8",
    )
    for hash, document in contents.documents.items():
        file = folder / _place(hash, document)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document.model_dump(mode="json"), indent=2, ensure_ascii=False), "utf-8")
    (folder / "versions.json").write_text(json.dumps(_versions(), indent=2) + "\n", "utf-8")
    instead = None if names else aliases(store)
    with _new_record(folder / RECORD) as own, store.reading() as db:
        transfer(db, own, chosen.sessions, instead)
        _write_plans(own, folder)
    return contents


@contextmanager
def _new_record(path: Path) -> Iterator[Database]:
    with closing(open_database(path)) as db:
        with db.atomic():
            yield db
        db.execute("PRAGMA journal_mode = DELETE").fetchone()


def _write_plans(db: Database, folder: Path) -> None:
    for hash, plan in db.execute("SELECT hash, plan FROM studies"):
        (folder / "studies").mkdir(exist_ok=True)
        (folder / "studies" / f"{hash}.json").write_text(plan, encoding="utf-8")


def _place(hash: str, document: Document) -> str:
    return f"documents/{kind_of(document)}/{document.id}-{hash[:12]}.json"


def _versions() -> Mapping[str, object]:
    return {
        "therapy-sandbox": sandbox.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in _MADE_OF},
    }


def _files(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def _sum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _metadata(crate: Any, chosen: Chosen, contents: Contents, folder: Path) -> Mapping[str, Any]:
    """The RO-Crate metadata: what each file is, under which licence, made by what."""
    places = {_place(hash, one): one for hash, one in contents.documents.items()}
    made_by = {"name": "therapy-sandbox", "softwareVersion": sandbox.__version__}
    app = {"@id": "#therapy-sandbox", "@type": "SoftwareApplication", **made_by}
    crate.name = f"Simulated sessions: {printable(chosen.asked)}"
    crate.description = f"{NOTICE} {contents.sessions} sessions of {len(chosen.families)} shared starts."
    crate.datePublished = datetime.now(UTC)
    crate.license = "Not stated for the whole. Each document has its own licence, which holds for its text."
    crate.creator = crate.add_jsonld(app)
    for file in _files(folder):
        document = places.get(file)
        about_it = {
            "name": printable(document.title) if document else file,
            "encodingFormat": _MEDIA[Path(file).suffix],
            "contentSize": str((folder / file).stat().st_size),
            "sha256": _sum(folder / file),
        }
        if document is not None:
            about_it |= {
                "description": printable(document.description),
                "license": printable(document.licence),
                "version": printable(document.version),
                "author": printable(document.source.author),
            }
        crate.add_file(folder / file, file, properties=about_it)
    said: Mapping[str, Any] = crate.metadata.generate()
    return said


def _zip(folder: Path, file: Any) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in _files(folder):
            bundle.write(folder / name, name)
