"""`sandbox sessions`, as typed."""

import csv
import json
from pathlib import Path

import pytest

from sandbox.errors import ExitCode
from sandbox.store.store import DATABASE, Store
from sandbox.store.study import StudyRecord
from tests.cli.command import sandbox
from tests.export.specimen import recorded_family
from tests.store.runs import put_in_study


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The family, one arm with a tag and in a study."""
    with recorded_family(tmp_path / "sessions") as store:
        store.tag("breath11", "pilot")
        study = StudyRecord(store)
        study.freeze(store.head("breath11").plan, hash="f" * 64, root="r" * 64, name="first-study")
        put_in_study(store, "r" * 64, ["trunk111", "breath11"])
    return tmp_path


def ids(workspace: Path, *words: str) -> list[str]:
    listed = sandbox(workspace, "sessions", *words, "--json")
    assert listed.code == ExitCode.OK, listed.err
    return [row["session"] for row in json.loads(listed.out)]


def test_it_lists_what_the_app_lists_and_each_filter_fits(workspace: Path) -> None:
    shown = sandbox(workspace, "sessions")
    assert shown.code == ExitCode.OK and shown.err == ""
    (line,) = (line for line in shown.out.splitlines() if "breath11" in line)
    assert "pilot, first-study" in line and "finished" in line and "Breathing" in line
    assert ids(workspace) == ["talking1", "breath11", "filler11"]
    assert ids(workspace, "--tag", "pilot") == ids(workspace, "--study", "first-study") == ["breath11"]
    assert ids(workspace, "--technique", "filler") == ids(workspace, "--technique", "Filler") == ["filler11"]
    assert len(ids(workspace, "--model", "scripted")) == 3
    assert ids(workspace, "--limit", "1") == ["talking1"]
    assert "--limit" in sandbox(workspace, "sessions", "--limit", "1").err


def test_words_are_looked_for_and_nothing_that_was_said_acts_on_the_terminal(workspace: Path) -> None:
    found = sandbox(workspace, "sessions", "--search", "heading")
    assert found.code == ExitCode.OK and "«heading»" in found.out and "s1:" in found.out
    assert "\x1b" not in found.out
    rows = list(csv.DictReader(sandbox(workspace, "sessions", "--search", "cmd", "--csv").out.splitlines()))
    assert [row["session"] for row in rows] == ["talking1"] and rows[0]["excerpt"].startswith("'=")


def test_what_there_is_not_is_said_with_what_there_is(workspace: Path, tmp_path: Path) -> None:
    nothing = sandbox(workspace, "sessions", "--technique", "braething")
    assert nothing.code == ExitCode.OK and nothing.out == "" and "Breathing" in nothing.err
    assert ids(workspace, "--search", "nobody said this") == []
    unknown = sandbox(workspace, "sessions", "--study", "second-study")
    assert unknown.code == ExitCode.NOT_FOUND and "first-study" in unknown.err
    assert sandbox(tmp_path / "empty", "sessions").code == ExitCode.NOT_FOUND
    with Store.open(workspace / "sessions" / DATABASE) as store:
        store.remove("breath11", "a slip")
    assert "breath11" not in ids(workspace)
