"""Files the app writes: whole or not at all, also where the disk is full."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.export.file import write_file
from sandbox.library.blank import write_blank
from sandbox.library.catalogue import Library
from sandbox.library.copying import copy_to_workspace
from sandbox.library.workspace import Workspace
from sandbox.remembered import Remembered, save_remembered
from sandbox.settings import save_setting
from sandbox.whole_file import write_whole


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can get longer than 64 bytes within."""
    resource = pytest.importorskip("resource", reason="limits are POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def below(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


WRITERS: dict[str, Callable[[Library, Path], object]] = {
    "new": lambda library, _: write_blank(library, "technique", "of-my-own"),
    "a copy to edit": lambda library, _: copy_to_workspace(
        next(entry for entry in library.entries("scenario") if entry.shipped), library.workspace
    ),
    "export": lambda _, folder: write_file(folder / "made" / "out.md", "x" * 1_000),
    "a setting": lambda _, __: save_setting("theme", "nord"),
    "what is remembered": lambda _, __: save_remembered(Remembered(proposal={"x": "y" * 100})),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_nothing_of_what_was_to_be_written(tmp_path, name, monkeypatch):
    monkeypatch.setenv("SANDBOX_CONFIG", str(tmp_path / "made"))
    library = Library(Workspace(tmp_path, tmp_path / "sessions"))
    with full_disk(), suppress(SandboxError):
        WRITERS[name](library, tmp_path)
    assert below(tmp_path) == {}
    WRITERS[name](library, tmp_path)
    assert any(content for content in below(tmp_path).values()), "there was something to write"


def test_a_full_disk_keeps_the_file_that_was_there(tmp_path):
    path = tmp_path / "settings.toml"
    write_whole(path, "old")
    with full_disk(), pytest.raises(OSError, match="large"):
        write_whole(path, "new" * 100, overwrite=True)
    assert below(tmp_path) == {"settings.toml": b"old"}


def test_of_two_that_write_one_name_at_once_one_is_refused(tmp_path):
    path = tmp_path / "name.yaml"
    refused = []

    def write(text: str) -> None:
        try:
            write_whole(path, text)
        except FileExistsError:
            refused.append(text)

    threads = [threading.Thread(target=write, args=(f"{n}" * 1_000,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7
    assert [file.name for file in tmp_path.iterdir()] == ["name.yaml"]
    assert len(set(path.read_text())) == 1


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_documents_get_the_users_own_mode_and_exports_are_private(tmp_path):
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "document.yaml", "x")
        write_file(tmp_path / "transcript.md", "x")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"document.yaml": 0o644, "transcript.md": 0o600}
