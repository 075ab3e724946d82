"""`sandbox import` and `sandbox export questionnaire`, as typed, on good files and on bad ones."""

import json
from pathlib import Path
from typing import get_args

import pytest

from sandbox.cli.import_ import TIMEFRAMES
from sandbox.cli.main import run_command_line
from sandbox.errors import ExitCode
from sandbox.library.inspection import inspect
from sandbox.library.interchange.importing import MAX_BYTES
from sandbox.library.questionnaire import Timeframe
from tests.library.interchange.dictionaries import FIVE, field, redcap, state_shaped, xlsform

TOLD = ["--timeframe", "right now", "--licence", "Own copy, not to be shared"]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "workspace"
    root.mkdir()
    monkeypatch.setenv("SANDBOX_WORKSPACE", str(root))
    return root


def test_the_command_offers_the_document_s_own_timeframes() -> None:
    assert get_args(Timeframe) == TIMEFRAMES


def test_an_import_is_a_document_that_validates(workspace, tmp_path, capsys):
    (tmp_path / "state.csv").write_text(state_shaped(), encoding="utf-8-sig")
    (tmp_path / "form.xlsx").write_bytes(xlsform())
    for name, id in (("state.csv", "sheet"), ("form.xlsx", "made-up")):
        assert run_command_line(["import", str(tmp_path / name), *TOLD]) == ExitCode.OK
        said = capsys.readouterr()
        path = workspace / "questionnaires" / f"{id}.yaml"
        assert said.out.strip() == str(path)
        assert "Left out" in said.err and "TODO" in said.err
        found = inspect([path])
        assert found.problems == ()
        todos = [n for n, line in enumerate(path.read_text().split("\n"), 1) if line.startswith("# TODO")]
        assert todos and [one.line for one in found.warnings if one.message.startswith("still")] == todos


def test_an_export_comes_back_in_another_workspace(workspace, tmp_path, capsys):
    file = tmp_path / "phq.json"
    assert (
        run_command_line(["export", "questionnaire", "phq-9", "--format", "fhir", "--to", str(file)])
        == ExitCode.OK
    )
    said = capsys.readouterr()
    assert said.out.strip() == str(file) and "timeframe" in said.err
    assert json.loads(file.read_text(encoding="utf-8"))["resourceType"] == "Questionnaire"
    assert run_command_line(["export", "questionnaire", "phq-9", "--to", str(file)]) == ExitCode.USAGE
    capsys.readouterr()
    assert run_command_line(["import", str(file)]) == ExitCode.OK
    assert "takes the place of the shipped" in capsys.readouterr().err


def test_that_questions_are_missing_is_the_first_line_said(workspace, tmp_path, capsys):
    rows = [field(name, "radio", name, FIVE) for name in "abc"] + [field("d", "radio", "d", "0, no | 1, yes")]
    (tmp_path / "x.csv").write_text(redcap(*rows), encoding="utf-8")
    assert run_command_line(["import", str(tmp_path / "x.csv"), *TOLD, "--id", "x"]) == ExitCode.OK
    said = capsys.readouterr()
    assert said.err.startswith("3 of 4 rating questions are in it: its score is not the score of the whole.")
    assert said.out.strip().endswith("x.yaml") and "Left out: d." in said.err.splitlines()[0]


def test_nothing_is_replaced_unasked(workspace, tmp_path, capsys):
    file = tmp_path / "state.csv"
    file.write_text(state_shaped(), encoding="utf-8")
    arguments = ["import", str(file), "--id", "mine", *TOLD]
    assert run_command_line(arguments) == ExitCode.OK
    kept = (workspace / "questionnaires" / "mine.yaml").read_text(encoding="utf-8")
    assert run_command_line([*arguments, "--title", "Other"]) == ExitCode.USAGE
    assert "--force" in capsys.readouterr().err
    assert (workspace / "questionnaires" / "mine.yaml").read_text(encoding="utf-8") == kept
    assert run_command_line([*arguments, "--title", "Other", "--force"]) == ExitCode.OK


@pytest.mark.parametrize(
    "words",
    [
        ["questionnaire", "no-such"],
        ["questionnaire", "../../etc/passwd"],
        ["questionnaire", "word-probe"],
        ["session", "phq-9"],
        ["questionnaire", "phq-9", "gad-7"],
        ["last", "--format", "fhir"],
        ["questionnaire"],
    ],
)
def test_an_export_of_nothing_leaves_nothing(workspace, tmp_path, capsys, words):
    file = tmp_path / "out.json"
    assert run_command_line(["export", *words, "--to", str(file)]) in {ExitCode.USAGE, ExitCode.NOT_FOUND}
    assert not file.exists() and capsys.readouterr().out == ""


