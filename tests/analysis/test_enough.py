"""Have I run enough? One line under every answer, that stays true however often somebody looks."""

import pytest

from sandbox.analysis.answer import answer
from sandbox.analysis.enough import enough, looked_at
from tests.analysis.test_answer import STRONG, WIDE, runs


def test_strong_effects_are_decided_and_wide_ones_say_what_they_need():
    again = [*STRONG, *STRONG]
    said = enough(answer(runs(again)))
    assert "Yes: however often one looked, the evidence has decided for Breathing, at run 7 of 12" in said
    said = enough(answer(runs(again, [*WIDE, *WIDE])))
    assert said.startswith("Have I run enough? For some:") and "it has not decided for Scan" in said
    assert "To know the effect of Scan to ± 10.0 takes about" in said
    (_, scan) = looked_at(answer(runs(again, [*WIDE, *WIDE])))
    assert scan.needed is not None and scan.needed > 12 and not scan.evidence.decided


@pytest.mark.parametrize("effects", [[-30.0], [-30.0, -31.0], STRONG[:5]])
def test_under_six_runs_nothing_is_decided(effects):
    assert "No: under 6 runs nothing can be decided" in enough(answer(runs(effects)))


def test_equal_differences_and_nothing_beside_are_sentences():
    assert "has decided for Breathing" in enough(answer(runs([-30.0] * 8)))
    assert "nan" not in enough(answer(runs([0.0] * 8)))
    assert "Not yet: the evidence has not decided for Breathing, 1.0 after 8 runs" in enough(
        answer(runs([0.0] * 8))
    )


def test_an_interval_beyond_what_the_scale_allows_is_called_so():
    (first, *_) = answer(runs([-70.0, 15.0])).lines
    assert "567.5 lower, wider than the scale]" in first
    (first, *_) = answer(runs(STRONG)).lines
    assert "scale" not in first


def test_each_effect_is_said_only_where_it_holds_for_each():
    near = [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 1.0, 0.0]
    assert "Each effect is known to ± 10.0 or closer." in enough(answer(runs(near, near[::-1])))
    mixed = enough(answer(runs(near, [0.0] * 8)))
    assert "The effect of Breathing is known to ± 10.0 or closer." in mixed and "Each" not in mixed
