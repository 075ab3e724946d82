"""A questionnaire about weeks, given between turns, is warned about wherever remarks are shown."""

from sandbox.analysis.suitability import remarks
from sandbox.analysis.timeframe import timeframe_remark
from sandbox.engine.plan import Measure
from sandbox.engine.written_measure import THREE
from sandbox.models.provider import ModelDescription
from tests.documents import plan, probe

ABOUT_WEEKS = probe().model_copy(update={"timeframe": "past two weeks"})
MODEL = ModelDescription("embedded", "Embedded")


def test_between_turns_it_is_warned_about_with_what_it_asks_about():
    remark = timeframe_remark(Measure(questionnaire=ABOUT_WEEKS, way="word"))
    assert "“Probe” asks about “past two weeks”" in remark and "between turns" in remark


def test_before_and_after_it_is_not_nor_is_what_asks_about_right_now():
    assert timeframe_remark(Measure(questionnaire=ABOUT_WEEKS, way="word", phases=THREE)) == ""
    assert timeframe_remark(Measure(questionnaire=probe(), way="word")) == ""


def test_the_warning_is_among_the_remarks_on_a_plan():
    measured = plan(model="embedded", measures=(Measure(questionnaire=ABOUT_WEEKS, way="word"),))
    assert any("past two weeks" in remark for remark in remarks(measured, MODEL, ()))