def fhir(**more: object) -> str:
    return json.dumps({"resourceType": "Questionnaire", **more})


def item(**more: object) -> str:
    return fhir(item=[{"linkId": "a", "text": "A", "type": "choice", **more}])


GOOD = item(answerOption=[{"valueInteger": 1}, {"valueInteger": 2}])
WEIGHT = "http://hl7.org/fhir/StructureDefinition/itemWeight"
BAD: dict[str, tuple[str, bytes | str, str]] = {
    "empty": ("x.json", "", "empty"),
    "broken json": ("x.json", '{\n  "resourceType": "Questionnaire",\n  item: 1}', "x.json:3:"),
    "xml": ("x.json", "<Questionnaire/>", "not JSON"),
    "a list": ("x.json", "[]", "not an object"),
    "another resource": ("x.json", '{"resourceType": "Patient"}', "FHIR Patient"),
    "no resource": ("x.json", "{}", "no FHIR resource"),
    "deep": ("x.json", '{"a":' * 5000 + "1" + "}" * 5000, "nested"),
    "deep enough": ("x.json", fhir(item=json.loads('[{"item":' * 100 + "[]" + "}]" * 100)), "nested"),
    "twice": ("x.json", '{"resourceType": "Questionnaire", "id": "a", "id": "b"}', "twice"),
    "not a number": ("x.json", '{"resourceType": "Questionnaire", "x": NaN}', "NaN"),
    "an endless number": ("x.json", '{"x": ' + "9" * 5000 + "}", "out of bounds"),
    "a huge number": (
        "x.json",
        item(answerOption=[{"valueInteger": 10**400}, {"valueInteger": 1}]),
        "ordinary size",
    ),
    "an overflowing number": (
        "x.json",
        item(answerOption=[{"valueInteger": 1}]).replace("1}", "1e999}"),
        "ordinary size",
    ),
    "no items": ("x.json", fhir(), "no rating question"),
    "items a text": ("x.json", fhir(item="all"), "item should be a list"),
    "an item a number": ("x.json", fhir(item=[1]), "list of objects"),
    "a type a number": ("x.json", item(type=3), "item[0].type"),
    "options a block": ("x.json", item(answerOption={}), "item[0].answerOption"),
    "a weight a text": (
        "x.json",
        item(answerOption=[{"valueString": "no", "extension": [{"url": WEIGHT, "valueDecimal": "0"}]}]),
        "valueDecimal should be a number",
    ),
    "two scores": (
        "x.json",
        item(
            answerOption=[
                {
                    "valueString": "no",
                    "extension": [
                        {"url": WEIGHT, "valueDecimal": 1},
                        {"url": WEIGHT.replace("itemWeight", "ordinalValue"), "valueDecimal": 2},
                    ],
                }
            ]
        ),
        "two scores",
    ),
    "a desert of spaces": (
        "x.json",
        fhir(title=f"a{' ' * 1_000_000}b", item=json.loads(GOOD)["item"]),
        "not be valid",
    ),
    "a desert in a choice": (
        "x.csv",
        redcap(field("a", "radio", "A", f"1, a{' ' * 100_000}b | 2, c")),
        "too long",
    ),
    "a document too large": (
        "x.json",
        fhir(
            item=[
                {**json.loads(GOOD)["item"][0], "linkId": f"q{n}", "text": "x" * 15_000} for n in range(100)
            ]
        ),
        "larger than 1 MiB",
    ),
    "one value twice": (
        "x.json",
        item(answerOption=[{"valueInteger": 1}, {"valueInteger": 1}]),
        "item[0] a “A”: a question is left out: it has fewer than two answers that score differently",
    ),
    "no text": (
        "x.json",
        item(text="", answerOption=[{"valueInteger": 1}, {"valueInteger": 2}]),
        "item[0] a: a question is left out: it has no text",
    ),
    "a scale of nothing": (
        "x.json",
        fhir(
            item=json.loads(item(answerOption=[{"valueInteger": 1}, {"valueInteger": 2}]))["item"],
            extension=[
                {"url": "urn:therapy-sandbox:fhir:scale", "extension": [{"url": "id", "valueString": "../x"}]}
            ],
        ),
        "would not be valid",
    ),
    "latin-1 json": ("x.json", '{"title": "ü"}'.encode("latin-1"), "UTF-8"),
    "no dictionary": ("x.csv", "a,b\n1,2\n", "x.csv:1"),
    "an open quote": ("x.csv", redcap(field("a", "radio", "A", FIVE)) + '"b,form', "cannot be read"),
    "too many cells": ("x.csv", redcap(field("a", "radio", "A", FIVE)) + "x," * 40, "more cells"),
    "a huge cell": ("x.csv", redcap(field("a", "radio", "A" * 200_000, FIVE)), "cannot be read"),
    "no choices": ("x.csv", redcap(field("a", "radio", "A")), "no rating question"),
    "a choice without code": ("x.csv", redcap(field("a", "radio", "A", "yes | no")), "line 2 a “A”"),
    "choices without scores": ("x.csv", redcap(field("a", "radio", "A", "y, yes | n, no")), "score"),
    "binary": ("x.csv", b"\x00\x01\x02" * 50, "data dictionary"),
    "half a character": ("x.csv", b"\xff\xfea", "UTF-8"),
    "too many items": (
        "x.csv",
        redcap(*(field(f"f{n}", "radio", "A", FIVE) for n in range(301))),
        "at most 300",
    ),
    "too many fields": ("x.csv", redcap(*([field("f", "radio", "A", FIVE)] * 5001)), "5,000"),
    "too large": ("x.csv", b"a" * (MAX_BYTES + 1), "larger than"),
    "no spreadsheet": ("x.xlsx", b"hello", "not an .xlsx"),
    "unknown": ("x.docx", b"hello", "--format"),
    "old spreadsheet": ("x.xls", b"hello", ".xlsx"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_a_few_lines_and_leaves_nothing(workspace, tmp_path, capsys, name):
    file, content, words = BAD[name]
    path = tmp_path / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    code = run_command_line(["import", str(path), *TOLD, "--id", "bad"])
    said = capsys.readouterr()
    assert code in {ExitCode.USAGE, ExitCode.INVALID_DOCUMENT, ExitCode.NOT_FOUND}
    assert words in said.err and said.out == ""
    assert "fault of the app" not in said.err and len(said.err.splitlines()) <= 6
    assert not (workspace / "questionnaires").exists()


@pytest.mark.parametrize("id", ["../x", "UPPER", "a b", "", "x" * 65, "a/b", ".", "con\x00"])
def test_an_id_is_an_id(workspace, tmp_path, capsys, id):
    (tmp_path / "state.csv").write_text(state_shaped(), encoding="utf-8")
    assert run_command_line(["import", str(tmp_path / "state.csv"), *TOLD, "--id", id]) == ExitCode.USAGE
    assert not (workspace / "questionnaires").exists()


def test_files_that_are_not_there_or_no_files(workspace, tmp_path, capsys):
    assert run_command_line(["import", str(tmp_path / "none.csv")]) == ExitCode.NOT_FOUND
    assert run_command_line(["import", str(tmp_path), "--format", "fhir"]) == ExitCode.FAILED
    assert "not a file" in capsys.readouterr().err


def test_escapes_and_templates_in_a_file_stay_text(workspace, tmp_path, capsys):
    label = "\x1b[31mred\x1b[0m {{ 7*7 }} [b]bold[/b] =1+1"
    (tmp_path / "x.csv").write_text(redcap(field("a\x1b[2J", "radio", label, FIVE)), encoding="utf-8")
    assert run_command_line(["import", str(tmp_path / "x.csv"), *TOLD, "--id", "odd"]) == ExitCode.OK
    said = capsys.readouterr()
    assert "control characters are taken out" in said.err
    written = (workspace / "questionnaires" / "odd.yaml").read_text(encoding="utf-8")
    assert "\x1b" not in said.err + said.out + written
    assert "{{ 7*7 }}" in written


def test_windows_files_are_read_and_that_is_told(workspace, tmp_path, capsys):
    text = redcap(field("a", "radio", "Wie fühlen Sie sich – jetzt?", FIVE))
    (tmp_path / "x.csv").write_bytes(text.encode("cp1252"))
    assert run_command_line(["import", str(tmp_path / "x.csv"), *TOLD, "--id", "old"]) == ExitCode.OK
    assert "Windows-1252" in capsys.readouterr().err
    assert "fühlen Sie sich – jetzt" in (workspace / "questionnaires" / "old.yaml").read_text(
        encoding="utf-8"
    )
    (tmp_path / "y.csv").write_bytes(text.encode("utf-16"))
    assert run_command_line(["import", str(tmp_path / "y.csv"), *TOLD, "--id", "wide"]) == ExitCode.OK
    assert "fühlen Sie sich – jetzt" in (workspace / "questionnaires" / "wide.yaml").read_text(
        encoding="utf-8"
    )


def test_of_very_many_losses_the_first_are_told_and_how_many_more(workspace, tmp_path, capsys):
    stray = {f"stray{n}": n for n in range(5000)}
    path = tmp_path / "x.json"
    path.write_text(json.dumps({**json.loads(GOOD), **stray}), encoding="utf-8")
    assert run_command_line(["import", str(path), *TOLD, "--id", "many"]) == ExitCode.OK
    said = capsys.readouterr().err
    assert "4,800 more things" in said and len(said.splitlines()) < 250
