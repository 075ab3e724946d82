"""What a transcript says of runs unlike the usual specimen: guided, shuffled, repeated, with a task."""

import re
import shlex

import pytest

from sandbox.analysis.family import Family, gather
from sandbox.cli.run import command as run
from sandbox.engine.branch import branch, redo
from sandbox.engine.events import RunPlanned, StepSkipped, TurnFinished
from sandbox.engine.guidance import Guidance
from sandbox.engine.history import Skip, Turn
from sandbox.engine.measure import Measure
from sandbox.engine.plan import SessionHead
from sandbox.export.archive import archive
from sandbox.export.transcript.contents import transcript_markdown
from sandbox.library.technique import Step, Variant
from sandbox.store.store import Store
from tests.documents import plan, probe, technique
from tests.export.specimen import ratings, score_table
from tests.store.runs import breathing_and_control, record_run

GUIDED = technique("Ask.", "Close.", delivery="guided")
SHUFFLED = Measure(questionnaire=ratings(), way="report", form="per item", shuffled=("options", "labels"))


def family(tmp_path, *turns: Turn, **fields) -> Family:
    trunk = plan(**fields)
    heads = (
        SessionHead(id="trunk111", plan=trunk),
        SessionHead(id="guided11", plan=trunk.model_copy(update={"technique": GUIDED}), parent="trunk111"),
    )
    with Store.open(tmp_path / "sandbox.db") as store:
        store.record(RunPlanned(heads))
        for turn in turns:
            store.record(TurnFinished("trunk111" if turn.phase == "induction" else "guided11", turn))
        return gather(store, "trunk111")


def rerun(page: str) -> dict[str, object]:
    """What `sandbox run` makes of the command in the transcript."""
    (line,) = re.findall(r"^sandbox run (.*)$", page, re.MULTILINE)
    with run.make_context("run", shlex.split(line)) as context:
        return dict(context.params)


def test_the_command_has_the_therapist_and_how_each_questionnaire_is_put(tmp_path):
    measures = (Measure(questionnaire=probe(), way="word", shuffled=("options",)), SHUFFLED)
    again = rerun(
        transcript_markdown(family(tmp_path, guidance=Guidance(model="openai/large"), measures=measures))
    )
    assert again["therapist"] == "openai/large"
    assert again["measures"] == ("probe:word", "ratings:report:per-item")
    assert again["shuffled"] == ("options", "labels")


def test_what_is_as_usual_is_left_out(tmp_path):
    again = rerun(transcript_markdown(family(tmp_path, guidance=Guidance(model="scripted"))))
    assert (again["therapist"], again["shuffled"]) == (None, ())


def test_a_tiny_therapist_is_named_at_the_top_and_in_the_data(tmp_path):
    found = family(tmp_path, guidance=Guidance(model="embedded"))
    assert "> Caution: The therapist model is tiny" in transcript_markdown(found)
    assert archive(found).cautions[0].sentence.startswith("The therapist model is tiny")


@pytest.mark.parametrize(("times", "said"), [(2, "second"), (3, "third"), (10, "tenth")])
def test_a_step_said_again_is_counted_in_words(tmp_path, times, said):
    turn = Turn(2, "technique", "guided", "Ask.", "I wait.", "step-1", times)
    page = transcript_markdown(family(tmp_path, turn, guidance=Guidance(model="m")))
    assert f"#### t1 · step “step-1”, said for the {said} time · in a therapist model's words" in page


def test_the_questions_of_a_task_are_numbered(tmp_path):
    turn = Turn(1, "induction", "scenario", "1022 minus 13?", "No.", "subtract", 2)
    assert "#### s1 · task “subtract”, question 2 · scenario" in transcript_markdown(family(tmp_path, turn))


async def test_sessions_that_the_command_does_not_give_again_are_named(tmp_path):
    with Store.open(tmp_path / "sandbox.db") as store:
        trunk, breathing, control = breathing_and_control()
        await record_run(store, (trunk, breathing, control))
        page = transcript_markdown(gather(store, trunk.id))
        assert "give the same session" in page and "does not give" not in page

        seeded = branch(trunk, None, technique(id="talking"), seed=99)
        middle = branch(breathing, 4, technique(id="talking"))
        early = branch(trunk, 1, technique(id="talking"))
        again = redo(breathing, store.history(breathing.id), 4, seed=98)
        worded = branch(
            trunk, None, technique(Step(id="a", say="A.", variants=(Variant(say="B."),))).worded(1)
        )
        store.record(RunPlanned((seeded, middle, early, again, worded)))
        store.record(StepSkipped(control.id, Skip("step-3", 4, "clinician")))
        page = transcript_markdown(gather(store, trunk.id))
    assert "give the same session" not in page
    for session, said in (
        (seeded, "drawn with seed 99"),
        (middle, f"left from {breathing.id} after t2"),
        (early, f"left from {trunk.id} after s1"),
        (again, f"t2 of {breathing.id} said again; drawn with seed 98"),
        (control, "steps left out by the clinician"),
        (worded, "said in wording 1 of its script, as a study that spreads wordings does"),
    ):
        assert re.search(rf"^- .*, session {session.id}: {said}$", page, re.MULTILINE)
    assert f"session {breathing.id}:" not in page
    assert rerun(page)["techniques"] == ("breathing", "talking", "filler")


async def test_the_end_that_was_not_measured_again_says_where_it_was_and_is_in_every_export(tmp_path):
    heads = breathing_and_control()
    with Store.open(tmp_path / "sandbox.db") as store:
        await record_run(store, heads)
        found = gather(store, heads[0].id)
    page = transcript_markdown(found)
    assert page.count("end, as at t3:") == 2, "once an arm"
    rows = score_table(found)
    for arm in heads[1:]:
        at = {r["point"]: r["value"] for r in rows if (r["session"], r["scale"]) == (arm.id, "distress")}
        assert at["end"] == at["t3"] != ""
