"""Starting a document and looking at it before a run, by the commands a writer types."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sandbox.cli.new import command as new
from sandbox.cli.preview import command as preview
from sandbox.errors import ExitCode, NotFoundError, SandboxError, UsageError
from sandbox.library.catalogue import Library
from sandbox.library.workspace import find_workspace
from sandbox.models.provider import ModelError
from sandbox.settings import save_setting
from tests.library.bad_documents import GOOD


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDBOX_WORKSPACE", str(tmp_path))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    return tmp_path


def run_new(*arguments: str) -> Result:
    return CliRunner().invoke(new, arguments)


class TestNew:
    def test_without_a_terminal_the_path_is_printed_and_what_is_left_to_do(self, root: Path) -> None:
        done = run_new("scenario", "my-own")
        assert done.exit_code == ExitCode.OK
        assert done.stdout == f"{root / 'scenarios' / 'my-own.yaml'}\n"
        assert "Five texts are still to be written: title, description, author, turn 1, turn 2" in done.stderr

    def test_the_editor_gets_the_file_as_one_word_and_no_shell(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("EDITOR", "sed -i 's/affect: fear/affect: anger/; $(touch hit)'")
        monkeypatch.setenv("VISUAL", "sed -i 's/affect: fear/affect: stress/'")
        assert run_new("scenario", "my-own", "--edit").exit_code == ExitCode.OK
        assert Library(find_workspace()).scenario("my-own").affect == "stress"
        assert not (Path.cwd() / "hit").exists()

    def test_a_document_spoilt_in_the_editor_ends_with_5_and_stays(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("EDITOR", "sed -i 's/affect:/afect:/'")
        done = run_new("scenario", "my-own", "--edit")
        assert done.exit_code == ExitCode.INVALID_DOCUMENT
        assert "did you mean “affect”?" in done.stderr
        assert (root / "scenarios" / "my-own.yaml").exists()

    @pytest.mark.parametrize("editor", ["no-such-editor --wait", "'unclosed"])
    def test_an_editor_that_cannot_be_run(self, editor: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("EDITOR", editor)
        error = run_new("client", "my-own", "--edit").exception
        assert isinstance(error, SandboxError)
        assert "open the file yourself" in error.todo

    def test_a_shipped_id_is_taken(self) -> None:
        assert isinstance(run_new("technique", "mindful-breathing").exception, UsageError)


@pytest.mark.embedded
class TestPreview:
    def test_a_technique_stands_beside_its_control(self) -> None:
        done = CliRunner().invoke(preview, ["mindful-breathing"], env={"COLUMNS": "120"})
        assert done.exit_code == 0, done.output
        first = next(line for line in done.stdout.splitlines() if line.startswith("1 pause"))
        assert "tokens │ 1 loading" in " ".join(first.split())
        assert "counted by its own tokenizer" in done.stdout

    def test_a_script_is_read_as_its_client_hears_it(self) -> None:
        done = CliRunner().invoke(preview, ["socratic-questioning"], env={"COLUMNS": "140"})
        assert "4 against: 35 words (control 45), 11 s aloud, grade 3, 3 questions" in done.stdout
        assert ":32:10: 2 questions at once; likewise steps 4, 5, 6 [two-questions]" in done.stdout
        save_setting("remarks_off", ("two-questions",))
        found = json.loads(CliRunner().invoke(preview, ["socratic-questioning", "--json"]).stdout)
        assert [one["questions"] for one in found["reading"]["steps"]] == [1, 2, 1, 3, 2, 2]
        assert found["reading"]["remarks"] == []

    def test_as_json_each_passage_has_its_tokens(self) -> None:
        found = json.loads(CliRunner().invoke(preview, ["night-attack", "--json"]).stdout)
        assert [p["label"] for p in found["passages"]] == ["turn 1", "turn 2"]
        assert all(p["tokens"]["embedded"] > 0 for p in found["passages"])
        (model,) = found["models"]
        assert (model["basis"], model["session"]["cost"]) == ("counted", 0)

    def test_a_file_outside_of_the_library_can_be_shown(self, tmp_path: Path) -> None:
        run_new("scenario", "my-own")
        done = CliRunner().invoke(preview, [str(tmp_path / "scenarios" / "my-own.yaml")])
        assert "FILL IN how it begins" in done.stdout

    def test_what_validate_refuses_is_told_first_and_then_shown(self, tmp_path: Path) -> None:
        file = tmp_path / "techniques" / "sample.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(GOOD["technique"].replace("score('distress')", "score('distres')"))
        done = CliRunner().invoke(preview, [str(file)])
        assert done.exit_code == ExitCode.INVALID_DOCUMENT
        assert f"{file}:16:" in done.stderr and "“distres”" in done.stderr
        assert "step" in done.stdout

    def test_an_id_in_two_kinds_asks_which(self) -> None:
        run_new("scenario", "twin")
        run_new("client", "twin")
        assert isinstance(CliRunner().invoke(preview, ["twin"]).exception, UsageError)
        assert "system text" in CliRunner().invoke(preview, ["twin", "--kind", "client"]).stdout

    def test_texts_are_shown_when_the_model_cannot_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sandbox.models.embedded._WEIGHTS_PACKAGE", "no_such_package")
        done = CliRunner().invoke(preview, ["night-attack"])
        assert done.exit_code == ExitCode.OK
        assert "It is past midnight" in done.stdout
        assert "No tokens are counted" in done.stderr
        assert isinstance(
            CliRunner().invoke(preview, ["night-attack", "--model", "embedded"]).exception, ModelError
        )

    def test_an_unknown_id_says_what_may_be_meant(self) -> None:
        error = CliRunner().invoke(preview, ["night-atack"]).exception
        assert isinstance(error, NotFoundError)
        assert "night-attack" in error.todo


def test_a_questionnaire_shows_what_its_answers_add_up_to_and_no_warning_of_a_scenario() -> None:
    done = CliRunner().invoke(preview, ["phq-9"], env={"COLUMNS": "120"})
    assert "It asks about: past two weeks." in done.stdout
    assert "sum of q1, q2, q3, q4, q5, q6, q7, q8, q9; 0 to 27; higher is more distress" in done.stdout
    assert "Content warning" not in done.stderr
    assert "Content warning" in CliRunner().invoke(preview, ["night-attack"]).stderr
