"""Comparisons against numbers worked out by hand, and what is said where sessions cannot be compared."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.analysis.arm import Beginning, scales
from sandbox.analysis.comparison import ComparedPoint, Comparison, compare, worth_pooling
from sandbox.analysis.trajectory import Trajectory
from sandbox.engine.guidance import Guidance
from sandbox.engine.history import History, Turn
from sandbox.engine.measure import Measure
from tests.analysis.compared import BREATHING, DISTRESS, FILLER, ITS_CONTROL, ONE, session
from tests.documents import scenario, technique
from tests.measurement.ratings import ranged


def cells(comparison: Comparison, label: str) -> tuple[ComparedPoint, ...]:
    return next(row.cells for row in comparison.rows if row.label == label)


def test_score_change_and_difference_by_hand():
    found = compare((ONE, ITS_CONTROL), DISTRESS)
    assert [row.label for row in found.rows] == ["base", "ind", "t1", "t2", "end"]
    technique, control = cells(found, "t2")
    assert (technique.score, technique.change) == (20.0, -60.0)
    assert (control.score, control.change) == (45.0, -35.0)
    assert technique.difference is not None
    assert technique.difference.mean == -25.0  # −60 − (−35)
    assert control.difference is None and control.change is not None
    assert cells(found, "ind")[0].change is None and cells(found, "ind")[0].difference is None


def test_one_pair_has_no_interval():
    difference = cells(compare((ONE, ITS_CONTROL), DISTRESS), "end")[0].difference
    assert difference is not None
    assert (difference.mean, difference.low, difference.high, difference.pairs) == (-22.0, None, None, 1)
    assert difference.reason == "one pair has no interval"


def test_sessions_measured_in_different_forms_are_not_pooled():
    batch, singly = (
        (Measure(questionnaire=ranged(), way="report", form=form),) for form in ("batch", "per item")
    )
    shuffled = (batch[0].model_copy(update={"shuffled": ("options",)}),)
    first = session("a1", scores=[8.0, 80.0, 50.0], measures=batch)
    for other in (singly, shuffled):
        second = session("a2", scores=[8.0, 80.0, 50.0], trunk="t2", seed=8, measures=other)
        assert not worth_pooling((first, second), ("two", "report", "distress"))
        (said,) = [w for w in compare((first, second), DISTRESS).cautions if "measures" in w]
        assert "two by report | two by report, " in said


TWO = session("a2", scores=[10.0, 90.0, 70.0, 40.0], trunk="t2", seed=8)
ITS_OWN = session("c2", FILLER, scores=[10.0, 90.0, 80.0, 75.0], trunk="t2", seed=8)


def test_sessions_of_several_trunks_are_pooled_with_an_interval_over_the_pairs():
    sessions = (ONE, ITS_CONTROL, TWO, ITS_OWN)
    assert worth_pooling(sessions, DISTRESS)
    found = compare(sessions, DISTRESS, pooled=True)
    assert [(arm.title, len(arm.sessions)) for arm in found.arms] == [
        ("Breathing", 2), ("Filler (control)", 2)
    ]  # fmt: skip
    technique = cells(found, "t2")[0]
    assert (technique.score, technique.change, technique.sessions) == (30.0, -55.0, 2)
    difference = technique.difference
    assert difference is not None and difference.pairs == 2
    assert difference.mean == -30.0  # (−25 + −35) / 2
    assert difference.low == pytest.approx(-93.531)  # t(1) = 12.7062, s / √2 = 5
    assert difference.high == pytest.approx(33.531)


GUIDED = technique(id="talking", delivery="guided")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            {"technique": BREATHING},
            {"technique": technique("Breathe.", id="breathing")},
            "They differ in technique text: breathing in 2 versions, of 1 and 3 steps.",
        ),
        (
            {"technique": GUIDED, "guidance": Guidance(model="small")},
            {"technique": GUIDED, "guidance": Guidance(model="large")},
            "They differ in therapist model: small | large.",
        ),
        (
            {"technique": GUIDED, "guidance": Guidance(model="small")},
            {"technique": GUIDED, "guidance": Guidance(model="small", prompt="Be brief.")},
            "They differ in therapist model: small with 2 prompts.",
        ),
        ({}, {"follow_up": scenario("It rains.")}, "They differ in follow-up: none | dark-street."),
    ],
)
def test_another_script_therapist_or_follow_up_is_another_arm_and_is_warned_of(first, second, said):
    one, other = (
        replace(session, plan=session.plan.model_copy(update=changed))
        for session, changed in ((ONE, first), (TWO, second))
    )
    assert not worth_pooling((one, other), DISTRESS)
    assert said in compare((one, other), DISTRESS, pooled=True).cautions


def test_the_therapist_of_another_arm_is_no_difference():
    one, other = (
        replace(session, plan=session.plan.model_copy(update={"guidance": Guidance(model=model)}))
        for session, model in ((ONE, "small"), (TWO, "large"))
    )
    assert worth_pooling((one, other), DISTRESS)
    assert not [said for said in compare((one, other), DISTRESS, pooled=True).cautions if "differ" in said]


def test_unpooled_each_session_is_compared_with_its_own_trunks_control():
    found = compare((ONE, ITS_CONTROL, TWO, ITS_OWN), DISTRESS)
    assert [arm.title for arm in found.arms] == [
        "Breathing, seed 7", "Breathing, seed 8", "Filler (control), seed 7", "Filler (control), seed 8",
    ]  # fmt: skip
    differences = [cell.difference and cell.difference.mean for cell in cells(found, "t2")]
    assert differences == [-25.0, -35.0, None, None]


def test_two_branches_of_one_trunk_are_two_arms_even_when_pooled():
    again = replace(ONE, id="a9", plan=ONE.plan.model_copy(update={"seed": 99}))
    found = compare((ONE, again, ITS_CONTROL), DISTRESS, pooled=True)
    assert [len(arm.sessions) for arm in found.arms] == [1, 1, 1]


def test_a_control_that_was_run_again_takes_the_place_of_the_one_that_was_stopped():
    stopped = replace(session("c0", FILLER, scores=[8.0, 80.0, 70.0]), state="stopped")
    found = compare((ONE, stopped, ITS_CONTROL), DISTRESS)
    assert [arm.sessions[0].id for arm in found.arms if arm.reference] == ["c1"]
    technique, left, again = cells(found, "t1")
    assert technique.difference is not None and technique.difference.mean == -10.0  # −30 − (−20)
    assert left.difference is None and again.difference is None


def test_a_branch_is_not_credited_with_the_turns_of_the_technique_it_left():
    middle = Beginning("a1", 3, 1, "Breathing")
    talking = replace(
        session("b1", technique(id="talking"), scores=[8.0, 80.0, 50.0, 30.0]), began=middle, trunk="t1"
    )
    found = compare((ONE, talking, ITS_CONTROL), DISTRESS)
    inherited, own = cells(found, "t1")[1], cells(found, "t2")[1]
    assert (inherited.score, inherited.change, inherited.difference) == (50.0, None, None)
    assert own.change == -50.0
    assert own.difference is not None and own.difference.mean is None, "the control began elsewhere"
    assert "began where it did" in own.difference.reason
    said = "Talking left in the middle of Breathing. Up to t1 its rows are those of Breathing."
    assert said in found.cautions

    beside = replace(session("c2", FILLER, scores=[8.0, 80.0, 50.0, 45.0]), began=middle)
    found = compare((ONE, talking, ITS_CONTROL, beside), DISTRESS)
    assert [arm.reference for arm in found.arms] == [False, False, True, True]
    assert [cell.difference and cell.difference.mean for cell in cells(found, "t2")] == [
        -25.0,
        -15.0,
        None,
        None,
    ]


def test_a_missing_score_is_left_out_and_counted():
    refused = session("a2", scores=[10.0, 90.0, 70.0, None], trunk="t2", seed=8)
    found = compare((ONE, ITS_CONTROL, refused, ITS_OWN), DISTRESS, pooled=True)
    technique = cells(found, "t2")[0]
    assert (technique.score, technique.sessions) == (20.0, 1)
    assert technique.difference is not None
    assert (technique.difference.mean, technique.difference.left_out) == (-25.0, 1)


def test_without_a_control_the_first_arm_is_compared_with_and_that_is_said():
    other = session("b1", technique(id="talking"), scores=[8.0, 80.0, 70.0, 50.0])
    found = compare((ONE, other), DISTRESS)
    assert [arm.reference for arm in found.arms] == [True, False]
    difference = cells(found, "t2")[1].difference
    assert difference is not None and difference.mean == 30.0
    assert any("No control" in warning for warning in found.cautions)


def test_a_session_whose_trunk_has_no_control_has_no_difference_and_a_reason():
    found = compare((ONE, ITS_CONTROL, TWO), DISTRESS)
    difference = cells(found, "t2")[1].difference
    assert difference is not None and difference.mean is None
    assert "same state" in difference.reason


def test_a_trunk_told_again_is_not_the_same_induced_state():
    retold = session("a3", scores=[8.0, 60.0, 50.0, 20.0])
    difference = cells(compare((retold, ITS_CONTROL), DISTRESS), "t2")[0].difference
    assert difference is not None and "same state" in difference.reason


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model": "openai/other"}, "They differ in model: scripted | openai/other."),
        ({"scenario": scenario("It rains.")}, "They differ in scenario: dark-street in 2 versions."),
        ({"administration": "in_conversation"}, "They differ in administration: aside | in conversation."),
        ({"measures": ()}, "They differ in measures: probe by word | none."),
    ],
)
def test_sessions_that_differ_in_more_than_the_technique_are_warned_about(changed, said):
    other = replace(TWO, plan=TWO.plan.model_copy(update=changed))
    assert said in compare((ONE, ITS_CONTROL, other, ITS_OWN), DISTRESS).cautions


def test_alike_sessions_draw_no_warning():
    assert compare((ONE, ITS_CONTROL, TWO, ITS_OWN), DISTRESS).cautions == ()


def test_the_same_seed_twice_is_not_two_observations():
    twin = replace(TWO, plan=ONE.plan), replace(ITS_OWN, plan=ITS_CONTROL.plan)
    assert any("Not independent" in w for w in compare((ONE, ITS_CONTROL, *twin), DISTRESS).cautions)


def test_unfinished_unmeasured_and_longer_arms_are_named():
    stopped = replace(ONE, state="stopped", history=History(taken(2)))
    unmeasured = replace(TWO, courses=(), history=History(taken(1)))
    planned = replace(ITS_CONTROL, state="planned")
    warnings = " ".join(compare((stopped, unmeasured, planned), DISTRESS).cautions)
    assert "turns (2: Breathing, seed 7 | 1: Breathing, seed 8)" in warnings, (
        "no turn was taken in the control"
    )
    assert "Breathing, seed 7 is not finished (stopped)." in warnings
    assert "Breathing, seed 8 was not measured with distress" in warnings
    assert "Compare them up to t1:" in warnings


def taken(count: int) -> tuple[Turn, ...]:
    told = (Turn(1, "induction", "scenario", "It is dark.", "I run."),)
    return told + tuple(Turn(2 + n, "technique", "scripted", "Breathe.", "I do.") for n in range(count))


def test_own_words_shift_the_rows_and_that_is_said():
    turns = (
        Turn(3, "technique", "scripted", "Breathe.", "I feel"),
        Turn(4, "technique", "live", "Yes?", "I"),
    )
    spoken = replace(ONE, history=History(turns))
    said = " ".join(compare((spoken, ITS_CONTROL), DISTRESS).cautions)
    assert "own words at t2" in said
    assert "own words" not in " ".join(compare((ONE, ITS_CONTROL), DISTRESS).cautions)


def test_arms_of_unequal_length_are_named_by_the_turns_they_took_not_by_their_script():
    alike = (replace(ONE, history=History(taken(3))), replace(ITS_CONTROL, history=History(taken(3))))
    assert compare(alike, DISTRESS).cautions == ()
    repeated = (replace(ONE, history=History(taken(5))), replace(ITS_CONTROL, history=History(taken(3))))
    (warning,) = compare(repeated, DISTRESS).cautions
    assert "(5: Breathing | 3: Filler (control)). Compare them up to t3:" in warning
    assert "“end” is the last measurement of each arm" in warning
    long = replace(TWO, plan=TWO.plan.model_copy(update={"technique": technique("One.", id="walk")}))
    three = (*repeated, replace(long, history=History(taken(5))))
    (warning, *_) = [one for one in compare(three, DISTRESS).cautions if "technique turns" in one]
    assert "Compare them up to t3:" in warning and warning.count("Breathing") == 1, "each is named once"


def test_trunks_in_which_the_scenario_hardly_raised_the_score_are_warned_about():
    flat = session("a1", scores=[8.0, 17.9, 12.0]), session("c1", FILLER, scores=[8.0, 17.9, 15.0])
    assert compare(flat, DISTRESS).cautions == (), "the answer says it"
    enough = session("a1", scores=[8.0, 18.0, 12.0]), session("c1", FILLER, scores=[8.0, 18.0, 15.0])
    assert compare(enough, DISTRESS).cautions == ()
    raised = [session(f"r{n}", scores=[8.0, 60.0 + n, 12.0], trunk=f"r{n}", seed=n) for n in range(6)]
    said = "In 1 of 7 shared starts the scenario hardly raised distress: there is little for a technique to"
    assert any(one.startswith(said) for one in compare((*flat, *raised), DISTRESS, pooled=True).cautions)


def test_a_control_under_which_the_score_got_worse_is_told_of():
    """On a model of 1.5 B parameters the manual upset the client, and the effect beside it contained that."""
    worse = session("c1", FILLER, scores=[8.0, 50.0, 55.0, 60.0], end=62.0)
    (caution,) = compare((session("a1", scores=[8.0, 50.0, 45.0, 40.0], end=40.0), worse), DISTRESS).cautions
    assert caution.startswith("Under Filler (control) distress got worse, by 12.0.")
    hardly = session("c1", FILLER, scores=[8.0, 50.0, 50.0, 52.0], end=54.0)
    assert compare((session("a1", scores=[8.0, 50.0, 45.0, 40.0], end=40.0), hardly), DISTRESS).cautions == ()


def test_scales_of_all_sessions_with_distress_first():
    calm = Trajectory("probe", "word", "calm", ())
    both = replace(ONE, courses=(calm, *ONE.courses))
    assert scales((both,)) == (DISTRESS, ("probe", "word", "calm"))


def test_a_difference_is_as_unreliable_as_the_scores_that_went_into_it():
    (course,) = ITS_CONTROL.courses
    weak = replace(course, points=(*course.points[:3], course.points[3]._replace(reliable=False)))
    found = compare((ONE, replace(ITS_CONTROL, courses=(weak,))), DISTRESS)
    reliable = [d.reliable for label in ("t1", "t2") if (d := cells(found, label)[0].difference)]
    assert reliable == [True, False]
    assert cells(found, "t2")[0].reliable, "its own score can be relied on"


def test_two_controls_planned_together_give_one_reference_whatever_order_was_drawn():
    manual, talk = technique(id="filler-manual", family="control"), technique(id="chat", family="control")
    found = []
    for seed, order in enumerate([(manual, talk), (talk, manual)] * 2):
        at = {"trunk": f"t{seed}", "seed": seed}
        arms = [session(f"b{seed}", scores=[8.0, 80.0, 40.0], **at)]
        arms += [session(f"{one.id}{seed}", one, scores=[8.0, 80.0, 60.0], **at) for one in order]
        planned = datetime(2026, 1, 1 + seed, tzinfo=UTC)
        found += [replace(arm, place=place, planned=planned) for place, arm in enumerate(arms)]
    references = [arm for arm in compare(found, DISTRESS, pooled=True).arms if arm.reference]
    assert [arm.title for arm in references] == ["Filler-manual (control)"]
