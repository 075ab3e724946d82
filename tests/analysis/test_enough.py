"""Have I run enough? One line under every answer, that stays true however often somebody looks."""

import json
from dataclasses import replace

import pytest

from sandbox.analysis.answer import answer
from sandbox.analysis.comparison import compare
from sandbox.analysis.enough import enough
from sandbox.export.comparison import comparison_terminal
from sandbox.export.comparison_result import comparison_result
from sandbox.store.progress import Spent
from tests.analysis.compared import DISTRESS
from tests.analysis.test_answer import STRONG, WIDE, runs


def test_strong_effects_are_decided_and_wide_ones_say_what_they_need():
    again = [*STRONG, *STRONG]
    said = enough(answer(runs(again)))
    assert (
        "Yes: decided, however often one looked, for Breathing (at run 7 of 12). Evidence (an e-value)"
        in said
    )
    one_look = "“Told apart” counts for one look"
    assert one_look not in said and one_look in enough(answer(runs(STRONG))), "the e-value is under 20 there"
    said = enough(answer(runs(again, [*WIDE, *WIDE])))
    assert said.startswith("Have I run enough? For some:") and "open for Scan (evidence " in said
    (_, scan), (pair,) = (found := answer(runs(again, [*WIDE, *WIDE]))).beyond, found.between
    assert pair.told_apart and scan.more_runs == (scan.needed or 0) - 12 > 12, (
        "one number, wherever it stands"
    )
    more = f"About {scan.more_runs} more runs would narrow the interval of Scan to about ± 10;"
    assert said.endswith(f"{more} 0 may still lie in it."), "what they take is not in the record"
    sessions = [one for arm in runs(STRONG, WIDE).arms for one in arm.sessions]
    took = [
        replace(one, took={one.id: Spent(calls=40, seconds=60.0), one.trunk: Spent(calls=20, cost=0.5)})
        for one in sessions
    ]
    said = enough(answer(compare(took, DISTRESS, pooled=True)))
    assert (
        "narrow the intervals of Scan and between Breathing and Scan to about ± 10; 0 may still lie in"
        in said
    )
    assert said.endswith(" It takes 136 sessions, about 4,760 calls, about 1.7 h of asking, about $17.00.")


@pytest.mark.parametrize("effects", [[-30.0], [-30.0, -31.0], STRONG[:5]])
def test_under_six_runs_nothing_is_decided(effects):
    found = answer(runs(effects, [one + 60 for one in effects]))
    assert "No: under 6 runs nothing can be decided" in enough(found)
    assert {one.verdict for one in (*found.beyond, *found.between)} == {"too few runs"}
    assert not [line for line in found.lines if "told apart" in line.lower()]
    leaning = [line for line in found.lines if "out 0 is no result yet" in line]
    assert bool(leaning) == (len(effects) > 1)


def test_equal_differences_and_nothing_beside_are_sentences():
    assert "decided, however often one looked, for Breathing" in enough(answer(runs([-30.0] * 8)))
    assert "nan" not in enough(answer(runs([0.0] * 8)))
    assert "Yes: equivalent to Filler (control), within ± 10.0: Breathing." in enough(answer(runs([0.0] * 8)))


def test_an_interval_beyond_what_the_scale_allows_is_called_so():
    wide, close = runs([-70.0, 15.0]), runs(STRONG)
    (first, *_) = answer(wide).lines
    assert first.endswith("Breathing 27.5 lower, too few runs for an interval.")
    shown, told = comparison_terminal(wide), json.loads(comparison_result(wide).text())
    assert "567" not in shown and "no interval at t1, because the runs are too few" in shown
    assert told["answer"]["beyond"][0]["too_wide"] and told["answer"]["beyond"][0]["low"] < -560
    assert "too few runs" not in answer(close).lines[0] + comparison_terminal(close)


def test_equivalence_and_an_interval_as_narrow_as_asked_are_enough():
    near = [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 1.0, 0.0]
    said = enough(answer(runs(near, [one + 9 for one in near])))
    assert said.startswith("Have I run enough? Yes: ") and "Breathing" in said and "more runs" not in said
    small = answer(runs([*near, *near])).lines
    assert "the size is within ±10.0" in "".join(small), "told apart, and hardly anything"
    few = enough(answer(runs([-30.0, -9.0, -2.0], [5.0, 5.0, 5.0])))
    assert "For Scan no number can be said" in few
