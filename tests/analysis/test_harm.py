"""Harm beside benefit: who got worse, by the model's own wavering or, where that is not known, by a tenth."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import compare
from sandbox.analysis.harm import Harm, harm
from sandbox.analysis.reliable_change import reliability
from sandbox.analysis.suitability import Suitability
from sandbox.analysis.trajectory import Trajectory
from sandbox.measurement.validity.verdict import Validity
from sandbox.store.validity import AskedTwice, StoredCheck
from tests.analysis.compared import DISTRESS, FILLER, MODEL, session

WAVERING = ((10.0, 12.0), (50.0, 48.0), (80.0, 83.0), (20.0, 17.0), (60.0, 60.0), (30.0, 32.0))


def check(pairs: tuple[tuple[float, float], ...]) -> StoredCheck:
    return StoredCheck(
        1, datetime.now(UTC), MODEL, "", 3, 1, Validity("probe", "word", "distress", (), "usable", ""),
        asked_twice=(AskedTwice("distress", pairs),),
    )  # fmt: skip


def without_end(one: Arm) -> Arm:
    """The same with the score at the end missing."""
    (course,) = one.courses
    points = (*course.points[:-1], course.points[-1]._replace(value=None, reason="refused"))
    return replace(one, courses=(replace(course, points=points),))


def arms(
    *ends: float | None, known: tuple[tuple[float, float], ...] | None = None, checked: bool = True
) -> list[Arm]:
    """A technique that ended so, run by run, beside a control that stayed where it was, at 50."""
    found = []
    for seed, end in enumerate(ends, 1):
        trunk = f"t{seed}"
        own = session(f"a{seed}", scores=[8.0, 50.0, 50.0], end=end or 0.0, trunk=trunk, seed=seed)
        found += [
            own if end is not None else without_end(own),
            session(f"c{seed}", FILLER, scores=[8.0, 50.0, 50.0], end=50.0, trunk=trunk, seed=seed),
        ]
    if not checked:
        return found
    return [
        replace(one, suitabilities=(Suitability(one.plan.measures[0], "m", check(known) if known else None),))
        for one in found
    ]


def of(sessions: list[Arm]) -> Harm:
    found = harm(compare(sessions, DISTRESS, pooled=True))
    assert found is not None
    return found


def test_without_a_check_a_tenth_of_the_range_counts_and_it_says_how_to_find_out():
    found = of(arms(20.0, 45.0, 75.0, 95.0, None))
    technique = found.arms[0]
    assert (technique.runs, technique.better, technique.unchanged, technique.worse) == (4, 1, 1, 2)
    assert technique.missing == 1 and technique.worst == "a4" and technique.worst_change == 45.0
    assert 2 * technique.worse == technique.runs and not found.reliable and found.least == 10.0
    assert "the worst a4, +45.0" in found.lines[0] and "reliably" not in found.lines[0]
    assert "sandbox check-model m --questionnaire probe:word" in found.lines[-1]
    assert found.short == "Got worse: Breathing 2 of 4 runs (1 without a score)."


def test_with_a_check_a_change_counts_by_the_models_own_wavering():
    found = of(arms(20.0, 45.0, 52.0, 58.0, known=WAVERING))
    own = reliability(WAVERING)
    assert own is not None and found.reliable
    assert found.least == pytest.approx(1.95996 * own.difference_error, abs=1e-3)
    technique = found.arms[0]
    assert 3.0 < found.least < 5.0
    assert (technique.better, technique.unchanged, technique.worse) == (2, 1, 1)
    assert technique.worst == "a4"
    assert "asked the same in other words" in found.basis


@pytest.mark.parametrize("pairs", [WAVERING[:5], ((50.0, 50.0),) * 8])
def test_too_few_pairs_or_a_scale_that_never_moved_lend_no_reliability(pairs):
    found = of(arms(20.0, 45.0, known=pairs))
    assert not found.reliable and "--repeats" in found.basis


def test_the_pooled_formula_gives_the_sd_of_the_differences():
    own = reliability([(a, b) for a, b in WAVERING])
    differences = [b - a for a, b in WAVERING]
    mean = sum(differences) / len(differences)
    spread = (sum((d - mean) ** 2 for d in differences) / (len(differences) - 1)) ** 0.5
    assert own is not None and own.difference_error == pytest.approx(spread)


def test_words_that_get_calmer_while_the_probabilities_get_worse_are_flagged():
    sessions = arms(20.0, 60.0)
    first = sessions[0]
    fallen = [
        point._replace(value=value)
        for point, value in zip(first.courses[0].points, (90.0, 70.0, 60.0, 40.0), strict=True)
    ]
    calm = Trajectory("probe", "word", "calm", tuple(fallen))
    sessions[0] = replace(first, courses=(*first.courses, calm))
    technique = of(sessions).arms[0]
    assert technique.opposed == ("a1",)
    assert technique.opposed_scales == ("calm (probe) fell",)
    assert any(
        "read a1 before you believe the score: in 1 of 2 runs distress got calmer, but calm (probe) fell."
        in line
        for line in of(sessions).lines
    )


def test_one_run_all_missing_and_no_technique_stay_sentences():
    (only, *_, basis) = of(arms(95.0)).lines
    assert (
        only == "Breathing: of 1 run since the scenario 1 rose by 10.0 or more (worse: the worst a1, +45.0)."
    )
    assert basis and of(arms(20.0, 20.0)).lines == (), "of so few no fall is told"
    several = of(arms(20.0, 45.0, 75.0, 20.0, 30.0, 20.0)).lines[0]
    assert (
        "of 6 runs since the scenario 4 fell by 10.0 or more, 1 moved less, 1 rose (worse: 17 %;" in several
    )
    assert "no run has both scores" in of(arms(None, None)).lines[0]


def test_one_scored_run_of_several_keeps_the_others_in_view():
    assert of(arms(20.0, *[None] * 9)).lines[0] == "Breathing: of 10 runs 9 have no score."
