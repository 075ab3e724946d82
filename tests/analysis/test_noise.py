"""Where the spread comes from, and what to run next: of a study over several scenarios."""

import math
import random
from itertools import product

import pytest

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import compare
from sandbox.analysis.mixed import mixed
from sandbox.analysis.noise import Noise, noise
from sandbox.analysis.variance_components import Levels, components, error_freedom, error_variance
from sandbox.analysis.wording_share import between
from sandbox.library.technique import Step, Variant
from sandbox.measurement.estimate import t_quantile
from tests.analysis.compared import BREATHING, DISTRESS, FILLER, session
from tests.documents import scenario
from tests.documents import technique as script

STREETS = {n: scenario().model_copy(update={"id": f"street-{n}"}) for n in (1, 2, 3)}
RUNS = (0.0, 1.0, -1.0, 2.0, -2.0)
"""How far single runs lie from what their technique does there."""


def study(effects: dict[int, float], runs: tuple[float, ...] = RUNS) -> list[Arm]:
    """Breathing ends so far below its control in each scenario, give or take what single runs do."""
    found = []
    for place, effect in effects.items():
        for seed, off in enumerate(runs, 1):
            trunk = f"s{place}t{seed}"
            where = {"trunk": trunk, "seed": seed, "scenario": STREETS[place]}
            found += [
                session(f"a{trunk}", BREATHING, scores=[8.0, 80.0, 50.0], end=50.0 + effect + off, **where),
                session(f"c{trunk}", FILLER, scores=[8.0, 80.0, 60.0], end=50.0 - off, **where),
            ]
    return found


def of(arms: list[Arm]) -> Noise | None:
    return noise(compare(arms, DISTRESS, pooled=True))


def test_what_depends_on_the_case_is_said_and_more_cases_are_the_better_buy():
    found = of(study({1: -30.0, 2: 25.0, 3: -2.0}))
    assert found is not None and found.within is not None
    assert dict(found.levels) == {"technique": 2, "scenario": 3, "seed": 5}
    assert found.sources[0].what == "technique × scenario"
    assert any(line.startswith("It depends on the scenario") for line in found.lines)
    within = {one.what: one for one in found.purchases}
    assert within["3 more scenarios"].sessions == within["5 more seeds"].sessions == 45
    assert within["5 more scenarios"].within < within["50 more seeds"].within <= found.within
    assert any("45 sessions more, 3 more scenarios would narrow" in line for line in found.lines)
    assert any("However many seeds were run" in line for line in found.lines)


def test_where_cases_are_alike_more_seeds_do_and_nothing_is_said_of_cases():
    found = of(study({1: -30.0, 2: -30.0, 3: -30.0}))
    assert found is not None
    assert not any("depends on the scenario" in line for line in found.lines)
    assert found.sources[0].what == "technique"


def test_a_run_without_all_arms_is_left_out_and_counted():
    arms = [arm for arm in study({1: -30.0, 2: 25.0, 3: -2.0}) if arm.id != "as2t4"]
    found = of(arms)
    assert found is not None and found.left_out == 3  # as many of each scenario
    assert dict(found.levels)["seed"] == 4


def test_runs_that_make_no_crossed_design_are_taken_apart_by_reml_all_the_same():
    """Of the third scenario one run alone has its control."""
    whole = study({1: -30.0, 2: 25.0, 3: -2.0})
    broken = [arm for arm in whole if arm.trunk[:2] != "s3" or arm.trunk == "s3t1" or arm.id[0] == "a"]
    found = of(broken)
    assert found is not None and not found.reason and found.within is None and not found.purchases
    assert found.sources[0].what == "technique × scenario" and "(by REML, all runs): " in found.lines[0]
    assert any(line.startswith("It depends on the scenario") for line in found.lines)
    assert "it takes every combination of scenario, two runs of each" in found.lines[-1]
    assert found.sources[0].share is not None and found.sources[0].share > 0.7
    few = of([arm for arm in broken if arm.trunk in ("s1t1", "s1t2", "s2t1", "s3t1", "s3t2")])
    assert few is not None and few.reason and not few.sources, "five shared starts"


def test_one_case_a_missing_technique_and_one_run_each_are_sentences():
    assert of(study({1: -30.0})) is None
    alone = of([arm for arm in study({1: -30.0, 2: 25.0}) if not arm.is_control])
    assert alone is not None and "a technique and its control" in alone.lines[0]
    few = of(study({1: -30.0, 2: 25.0}, runs=(0.0,)))
    assert few is not None and few.reason and few.within is None
    same = of(study({1: 0.0, 2: 0.0}, runs=(0.0, 0.0)))
    assert same is not None and same.lines[0] == "Nothing varies: every change is the same."


@pytest.mark.parametrize("cases", [2, 3, 5])
def test_the_interval_over_cases_holds_the_true_difference_as_often_as_it_says(cases):
    """Techniques that do the same on average, and differ by case far more than by run."""
    draw, held = random.Random(cases), 0
    for _ in range(250):
        scores: dict[Levels, float] = {}
        means = {"a": 0.0, "b": 0.0}
        for technique, case in product("ab", range(cases)):
            own = draw.gauss(0, 10)
            for seed in range(3):
                score = own + draw.gauss(0, 3)
                scores[technique, str(case), str(seed)] = score
                means[technique] += score / (3 * cases)
        found = components(("technique", "scenario", "seed"), scores)
        half = t_quantile(error_freedom(found, "technique", {})) * math.sqrt(
            2 * error_variance(found, "technique", {})
        )
        held += abs(means["a"] - means["b"]) <= half
    assert held >= 0.93 * 250


