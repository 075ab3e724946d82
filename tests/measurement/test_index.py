"""An index is judged by its whole interval: what few repeats leave open is not called good."""

import pytest

from sandbox.measurement.estimate import Estimate
from sandbox.measurement.validity.index import judged_alpha, judged_rate, judged_shift, judged_size


@pytest.mark.parametrize(
    ("low", "value", "high", "judgement"),
    [
        (-1, 1, 3, "good"),
        (-4.9, 0, 4.9, "good"),
        (-25, 30, 85, "unknown"),
        (-85, -30, 25, "unknown"),
        (4, 30, 56, "unknown"),
        (6, 10, 14, "with care"),
        (-14, -10, -6, "with care"),
        (6, 20, 34, "bad"),
        (-34, -20, -6, "bad"),
    ],
)
def test_a_shift_is_good_only_if_all_of_its_interval_is_and_bad_either_way(low, value, high, judgement):
    assert judged_shift(Estimate(value, low, high, 3)) == judgement


@pytest.mark.parametrize(
    ("low", "value", "high", "judgement"),
    [(-30, -2, 4, "good"), (0, 3, 6, "unknown"), (5.5, 7, 9, "with care"), (10, 16, 22, "bad")],
)
def test_a_size_has_one_bad_end(low, value, high, judgement):
    assert judged_size(Estimate(value, low, high, 8)) == judgement


@pytest.mark.parametrize(("value", "judgement"), [(4, "good"), (-4, "good"), (-8, "with care"), (20, "bad")])
def test_one_case_tells_only_where_it_is_all_there_is(value, judgement):
    alone = Estimate(value, None, None, 1)
    assert judged_shift(alone) == "unknown"
    assert judged_shift(alone, exact=True) == judgement
    assert judged_shift(None, exact=True) == "unknown"


def test_a_rate_is_judged_by_what_was_seen():
    assert [judged_rate(Estimate(v, 0, 1, 3), (0.05, 0.2)) for v in (0.05, 0.1, 0.3)] == [
        "good", "with care", "bad",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("low", "value", "high", "judgement"),
    [
        (0.71, 0.8, 0.9, "good"),
        (0.24, 0.86, 0.98, "unknown"),
        (0.2, 0.6, 0.69, "with care"),
        (-2, 0.1, 0.6, "bad"),
        (None, 0.9, None, "unknown"),
    ],
)
def test_alpha_is_judged_only_where_its_interval_does_not_hold_the_bound(low, value, high, judgement):
    assert judged_alpha(Estimate(value, low, high, 8)) == judgement
    assert judged_alpha(None) == "unknown"
