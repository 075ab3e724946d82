"""Effects against values worked out by hand, and what is said when there is nothing to say."""

import random
from dataclasses import replace

import pytest

from sandbox.analysis.effect import (
    Effect,
    change,
    in_words,
    induction_effect,
    last_common_label,
    paired_difference,
    residual,
    technique_effect,
)
from sandbox.analysis.numeral import numeral
from sandbox.analysis.trajectory import Trajectory, TrajectoryPoint, trajectories
from sandbox.engine.history import History, Measured
from sandbox.engine.phase import Phase, Point
from sandbox.measurement.administration import Administration, Score


def points(*values: float | None) -> tuple[Point, ...]:
    """base, ind, then t1, t2, …"""
    phases: list[tuple[Phase, int]] = [("baseline", 0), ("induction", 0)]
    phases += [("technique", number) for number in range(1, len(values) - 1)]
    return tuple(Point(turn, phase, number) for turn, (phase, number) in enumerate(phases))


def course(*values: float | None, scale: str = "distress") -> Trajectory:
    made = (
        TrajectoryPoint(point, value, reason="" if value is not None else "refused")
        for point, value in zip(points(*values), values, strict=False)
    )
    return Trajectory("probe", "word", scale, tuple(made))


BREATHING = course(8.0, 79.0, 50.0, 11.0)
FILLER = course(8.0, 79.0, 60.0, 21.0)


def test_effects_by_hand():
    assert induction_effect(BREATHING).value == 71.0
    assert (change(BREATHING).value, change(BREATHING).at) == (-68.0, "t2")
    assert change(BREATHING, "t1").value == -29.0
    assert residual(BREATHING).value == 3.0
    assert technique_effect(BREATHING, FILLER).value == -10.0
    assert technique_effect(BREATHING, FILLER, "t1").value == -10.0
    assert technique_effect(FILLER, BREATHING).value == 10.0


def test_arms_of_unequal_length_are_compared_where_both_were_measured():
    longer = course(8.0, 79.0, 60.0, 21.0, 5.0)
    effect = technique_effect(BREATHING, longer)
    assert (effect.value, effect.at) == (-10.0, "t2")
    assert last_common_label(BREATHING, course(8.0, 79.0)) is None


def ended(trajectory: Trajectory, after_turn: int, value: float) -> Trajectory:
    """With a last measurement, after that turn."""
    end = TrajectoryPoint(Point(after_turn, "follow-up"), value)
    return replace(trajectory, points=(*trajectory.points, end))


def test_like_points_are_the_same_turn_or_each_arms_own_end():
    shorter, longer = ended(BREATHING, 3, 11.0), ended(course(8.0, 79.0, 60.0, 21.0, 5.0), 4, 5.0)
    at_the_end = technique_effect(shorter, longer)
    assert (at_the_end.value, at_the_end.at) == (6.0, "end")
    assert technique_effect(shorter, longer, "t2").value == -10.0
    stopped = technique_effect(BREATHING, longer)
    assert (stopped.value, stopped.at) == (-10.0, "t2")


def test_what_was_measured_before_an_arm_left_another_says_nothing_of_it():
    left = replace(BREATHING, own_after=3)  # after t2
    for effect in (change(left), residual(left), technique_effect(left, FILLER)):
        assert effect.value is None and "nothing was measured in its own part" in effect.reason
    assert last_common_label(left, FILLER) is None
    assert technique_effect(ended(left, 4, 18.0), ended(FILLER, 3, 18.0)).value == 0.0
    assert change(replace(left, stretches=("induction", "follow-up")), "t2").value == -68.0


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (induction_effect(course()), "nothing was measured after the scenario"),
        (induction_effect(course(None, 79.0)), "the score at baseline is missing (refused)"),
        (change(course(8.0, 79.0)), "nothing was measured once the technique began"),
        (change(BREATHING, "t9"), "nothing was measured at t9"),
        (residual(course(8.0, 79.0, None)), "the score at t1 is missing (refused)"),
        (technique_effect(BREATHING, course(8.0, 79.0)), "under the control nothing was measured once"),
        (technique_effect(BREATHING, ended(course(8.0, 79.0), 4, 5.0)), "no measurement in common"),
        (technique_effect(BREATHING, course(8.0, 70.0, 60.0, 21.0)), "same state"),
        (technique_effect(BREATHING, course(8.0, 79.0, 60.0, None)), "under the control the score at t2"),
        (technique_effect(course(8.0, 79.0, 1.0, None), FILLER), "under the technique the score at t2"),
        (technique_effect(BREATHING, course(8.0, 79.0, 60.0, 21.0, scale="calm")), "measured differently"),
    ],
)
def test_what_is_undefined_says_why(effect, reason):
    assert effect.value is None
    assert reason in effect.reason


