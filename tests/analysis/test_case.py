"""One session as a single case: what is phase A, what B, which way is better, what to conclude."""

from dataclasses import replace

import pytest

from sandbox.analysis.case import case
from sandbox.export.case_text import case_text
from tests.analysis.compared import DISTRESS, session


def test_the_technique_is_held_against_what_was_measured_just_before_it():
    found = case(session("a1", scores=[8.0, 80.0, 60.0, 90.0, 30.0]), DISTRESS)
    assert [(phase.name, phase.labels) for phase in found.phases] == [
        ("baseline", ("base",)), ("after the scenario", ("ind",)), ("technique", ("t1", "t2", "t3")),
    ]  # fmt: skip
    assert found.nap is not None and found.nap.value == pytest.approx(2 / 3) and found.nap.error is None
    assert found.tau == pytest.approx(1 / 3) and found.pnd == pytest.approx(2 / 3) and found.p is None
    said = " ".join(found.lines)
    assert "Lower counts as improvement" in said and "Does not meet the What Works Clearinghouse" in said
    assert "Its phases have 1, 1, 3 points, where 5 are asked for" in said and "depend on each other" in said


def test_a_score_given_again_counts_once_and_a_missing_one_not_at_all():
    one = session("a1", scores=[8.0, 80.0, 60.0, None], end=50.0)
    (course,) = one.courses
    again = replace(course, points=(*course.points[:-1], course.points[-1]._replace(as_at="t2")))
    found = case(replace(one, courses=(again,)), DISTRESS)
    assert found.phases[-1].name == "technique" and found.phases[-1].scores == (60.0, None)
    assert found.tau == 1.0
    text = case_text(found)
    assert "–" in text and text.count("●") == 3 and "base" in text


def test_nothing_measured_no_score_and_no_technique_are_sentences():
    empty = case(replace(session("a1", scores=[8.0, 80.0]), courses=()), DISTRESS)
    assert empty.nap is None and "Nothing was measured" in case_text(empty)
    missing = case(session("a1", scores=[8.0, None, None]), DISTRESS)
    assert "No index can be given: a phase has no score." in missing.lines
