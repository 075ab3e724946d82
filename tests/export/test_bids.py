"""A data set in BIDS: the validator accepts it, hostile text and all, and it says that nobody was asked."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.engine.afterwards import GivenAfterwards
from sandbox.errors import ExitCode
from sandbox.models.provider import ModelDescription
from sandbox.store.afterwards import add_afterwards
from sandbox.store.store import DATABASE, Store
from tests.cli.command import sandbox
from tests.export.specimen import recorded_family


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The family with hostile text and a questionnaire asked afterwards, as BIDS and as CSV."""
    workspace = tmp_path_factory.mktemp("bids")
    with recorded_family(workspace / "sessions") as store:
        measured, plan = store.session("breath11").own_measured[-1], store.head("breath11").plan
        given, judge = GivenAfterwards("breath11", measured, ()), ModelDescription("judge", "A judge")
        add_afterwards(store, given, plan.measures[1], "judge", judge)
    for form in ("bids", "csv"):
        done = sandbox(workspace, "export", "data", "last", "--to", str(workspace / form), "--format", form)
        assert done.code == ExitCode.OK, done.err
    return workspace / "bids"


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_the_validator_finds_no_error(folder: Path, tmp_path: Path) -> None:
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    validator = shutil.which("bids-validator-deno", path=places)
    assert validator is not None
    found = tmp_path / "found.json"
    subprocess.run(
        [validator, str(folder), "--format", "json", "--outfile", str(found), "--max-rows", "-1"],
        env={**os.environ, "PATH": places, "DENO_NO_UPDATE_CHECK": "1"},
        capture_output=True,
        check=False,
    )
    told = json.loads(found.read_text("utf-8"))
    assert [issue for issue in told["issues"]["issues"] if issue["severity"] == "error"] == []
    assert told["summary"]["totalFiles"] == sum(path.is_file() for path in folder.rglob("*"))


def test_each_arm_is_a_simulated_participant_with_the_scores_it_has(folder: Path) -> None:
    participants = table(folder / "participants.tsv")
    assert {row["participant_id"] for row in participants} == {"sub-filler11", "sub-breath11", "sub-talking1"}
    assert {(row["simulated"], row["species"], row["shared_start"]) for row in participants} == {
        ("yes", "n/a", "trunk111")
    }
    assert {row["stretches"] for row in participants} == {"induction technique follow-up"}
    with (folder.parent / "csv" / "trajectories.csv").open(encoding="utf-8", newline="") as file:
        points = list(csv.DictReader(file))
    for name in ("probe_word", "ratings_report"):
        questionnaire, way = name.split("_")
        sidecar = json.loads((folder / "phenotype" / f"{name}.json").read_text("utf-8"))
        for row in table(folder / "phenotype" / f"{name}.tsv"):
            told = {
                f"{point['point']}_scale_{point['scale']}": float(point["score"])
                for point in points
                if (f"sub-{point['session']}", point["questionnaire"], point["way"])
                == (row["participant_id"], questionnaire, way)
                and point["score"]
            }
            found = {key: float(value) for key, value in row.items() if "_scale_" in key and value != "n/a"}
            assert found == told != {}
            assert row.keys() - {"participant_id"} == sidecar.keys() - {"MeasurementToolMetadata"}
    assert (folder / "phenotype" / "ratings-asked-afterwards-by-judge_report.tsv").exists()


def test_hostile_text_stays_in_its_cell(folder: Path) -> None:
    said = table(folder / "sub-talking1" / "beh" / "sub-talking1_task-session_beh.tsv")
    assert [row["turn"] for row in said] == ["1", "2", "3"] and said[1]["reply"] == "n/a"
    assert said[2]["reply"].startswith("'=cmd") and "# Not a heading" in said[0]["reply"]
    for path in folder.rglob("*.*"):
        assert "\x1b" not in path.read_text("utf-8")


def test_only_a_data_set_is_replaced(folder: Path) -> None:
    words = ("export", "data", "last", "--to", str(folder), "--format", "bids")
    assert sandbox(folder.parent, *words).code == ExitCode.USAGE
    (folder / "phenotype" / "mine.xlsx").write_bytes(b"")
    assert "mine.xlsx" in sandbox(folder.parent, *words, "--force").err
    (folder / "phenotype" / "mine.xlsx").unlink()
    with Store.open(folder.parent / "sessions" / DATABASE) as store:
        store.remove("talking1", "a slip")
    assert sandbox(folder.parent, *words, "--force").code == ExitCode.OK
    assert not (folder / "sub-talking1").exists() and (folder / "sub-breath11").exists()
