"""Writing a file or a folder so that it is there whole or not at all: beside its place first, then moved."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, content: str | bytes, *, overwrite: bool = False, mode: int = 0o666) -> None:
    """Write `content` (text as UTF-8, its line ends as they are) to `path`, as `whole_file` does."""
    with whole_file(path, overwrite=overwrite, mode=mode) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def free_path(path: Path, ending: str | None = None) -> Path:
    """`path`, or with a number before its ending where something stands there already.

    `ending`: more than the suffix, such as `.fhir.json`.
    """
    ending = path.suffix if ending is None else ending
    stem = path.name.removesuffix(ending)
    numbered = (path.with_name(f"{stem}-{number}{ending}") for number in count(2))
    return next(one for one in chain([path], numbered) if not os.path.lexists(one))


@contextmanager
def whole_file(path: Path, *, overwrite: bool = False, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to be written in the block, which stands at `path` once that has ended; its folder is made if
    need be.

    Readers see the old file or the whole new one. When it fails, on a full disk say, nothing is left behind:
    no piece of the file, and no folder that was made for it. `mode` is what the umask leaves of it. Raises
    OSError; FileExistsError when the name is taken and `overwrite` is not asked for.
    """
    if not overwrite and os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "File exists", str(path))
    made = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    draft = path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _move(draft, path, overwrite=overwrite)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
            for folder in made:
                folder.rmdir()
        raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A new folder, for the owner alone, to be filled in the block; it stands at `path` once that has ended.

    What is at `path` is replaced: the caller has made sure that it may be. When the block or the move fails
    nothing is left of the new folder, and the old one stays. Raises OSError.
    """
    draft, old = (path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}") for _ in range(2))
    draft.mkdir(mode=0o700)
    try:
        yield draft
        for file in draft.rglob("*"):
            if file.is_file():
                file.chmod(0o600)
                with file.open("rb+") as written:
                    os.fsync(written.fileno())
        replaced = os.path.lexists(path)
        if replaced:
            path.rename(old)
        try:
            draft.rename(path)
        except BaseException:
            if replaced:
                old.rename(path)
            raise
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _move(draft: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        draft.replace(path)
        return
    try:
        # A link fails if the name was taken meanwhile, where a rename would replace it.
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        draft.replace(path)
    else:
        draft.unlink()
