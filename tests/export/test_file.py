"""Writing an export: the whole file or none, and no file lost."""

import os
from pathlib import Path

import pytest

from sandbox.analysis.family import Family, gather
from sandbox.errors import UsageError
from sandbox.export.file import ExportError, export_family, write_file
from tests.export.specimen import recorded_family


@pytest.fixture
def family(tmp_path: Path) -> Family:
    with recorded_family(tmp_path / "record") as store:
        return gather(store, "trunk111")


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.md", "# Dark"), ("a.csv", "\ufeffid,session,"), ("a.JSON", "{"), ("new/folder/a.md", "# ")],
)
def test_the_ending_says_the_format(family, tmp_path, name, start):
    path = export_family(family, tmp_path / name)
    assert path.read_text(encoding="utf-8").startswith(start)
    assert [made.name for made in path.parent.iterdir() if made.is_file()] == [path.name]


@pytest.mark.parametrize("name", ["a.xlsx", "a", ".md"])
def test_another_ending_is_refused_with_those_there_are(family, tmp_path, name):
    with pytest.raises(UsageError, match=r"\.md, .*\.csv, \.json"):
        export_family(family, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_file_is_replaced_only_when_asked(family, tmp_path):
    path = tmp_path / "a.md"
    path.write_text("mine")
    with pytest.raises(UsageError, match="--force"):
        export_family(family, path)
    assert path.read_text() == "mine"
    export_family(family, path, overwrite=True)
    assert path.read_text(encoding="utf-8").startswith("# Dark")


def test_a_file_made_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "a.md"
    real_link = os.link

    def link(source, target):
        Path(target).write_text("theirs")
        real_link(source, target)

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(UsageError, match="already"):
        write_file(path, "ours")
    assert path.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    path = tmp_path / "a.md"
    path.write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ExportError, match="No space left") as caught:
        write_file(path, "new", overwrite=True)
    assert caught.value.where == str(path) and caught.value.todo
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(UsageError, match="folder"):
        write_file(tmp_path, "x", overwrite=True)
