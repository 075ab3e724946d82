"""Data sets of many sessions: every column explained, numbers as the app has them, hostile text harmless."""

import csv
import errno
import json
import re
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from statistics import fmean

import pyarrow.parquet
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sandbox.engine.plan import SessionHead, trunk_and_branches
from sandbox.errors import ExitCode
from sandbox.export.data.bids import tsv_cell
from sandbox.export.data.choosing import choose, parts
from sandbox.export.data.columns import SCORES, TABLES, TURNS, codebook_csv
from sandbox.export.data.long_table import CsvTable, ParquetTable
from sandbox.export.data.rows import ROWS
from sandbox.export.table import FORMULA_STARTS, guarded
from sandbox.library.study import Design
from sandbox.models.provider import Request
from sandbox.store.store import DATABASE, Store
from sandbox.text import printable
from tests.analysis.compared import DISTRESS
from tests.cli.command import sandbox
from tests.documents import plan, scenario, technique
from tests.export.specimen import HARMFUL, recorded_family
from tests.scripted import ScriptedProvider
from tests.store.runs import SMALL, breathing_and_control, record_run

SCARED = {7: (0.4, 0.3, 0.2, 0.5), 8: (0.5, 0.2, 0.3, 0.1), 9: (0.6, 0.5, 0.1, 0.3, 0.2)}
"""By seed, how scared the client is in turn: enough that runs differ."""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """One family with a redo's ways of ending, hostile text and a session cut short."""
    recorded_family(tmp_path / "sessions").close()
    return tmp_path


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    before = csv.field_size_limit(10_000_000)  # one for the whole process: other tests rely on it
    try:
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    finally:
        csv.field_size_limit(before)


def test_every_column_that_is_written_is_in_the_codebook_and_the_other_way_round(workspace: Path) -> None:
    with Store.open(workspace / "sessions" / DATABASE) as store:
        (part,) = parts(store, choose(store, ["last"]))
    assert {table.name for table in TABLES} == ROWS.keys()
    for table in TABLES:
        written = {name for row in ROWS[table.name](part) for name in row}
        assert written == set(table.names), table.name
    told = list(csv.DictReader(codebook_csv().splitlines()))
    assert [(row["table"], row["column"]) for row in told] == [(t.name, n) for t in TABLES for n in t.names]
    assert all(row["meaning"] and row["type"] for row in told)


def test_the_scores_are_those_of_the_export_of_one_family(workspace: Path) -> None:
    assert sandbox(workspace, "export", "data", "last", "--to", str(workspace / "d")).code == ExitCode.OK
    assert sandbox(workspace, "export", "last", "--to", str(workspace / "one.csv")).code == ExitCode.OK
    with (workspace / "d" / "scores.csv").open(encoding="utf-8", newline="") as many:
        in_set = list(csv.DictReader(many))
    with (workspace / "one.csv").open(encoding="utf-8-sig", newline="") as one:
        alone = list(csv.DictReader(one))
    assert [row.pop("id") for row in alone] == [f"{row['session']}.{row['point']}" for row in in_set]
    assert alone == in_set


def test_the_tables_alone_say_what_was_asked_what_scores_mean_and_which_are_missing(workspace: Path) -> None:
    folder = workspace / "d"
    assert sandbox(workspace, "export", "data", "last", "--to", str(folder)).code == ExitCode.OK
    for table, score in (("scores", "value"), ("trajectories", "score")):
        for row in rows_of(folder, table):
            assert row["questionnaire"] == "replies" or bool(row[score]) == bool(row["reliable"])
    asked = {(row["questionnaire"], row["item"]) for row in rows_of(folder, "items") if row["text"]}
    ranges = {(row["questionnaire"], row["scale"]): row for row in rows_of(folder, "scales")}
    for row in rows_of(folder, "answers"):
        assert (row["questionnaire"], row["item"]) in asked
        assert row["raw"] or row["way"] != "report"  # also where no answer could be read
    for row in rows_of(folder, "scores"):
        if row["value"] and row["questionnaire"] != "replies":
            scale = ranges[row["questionnaire"], row["scale"]]
            assert float(scale["lowest"]) <= float(row["value"]) <= float(scale["highest"])


async def three_runs(workspace: Path, make=breathing_and_control) -> None:
    with Store.open(workspace / "sessions" / DATABASE) as store:
        for seed, scared in SCARED.items():
            heads, told = make(seed=seed), cycle(scared)

            def top(_: Request, told=told) -> dict[str, float]:
                return {" scared": next(told), " calm": 0.1}

            provider = ScriptedProvider(("afraid.", "calmer."), top=top, capabilities=SMALL)
            await record_run(store, heads, provider)
            for head in heads:
                store.tag(head.id, "pilot")


