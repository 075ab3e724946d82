"""A real person's details in a script are named before a model elsewhere is told them."""

from sandbox.engine.measure import Measure
from sandbox.engine.plan import trunk_and_branches
from sandbox.engine.privacy import leaving_details
from tests.documents import plan, probe, technique


def test_details_are_named_unless_the_model_is_here() -> None:
    told = trunk_and_branches(plan(), (technique("Call me on +49 170 1234567 tonight."),))
    assert "1234567" in leaving_details(told, local=False)
    assert leaving_details(told, local=True) == ""


def test_a_script_without_details_is_not_warned_about() -> None:
    assert leaving_details(trunk_and_branches(plan(), (technique("Breathe."),)), local=False) == ""


def test_details_in_a_questionnaire_are_named_too() -> None:
    asked = probe().model_copy(update={"ask": "Call +49 170 1234567: how do you feel?"})
    heads = trunk_and_branches(plan(measures=(Measure(questionnaire=asked, way="word"),)), (technique(),))
    assert "1234567" in leaving_details(heads, local=False)
