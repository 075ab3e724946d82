"""Means over several trunks: what is pooled, over how many, and what is said where something is missing."""

from dataclasses import replace

import pytest

from sandbox.analysis.comparison import ComparedPoint, Comparison, compare, worth_pooling
from sandbox.engine.measure import Measure
from sandbox.engine.phase import Point
from sandbox.export.comparison_text import cells, explanation, reasons
from tests.analysis.compared import BREATHING, DISTRESS, FILLER, session
from tests.documents import client, probe, scenario, technique

SCORES = ([8.0, 80.0, 50.0, 20.0], [9.0, 90.0, 55.0, 30.0], [7.0, 70.0, 60.0, 10.0])


def cell(comparison: Comparison, label: str, arm: int) -> ComparedPoint:
    return next(row.cells[arm] for row in comparison.rows if row.label == label)


def runs(**gone: list[float | None]):
    """Three trunks with their controls; `gone` replaces the scores of a session."""
    found = []
    for n, scores in enumerate(SCORES, start=1):
        control = [*scores[:2], scores[2] + 5 * n, scores[3] + 8 + n * n]
        for id, own, chosen in ((f"a{n}", scores, BREATHING), (f"c{n}", control, FILLER)):
            found.append(session(id, chosen, scores=gone.get(id, own), trunk=f"t{n}", seed=n))
    return tuple(found)


@pytest.mark.parametrize("id", ["a2", "c2"])
def test_a_row_adds_up_over_complete_pairs_and_says_how_many(id):
    missing = [9.0, 90.0, 55.0, None]
    found = compare(runs(**{id: missing}), DISTRESS, pooled=True)
    for label, n in (("t1", 3), ("t2", 2)):
        technique_cell, control = cell(found, label, 0), cell(found, label, 1)
        assert technique_cell.difference is not None and technique_cell.difference.mean is not None
        assert technique_cell.change is not None and control.change is not None
        assert technique_cell.change - control.change == pytest.approx(technique_cell.difference.mean)
        assert (technique_cell.changes, control.changes, technique_cell.difference.pairs) == (n, n, n)
    _, rows = cells(found)
    t1, t2 = (next(row for row in rows if row[0] == label) for label in ("t1", "t2"))
    assert not [text for text in t1 if "n=" in text]
    marked = [column for column, text in enumerate(t2) if text.endswith(" n=2")]
    assert marked == ([1, 2, 3, 5] if id == "a2" else [2, 3, 4, 5])


def test_missing_scores_are_counted_at_each_point():
    gone = {"a2": [9.0, 90.0, 55.0, None], "a3": [7.0, 70.0, None, None], "c1": [None, 80.0, 55.0, 30.0]}
    (said,) = [w for w in compare(runs(**gone), DISTRESS, pooled=True).cautions if "missing" in w]
    assert "Breathing 1 of 3 at t1, 2 of 3 at t2; Filler (control) 1 of 3 at baseline." in said
    assert "not be missing at random" in said
    assert not [w for w in compare(runs(), DISTRESS, pooled=True).cautions if "missing" in w]


def test_one_pair_is_said_where_it_is_one_pair():
    found = compare(runs(), DISTRESS, pooled=True)
    assert "one pair" not in explanation(found) and reasons(found) == ()
    gone = {"a2": [9.0, 90.0, 55.0, None], "a3": [7.0, 70.0, 60.0, None]}
    assert reasons(compare(runs(**gone), DISTRESS, pooled=True)) == (
        "Breathing: no interval at t2, because one pair has no interval.",
    )
    assert "one run: no interval" in explanation(compare(runs(), DISTRESS))
    assert "One shared start is one pair" in explanation(compare(runs()[:2], DISTRESS))


def test_many_intervals_are_called_many_and_one_point_is_named_beforehand():
    found = compare(runs(), DISTRESS, pooled=True)
    assert (found.intervals, [arm.primary for arm in found.arms]) == (2, ["t2", ""])
    assert "(t2). There are 2 intervals here" in explanation(found)
    ended = tuple(
        session("e", one.plan.technique, scores=[8.0, 80.0, 50.0, 20.0], end=18.0) for one in runs()[:2]
    )
    ended = (ended[0], replace(ended[1], id="f"))
    assert compare(ended, DISTRESS).arms[0].primary == "end"