def of_every_design(**fields) -> tuple[SessionHead, ...]:
    filler = technique("Page one.", "Page two.", "Page three.", id="filler", family="control")
    designs: tuple[Design, ...] = ("after scenario", "without scenario", "before scenario", "measured again")
    return trunk_and_branches(plan(**fields), (technique(), technique(id="talking"), filler), designs)


def on_the_bridge(**fields) -> tuple[SessionHead, ...]:
    story = scenario("The bridge sways.", "It cracks.").model_copy(update={"id": "bridge"})
    return breathing_and_control(scenario=story, **fields)


async def test_the_recipe_keeps_apart_what_a_comparison_keeps_apart(tmp_path: Path) -> None:
    """docs/data.md: by model, scenario, stretches and technique, without what a redo replaced."""
    for make in (of_every_design, on_the_bridge):
        await three_runs(tmp_path, make)
    folder = tmp_path / "d"
    assert sandbox(tmp_path, "export", "data", "--tag", "pilot", "--to", str(folder)).code == ExitCode.OK
    sessions = {row["session"]: row for row in rows_of(folder, "sessions")}
    effects: dict[tuple[str, ...], list[float]] = {}
    for row in rows_of(folder, "trajectories"):
        assert row["stretches"] == sessions[row["session"]]["stretches"]
        wanted = (row["questionnaire"], row["way"], row["scale"], row["primary"]) == (*DISTRESS, "1")
        if wanted and not row["replaced_by"] and row["technique_effect"]:
            key = (row["model"], row["scenario"], row["stretches"], row["technique"])
            effects.setdefault(key, []).append(float(row["technique_effect"]))
    trunks = [id for id, row in sessions.items() if not row["parent"]]
    compared = json.loads(sandbox(tmp_path, "compare", "--pool", "--json", *trunks).out)
    assert (compared["questionnaire"], compared["way"], compared["scale"]) == DISTRESS
    assert len(effects) == len(compared["answer"]["beyond"]) == 3 * 2 + 1
    assert sorted(sorted(values) for values in effects.values()) == [
        pytest.approx(values)
        for values in sorted(sorted(one["values"]) for one in compared["answer"]["beyond"])
    ]


async def test_a_paired_difference_made_of_the_tables_is_that_of_the_comparison(tmp_path: Path) -> None:
    await three_runs(tmp_path)
    folder = tmp_path / "d"
    assert sandbox(tmp_path, "export", "data", "--tag", "pilot", "--to", str(folder)).code == ExitCode.OK
    sessions = rows_of(folder, "sessions")
    trunks = [row["session"] for row in sessions if not row["parent"]]
    compared = json.loads(sandbox(tmp_path, "compare", "--pool", "--json", *trunks).out)
    (beyond,) = compared["answer"]["beyond"]
    assert beyond["runs"] == len(SCARED) and len({round(value, 6) for value in beyond["values"]}) > 1

    # By hand, of the long scores: pivot to a row an arm, change since the shared start's score, then pairs.
    scale = [row for row in rows_of(folder, "scores") if row["scale"] == compared["scale"]]
    scale = [row for row in scale if (row["questionnaire"], row["way"]) == ("probe", "word")]
    score = {(row["session"], row["point"]): float(row["value"]) for row in scale}
    change = {
        (row["trunk"], row["control"]): score[row["session"], beyond["at"]] - score[row["trunk"], "ind"]
        for row in sessions
        if row["parent"]
    }
    by_hand = [change[trunk, "0"] - change[trunk, "1"] for trunk in trunks]
    assert by_hand == pytest.approx(beyond["values"]) and fmean(by_hand) == pytest.approx(beyond["mean"])

    # And as it stands in the trajectories.
    ready = {
        row["trunk"]: float(row["technique_effect"])
        for row in rows_of(folder, "trajectories")
        if row["primary"] == "1" and row["scale"] == compared["scale"] and row["questionnaire"] == "probe"
    }
    assert [ready[trunk] for trunk in trunks] == pytest.approx(beyond["values"])


def test_parquet_has_the_same_rows_with_types_and_says_what_they_are(workspace: Path) -> None:
    for form in ("csv", "parquet"):
        done = sandbox(workspace, "export", "data", "--all", "--to", str(workspace / form), "--format", form)
        assert done.code == ExitCode.OK, done.err
    for table in TABLES:
        read = pyarrow.parquet.read_table(workspace / "parquet" / f"{table.name}.parquet")
        assert tuple(read.column_names) == table.names
        assert read.num_rows == len(rows_of(workspace / "csv", table.name)) > 0
        assert b"not a feeling" in read.schema.metadata[b"description"]
    scores = pyarrow.parquet.read_table(workspace / "parquet" / "scores.parquet").to_pylist()
    told = [float(row["value"]) if row["value"] else None for row in rows_of(workspace / "csv", "scores")]
    assert [row["value"] for row in scores] == told and None in told


