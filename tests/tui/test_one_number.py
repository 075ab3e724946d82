"""One number, one value, one sign: the terminal, files, Session and Compare tell the same of one family."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sandbox
from sandbox.analysis.comparison import Comparison, compare
from sandbox.analysis.effect import change
from sandbox.analysis.family import Family, gather, gather_compared
from sandbox.analysis.numeral import numeral
from sandbox.cli.outcome import report
from sandbox.export.archive import archive
from sandbox.export.comparison import comparison_csv, comparison_terminal
from sandbox.export.comparison_result import comparison_result
from sandbox.export.transcript.contents import transcript_markdown
from sandbox.library.workspace import create_workspace
from sandbox.tui.arm_columns import ArmColumns
from sandbox.tui.scores import number, titled_trajectories
from tests.analysis.compared import DISTRESS
from tests.export.specimen import recorded_family


@pytest.fixture
def told(tmp_path, capsys) -> Iterator[tuple[Family, Comparison, str, dict[str, Any]]]:
    """The family of the record, its comparison, and what `sandbox run` prints of it, as text and as JSON."""
    with recorded_family(tmp_path) as store:
        family = gather(store, "trunk111")
        workspace = create_workspace(tmp_path / "workspace")
        report(store, workspace, "trunk111", as_json=False)
        text = capsys.readouterr().out
        report(store, workspace, "trunk111", as_json=True)
        data = json.loads(capsys.readouterr().out)
        yield family, compare(gather_compared(store, ["trunk111"]), DISTRESS), text, data


def test_change_and_technique_effect_are_the_same_everywhere(told):
    family, comparison, printed, data = told
    arm = next(one for one in family.arms if one.id == "breath11")
    place = next(n for n, one in enumerate(comparison.arms) if one.sessions[0].id == "breath11")
    found = family.effects(arm, DISTRESS)
    assert found.technique is not None and found.technique.value is not None
    moved, effect, at = found.change.value, found.technique.value, found.technique.at
    assert (moved, effect, at) == (-50.0, -30.0, "t2"), "it fell, and fell further than under the control"

    assert comparison.arms[place].primary == at
    row = next(row for row in comparison.rows if row.label == at)
    compared = row.cells[place]
    assert compared.difference is not None
    assert (compared.change, compared.difference.mean) == (moved, effect)

    (run,) = [one for one in data["arms"] if one["session"] == "breath11"]
    (course,) = [one for one in run["trajectories"] if (one["questionnaire"], one["scale"]) == DISTRESS[::2]]
    assert (course["change"]["value"], course["technique"]["value"]) == (moved, effect)
    (kept,) = [one for one in archive(family).arms if one.session == "breath11"]
    assert course in [one.model_dump(mode="json") for one in kept.trajectories]
    assert comparison_result(comparison).rows[comparison.rows.index(row)].cells[place] == compared
    (line,) = [
        one
        for one in csv.DictReader(comparison_csv(comparison).splitlines())
        if (one["sessions"], one["point"]) == ("breath11", at)
    ]
    assert (float(line["change"]), float(line["difference"]), line["primary"]) == (moved, effect, "1")

    whole = f"{numeral(moved, signed=True)} at {at}", f"{numeral(effect, signed=True)} at {at}"
    assert all(text in transcript_markdown(family) for text in whole)
    for text in (printed, comparison_terminal(comparison)):
        assert numeral(moved, signed=True) in text and numeral(effect, signed=True) in text

    on_screen = ArmColumns(comparison).view(200, 0)
    column = next(column for column, _ in on_screen.columns if column.place == place)
    rounded = column.lines[comparison.rows.index(row)].split()
    in_session = next(
        one
        for one in titled_trajectories((*arm.history.turns, *arm.history.measured), arm.plan)
        if one.key == DISTRESS
    )
    assert number(change(in_session.trajectory, at).value, signed=True) in rounded
    assert numeral(effect, signed=True, decimals=0) in rounded


def test_scores_are_formatted_in_one_place() -> None:
    """Seconds, dollars and bytes are not scores; what is one, or a difference of them, goes by numeral.py."""
    scores = "value|score|mean|change|entropy|negativity|effect"
    formatted = rf"\{{[^{{}}]*\b({scores})\b[^{{}}]*:[^{{}}]*\.(\d|\{{\w+\}})f\}}"
    own = re.compile(rf"{formatted}|\bround\([^)]*({scores})")
    root = Path(sandbox.__file__).parent
    files = [path for part in ("analysis", "export", "cli", "tui") for path in (root / part).rglob("*.py")]
    found = [path.name for path in files if own.search(path.read_text(encoding="utf-8"))]
    assert set(found) == {"numeral.py"}
