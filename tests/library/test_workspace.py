"""Finding the workspace at hand, and making one that is complete or not there at all."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from sandbox.errors import ExitCode, NotFoundError, SandboxError, UsageError
from sandbox.library.document import FOLDERS
from sandbox.library.inspection import inspect
from sandbox.library.workspace import WORKSPACE_VARIABLE, create_workspace, find_workspace, shipped_content


@pytest.fixture(autouse=True)
def _no_workspace_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(WORKSPACE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def everything_under(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


class TestFinding:
    def test_the_nearest_folder_upwards_with_content(self, tmp_path: Path) -> None:
        for name in ("techniques", "scenarios", "notes/deep"):
            (tmp_path / "outer" / name).mkdir(parents=True)
        found = find_workspace(tmp_path / "outer" / "notes" / "deep")
        assert found.root == tmp_path / "outer"
        assert found.sessions == tmp_path / "outer" / "sessions"
        assert found.content("questionnaire") == tmp_path / "outer" / "questionnaires"

    def test_one_of_the_folders_is_not_enough(self, tmp_path: Path) -> None:
        (tmp_path / "outer" / "techniques").mkdir(parents=True)
        assert find_workspace(tmp_path / "outer").root != tmp_path / "outer"

    def test_without_one_the_user_s_data_folder(self, tmp_path: Path) -> None:
        found = find_workspace(tmp_path)
        assert found.root.name == "therapy-sandbox"
        assert not found.root.exists()

    def test_here_is_where_the_search_starts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        create_workspace(tmp_path / "mine")
        monkeypatch.chdir(tmp_path / "mine" / "scenarios")
        assert find_workspace().root == tmp_path / "mine"

    def test_the_variable_goes_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        here, named = create_workspace(tmp_path / "here"), create_workspace(tmp_path / "named")
        monkeypatch.setenv(WORKSPACE_VARIABLE, str(named.root))
        assert find_workspace(here.root) == named

    def test_a_variable_that_names_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(WORKSPACE_VARIABLE, str(tmp_path / "gone"))
        with pytest.raises(NotFoundError, match="names no folder") as caught:
            find_workspace()
        assert "sandbox init" in caught.value.todo


class TestMaking:
    def test_it_holds_the_shipped_content_and_a_private_place_for_sessions(self, tmp_path: Path) -> None:
        made = create_workspace(tmp_path / "a" / "mine")
        for folder in FOLDERS.values():
            own = {p.name: p.read_bytes() for p in (made.root / folder).iterdir()}
            assert own == {p.name: p.read_bytes() for p in (shipped_content() / folder).glob("*.yaml")}
            assert own
        assert made.sessions.stat().st_mode & 0o077 == 0
        assert inspect([made.root]).problems == ()
        assert [p.name for p in (tmp_path / "a").iterdir()] == ["mine"]

    def test_an_empty_folder_is_filled(self, tmp_path: Path) -> None:
        (tmp_path / "mine").mkdir()
        assert create_workspace(tmp_path / "mine").content("scenario").is_dir()

    def test_the_folder_one_stands_in_is_filled_and_stays_the_same_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        made = create_workspace(Path())
        assert made.root == Path.cwd() and Path("techniques/mindful-breathing.yaml").exists()
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*FOLDERS.values(), "sessions"])

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / "note.txt").write_text("mine")
        with pytest.raises(UsageError, match="not empty"):
            create_workspace(tmp_path)
        with pytest.raises(UsageError, match="a file of that name"):
            create_workspace(tmp_path / "note.txt")
        (tmp_path / "link").symlink_to(tmp_path / "gone")
        with pytest.raises(UsageError):
            create_workspace(tmp_path / "link")
        assert (tmp_path / "note.txt").read_text() == "mine"

    @pytest.mark.parametrize(
        ("number", "advice"), [(errno.ENOSPC, "free some space"), (errno.EACCES, "you may write to")]
    )
    def test_a_failure_half_way_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
    ) -> None:
        copied: list[Path] = []
        copy = shutil.copyfile

        def copy_three(source: Path, target: Path) -> None:
            if len(copied) == 3:
                raise OSError(number, os.strerror(number))
            copied.append(target)
            copy(source, target)

        monkeypatch.setattr(shutil, "copyfile", copy_three)
        before = everything_under(tmp_path)
        with pytest.raises(SandboxError, match=os.strerror(number)) as caught:
            create_workspace(tmp_path / "new" / "mine")
        assert advice in caught.value.todo
        assert caught.value.exit_code is ExitCode.FAILED
        assert copied and everything_under(tmp_path) == before

    def test_ctrl_c_half_way_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(shutil, "copyfile", interrupt)
        with pytest.raises(KeyboardInterrupt):
            create_workspace(tmp_path / "mine")
        assert not everything_under(tmp_path)

    def test_below_a_file_nothing_can_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(SandboxError, match="cannot be made"):
            create_workspace(tmp_path / "file" / "mine")

    def test_a_name_that_is_too_long(self, tmp_path: Path) -> None:
        with pytest.raises(SandboxError) as caught:
            create_workspace(tmp_path / ("x" * 300))
        assert caught.value.todo == "choose a shorter name"
