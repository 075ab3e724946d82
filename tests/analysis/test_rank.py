"""Ranks are clusters of what is not told apart, never a bare order."""

from sandbox.analysis.answer import answer
from sandbox.analysis.rank import cluster_lines, clusters
from sandbox.tui.forest import forest_lines
from tests.analysis.test_answer import STRONG, WIDE, runs


def test_what_is_told_apart_from_the_control_alone_shares_a_cluster_with_the_other_technique():
    found = answer(runs(STRONG, WIDE))
    assert clusters(found) == ((("Breathing", "Scan"), ("Scan", "Filler (control)")),)
    assert cluster_lines(found)[0].startswith("Clusters, least distress first")


def test_nothing_told_apart_is_one_cluster_and_one_run_none():
    assert cluster_lines(answer(runs(WIDE)))[0].startswith("One cluster, none told apart from another: ")
    assert cluster_lines(answer(runs([-30.0]))) == ()


def test_the_plot_fits_and_has_each_effect_with_its_interval_and_verdict():
    lines = list(forest_lines(answer(runs(STRONG, WIDE)), 70))
    assert max(map(len, lines)) <= 70
    assert lines[0].startswith("Breathing: lower (6 runs") and "■" in lines[1] and "□" in lines[3]
    assert "−31.0 [" in lines[1]
    drawn = [line for line in lines if "[−" in line]
    columns = {line.index(sign) for line in drawn for sign in "│┼" if sign in line}
    assert len(columns) == 1, "0 stands in one column"


def test_a_plot_of_one_run_of_nothing_and_of_no_spread_does_not_fail():
    assert "one run has no interval" in "\n".join(forest_lines(answer(runs([-30.0])), 60))
    assert "−30.0" in "\n".join(forest_lines(answer(runs([-30.0] * 4)), 60))
    assert "nan" not in "\n".join(forest_lines(answer(runs([0.0] * 4)), 60))