def test_two_cases_are_called_few():
    found = of(study({1: -30.0, 2: 25.0}))
    assert found is not None and any("Two scenarios hardly show" in line for line in found.lines)


# Wording

WORDED = script(
    Step(id="in", say="Breathe in.", variants=(Variant(say="In."), Variant(say="Let air in."))),
    Step(id="out", say="Breathe out.", variants=(Variant(say="Out."),)),
)


def worded_study(effects: dict[int, float], places: tuple[int, ...], runs: int, spread: float) -> list[Arm]:
    """Breathing in its wordings, each of which does so much in every scenario, give or take chance."""
    found, draw = [], random.Random(9)
    for place, (wording, effect), turn in product(places, effects.items(), range(runs)):
        trunk = f"s{place}w{wording}n{turn}"
        where = {"trunk": trunk, "seed": 10 * turn + wording, "scenario": STREETS[place]}
        end = 50.0 + effect + draw.gauss(0, spread)
        said = WORDED.worded(wording)
        found += [
            session(f"a{trunk}", said, scores=[8.0, 80.0, 50.0], end=end, **where),
            session(f"c{trunk}", FILLER, scores=[8.0, 80.0, 60.0], end=50 + draw.gauss(0, spread), **where),
        ]
    return found


def test_what_is_wording_is_a_source_of_its_own_and_its_share_is_said():
    found = of(worded_study({0: -20.0, 1: 0.0, 2: 20.0}, (1, 2), runs=4, spread=2.0))
    assert found is not None and not found.reason
    assert dict(found.levels) == {"technique": 2, "scenario": 2, "wording": 3, "seed": 4}
    assert found.sources[0].what == "technique × wording"
    runs = mixed(
        compare(worded_study({0: -20.0, 1: 0.0, 2: 20.0}, (1, 2), runs=4, spread=2.0), DISTRESS, pooled=True)
    )
    assert max(runs.spread, key=lambda one: one[1])[0] == "wording" and runs.rest < 20
    (share,) = found.wordings
    assert share.share is not None and share.share > 0.95 and share.low is not None and share.low > 0.5
    assert (share.script, share.wordings, share.runs, share.left_out) == ("Breathing", 3, 24, 0)
    assert share.line in found.lines and found.short == (found.lines[0], share.line)
    assert f"is {100 * share.share:.0f} % [" in share.line and "none" not in share.line


def test_wordings_of_one_script_are_one_arm_and_one_case_is_enough():
    arms = worded_study({0: 0.0, 1: 0.0, 2: 0.0}, (1,), runs=4, spread=2.0)
    comparison = compare(arms, DISTRESS, pooled=True)
    assert [(arm.title, len(arm.sessions)) for arm in comparison.arms] == [
        ("Breathing", 12), ("Filler (control)", 12)
    ]  # fmt: skip
    found = noise(comparison)
    assert found is not None and dict(found.levels) == {"technique": 2, "wording": 3, "seed": 4}
    assert found.wordings[0].low == 0 and found.wordings[0].line.endswith("It could be none.")


def test_wordings_of_unequal_number_are_evened_out_and_too_few_are_a_sentence():
    arms = worded_study({0: -20.0, 1: 0.0, 2: 20.0}, (1, 2), runs=3, spread=2.0)
    some = of([arm for arm in arms if not arm.trunk.startswith("s1w2n2")])
    assert some is not None and some.wordings[0].runs == 12 and some.wordings[0].left_out == 5
    assert "Unbalanced: 5 runs left out" in some.wordings[0].line
    few = of(worded_study({0: -20.0, 1: 0.0, 2: 20.0}, (1, 2), runs=1, spread=2.0))
    assert few is not None and "wording" not in dict(few.levels)
    assert "How much the wording of Breathing does cannot be told" in few.lines[-1]
    alike = of(worded_study({0: -20.0, 1: 0.0, 2: 20.0}, (1,), runs=2, spread=0.0))
    assert alike is not None and (alike.wordings[0].share, alike.wordings[0].low) == (1.0, None)


@pytest.mark.parametrize(("cases", "shared"), [(1, True), (3, True), (3, False)])
def test_the_share_found_agrees_with_the_one_put_in_and_its_interval_holds_it(cases, shared):
    """Wording 36 % of the variance: the same effect in every case, or another in each."""
    draw, held, shares, times = random.Random(cases), 0, 0.0, 250
    for _ in range(times):
        effects = [draw.gauss(0, 3) for _ in range(6)]
        groups = [
            [
                [effect + draw.gauss(0, 4) for _ in range(4)]
                for effect in (effects if shared else [draw.gauss(0, 3) for _ in effects])
            ]
            for _ in range(cases)
        ]
        share, low, high = between(groups)
        assert share is not None and low is not None and high is not None
        held += low <= 0.36 <= high
        shares += share / times
    assert held >= 0.93 * times
    assert abs(shares - 0.36) < 0.06