def test_an_end_that_was_not_measured_again_is_the_point_that_counts_and_no_second_interval():
    def ended(one):
        (course,) = one.courses
        last = course.points[-1]
        end = last._replace(point=Point(last.point.after_turn, "follow-up"), as_at="t2")
        return replace(one, courses=(replace(course, points=(*course.points, end)),))

    found = compare(tuple(map(ended, runs())), DISTRESS, pooled=True)
    assert (found.arms[0].primary, found.rows[-1].as_at, found.intervals) == ("end", "t2", 2)
    assert "(end, as at t2). There are 2 intervals" in explanation(found)


@pytest.mark.parametrize(
    "changed",
    [
        {"scenario": scenario("It rains.")},
        {"client": client().model_copy(update={"system": "You are old."})},
        {"measures": (Measure(questionnaire=probe().model_copy(update={"ask": "How?"}), way="word"),)},
    ],
)
def test_an_edited_document_under_the_same_id_is_another_one(changed):
    sessions = tuple(
        replace(one, plan=one.plan.model_copy(update=changed)) if one.trunk == "t2" else one for one in runs()
    )
    found = compare(sessions, DISTRESS, pooled=True)
    assert [len(arm.sessions) for arm in found.arms] == [2, 1, 2, 1]
    assert worth_pooling(sessions, DISTRESS)
    assert all("text " in arm.title and "seed" not in arm.title for arm in found.arms), (
        "the difference names it"
    )
    assert any("in 2 versions" in w or "They differ in measures" in w for w in found.cautions)


UNREST = probe().model_copy(update={"id": "unrest"})


@pytest.mark.parametrize(
    ("changed", "arms", "said"),
    [
        ({}, [3, 3], "asked on a copy of the conversation"),
        (
            {"administration": "in_conversation"},
            [2, 1, 2, 1],
            "They differ in measures: probe by word | probe",
        ),
    ],
)
def test_another_questionnaire_beside_parts_arms_only_where_it_can_have_changed_something(
    changed, arms, said
):
    def asked(one):
        more = (Measure(questionnaire=UNREST, way="word"),) if one.trunk == "t2" else ()
        return replace(
            one, plan=one.plan.model_copy(update={**changed, "measures": one.plan.measures + more})
        )

    sessions = tuple(map(asked, runs()))
    found = compare(sessions, DISTRESS, pooled=True)
    assert [len(arm.sessions) for arm in found.arms] == arms
    assert any(said in w for w in found.cautions)
    titles = {arm.title for arm in found.arms if not arm.control}
    assert titles == (
        {"Breathing"}
        if len(arms) == 2
        else {"Breathing, asked probe by word", "Breathing, asked probe by word, unrest by word"}
    )
    if len(arms) == 2:
        other = sessions[2].plan.model_copy(update={"measures": (Measure(questionnaire=UNREST, way="word"),)})
        lost = tuple(replace(s, plan=other, courses=()) if s.id == "a2" else s for s in sessions)
        said = "Breathing: distress (probe, by word) was asked in 2 of 3 runs."
        assert said in compare(lost, DISTRESS, pooled=True).cautions


def test_effects_against_a_control_of_another_length_are_never_in_one_mean():
    pages = technique("One.", "Two.", "Three.", id="filler", family="control")
    cut = pages.model_copy(update={"steps": pages.steps[:2]})
    sessions = tuple(
        replace(one, plan=one.plan.model_copy(update={"technique": pages if one.trunk == "t1" else cut}))
        if one.is_control
        else one
        for one in runs()
    )
    found = compare(sessions, DISTRESS, pooled=True)
    assert [len(arm.sessions) for arm in found.arms] == [1, 2, 1, 2]
    assert [arm.title.partition(", ")[2] for arm in found.arms] == [
        "beside a control of 3 steps", "beside a control of 2 steps", "of 3 steps", "of 2 steps",
    ]  # fmt: skip
    assert any("filler in 2 versions, of 2 and 3 steps" in w for w in found.cautions)
    lost = tuple(one for one in sessions if one.id != "c1")
    assert [len(arm.sessions) for arm in compare(lost, DISTRESS, pooled=True).arms] == [3, 2], (
        "one without its control is no arm of its own"
    )
