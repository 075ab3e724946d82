"""Statistics against published worked examples, against SciPy, and for what they promise of chance."""

import math
import random
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.analysis.agreement import (
    Metric,
    icc,
    kappa_interval,
    krippendorff_alpha,
    krippendorff_interval,
    weighted_kappa,
)
from sandbox.analysis.paired import (
    bca_interval,
    half_width,
    hedges_gz,
    holm,
    pairs_for_width,
    sign_flip_p,
    student_interval,
    tost_p,
    verdict,
)
from sandbox.analysis.reliable_change import Reliability, classified, counted, reliable_change_index
from sandbox.analysis.sequential import evidence
from sandbox.analysis.single_case import (
    design_standard,
    nap,
    phase_randomisation_p,
    pnd,
    tau,
    tau_bc,
    tau_u,
)
from sandbox.analysis.variance_components import components, error_variance

DIFFERENCES = st.lists(st.floats(-100, 100, allow_nan=False), min_size=2, max_size=12)


class TestPairedDifferences:
    def test_equivalence_is_the_two_one_sided_tests(self) -> None:
        one, other = [4, 7, 8, 6, 3, 2], [6, 8, 7, 10, 11, 9]
        differences = [a - b for a, b in zip(one, other, strict=True)]
        assert tost_p(differences, 0.5) == pytest.approx(0.954854, abs=5e-7)

    def test_sign_flips_are_counted_exactly(self) -> None:
        assert sign_flip_p([1, 2, 3, 4, 5, 6]) == pytest.approx(2 / 64)
        assert sign_flip_p([1, 2, 3, 4, 5]) is None, "five pairs never give a p"

    def test_holm_keeps_order_and_what_is_missing(self) -> None:
        assert holm([0.01, None, 0.04, 0.03]) == pytest.approx((0.03, None, 0.06, 0.06))

    def test_hedges_g_is_the_mean_in_sd_less_its_bias(self) -> None:
        values = [3.0, 5.0, 4.0, 6.0, 2.0]
        m = len(values) - 1
        exact = math.gamma(m / 2) / (math.sqrt(m / 2) * math.gamma((m - 1) / 2))
        assert hedges_gz(values) == pytest.approx(exact * fmean(values) / stdev(values))

    def test_the_bootstrap_is_the_same_every_time_and_near_student(self) -> None:
        drawn = random.Random(1)
        values = [drawn.gauss(10, 3) for _ in range(40)]
        found, student = bca_interval(values), student_interval(values)
        assert found == bca_interval(values)
        assert found is not None and student is not None
        assert found == pytest.approx(student, abs=0.3)

    @given(DIFFERENCES)
    def test_a_verdict_never_says_more_than_its_interval(self, differences: list[float]) -> None:
        said, interval = verdict(differences, 5.0), student_interval(differences)
        if said in ("lower", "higher"):
            assert interval is not None and (interval[1] < 0 if said == "lower" else interval[0] > 0)
        assert (len(differences) < 6) == (said == "too few runs")

    def test_not_told_apart_is_not_equivalent(self) -> None:
        wide, narrow = [-30, 20, 5, -12, 25, -9, 3], [0.2, -0.1, 0.3, -0.2, 0.1, 0.0, -0.3]
        assert verdict(wide, 5.0) == "not told apart"
        assert verdict(narrow, 5.0) == "equivalent"
        assert verdict(narrow) == "not told apart", "without a bound stated before, nothing is equivalent"

    @given(st.floats(0.1, 50), st.floats(0.1, 50))
    def test_the_number_of_pairs_is_the_least_that_is_enough(self, spread: float, within: float) -> None:
        n = pairs_for_width(spread, within)
        assert half_width(spread, n) <= within
        assert n == 2 or half_width(spread, n - 1) > within

    def test_many_pairs_are_bounded_in_memory_and_come_to_student(self) -> None:
        many = [math.sin(n) + 0.03 for n in range(3000)]
        assert bca_interval(many) is None
        p, near = sign_flip_p(many), sign_flip_p(many[:2000])
        assert p is not None and near is not None and 0 < p < 1 and 0 < near < 1