def test_a_library_that_is_missing_is_named_with_the_extra(workspace: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = sandbox(workspace, "export", "data", "last", "--to", str(workspace / "p"), "--format", "parquet")
    assert done.code == ExitCode.FAILED and "therapy-sandbox[data]" in done.err and "pyarrow" in done.err
    assert not (workspace / "p").exists() and [*workspace.glob(".*")] == []


def test_nothing_is_overwritten_without_being_asked_and_nothing_foreign_ever(workspace: Path) -> None:
    folder = workspace / "d"
    words = ("export", "data", "last", "--to", str(folder))
    folder.mkdir()
    assert sandbox(workspace, *words).code == ExitCode.OK
    refused = sandbox(workspace, *words)
    assert refused.code == ExitCode.USAGE and "--force" in refused.err and refused.out == ""
    assert sandbox(workspace, *words, "--force").code == ExitCode.OK
    (folder / "mine.R").write_text("library(tidyverse)")
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    refused = sandbox(workspace, *words, "--force")
    assert refused.code == ExitCode.USAGE and "mine.R" in refused.err
    assert {path: path.read_bytes() for path in folder.iterdir()} == kept


def test_a_full_disk_leaves_the_earlier_data_set_and_nothing_of_the_new(workspace: Path, monkeypatch) -> None:
    folder = workspace / "d"
    words = ("export", "data", "last", "--to", str(folder))
    assert sandbox(workspace, *words).code == ExitCode.OK
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(self: CsvTable, rows: Iterator[object]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(CsvTable, "add", full)
    failed = sandbox(workspace, *words, "--force")
    assert failed.code == ExitCode.FAILED and "No space left" in failed.err and "Traceback" not in failed.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert {path.name for path in workspace.iterdir()} == {"d", "sessions"}


def test_removed_sessions_and_words_that_mean_nothing_are_left_out(workspace: Path) -> None:
    with Store.open(workspace / "sessions" / DATABASE) as store:
        store.remove("filler11", "a slip")
    assert sandbox(workspace, "export", "data", "breath", "--to", str(workspace / "d")).code == ExitCode.OK
    found = {row["session"] for row in rows_of(workspace / "d", "sessions")}
    assert found == {"trunk111", "breath11", "talking1"}
    for words, said in ((("nobody",), "nobody"), (("--tag", "none"), "tag")):
        missing = sandbox(workspace, "export", "data", *words, "--to", str(workspace / "e"))
        assert missing.code == ExitCode.NOT_FOUND and said in missing.err, missing.err


hostile = st.one_of(st.text(max_size=60), st.sampled_from(HARMFUL))


@settings(max_examples=15)
@given(texts=st.lists(hostile, min_size=1, max_size=4))
def test_hostile_text_is_text_in_every_table(tmp_path_factory: pytest.TempPathFactory, texts) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    for kind in (CsvTable, ParquetTable):
        table = kind(folder, TURNS)
        table.add({"session": "a", "turn": n, "said": text} for n, text in enumerate(texts))
        table.close()
    said = [row["said"] for row in rows_of(folder, "turns")]
    read = pyarrow.parquet.read_table(folder / "turns.parquet").column("said").to_pylist()
    assert len(said) == len(read) == len(texts)
    cells = [tsv_cell(text) for text in texts]
    for text in [*said, *read, *cells]:
        assert not set(text) & {"\0", "\x1b", "\u202e", "\ud800"}
    assert not any(text.lstrip().startswith(("=", "+", "-", "@")) for text in [*said, *cells])
    assert not any({"\t", "\n", "\r"} & set(text) or text == "" for text in cells)


pieces = st.lists(st.sampled_from([*FORMULA_STARTS, *',;\t\n\r "', "x", "'", "\u00a0", "\x1b"]), max_size=12)


@given(text=st.one_of(pieces.map("".join), st.text(max_size=40)))
@example("Hm;=cmd|'/c calc'!A0;")
def test_no_part_of_a_cell_is_a_formula_wherever_a_spreadsheet_cuts_it(text: str) -> None:
    written = guarded(text)
    assert isinstance(written, str) and guarded(written) == written
    for part in (written, *re.split(r"[,;\t\n]", written)):
        assert not re.sub(r'^[\s"]+', "", part).startswith(FORMULA_STARTS), written
    assert written.replace("'", "") == printable(text).replace("'", ""), "nothing but apostrophes is added"


def test_a_column_that_the_codebook_does_not_know_is_refused(tmp_path: Path) -> None:
    for kind in (CsvTable, ParquetTable):
        with pytest.raises(ValueError, match="nonsense"):
            kind(tmp_path, SCORES).add([{"nonsense": 1}])
