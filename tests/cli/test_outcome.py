"""What a run prints in the end: the main scale of each questionnaire, and what lessens a technique effect."""

import json
from io import StringIO
from pathlib import Path

import pytest

from sandbox.cli import conducting, outcome
from sandbox.cli.outcome import report
from sandbox.engine.measure import THREE, Measure
from sandbox.engine.phase import PHASES, Phase
from sandbox.engine.plan import trunk_and_branches
from sandbox.library.questionnaire import Scale
from sandbox.library.workspace import create_workspace
from sandbox.store.store import Store
from sandbox.study.proposal import Proposal
from tests.documents import plan, probe, technique
from tests.export.specimen import recorded_family
from tests.scripted import ScriptedProvider
from tests.store.runs import record_run

GLOOM = probe("gloom-list").model_copy(
    update={
        "scales": (Scale(id="gloom", items=("fear", "calm"), method="sum", range=(0, 100)),),
        "timeframe": "past two weeks",
    }
)
FILLER = technique("Page one.", "Page two.", id="filler", family="control")


async def printed(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    as_json: bool = False,
    gloom_at: tuple[Phase, ...] = THREE,
) -> str:
    """What is printed of a run that gave the gloom list before the probe, its control shorter."""
    measures = (
        Measure(questionnaire=GLOOM, way="word", phases=gloom_at),
        Measure(questionnaire=probe(), way="word"),
    )
    heads = trunk_and_branches(plan(measures=measures), (technique(), FILLER))
    workspace = create_workspace(folder / "workspace")
    with Store.open(folder / "sandbox.db") as store:
        await record_run(store, heads)
        report(store, workspace, heads[0].id, as_json=as_json)
    return capsys.readouterr().out


async def test_the_main_scale_of_every_questionnaire_is_printed_distress_first(tmp_path, capsys):
    out = await printed(tmp_path, capsys)
    first, second = out.index("Simulated distress (probe"), out.index("Simulated gloom (gloom-list")
    assert first < second
    assert "Simulated calm" not in out, "only the main scale"
    probed, listed = out[first:second], out[second:]
    assert {"baseline", "scenario", "t1", "t2", "t3", "end"} <= set(probed.split())
    assert not {"t1", "t2"} & set(listed[: listed.index("Technique effect of Breathing")].split()), (
        "not given there"
    )
    assert out.count("not a feeling") == 1 and out.count("Negativity of the replies") == 1


async def test_a_questionnaire_about_weeks_given_between_turns_is_remarked_on_here_and_in_the_transcript(
    tmp_path, capsys
):
    said = "asks about “past two weeks” and is given between turns"
    assert said in await printed(tmp_path / "often", capsys, gloom_at=PHASES)
    (transcript,) = (tmp_path / "often" / "workspace" / "sessions").glob("*.md")
    assert said in transcript.read_text(encoding="utf-8")
    assert said not in await printed(tmp_path / "three", capsys)


async def test_where_the_scenario_did_nothing_is_said_once_among_the_cautions(tmp_path, capsys):
    out = await printed(tmp_path, capsys)
    (transcript,) = (tmp_path / "workspace" / "sessions").glob("*.md")
    said = "Nothing was raised in this run: distress was 75.0 before and 75.0 after the scenario, so a fall"
    for text in (out, transcript.read_text(encoding="utf-8")):
        assert text.count(f"Caution: {said}") == 1


async def test_arms_of_unequal_length_are_said_in_words_and_in_json(tmp_path, capsys):
    said = (
        "differ in the number of technique turns (3: Breathing | 2: Filler (control)). Compare them up to t2"
    )
    assert said in await printed(tmp_path / "text", capsys)
    result = json.loads(await printed(tmp_path / "json", capsys, as_json=True))
    assert any(said in remark["sentence"] for remark in result["cautions"])


async def test_the_effect_of_arms_of_unequal_length_is_taken_at_their_own_ends(tmp_path, capsys):
    out = await printed(tmp_path / "text", capsys)
    probed, listed = out.split("Simulated gloom")
    assert (
        "Technique effect of Breathing: ±0.0 at end (±0.0, control ±0.0), the same as under the control ("
        in probed
    )
    assert "Technique effect of Breathing: ±0.0 at end" in listed, "measured at the end alone"
    (transcript,) = (tmp_path / "text" / "workspace" / "sessions").glob("*.md")
    assert "| technique effect | ±0.0 at end |" in transcript.read_text(encoding="utf-8")
    breathing = json.loads(await printed(tmp_path / "json", capsys, as_json=True))["arms"][0]
    effects = {one["scale"]: one["technique"] for one in breathing["trajectories"]}
    assert (effects["distress"]["at"], effects["gloom"]["at"]) == ("end", "end")


def test_after_a_marked_induction_there_is_no_such_caution(tmp_path, capsys):
    with recorded_family(tmp_path) as store:
        report(store, create_workspace(tmp_path / "workspace"), "trunk111", as_json=False)
    assert "was raised" not in capsys.readouterr().out


def test_effects_of_scores_that_cannot_be_relied_on_are_marked(tmp_path, capsys):
    workspace = create_workspace(tmp_path / "workspace")
    with recorded_family(tmp_path) as store:
        report(store, workspace, "trunk111", as_json=False)
        out = capsys.readouterr().out
        report(store, workspace, "trunk111", as_json=True)
    effect = "−30.0 ? at t2 (−50.0 ?, control −20.0), 30.0 lower than under the control: less distress"
    assert f"Technique effect of Breathing: {effect}" in out
    (line,) = [line for line in out.splitlines() if line.startswith("Breathing ") and "80.0" in line]
    assert line.split()[-4:] == ["−50.0", "?", "+22.0", "?"]
    courses = json.loads(capsys.readouterr().out)["arms"][0]["trajectories"]
    reliable = {(c["questionnaire"], c["scale"]): c["technique"]["reliable"] for c in courses}
    assert reliable["probe", "distress"] is False


def test_a_score_that_nothing_measures_is_warned_of_before_the_run(tmp_path, capsys, monkeypatch):
    workspace = create_workspace(tmp_path / "workspace")
    monkeypatch.setenv("SANDBOX_WORKSPACE", str(workspace.root))
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: ScriptedProvider())
    proposal = Proposal(techniques=("decatastrophising",), measures=("phq-9:report",), model="embedded")
    outcome.run_proposal(proposal, quiet=True)
    out, err = capsys.readouterr()
    (line,) = [line for line in err.splitlines() if line.startswith("Caution: “Decatastrophising”")]
    assert "goes by the score of “distress”, and nothing in this session measures that" in line
    assert "Caution: “Decatastrophising”" in out


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stderr", "told"), [(Terminal(), True), (StringIO(), False)])
def test_a_terminal_is_told_that_the_model_starts_until_it_has_answered(
    workspace: Path, stderr: StringIO, told: bool, capsys, monkeypatch
) -> None:
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: ScriptedProvider())
    monkeypatch.setenv("SANDBOX_WORKSPACE", str(workspace))
    monkeypatch.setattr("sys.stderr", stderr)
    outcome.run_proposal(Proposal(control=False, model="embedded"))
    before, _, after = stderr.getvalue().partition("baseline  ")
    assert ("Starting the model …" in before.partition("Running")[0]) == told
    assert "Starting" not in after and "Starting" not in capsys.readouterr().out
