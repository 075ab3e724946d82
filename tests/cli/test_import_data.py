"""Trial data from elsewhere: the same numbers as by hand, never mixed with the record, every doubt named."""

import json
from pathlib import Path

import jsonschema
import pytest

from sandbox.cli.main import run_command_line
from sandbox.library.workspace import create_workspace

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
MAP = """\
by: human
run: person
arm: group
time: when
start: pre
end: post
control: reading
"""
SCORE = "score: anxiety\nrange: [0, 100]\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    create_workspace(tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    return tmp_path / "w"


def trial(effects: list[float], arms: tuple[str, ...] = ("breathing", "reading")) -> str:
    """Everybody begins at 80 and ends at 60 under reading, so far from that under the others."""
    lines = ["person,group,when,anxiety"]
    for n, effect in enumerate(effects):
        for arm in arms:
            end = 60 + (0 if arm == "reading" else effect)
            lines += [f"p{n},{arm},pre,80", f"p{n},{arm},post,{end}"]
    return "\n".join(lines) + "\n"


def imported(place: Path, text: str, told: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    (place / "t.csv").write_text(text, encoding="utf-8")
    (place / "m.yaml").write_text(told, encoding="utf-8")
    code = run_command_line(["import", "data", "t.csv", "--map", "m.yaml"])
    out, err = capsys.readouterr()
    return code, out, err


def test_paired_rows_are_answered_as_sessions_are_and_nothing_is_stored(place, capsys):
    code, out, _ = imported(place, trial([-30, -35, -28, -33, -31, -29]), MAP + SCORE, capsys)
    assert code == 0 and "Data of people, from t.csv: 24 rows. They are not part of the record" in out
    assert "Beyond reading at post, 6 runs: breathing 31.0 lower [" in out
    assert "Told apart from reading: breathing." in out and "Have I run enough?" in out
    assert "0.031" in out  # the sign-flip p of six differences of one sign
    assert run_command_line(["import", "data", "t.csv", "--map", "m.yaml", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    schema = json.loads((SCHEMAS / "data.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(said)
    (beyond,), (moved, _) = said["answer"]["beyond"], said["changes"]
    assert (beyond["runs"], beyond["mean"], beyond["p_holm"]) == (6, -31.0, 0.03125)
    assert said["answer"]["lines"][0] in out and (moved["title"], moved["mean"]) == ("breathing", -51.0)
    assert "simulated" not in said["notice"], "they are people's"
    assert not (place / "sessions" / "sandbox.db").exists()
    umlaut = trial([-30, -35, -28, -33, -31, -29]).replace("p0", "Müller")
    for encoding, cautioned in (("cp1252", True), ("utf-16", False)):
        (place / "t.csv").write_bytes(umlaut.encode(encoding))
        assert run_command_line(["import", "data", "t.csv", "--map", "m.yaml"]) == 0
        read = capsys.readouterr()
        assert read.out == out and ("line 2: it is not UTF-8" in read.err) == cautioned


@pytest.mark.parametrize(
    ("text", "told", "said"),
    [
        (trial([-30, -20]), MAP.replace("control: reading\n", "") + SCORE, "The map names no control"),
        (trial([-30]), MAP + SCORE, "One run has no interval"),
        (trial([0, 0, 0]), MAP + SCORE, "no interval, because the 3 differences are equal"),
        (trial([-30, -20]).replace(",60\n", ",NA\n"), MAP + SCORE, "the rows are not paired"),
    ],
)
def test_what_is_missing_is_a_sentence(place, capsys, text, told, said):
    code, out, _ = imported(place, text, told, capsys)
    assert code == 0 and said in out and "nan" not in out.lower()


def test_a_run_without_a_score_is_named_and_both_tables_are_of_the_same_runs(place, capsys):
    text = trial([-30, -35, -28]).replace("p1,breathing,post,25", "p1,breathing,post,NA")
    code, out, _ = imported(place, text, MAP + SCORE, capsys)
    assert code == 0 and "Left out under breathing, 1 run: p1 (no score at post)." in out
    assert "1 run without a pair is in neither table" in out
    assert [line.split()[:2] for line in out.splitlines() if line.startswith("reading ")] == [
        ["reading", "2"]
    ]


def test_totals_are_counted_again_from_the_items_and_each_disagreement_is_listed(place, capsys):
    items = [f"q{n}" for n in range(1, 8)]
    named = ", ".join(f"{item}: c{n}" for n, item in enumerate(questionnaire_items(), 1))
    told = MAP + f"questionnaire: gad-7\nitems: {{{named}}}\ntotal: total\n"
    head = "person,group,when," + ",".join(f"c{n}" for n in range(1, len(items) + 1)) + ",total\n"
    ones, threes = ",".join("1" * 7), ",".join("3" * 7)
    rows = "".join(
        f"p{n},{arm},pre,{threes},21\np{n},{arm},post,{ones},{total}\n"
        for n, (arm, total) in enumerate([("breathing", 7), ("reading", 9)])
    )
    code, out, err = imported(place, head + rows, told, capsys)
    assert code == 0, err
    assert "1 total is not what the items give" in out
    assert "line 5 (p1, reading, post): the file says 9, its items give 7" in out


def questionnaire_items() -> list[str]:
    from sandbox.library.catalogue import Library
    from sandbox.library.workspace import find_workspace

    return [item.id for item in Library(find_workspace()).questionnaire("gad-7").items]


@pytest.mark.parametrize(
    ("text", "told", "said"),
    [
        (trial([-30]).replace(",50\n", ",often\n").replace(",30\n", ",often\n"), MAP + SCORE, "is no number"),
        (trial([-30]), MAP + "score: mood\nrange: [0, 100]\n", "no column mood"),
        (trial([-30]), MAP + "score: anxiety\n", "range"),
        (trial([-30]) + "p0,reading,pre,70\n", MAP + SCORE, "the same run, arm and time"),
        (trial([-30]), "by: cat\n", "by: “cat” is not allowed here. Allowed: human, model\nthe key “run” is"),
        (trial([-30]).replace(",", ";"), MAP + SCORE, "separated by “;”"),
        (trial([-30]).replace(",", ";").replace(";80", ";80,5"), MAP + SCORE, "Line 2 has more cells"),
        (trial([-30]).replace(",60", ",999"), MAP + SCORE, "Line 5: the score 999 is outside"),
        ("person,group,when,anxiety\n", MAP + SCORE, "no row below its head"),
        (trial([-30]), MAP.replace("end: post", "end: later") + SCORE, "No row is of the time “later”"),
        (trial([-30], ("breathing",)), MAP + SCORE, "No row is of the control “reading”"),
        (trial([-30]), MAP + SCORE.replace("[0, 100]", "[80, 20]"), "reversed: 80 to 20"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(place, capsys, text, told, said):
    code, out, err = imported(place, text, told, capsys)
    assert code == 2 and said in err and not out
