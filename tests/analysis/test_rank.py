"""Ranks are clusters of what is not told apart, never a bare order."""

from dataclasses import replace

from sandbox.analysis.answer import answer
from sandbox.analysis.difference import Difference
from sandbox.analysis.rank import cluster_lines
from sandbox.tui.forest import forest_lines
from tests.analysis.test_answer import STRONG, WIDE, runs


def test_what_is_told_apart_from_the_control_alone_shares_a_cluster_with_the_other_technique():
    (line,) = cluster_lines(answer(runs(STRONG, WIDE)))
    assert line.startswith("Clusters, least distress first")
    assert line.endswith(": [Breathing · Scan]; [Scan · Filler (control)].")


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
    assert "one run, no interval" in "\n".join(forest_lines(answer(runs([-30.0])), 60))
    assert "−30.0" in "\n".join(forest_lines(answer(runs([-30.0] * 4)), 60))
    assert "nan" not in "\n".join(forest_lines(answer(runs([0.0] * 4)), 60))


def test_a_pair_that_never_ran_together_or_has_no_spread_is_unknown_and_not_called_near():
    """A ran with B, B with C, A never with C; A and D differ by the same in all runs."""
    drawn = [answer(runs(STRONG, WIDE)), answer(runs(STRONG, [one + 65 for one in STRONG]))]
    apart = replace(drawn[0], between=(*drawn[0].between, _other(drawn[0].between[0], "Walk", "Scan")))
    third = replace(apart.beyond[1], title="Walk")
    unlinked = replace(apart, beyond=(*apart.beyond, third))
    assert cluster_lines(unlinked) == ("No clusters: Breathing and Walk were not compared.",)
    assert cluster_lines(drawn[1]) == ("No clusters: Breathing and Scan have no interval.",)
    assert not [line for line in drawn[1].lines if "not told apart" in line]
    assert any(
        "65.0 lower: no interval, because the 6 differences are equal" in line for line in drawn[1].lines
    )


def test_too_few_runs_and_unlike_points_make_no_clusters():
    few = answer(runs(STRONG[:4], WIDE[:4]))
    assert cluster_lines(few) == ("No clusters: under 6 runs no two arms can be told apart.",)
    found = answer(runs(STRONG, WIDE))
    unlike = replace(found, between=(replace(found.between[0], at="t3"),))
    assert "unlike points, Breathing and Filler (control) at t1, " in cluster_lines(unlike)[0]


def _other(pair: Difference, title: str, against: str) -> Difference:
    return replace(pair, title=title, against=against)
