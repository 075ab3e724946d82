"""What a plan itself calls for is remarked on before the run and wherever its scores are read."""

from sandbox.analysis.plan_remark import plan_remarks
from sandbox.analysis.suitability import remarks
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
