"""What a plan itself calls for is remarked on before the run and wherever its scores are read."""

from sandbox.analysis.plan_remark import plan_remarks
from sandbox.analysis.suitability import remarks
from sandbox.library.technique import Repeat, Step
from sandbox.models.provider import ModelDescription
from tests.documents import plan, scenario, technique

MODEL = ModelDescription("embedded", "Embedded")


def test_a_follow_up_that_is_meant_to_upset_is_remarked_on():
    upset = plan(technique=technique(), follow_up=scenario("Somebody follows you.", affect="fear"))
    (remark,) = plan_remarks(upset)
    assert "“Dark street”" in remark and "fear" in remark and "at the end" in remark
    assert remark in remarks(upset, MODEL, ())


def test_a_neutral_one_is_not_nor_is_the_trunk_that_never_tells_it():
    assert plan_remarks(plan(technique=technique(), follow_up=scenario("A kettle.", affect="none"))) == ()
    assert plan_remarks(plan(follow_up=scenario("Somebody follows you."))) == ()


def test_a_technique_that_goes_by_a_score_nothing_measures_is_remarked_on():
    steps = (
        Step(id="high", say="Stay.", when="score('worry') > 60"),
        Step(id="low", say="Again.", repeat=Repeat(until="score('distress') < 20", at_most=3)),
        Step(id="say", say="It was {{ score('gloom') }}."),
    )
    (remark,) = plan_remarks(plan(technique=technique(*steps)))
    assert "“Breathing”" in remark and "“worry” and “gloom”" in remark
    assert "distress" not in remark, "the probe measures it"
    assert remark in remarks(plan(technique=technique(*steps)), MODEL, ())


def test_a_recorded_condition_that_would_be_refused_now_stops_no_reader():
    odd = technique(Step(id="odd", say="Stay.", when="open('x')"))
    assert plan_remarks(plan(technique=odd)) == ()
