"""`sandbox show` and `sandbox export`, as typed."""

import asyncio
import json
from pathlib import Path

import pytest

from sandbox.cli.main import run_command_line
from sandbox.errors import ExitCode
from sandbox.store.store import DATABASE, Store
from tests.export.specimen import recorded_family
from tests.store.runs import breathing_and_control, record_run


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDBOX_WORKSPACE", str(tmp_path))
    return tmp_path


@pytest.fixture
def recorded(workspace: Path) -> Path:
    recorded_family(workspace / "sessions").close()
    return workspace


def test_show_prints_the_transcript_of_the_family(recorded, capsys):
    assert run_command_line(["show", "last"]) == ExitCode.OK
    shown = capsys.readouterr()
    assert shown.out.startswith("# Dark") and "not a feeling" in shown.out and "Page one." in shown.out
    assert "\x1b" not in shown.out and shown.err == ""


def test_show_json_is_json(recorded, capsys):
    assert run_command_line(["show", "breath", "--json"]) == ExitCode.OK
    assert [s["id"] for s in json.loads(capsys.readouterr().out)["sessions"]] == ["breath11"]
    assert run_command_line(["show", "breath", "--family", "--json"]) == ExitCode.OK
    assert len(json.loads(capsys.readouterr().out)["sessions"]) == 4


def test_export_writes_the_file_and_prints_its_path(recorded, capsys):
    path = recorded / "out.csv"
    assert run_command_line(["export", "trunk", "--to", str(path)]) == ExitCode.OK
    assert capsys.readouterr().out.strip() == str(path)
    assert path.read_text(encoding="utf-8").startswith("\ufeffid,session,")
    assert run_command_line(["export", "trunk", "--to", str(path)]) == ExitCode.USAGE
    assert "--force" in capsys.readouterr().err
    assert run_command_line(["export", "trunk", "--to", str(path), "--force"]) == ExitCode.OK


def test_several_starts_to_a_name_of_a_file_are_refused_and_one_is_that_file(recorded, capsys):
    path = recorded / "all.docx"
    with Store.open(recorded / "sessions" / DATABASE) as store:
        asyncio.run(record_run(store, breathing_and_control()))
    for words in (["trunk", "last"], ["data", "trunk"], ["trunk", "--blind"]):
        assert run_command_line(["export", *words, "--to", str(path)]) == ExitCode.USAGE
        assert "Name a folder and --format docx." in capsys.readouterr().err or words[0] == "data"
        assert not path.exists()
    assert run_command_line(["export", "trunk", "breath", "--to", str(path)]) == ExitCode.OK
    assert path.read_bytes().startswith(b"PK")
    assert run_command_line(["export", "trunk", "last", "--to", str(recorded / "all")]) == ExitCode.OK
    assert [one.suffix for one in (recorded / "all").iterdir()] == [".html", ".html"]


@pytest.mark.parametrize("what", [["trunk"], ["questionnaire", "phq-9"]])
def test_a_folder_that_is_not_there_is_not_made_in_silence(recorded, capsys, what):
    folder = recorded / "no such"
    assert run_command_line(["export", *what, "--to", str(folder / "x.json")]) == ExitCode.NOT_FOUND
    said = capsys.readouterr()
    assert said.out == "" and f"mkdir -p '{folder}'" in said.err
    assert not folder.exists()


@pytest.mark.parametrize("command", [["show", "zzz"], ["export", "zzz", "--to", "a.md"]])
def test_an_unknown_session_is_not_found(recorded, capsys, command):
    assert run_command_line(command) == ExitCode.NOT_FOUND
    said = capsys.readouterr()
    assert said.out == "" and "zzz" in said.err and len(said.err.splitlines()) <= 3


def test_nothing_run_yet_is_not_found_and_makes_no_record(workspace, capsys):
    assert run_command_line(["show", "last"]) == ExitCode.NOT_FOUND
    assert not (workspace / "sessions").exists()