def test_an_unreliable_score_makes_the_effect_unreliable():
    weak = TrajectoryPoint(Point(3, "technique", 2), 21.0, reliable=False)
    control = Trajectory("probe", "word", "distress", (*FILLER.points[:3], weak))
    assert not change(control).reliable
    assert not technique_effect(BREATHING, control).reliable
    assert technique_effect(BREATHING, control, "t1").reliable


def given(questionnaire: str, point: Point, **scores: float | None) -> Measured:
    made = tuple(Score(scale, value, 1, 1) for scale, value in scores.items())
    return Measured(point, Administration(questionnaire, "word", (), (), (), made, seed=1))


def test_trajectories_are_read_from_a_history_each_scale_with_its_questionnaire():
    base, ind, t1 = points(0, 0, 0)
    history = History(
        measured=(
            given("probe", base, distress=8.0, calm=90.0),
            given("ratings", base, distress=20.0),
            given("probe", ind, distress=79.0, calm=3.0),
            given("probe", t1, distress=None, calm=40.0),
            given("probe", t1, distress=30.0, calm=41.0),
        )
    )
    found = {(t.questionnaire, t.scale): [p.value for p in t.points] for t in trajectories(history)}
    assert found == {
        ("probe", "distress"): [8.0, 79.0, 30.0],
        ("probe", "calm"): [90.0, 3.0, 41.0],
        ("ratings", "distress"): [20.0],
    }
    assert [p.label for p in trajectories(history)[0].points] == ["base", "ind", "t1"]


class TestPairedDifference:
    def test_the_mean_and_its_interval_by_hand(self):
        result = paired_difference([6.0, 2.0, 1.0, 7.0])
        # s = 2.944, s / √4 = 1.472, t(3) = 3.182
        assert result.mean == 4.0
        assert (result.low, result.high) == pytest.approx((-0.684, 8.684), abs=0.001)

    def test_two_pairs_say_little_and_their_interval_is_wide(self):
        result = paired_difference([-35.0, -25.0])
        assert (result.mean, result.low, result.high) == pytest.approx((-30.0, -93.531, 33.531))

    def test_with_few_pairs_it_holds_the_true_difference_as_often_as_it_says(self):
        drawn = random.Random(1)
        runs = [paired_difference([drawn.gauss(-5, 12) for _ in range(5)]) for _ in range(400)]
        held = [run.low is not None and run.high is not None and run.low <= -5 <= run.high for run in runs]
        assert sum(held) / len(held) >= 0.92

    def test_missing_pairs_are_left_out_and_counted(self):
        result = paired_difference([6.0, None, None])
        assert (result.mean, result.low, result.pairs, result.left_out) == (6.0, None, 1, 2)
        assert paired_difference([None]).reason == "no run has a score under both"

    def test_zero_variance_is_said_and_gives_no_interval(self):
        result = paired_difference([1.0, 0.3 - 0.2 + 0.9, 1.0])
        assert result.mean == pytest.approx(1)
        assert (result.low, result.high) == (None, None)
        assert result.reason == "the 3 differences are equal"


@pytest.mark.parametrize(
    ("value", "higher_is", "said"),
    [
        (-24.84, "more distress", "24.8 lower than under the control: less distress"),
        (24.84, "more distress", "24.8 higher than under the control: more distress"),
        (12.0, "less distress", "12.0 higher than under the control: less distress"),
        (-12.0, "less distress", "12.0 lower than under the control: more distress"),
        (-12.0, "neither", "12.0 lower than under the control"),
        (0.04, "more distress", "the same as under the control"),
        (None, "more distress", ""),
    ],
)
def test_an_effect_in_words_goes_by_the_scales_own_direction(value, higher_is, said):
    assert in_words(Effect(value, "t2"), higher_is) == said


@pytest.mark.parametrize(
    ("value", "plain", "signed", "whole"),
    [
        (24.84, "24.8", "+24.8", "+25"),
        (-24.86, "−24.9", "−24.9", "−25"),
        (-0.04, "0.0", "±0.0", "±0"),
        (0.0, "0.0", "±0.0", "±0"),
        (None, "–", "–", "–"),
    ],
)
def test_a_number_is_written_one_way(value, plain, signed, whole):
    assert numeral(value) == plain
    assert numeral(value, signed=True) == signed
    assert numeral(value, signed=True, decimals=0) == whole
