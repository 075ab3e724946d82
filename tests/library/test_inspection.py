"""What shows only across files, and the commands that check documents and make workspaces."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sandbox.cli.init import command as init
from sandbox.cli.schema import command as schema
from sandbox.cli.validate import command as validate
from sandbox.errors import UsageError
from sandbox.library.document import FOLDERS, Kind
from sandbox.library.inspection import inspect
from tests.library.bad_documents import GOOD


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with one good document of each kind."""
    for kind, folder in FOLDERS.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "sample.yaml").write_text(GOOD[kind])
    return tmp_path


def edit(root: Path, kind: Kind, old: str, new: str) -> Path:
    path = root / FOLDERS[kind] / "sample.yaml"
    path.write_text(path.read_text().replace(old, new))
    return path


class TestAcrossFiles:
    def test_files_folders_and_workspaces_can_be_named(self, root: Path) -> None:
        one = root / "techniques" / "sample.yaml"
        assert inspect([one]).files == (one,)
        assert inspect([root / "techniques", one]).files == (one,)
        assert len(inspect([root]).files) == 7
        assert inspect([root]).problems == ()
        named_alike = root.rename(root.parent / "clients")
        assert len(inspect([named_alike]).files) == 7, "a workspace may be called like a content folder"

    def test_two_files_with_one_id(self, root: Path) -> None:
        (root / "scenarios" / "twin.yaml").write_text(GOOD["scenario"])
        found = [p for p in inspect([root]).problems if "is taken by sample.yaml" in p.message]
        assert [(Path(p.file).name, p.line) for p in found] == [("twin.yaml", 1)]

    def test_one_id_in_two_kinds_is_fine(self, root: Path) -> None:
        assert inspect([root / "scenarios", root / "techniques"]).problems == ()

    def test_a_scale_that_no_questionnaire_has(self, root: Path) -> None:
        edit(root, "technique", "score('distress') > 30", "score('distres') > 30")
        (problem,) = inspect([root]).problems
        assert (problem.line, problem.message) == (16, "no questionnaire has a scale “distres”")
        assert "did you mean “distress”?" in problem.hint

    def test_paths_that_lead_nowhere_are_told_beside_the_problems_of_the_others(self, root: Path) -> None:
        bad = edit(root, "scenario", "affect", "afect")
        (root / "empty").mkdir()
        (root / "broken-link").symlink_to(root / "gone")
        (root / "circle").symlink_to(root / "circle")
        wanted = [root / name for name in ("gone.yaml", "empty", "broken-link", "circle", "scenarios")]
        inspection = inspect([*wanted, root / "techniques"])
        assert [(Path(p.file).name, p.message) for p in inspection.problems] == [
            ("gone.yaml", "there is no such file or folder"),
            ("empty", "there are no documents in this folder"),
            ("broken-link", "the link leads nowhere"),
            ("circle", "the link leads nowhere"),
            (bad.name, "unknown key “afect”"),
        ]
        assert inspection.absent == tuple(wanted[:4])
        assert len(inspection.files) == 2


def run_validate(*arguments: str) -> Result:
    return CliRunner().invoke(validate, arguments)


class TestCommands:
    def test_validate_prints_place_message_and_hint(self, root: Path) -> None:
        path = edit(root, "scenario", "affect", "afect")
        done = run_validate(str(root))
        assert done.exit_code == 5
        assert done.stdout == f"{path}:9:1: unknown key “afect”\n  did you mean “affect”?\n"
        assert done.stderr == "7 documents, 1 problem in 1 of them\n"

    def test_validate_says_when_all_is_well(self, root: Path) -> None:
        done = run_validate(str(root))
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", "7 documents, no problems\n")

    def test_a_warning_is_printed_and_fails_only_when_asked(self, root: Path) -> None:
        path = edit(root, "scenario", "They stop.", "You are afraid.")
        done = run_validate(str(root))
        assert done.exit_code == 0
        assert done.stdout.startswith(
            f"{path}:12:10: warning: “afraid” names the affect it is to induce\n  show"
        )
        assert done.stderr == "7 documents, no problems, 1 warning\n"
        assert run_validate("--strict", str(root)).exit_code == 5
        (warning,) = json.loads(run_validate("--json", str(root)).stdout)["warnings"]
        assert (warning["line"], warning["column"]) == (12, 10)

    def test_a_path_that_is_not_there_ends_with_3_and_with_5_beside_a_bad_document(self, root: Path) -> None:
        gone = str(root / "gone.yaml")
        done = run_validate(gone, str(root))
        assert done.exit_code == 3
        assert done.stdout.startswith(f"{gone}:1:1: there is no such file or folder\n")
        assert done.stderr == "7 documents, no problems, 1 path without documents\n"
        edit(root, "scenario", "affect", "afect")
        done = run_validate(gone, str(root))
        assert (done.exit_code, done.stdout.count("unknown key")) == (5, 1)
        assert done.stderr == "7 documents, 1 problem in 1 of them, 1 path without documents\n"

    def test_validate_as_json(self, root: Path) -> None:
        edit(root, "scenario", "fear", "fera")
        done = run_validate("--json", str(root / "scenarios"))
        found = json.loads(done.stdout)
        assert done.exit_code == 5
        assert [(p["line"], p["column"]) for p in found["problems"]] == [(9, 9)]
        assert len(found["files"]) == 1

    def test_validate_alone_checks_the_workspace_and_the_shipped_content(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SANDBOX_WORKSPACE", raising=False)
        monkeypatch.chdir(root)
        edit(root, "technique", "mindfulness", "magic")
        done = run_validate("--json")
        files = json.loads(done.stdout)["files"]
        assert done.exit_code == 5
        assert "techniques/sample.yaml" in files
        assert any(file.endswith("mindful-breathing.yaml") for file in files)

    def test_no_file_can_paint_the_screen(self, root: Path) -> None:
        edit(root, "scenario", "affect: fear", '"\\e]0;owned\\a": 1\n"\\e[2J\\x9b2J": 2\n"\\e[2J\\x9b2J": 2')
        for done in (run_validate(str(root)), run_validate("--json", str(root))):
            assert done.exit_code == 5
            assert "appears twice" in done.stdout
            assert not set("\x1b\x07\x9b") & set(done.stdout)

    def test_init_makes_a_workspace_that_validates(self, tmp_path: Path) -> None:
        done = CliRunner().invoke(init, [str(tmp_path / "mine")])
        assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'mine'}\n")
        assert run_validate(str(tmp_path / "mine")).exit_code == 0
        assert isinstance(CliRunner().invoke(init, [str(tmp_path)]).exception, UsageError)

    def test_schema_writes_a_file_for_each_kind(self, tmp_path: Path) -> None:
        done = CliRunner().invoke(schema, ["--to", str(tmp_path / "schemas")])
        assert done.exit_code == 0
        written = {path.name.partition(".")[0] for path in (tmp_path / "schemas").iterdir()}
        assert written == {*FOLDERS, "run", "compare", "export", "data"}
