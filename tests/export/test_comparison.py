"""Comparisons as files and on the terminal, byte for byte (SANDBOX_WRITE_GOLDEN=1 writes them anew)."""

import csv
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.analysis.arm import Beginning
from sandbox.analysis.comparison import Comparison, compare
from sandbox.analysis.family import chosen_scale, gather, gather_compared
from sandbox.cli.main import run_command_line
from sandbox.errors import ExitCode, NotFoundError, UsageError
from sandbox.export.comparison import comparison_csv, comparison_markdown, comparison_terminal
from sandbox.export.comparison_result import comparison_result
from sandbox.export.comparison_text import explanation, reasons
from tests.analysis.compared import DISTRESS, ITS_CONTROL, ONE
from tests.export.specimen import recorded_family, score_table

GOLDEN = Path(__file__).parent / "golden"
FORMS: dict[str, Callable[[Comparison], str]] = {
    "md": comparison_markdown,
    "csv": comparison_csv,
    "json": lambda comparison: comparison_result(comparison).text(),
    "txt": lambda comparison: comparison_terminal(comparison) + "\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_comparison_is_written_as_it_was(tmp_path, form):
    with recorded_family(tmp_path) as store:
        sessions = gather_compared(store, ["trunk111"])
    text = FORMS[form](compare(sessions, chosen_scale(sessions, "distress", "probe")))
    golden = GOLDEN / f"comparison.{form}"
    if os.environ.get("SANDBOX_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8", newline="")
    assert text == golden.read_bytes().decode("utf-8")


def test_a_trunk_stands_for_its_branches_and_a_branch_brings_its_control(tmp_path):
    with recorded_family(tmp_path) as store:
        assert {s.id for s in gather_compared(store, ["trunk111"])} == {"filler11", "breath11", "talking1"}
        assert [s.id for s in gather_compared(store, ["breath11"])] == ["breath11", "filler11"]
        with pytest.raises(UsageError, match="nothing to compare"):
            gather_compared(store, ["breath11"], controls=False)


def test_a_scale_nobody_measured_is_named_with_those_that_were(tmp_path):
    with recorded_family(tmp_path) as store:
        sessions = gather_compared(store, ["trunk111"])
    with pytest.raises(NotFoundError, match="gloom") as caught:
        chosen_scale(sessions, "gloom")
    assert "distress (probe)" in caught.value.todo


def test_without_a_choice_distress_is_compared_and_the_replies_can_be(tmp_path):
    with recorded_family(tmp_path) as store:
        sessions = gather_compared(store, ["trunk111"])
    assert chosen_scale(sessions)[2] == "distress"
    tone = chosen_scale(sessions, questionnaire="replies")
    assert tone == ("replies", "tone", "negativity")
    first = compare(sessions, tone).rows[0]
    assert (first.label, all(cell.score is not None for cell in first.cells)) == ("ind", True)


def test_equal_differences_are_said_and_the_interval_is_named_for_what_it_is():
    pair = (ONE, ITS_CONTROL)
    twins = (replace(session, id=f"{session.id}x", trunk="t2", began=Beginning("t2", 2)) for session in pair)
    comparison = compare((*pair, *twins), DISTRESS, pooled=True)
    assert reasons(comparison) == (
        "Breathing: no interval at t1, t2, end, because the 2 differences are equal.",
    )
    assert "by Student's t" in explanation(comparison)
    assert "no interval at t1, t2, end" in comparison_terminal(comparison)


def test_files_name_the_control_that_was_used_for_each_arm():
    pair = (ONE, ITS_CONTROL)
    twins = (replace(session, id=f"{session.id}x", trunk="t2", began=Beginning("t2", 2)) for session in pair)
    comparison = compare((*pair, *twins), DISTRESS)
    lines = csv.DictReader(comparison_csv(comparison).splitlines())
    named = {line["sessions"]: line["compared_with"] for line in lines}
    titles = {arm.sessions[0].id: arm.title for arm in comparison.arms}
    assert named == {"a1": titles["c1"], "a1x": titles["c1x"], "c1": "", "c1x": ""}
    arms = comparison_result(comparison).arms
    assert [arm.compared_with for arm in arms] == [(titles["c1"],), (titles["c1x"],), (), ()]
    assert [arm.sessions[0].compared_with for arm in arms] == ["c1", "c1x", None, None]


def test_the_replies_have_one_name_in_all_tables(tmp_path):
    with recorded_family(tmp_path) as store:
        sessions, family = gather_compared(store, ["trunk111"]), gather(store, "trunk111")
    tone = chosen_scale(sessions, questionnaire="replies")
    tables = (
        score_table(family),
        csv.DictReader(comparison_csv(compare(sessions, tone)).splitlines()),
    )
    scores, compared = (
        {tuple(line[name] for name in ("questionnaire", "way", "scale")) for line in lines}
        for lines in tables
    )
    assert compared == {tone} and compared < scores


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDBOX_WORKSPACE", str(tmp_path))
    recorded_family(tmp_path / "sessions").close()
    return tmp_path


def test_compare_prints_data_on_stdout_and_warnings_on_stderr(workspace, capsys):
    assert run_command_line(["compare", "breath", "filler", "--questionnaire", "probe"]) == ExitCode.OK
    said = capsys.readouterr()
    assert "Breathing: breath11" in said.out and "not a feeling" in said.out
    assert run_command_line(["compare", "last"]) == ExitCode.OK
    assert "Caution: Talking is not finished (interrupted)." in capsys.readouterr().err


def test_compare_json_and_csv(workspace, capsys):
    assert run_command_line(["compare", "last", "--json"]) == ExitCode.OK
    data = json.loads(capsys.readouterr().out)
    assert [arm["control"] for arm in data["arms"]] == [False, False, True]
    assert run_command_line(["compare", "last", "--csv", "--scale", "ease"]) == ExitCode.OK
    assert ",ease," in capsys.readouterr().out
    assert run_command_line(["compare", "last", "--csv", "--json"]) == ExitCode.USAGE


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["zzz"], ExitCode.NOT_FOUND),
        ([], ExitCode.USAGE),
        (["last", "--scale", "gloom"], ExitCode.NOT_FOUND),
    ],
)
def test_compare_says_what_is_wrong(workspace, capsys, words, code):
    assert run_command_line(["compare", *words]) == code
    said = capsys.readouterr()
    assert said.out == "" and said.err


@pytest.mark.parametrize("width", [60, 100])
def test_on_a_terminal_no_line_is_wider_and_no_word_is_lost(tmp_path, width):
    with recorded_family(tmp_path) as store:
        sessions = gather_compared(store, ["trunk111"])
    found = compare(sessions, DISTRESS)
    narrow, wide = comparison_terminal(found, width), comparison_terminal(found)
    assert max(map(len, narrow.splitlines())) < width < max(map(len, wide.splitlines()))
    assert set(narrow.split()) == set(wide.split())
