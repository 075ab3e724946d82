"""Bringing a bundle in. It may come from anyone: nothing in it is believed before it was looked at.

Only the record is taken out, to a place and a name of ours; no name in the file becomes a path.
"""

import hashlib
import re
import stat
import tempfile
import zipfile
from pathlib import Path
from typing import IO

from sandbox.errors import NotFoundError, SandboxError
from sandbox.export.data.bundle import METADATA, RECORD, SUMS
from sandbox.store.foreign import bring_in
from sandbox.store.store import Store
from sandbox.store.transfer import Moved
from sandbox.study.frozen import read_once

_MOST_FILES = 20_000
_MOST_BYTES = 16 * 2**30
_MOST_SUMS = 4 * 2**20
_SMALL = 64 * 2**20
_MOST_PACKED = 200
"""A bundle above `_SMALL` may unpack to so many times its size; ours are packed to a tenth or so."""

_CHUNK = 2**20
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


class BadBundle(SandboxError):
    """The file is no bundle, or not as it was written. Nothing was changed."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"This bundle cannot be brought in: {why}.",
            todo="Nothing was changed. Ask for the file again, from where it was made.",
        )


def bring_in_bundle(store: Store, path: Path) -> Moved:
    """Add the sessions of the bundle to the record, all or nothing; those there already get the marks that
    are new, and else stay as they are.

    Raises NotFoundError without such a file, BadBundle, and what `bring_in` raises.
    """
    if not path.is_file():
        raise NotFoundError("There is no such file.", where=str(path), todo="Give the path of a bundle.")
    try:
        with zipfile.ZipFile(path) as bundle, tempfile.TemporaryDirectory() as folder:
            _refuse_harmful(bundle)
            sums = _sums(bundle)
            for name in sums.keys() - {RECORD}:
                with bundle.open(name) as file:
                    _refuse_other(name, _digest(file, bundle.getinfo(name).file_size), sums)
            record = Path(folder) / RECORD
            with bundle.open(RECORD) as file, record.open("wb") as copy:
                _refuse_other(RECORD, _digest(file, bundle.getinfo(RECORD).file_size, copy), sums)
            return bring_in(store, record, read_once)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadBundle(f"it is damaged or no zip file ({error})") from error


def _refuse_harmful(bundle: zipfile.ZipFile) -> None:
    """Names that lead elsewhere, links, sealed files, and sizes that no bundle has."""
    entries = bundle.infolist()
    names = [entry.filename for entry in entries]
    size, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if len(names) > _MOST_FILES or size > min(_MOST_BYTES, max(_SMALL, _MOST_PACKED * packed)):
        raise BadBundle("it would fill the disk")
    if len(set(names)) < len(names):
        raise BadBundle("it has two files of one name")
    for entry in entries:
        name, mode = entry.filename, entry.external_attr >> 16
        if name.startswith(("/", "\\")) or ":" in name or "\\" in name or ".." in name.split("/"):
            raise BadBundle("a name in it leads out of its folder")
        if mode and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode) and stat.S_IFMT(mode):
            raise BadBundle("it has a link or another special file")
        if entry.flag_bits & 1:
            raise BadBundle("it is locked with a password")
    for name in (RECORD, METADATA, SUMS):
        if name not in names:
            raise BadBundle(f"it has no {name}")


def _sums(bundle: zipfile.ZipFile) -> dict[str, str]:
    """By name the SHA-256 that each file should have: every file has one, but the list itself."""
    if bundle.getinfo(SUMS).file_size > _MOST_SUMS:
        raise BadBundle(f"{SUMS} is too long")
    lines = bundle.read(SUMS).decode("utf-8", "replace").splitlines()
    found = {match[2]: match[1] for line in lines if (match := _LINE.fullmatch(line))}
    files = {entry.filename for entry in bundle.infolist() if not entry.is_dir()} - {SUMS}
    if found.keys() != files:
        raise BadBundle(f"its files are not those that {SUMS} names")
    return found


def _digest(file: IO[bytes], size: int, copy: IO[bytes] | None = None) -> str:
    """SHA-256 of what is read, written to `copy` as well; no more than `size` bytes, whatever comes."""
    digest, left = hashlib.sha256(), size
    while left > 0 and (chunk := file.read(min(_CHUNK, left))):
        left -= len(chunk)
        digest.update(chunk)
        if copy is not None:
            copy.write(chunk)
    return digest.hexdigest()


def _refuse_other(name: str, digest: str, sums: dict[str, str]) -> None:
    if digest != sums[name]:
        raise BadBundle(f"{name} is not as it was written")
