"""A study's document becomes a plan: every cell once, balanced, and the same session under the same id."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from sandbox.engine.plan import arm_title
from sandbox.errors import SandboxError
from sandbox.library.catalogue import Library
from sandbox.library.document import document_hash
from sandbox.library.study import Study, StudySampling
from sandbox.library.technique import Step, Technique
from sandbox.library.workspace import Workspace
from sandbox.models.pool import ModelPool
from sandbox.study.conductor import Conductor
from sandbox.study.order import balanced_square
from sandbox.study.plan import StudyPlan, heads, plan_hash, session_ids
from sandbox.study.plan_changes import changes
from sandbox.study.planning import planned
from sandbox.workbench.dismantling import dismantle, method_of, taken_apart
from tests.documents import HEAD


@pytest.fixture
def conductor(tmp_path: Path) -> Conductor:
    workspace = Workspace(tmp_path, tmp_path / "sessions")
    return Conductor(workspace, Library(workspace), ModelPool())


def study(**fields) -> Study:
    everything = {
        "scenarios": ("night-attack", "test-results"),
        "techniques": ("mindful-breathing", "cognitive-reappraisal"),
        "repeats": 6,
        **fields,
    }
    return Study(**{"id": "worry", "title": "Worry", **HEAD, **everything})


def ids(plan: StudyPlan) -> set[str]:
    return {id for cell in plan.cells for id in session_ids(plan, cell)}


def test_every_cell_comes_once_with_the_filler_control_cut_to_the_longest_technique(conductor):
    plan = planned(study(), conductor, "r00t")
    assert [cell.number for cell in plan.cells] == list(range(1, 13))
    assert len({(cell.scenario, cell.seed) for cell in plan.cells}) == 12
    trunk, *branches = heads(plan, plan.cells[0])
    assert trunk.plan.technique is None and {head.parent for head in branches} == {trunk.id}
    techniques = {one.id: one for head in branches if (one := head.plan.technique)}
    longest = max(len(one.steps) for id, one in techniques.items() if id != "filler-manual")
    assert len(techniques["filler-manual"].steps) == longest
    assert [head.id for head in (trunk, *branches)] == list(session_ids(plan, plan.cells[0]))
    assert len(ids(plan)) == 12 * 4
    assert StudyPlan.model_validate(plan.model_dump(exclude={"documents", "study", "measures"}) | {
        "documents": plan.documents, "study": plan.study, "measures": plan.measures
    }) == plan  # fmt: skip


def test_arms_and_scenarios_are_balanced_over_time_and_the_same_root_gives_the_same_order(conductor):
    plan = planned(study(), conductor, "r00t")
    again = planned(study(), conductor, "r00t")
    assert plan_hash(again) == plan_hash(plan)
    assert plan_hash(planned(study(), conductor, "other")) != plan_hash(plan)
    blocks = [plan.cells[n : n + 2] for n in range(0, 12, 2)]
    for repeat, block in enumerate(blocks, 1):
        assert {cell.repeat for cell in block} == {repeat} and len({cell.scenario for cell in block}) == 2
    assert len({block[0].scenario for block in blocks}) == 2
    places = Counter((n, arm.technique) for cell in plan.cells for n, arm in enumerate(cell.arms))
    assert set(places.values()) == {4}


@pytest.mark.parametrize("size", range(1, 8))
def test_a_square_has_each_number_at_each_place_and_after_each_other_number_equally_often(size):
    square = balanced_square(size)
    assert len(set(Counter((n, number) for row in square for n, number in enumerate(row)).values())) == 1
    followed = Counter(pair for row in square for pair in pairwise(row))
    assert len(followed) == size * (size - 1) and len(set(followed.values())) <= 1


def test_more_repeats_techniques_and_measures_keep_the_ids_of_what_was_planned_before(conductor):
    first = ids(planned(study(), conductor, "r00t"))
    more = study(
        repeats=8,
        techniques=("mindful-breathing", "cognitive-reappraisal", "grounding-54321"),
        measures=("word-probe", "dass-21:likelihood"),
    )
    later = ids(planned(more, conductor, "r00t", before="x"))
    assert first < later and len(later) == 16 * 5
    assert not first & ids(planned(study(sampling=StudySampling(temperature=0.5)), conductor, "r00t"))
    assert not first & ids(planned(study(), conductor, "other"))


def test_a_measure_that_shapes_what_is_said_makes_another_session(conductor):
    inside = {"administration": "in_conversation"}
    one = ids(planned(study(measures=("word-probe",), **inside), conductor, "r00t"))
    two = ids(planned(study(measures=("word-probe", "dass-21:likelihood"), **inside), conductor, "r00t"))
    assert not one & two


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"techniques": ("mindful-breathin",)}, "did you mean “mindful-breathing”"),
        ({"scenarios": ("night-atack",)}, "did you mean “night-attack”"),
        ({"techniques": ("live-session",)}, "delivered live"),
        ({"repeats": 100_000}, "800,000 sessions"),
        ({"follow_up": "trier-stress-test"}, "it has tasks"),
        ({"measures": ("word-probe:report",)}, "cannot be read by"),
        ({"controls": ("body-scan",)}, "is no control"),
        (
            {"stop": {"scale": "distres", "within": 5, "looks": (4,)}, "measures": ("word-probe",)},
            "did you mean “distress”",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_before_any_call(conductor, fields, said):
    with pytest.raises(SandboxError) as refused:
        planned(study(**fields), conductor, "r00t")
    assert said in str(refused.value)


def test_a_control_that_is_shorter_than_a_technique_is_refused(conductor, tmp_path):
    folder = tmp_path / "techniques"
    folder.mkdir()
    short = Technique(
        id="short", title="Short", family="control", rationale="None.",
        steps=(Step(id="one", say="Wait."),), **HEAD,
    )  # fmt: skip
    (folder / "short.yaml").write_text(yaml.safe_dump(short.model_dump(mode="json", exclude_defaults=True)))
    with pytest.raises(SandboxError, match="“short” has 1 steps, the technique “mindful-breathing” 5"):
        planned(study(controls=("short",)), conductor, "r00t")


def test_every_design_is_planned_and_leaves_the_trunk_where_its_stretches_begin(conductor):
    designs = ("after scenario", "without scenario", "before scenario", "measured again")
    one = study(
        designs=designs, techniques=("mindful-breathing",), repeats=1, sampling=StudySampling(temperature=0.5)
    )
    plan = planned(one, conductor, "r00t")
    trunk, *arms = heads(plan, plan.cells[0])
    assert len(arms) == one.arms == 7 and trunk.plan.sampling.temperature == 0.5
    left = {(arm_title(arm.plan), arm.parent_turn) for arm in arms}
    assert ("Mindful breathing", None) in left and ("Measured again", None) in left
    assert ("Mindful breathing (before the scenario)", 0) in left
    assert ("Mindful breathing (without the scenario)", 0) in left
    assert len(ids(plan)) == 2 * 8


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"techniques": ("mindful-breathing", "mindful-breathing")}, "two techniques or controls"),
        ({"measures": ("word-probe", "word-probe:word@three")}, "two measures of the questionnaire"),
        ({"seeds": (1, 1), "repeats": 1}, "two seeds “1”"),
        ({"seeds": (1, 2)}, "say the same as repeats"),
        ({"caps": {"cost": 0}}, "greater than 0"),
        ({"stop": {"scale": "distress", "within": 5, "looks": (10,)}}, "a look after 10 repeats"),
        ({"stop": {"scale": "distress", "within": 5, "looks": (4, 3)}}, "do not rise"),
    ],
)
def test_what_contradicts_itself_is_no_study(fields, said):
    with pytest.raises(ValidationError, match=said):
        study(**fields)


def test_two_files_of_one_id_are_refused_and_neither_is_chosen(conductor, tmp_path):
    folder = tmp_path / "scenarios"
    folder.mkdir()
    text = conductor.library.path("scenario", "night-attack").read_text(encoding="utf-8")
    for name in ("night-attack.yaml", "copy.yaml"):
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(SandboxError, match="two files have the id “night-attack”: copy"):
        planned(study(), conductor, "r00t")


def test_every_shipped_study_can_be_planned_as_it_stands(conductor):
    for id in conductor.library.ids("study"):
        shipped = conductor.library.study(id)
        plan = planned(shipped, conductor, "r00t")
        assert len(plan.cells) == shipped.trunks and len(ids(plan)) == shipped.trunks * (1 + shipped.arms)


# Wordings

VARIANTS = ({"say": "Stop for a moment, please."}, {"say": "We stop here now."})


def with_variants(conductor: Conductor) -> str:
    """Mindful breathing in the workspace, its first step with variants; what its second step says."""
    folder = conductor.workspace.content("technique")
    folder.mkdir(exist_ok=True)
    shipped = yaml.safe_load(conductor.library.path("technique", "mindful-breathing").read_text("utf-8"))
    shipped["steps"][0]["variants"] = list(VARIANTS)
    (folder / "mindful-breathing.yaml").write_text(yaml.safe_dump(shipped), encoding="utf-8")
    return str(shipped["steps"][1]["say"]).strip()


def wordings_of(plan: StudyPlan) -> dict[tuple[str, int], int]:
    """By scenario and repeat the wording of mindful breathing."""
    return {
        (cell.scenario, cell.repeat): one.wording or 0
        for cell in plan.cells
        for arm in cell.arms
        if isinstance(one := plan.documents[arm.technique or ""], Technique) and one.id == "mindful-breathing"
    }


def test_variants_change_nothing_until_a_study_spreads_them(conductor):
    plain = planned(study(), conductor, "r00t")
    with_variants(conductor)
    assert planned(study(), conductor, "r00t").cells == plain.cells
    spread = planned(study(wordings="spread"), conductor, "r00t")
    assert ids(spread) & ids(plain) and ids(spread) != ids(plain)
    assert [(cell.seed, cell.scenario) for cell in spread.cells] == [
        (cell.seed, cell.scenario) for cell in plain.cells
    ]
    with pytest.raises(SandboxError, match="has variants to spread"):
        planned(study(techniques=("body-scan",), wordings="spread"), conductor, "r00t")


def test_wordings_are_spread_evenly_and_the_others_say_what_they_always_say(conductor):
    second_step = with_variants(conductor)
    plan = planned(study(wordings="spread"), conductor, "r00t")
    found = wordings_of(plan)
    assert found == wordings_of(planned(study(wordings="spread"), conductor, "r00t"))
    assert found != wordings_of(planned(study(wordings="spread"), conductor, "other"))
    by_scenario = Counter((scenario, wording) for (scenario, _), wording in found.items())
    assert set(by_scenario.values()) == {2} and len(by_scenario) == 6
    assert changes(planned(study(), conductor, "r00t"), plan) == ("wordings: base → spread",)
    more = wordings_of(planned(study(wordings="spread", repeats=9), conductor, "r00t"))
    assert found.items() <= more.items(), "repeats that are added keep what was planned"
    texts = [one for one in plan.documents.values() if isinstance(one, Technique)]
    assert Counter(one.id for one in texts) == {
        "mindful-breathing": 3, "cognitive-reappraisal": 1, "filler-manual": 1
    }  # fmt: skip
    base, first, second = sorted(
        (one for one in texts if one.id == "mindful-breathing"), key=lambda one: one.wording or 0
    )
    assert base == conductor.library.technique("mindful-breathing").worded()
    assert [one.steps[0].say for one in (first, second)] == [one["say"] for one in VARIANTS]
    assert first.steps[1:] == base.steps[1:] and first.steps[1].say == second_step
    assert {first.derived_from, second.derived_from} == {document_hash(base)}


def test_in_a_dismantling_every_arm_of_a_start_says_a_step_in_the_same_words(conductor):
    with_variants(conductor)
    whole = conductor.library.technique("mindful-breathing")
    arms = dismantle(whole, conductor.library.default_control(), "each left out")
    made = {arm.technique.id: arm.technique for arm in arms}
    conductor.library = conductor.library.with_techniques(made)
    source = HEAD["source"].model_copy(update={"method": method_of("left-out", "filler")})
    plan = planned(study(techniques=tuple(made), wordings="spread", source=source), conductor, "r00t")
    first = whole.steps[0].id
    said = {
        cell.number: {
            step.say
            for arm in cell.arms
            if isinstance(one := plan.documents[arm.technique or ""], Technique)
            for step in one.steps
            if step.id == first
        }
        for cell in plan.cells
    }
    assert all(len(words) == 1 for words in said.values()) and len(set.union(*said.values())) == 3
    apart = taken_apart(plan)
    assert apart is not None and {arm.note for arm in apart.arms} == {arm.note for arm in arms}


def test_a_plan_that_knows_of_no_wordings_is_read_and_runs_the_same_sessions(conductor):
    plan = planned(study(), conductor, "r00t")
    kept = plan.model_dump(exclude={"documents", "measures"})
    assert kept["study"].pop("wordings") == "base"
    documents = {}
    for hash, one in plan.documents.items():
        if isinstance(one, Technique):
            steps = tuple(step.model_dump(exclude={"variants"}) for step in one.steps)
            earlier = Technique.model_validate({**one.model_dump(exclude={"wording"}), "steps": steps})
            assert document_hash(earlier) == hash
        documents[hash] = one
    read = StudyPlan.model_validate({**kept, "documents": documents, "measures": plan.measures})
    assert read == plan and ids(read) == ids(plan)
