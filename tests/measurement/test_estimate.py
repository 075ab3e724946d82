"""Intervals against values worked out by hand."""

import math

import pytest

from sandbox.measurement.estimate import Estimate, cronbach_alpha, mean_estimate, rate_estimate


def test_a_mean_with_student_s_interval():
    # mean 3, sd √2.5, se √0.5, t(4) 2.776445
    found = mean_estimate([1, 2, 3, 4, 5])
    assert found is not None
    assert found.value == 3
    assert found.high == pytest.approx(3 + 2.776445 * math.sqrt(0.5))
    assert found.low == pytest.approx(3 - 2.776445 * math.sqrt(0.5))


def test_one_value_has_no_interval_and_none_no_estimate():
    assert mean_estimate([4]) == Estimate(4, None, None, 1)
    assert mean_estimate([]) is None
    assert mean_estimate([2, 2, 2]) == Estimate(2, 2, 2, 3)


def test_what_is_no_finite_number_is_missing_from_a_mean():
    assert mean_estimate([2, math.nan, 2, math.inf, 2]) == Estimate(2, 2, 2, 3)
    assert mean_estimate([math.nan]) is None


def test_an_interval_ends_where_no_value_can_lie():
    # sizes of 1 and 3: mean 2, se 1, t(1) 12.706
    found = mean_estimate([1, 3], within=(0, 100))
    assert found is not None
    assert (found.value, found.low) == (2, 0)
    assert found.high == pytest.approx(14.7062)


def test_wilson_s_interval_stays_within_nought_and_one():
    none = rate_estimate(0, 10)
    assert none is not None and (none.low, none.value) == (0.0, 0.0)
    # Wilson at 0 of n: z² / (n + z²)
    assert none.high == pytest.approx(1.959964**2 / (10 + 1.959964**2))
    assert rate_estimate(0, 0) is None


def test_alpha_of_items_that_agree_perfectly_is_one():
    assert cronbach_alpha([[(1, 1), (2, 2), (3, 3)]]) == Estimate(1.0, 1.0, 1.0, 3)


def test_alpha_by_hand():
    # items 1,2,3,4 and 2,1,4,3: variances 5/3 each; totals 3,3,7,7: 16/3; alpha = 2 × (1 − (10/3)/(16/3))
    found = cronbach_alpha([[(1, 2), (2, 1), (3, 4), (4, 3)]])
    assert found is not None
    assert found.value == pytest.approx(0.75)
    half = 1.959964 * math.sqrt(2 * 2 / (1 * 2))
    assert found.low == pytest.approx(1 - 0.25 * math.exp(half))
    assert found.high == pytest.approx(1 - 0.25 * math.exp(-half))


@pytest.mark.parametrize("rows", [[], [(1, 2), (2, 1)], [(1,), (2,), (3,)], [(1, 2), (1, 2), (1, 2)]])
def test_alpha_is_not_computed_where_it_means_nothing(rows):
    assert cronbach_alpha([rows]) is None


def test_what_a_state_does_to_all_items_alike_does_not_make_them_go_together():
    # Every combination of two values: independent items, alpha 0; the second state is ten higher in all.
    rows = [(1, 1), (1, 2), (2, 1), (2, 2)]
    higher = [(a + 10, b + 10) for a, b in rows]
    found = cronbach_alpha([rows, higher])
    assert found is not None
    assert found.value == pytest.approx(0)
    # Bonett's interval for 8 rows − 1: ln(1 − α) ± z √(2·2 / (1·5))
    assert found.high == pytest.approx(1 - math.exp(-1.959964 * math.sqrt(4 / 5)))
    assert found.n == 8


def test_the_same_items_in_another_state_have_the_same_alpha():
    rows = [(1, 2), (2, 1), (3, 4), (4, 3)]
    found = cronbach_alpha([rows, [(a + 5, b) for a, b in rows]])
    assert found is not None and found.value == pytest.approx(0.75)


def test_alpha_needs_three_rows_beyond_the_means_of_the_states():
    assert cronbach_alpha([[(1, 2), (2, 1)], [(1, 2)]]) is None
    # Sums alike within each state, but for rounding.
    assert cronbach_alpha([[(0.1, 0.2), (0.2, 0.1), (0.15, 0.15)], [(7.1, 0.2), (7.2, 0.1)]]) is None