class TestEvidence:
    def test_chance_alone_rarely_decides_whenever_it_is_looked_at(self) -> None:
        drawn = random.Random(7)
        hasty = sum(evidence([drawn.gauss(0, 10) for _ in range(60)], 10).decided for _ in range(400))
        assert hasty / 400 <= 0.05

    def test_an_effect_is_found_and_the_sequence_holds_it(self) -> None:
        drawn = random.Random(3)
        found = evidence([drawn.gauss(-20, 15) for _ in range(40)], 10)
        assert found.decided and found.decided_at is not None and found.decided_at < 40
        assert found.low is not None and found.high is not None and found.low < -20 < found.high < 0

    def test_five_differences_cannot_decide(self) -> None:
        found = evidence([-50.0] * 5, 10)
        assert not found.decided and found.low is None and found.high is None
        assert evidence([-1e9] * 6, 10).decided

    def test_a_size_has_to_be_named(self) -> None:
        with pytest.raises(ValueError, match="above 0"):
            evidence([1.0], 0)


class TestSingleCase:
    A, B = [20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29]

    def test_the_worked_example_of_singlecasees(self) -> None:
        found = nap(self.A, self.B)
        assert found is not None
        assert found.value == pytest.approx(0.9166667)
        assert found.error == pytest.approx(0.069007, abs=5e-7)
        assert pnd(self.A, self.B) == pytest.approx(5 / 7)

    def test_a_trend_before_is_taken_off(self) -> None:
        assert tau([3, 3, 4, 5], [4, 5, 6, 7, 7]) == pytest.approx(0.80)
        assert tau_u([3, 3, 4, 5], [4, 5, 6, 7, 7]) == pytest.approx(0.55)
        assert tau([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) == 1
        assert tau_bc([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) == 0

    @given(
        st.lists(st.integers(0, 100), min_size=1, max_size=8),
        st.lists(st.integers(0, 100), min_size=1, max_size=8),
    )
    def test_what_counts_as_better_turns_every_index_over(self, a: list[int], b: list[int]) -> None:
        mirrored = [-x for x in a], [-x for x in b]
        for index in (tau, tau_u, tau_bc, pnd):
            assert index(a, b, lower_is_better=True) == pytest.approx(index(*mirrored))

    def test_only_a_start_that_might_have_been_drawn_has_a_p(self) -> None:
        assert phase_randomisation_p([1, 1, 1, 9, 9, 9, 9], 3) == pytest.approx(1 / 2)
        assert phase_randomisation_p([1, 1, 9, 9, 9], 2) is None

    def test_three_points_in_two_phases_do_not_meet_the_standard(self) -> None:
        assert design_standard([1, 3]).startswith("Does not meet")
        assert "with reservations" in design_standard([3, 4, 5, 5])
        assert design_standard([5, 5, 5, 5]).startswith("Meets")


class TestReliableChange:
    def test_the_example_of_jacobson_and_truax(self) -> None:
        assert reliable_change_index(47.5, 32.5, Reliability(7.5, 0.88)) == pytest.approx(-4.0825, abs=5e-5)

    def test_each_run_is_one_of_four(self) -> None:
        wavers = Reliability(7.5, 0.88)
        changes = [classified(50, after, wavers) for after in (30.0, 49.0, 70.0, None)]
        assert counted(changes) == {
            "reliably better": 1, "unchanged": 1, "reliably worse": 1, "unknown": 1,
        }  # fmt: skip
        assert classified(50, 70, wavers, lower_is_better=False) == "reliably better"


class TestVariance:
    def test_known_parts_are_found_again(self) -> None:
        """Built of pure effects: the components are those effects' sample variances."""
        technique = {"a": 0.0, "b": 6.0, "c": -6.0}
        scenario = {"x": 1.0, "y": -1.0}
        scores: dict[tuple[str, ...], float] = {
            (t, s, seed): technique[t] + scenario[s] for t in technique for s in scenario for seed in "12"
        }
        found = components(("technique", "scenario", "seed"), scores)
        assert found.raw["technique",] == pytest.approx(36)
        assert found.raw["scenario",] == pytest.approx(2)
        assert found.share(("technique", "scenario")) == pytest.approx(0)

    def test_more_of_what_varies_narrows_most(self) -> None:
        drawn = random.Random(5)
        case = {(t, s): drawn.gauss(0, 10) for t in "abc" for s in "uvwxyz"}
        scores: dict[tuple[str, ...], float] = {
            (t, s, r): case[t, s] + drawn.gauss(0, 2) for t, s in case for r in "12345"
        }
        found = components(("technique", "scenario", "seed"), scores)
        now = error_variance(found, "technique", {})
        assert error_variance(found, "technique", {"scenario": 12}) < 0.7 * now
        assert error_variance(found, "technique", {"seed": 50}) > 0.9 * now

    def test_a_missing_cell_is_refused(self) -> None:
        with pytest.raises(ValueError, match="not complete"):
            components(("t", "s"), {("a", "x"): 1.0, ("a", "y"): 2.0, ("b", "x"): 3.0})


def test_the_six_correlations_of_shrout_and_fleiss() -> None:
    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    found = icc(table)
    assert found is not None
    assert found.one_way == pytest.approx(0.1657, abs=5e-5)
    assert found.agreement == pytest.approx(0.2898, abs=5e-5)
    assert found.consistency == pytest.approx(0.7148, abs=5e-5)
    assert found.agreement_mean == pytest.approx(0.6201, abs=5e-5)
    assert found.consistency_mean == pytest.approx(0.9093, abs=5e-5)
    # psych::ICC in R gives these bounds for the same data.
    assert found.agreement_interval == pytest.approx((0.019, 0.761), abs=5e-4)
    assert found.consistency_interval == pytest.approx((0.342, 0.946), abs=5e-4)


def by_rater(*rows: str) -> list[tuple[float | None, ...]]:
    """Targets × raters, from a line a rater; `*` is no rating."""
    return list(
        zip(*([None if one == "*" else float(one) for one in row.split()] for row in rows), strict=True)
    )


KRIPPENDORFF: dict[str, tuple[list[tuple[float | None, ...]], dict[Metric, float]]] = {
    "three raters, fifteen targets": (
        by_rater(
            "* * * * * 3 4 1 2 1 1 3 3 * 3",
            "1 * 2 1 3 3 4 3 * * * * * * *",
            "* * 2 1 3 4 4 * 2 1 1 3 3 * 4",
        ),
        {"nominal": 0.691, "ordinal": 0.807, "interval": 0.811},
    ),
    "four raters, twelve targets (Krippendorff 2011)": (
        by_rater(
            "1 2 3 3 2 1 4 1 2 * * *",
            "1 2 3 3 2 2 4 1 2 5 * 3",
            "* 3 3 3 2 3 4 2 2 5 1 *",
            "1 2 3 3 2 4 4 1 2 5 1 *",
        ),
        {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849},
    ),
}


@pytest.mark.parametrize("name", KRIPPENDORFF)
def test_krippendorff_s_own_reliability_data(name: str) -> None:
    table, published = KRIPPENDORFF[name]
    for metric, value in published.items():
        assert krippendorff_alpha(table, metric) == pytest.approx(value, abs=5e-4), metric
        low, high = krippendorff_interval(table, metric) or (1, 0)
        assert -1 <= low < value < high <= 1


def test_weighted_kappa_as_worked_out_by_hand() -> None:
    """With two answers it is Cohen's; further apart, a step counts by its square."""
    answers = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    assert weighted_kappa(answers, (0, 1)) == pytest.approx(0.4)
    low, high = kappa_interval(answers, (0, 1)) or (1, 0)
    assert low < 0.4 < high
    four = [(0, 0), (1, 1), (2, 2), (0, 2)]
    assert weighted_kappa(four, (0, 1, 2)) == pytest.approx(1 - 16 / 26)
    of_three = [(*row, row[0]) for row in four]  # the third says what the first does
    assert weighted_kappa(of_three, (0, 1, 2)) == pytest.approx((1 + 2 * (1 - 16 / 26)) / 3)


def test_what_cannot_be_said_of_agreement_is_not_said() -> None:
    alone: list[tuple[float | None, ...]] = [(1, None), (None, 2)]
    assert krippendorff_alpha(alone, "ordinal") is None
    assert weighted_kappa(alone, (1, 2)) is None
    same = [(3.0, 3.0)] * 8
    assert krippendorff_alpha(same, "interval") is None
    assert krippendorff_interval(same, "interval") is None
    assert weighted_kappa(same, (1, 2, 3)) is None and kappa_interval(same, (1, 2, 3)) is None
    assert krippendorff_interval([(1, 2)] * 3 + [(1, 1)] * 2, "nominal") is None, "five targets are too few"
