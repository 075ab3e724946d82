"""A new document loads at once, lists what is to be filled in, and never takes the place of anything."""

import re
from pathlib import Path

import pytest

from sandbox.errors import SandboxError, UsageError
from sandbox.library.blank import write_blank
from sandbox.library.catalogue import Library
from sandbox.library.document import FILL_IN, FOLDERS, Kind
from sandbox.library.inspection import inspect
from sandbox.library.loading import load_file
from sandbox.library.text_name import in_words
from sandbox.library.workspace import Workspace


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(Workspace(tmp_path, tmp_path / "sessions"))


@pytest.mark.parametrize("kind", FOLDERS)
class TestEveryKind:
    def test_it_loads_and_every_mark_is_listed(self, kind: Kind, library: Library) -> None:
        path = write_blank(library, kind, "my-own")
        assert path == library.workspace.root / FOLDERS[kind] / "my-own.yaml"
        assert load_file(path).id == "my-own"
        inspection = inspect([path])
        assert inspection.problems == ()
        # A client's one system text has two marks.
        marks = sum(line.count(FILL_IN) for line in path.read_text().splitlines() if not line.startswith("#"))
        (warning,) = inspection.warnings  # one, however many they are
        assert warning.message.startswith(in_words(marks - (kind == "client"), "text"))
        assert "title, description, author" in warning.message

    def test_filled_in_it_draws_no_warning(self, kind: Kind, library: Library) -> None:
        path = write_blank(library, kind, "my-own")
        path.write_text(
            path.read_text().replace(FILL_IN, "Here is").replace("first statement", "statement one")
        )
        assert inspect([path]).problems + inspect([path]).warnings == ()

    def test_what_is_commented_out_is_allowed_where_it_stands(self, kind: Kind, library: Library) -> None:
        path = write_blank(library, kind, "my-own")
        lines = path.read_text().splitlines()
        used = [line.removeprefix("# ") if _is_yaml(line) else line for line in lines]
        assert used != lines or kind == "client"
        path.write_text("\n".join(used) + "\n")
        assert inspect([path]).problems == ()

    def test_an_id_that_is_taken_is_refused(self, kind: Kind, library: Library) -> None:
        path = write_blank(library, kind, "my-own")
        path.write_text("mine")
        with pytest.raises(UsageError, match="already"):
            write_blank(library, kind, "my-own")
        assert path.read_text() == "mine"
        with pytest.raises(UsageError, match="already"):
            write_blank(library, kind, library.ids(kind)[0])


def _is_yaml(line: str) -> bool:
    """A commented line that shows a key or a list entry, not a sentence."""
    written = r"# {1,6}(- )?(\{|[a-z_]+:( |$))"
    return re.match(written, line) is not None


@pytest.mark.parametrize("id", ["../out", "My own", "", "a--b", "a/b", "-a", "x" * 65, "a\n"])
def test_an_id_that_is_none_is_refused(id: str, library: Library) -> None:
    with pytest.raises(UsageError, match="is not an id"):
        write_blank(library, "scenario", id)
    assert list(library.workspace.root.iterdir()) == []


def test_the_id_meant_is_suggested(library: Library) -> None:
    with pytest.raises(UsageError) as caught:
        write_blank(library, "scenario", "My own Scenario!")
    assert caught.value.todo.endswith("such as my-own-scenario")


def test_a_dangling_link_is_not_written_through(library: Library, tmp_path: Path) -> None:
    folder = library.workspace.content("scenario")
    folder.mkdir()
    (folder / "my-own.yaml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SandboxError):
        write_blank(library, "scenario", "my-own")
    assert not (tmp_path / "elsewhere").exists()
