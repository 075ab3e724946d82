"""When a scenario did too little for an effect to mean anything, and in which words that is said."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from sandbox.analysis.answer import answer
from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import compare
from sandbox.analysis.enough import enough
from sandbox.analysis.induction import inductions, small_induction
from sandbox.analysis.trajectory import ScaleName, Trajectory, TrajectoryPoint
from sandbox.engine.phase import Point
from sandbox.export.comparison import comparison_markdown
from sandbox.export.comparison_result import comparison_result
from sandbox.tui.forest import forest_lines
from tests.analysis.compared import BREATHING, DISTRESS, FILLER, session
from tests.documents import plan, scenario


def course(*values: float | None, scale: str = "distress") -> Trajectory:
    points = (Point(0, "baseline"), Point(2, "induction"), Point(3, "technique", 1))
    made = tuple(TrajectoryPoint(point, value) for point, value in zip(points, values, strict=False))
    return Trajectory("probe", "word", scale, made)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (course(12.0, 14.0, 10.0), "the scenario hardly raised it: 12.0 → 14.0"),
        (course(40.0, 20.0, 10.0), "the scenario did not raise it: 40.0 → 20.0"),
        (course(90.0, 85.0, 95.0, scale="calm"), "the scenario hardly lowered it: 90.0 → 85.0"),
        (course(85.0, 90.0, scale="calm"), "the scenario did not lower it: 85.0 → 90.0"),
    ],
)
def test_a_small_induction_is_said_with_its_numbers(found, said):
    small = small_induction(plan(), found)
    assert small is not None and small.clause() == said


@pytest.mark.parametrize(
    "found",
    [
        course(12.0, 22.0, 10.0),
        course(90.0, 60.0, scale="calm"),
        course(12.0, None, 10.0),
        course(None, 14.0),
        course(),
    ],
)
def test_nothing_is_said_of_a_marked_induction_or_of_one_that_cannot_be_known(found):
    assert small_induction(plan(), found) is None


def test_nothing_is_said_of_a_scale_the_plan_does_not_know():
    other: ScaleName = ("elsewhere", "word", "distress")
    assert small_induction(plan(), Trajectory(*other, course(12.0, 14.0).points)) is None


# Over the shared starts


def started(rises: Sequence[float | None], base: float = 2.0, effect: float = -1.0, **fields) -> list[Arm]:
    """A start a rise: a control that stays where the scenario left it, and a technique that moves by `effect`
    beyond it."""
    found = []
    for n, rise in enumerate(rises):
        at = None if rise is None else base + rise
        told = {"trunk": f"{fields.get('scenario', scenario()).id}-{n}", "seed": n, **fields}
        ends = (None, None) if at is None else (at + effect + n / 100, at)
        for arm, end in zip((BREATHING, FILLER), ends, strict=True):
            made = session(f"{arm.id}{told['trunk']}", arm, scores=[base, at, end], **told)
            calm = tuple(
                p._replace(value=None if p.value is None else 100 - p.value) for p in made.courses[0].points
            )
            found.append(replace(made, courses=(*made.courses, Trajectory("probe", "word", "calm", calm))))
    return found


NOTHING = [-0.3, 0.2, -1.0, 1.0, 0.1, -0.5]


@pytest.mark.parametrize(
    ("rises", "base", "verdict", "said"),
    [
        (NOTHING, 2.0, "not induced",
         "Nothing was raised: distress was 2.0 before and 1.9 after the scenario (−0.1 [−0.8, +0.6], 6 runs),"
         " so there was nothing to bring down."),
        ([2.0, 3.0, 2.0, 3.0, 2.0, 3.0], 2.0, "not induced",
         "Hardly anything was raised: distress was 2.0 before and 4.5 after the scenario (+2.5 [+1.9, +3.1],"
         " 6 runs), so there was little to bring down."),
        ([0.0] * 6, 40.0, "not induced",
         "Nothing was raised: distress was 40.0 before and 40.0 after the scenario (±0.0 in each, 6 runs), so"
         " a fall is no relief of what the scenario did."),
        ([40.0, -30.0, 25.0, -20.0, 10.0, 0.0, None], 40.0, "cannot tell",
         "It cannot be told whether the scenario raised distress (it did by a tenth of the scale or more"
         " in 3 of 6 runs): distress was 40.0 before and 44.2 after the scenario (+4.2 [−23.7, +32.0], 6"
         " runs, 1 without both scores left out)."),
        ([60.0, 70.0, 80.0, 65.0, 72.0, 5.0], 2.0, "induced", ""),
        ([0.5], 2.0, "too few runs",
         "Hardly anything was raised in this run: distress was 2.0 before and 2.5 after the scenario, so"
         " there was little to bring down."),
        ([-1.0, 0.5], 2.0, "too few runs",
         "Nothing was raised in any of 2 runs, too few to tell of the scenario: distress was 2.0 before and"
         " 1.8 after the scenario (−0.2 [−9.8, +9.3], 2 runs), so there was nothing to bring down."),
        ([30.0, 0.0, 40.0], 2.0, "too few runs",
         "Too few runs to tell whether the scenario raised distress (it did by a tenth of the scale or more"
         " in 2 of 3 runs): distress was 2.0 before and 25.3 after the scenario (+23.3, 3 runs)."),
        ([30.0, 31.0], 2.0, "too few runs", ""),
        ([None], 2.0, "cannot tell",
         "It is not known whether the scenario raised distress: no run has a score before and after it."),
    ],
)  # fmt: skip
def test_the_interval_says_whether_anything_was_raised(rises, base, verdict, said):
    (found,) = inductions(started(rises, base), DISTRESS)
    assert (found.verdict, found.sentence) == (verdict, said)
    (mirrored,) = inductions(started(rises, base), ("probe", "word", "calm"))
    assert mirrored.verdict == verdict, "where higher is better a fall is what an induction does"
    words = {"raised": "lowered", "bring down": "bring up", "a fall": "a rise"}
    for one, other in words.items():
        assert (one in found.sentence) == (other in mirrored.sentence)


def test_each_scenario_is_judged_by_itself_and_every_face_begins_with_what_was_not_raised(tmp_path):
    queue = scenario().model_copy(update={"id": "queue", "title": "The queue"})
    arms = started([60.0, 70.0, 80.0, 65.0, 72.0, 66.0], effect=-30.0) + started(NOTHING, scenario=queue)
    compared = compare(arms, DISTRESS, pooled=True)
    found = answer(compared)
    raised, not_raised = found.beyond
    assert (raised.said, not_raised.said) == ("lower", "lower, but nothing was raised")
    first, sizes, *told = found.lines
    assert first.startswith("In The queue nothing was raised: distress was 2.0 before and 1.9 after")
    assert "lower], less distress; Breathing, The queue 1.0 lower [1.0 to 1.0 lower]." in sizes
    assert told[0] == "Told apart from Filler (control): Breathing, Dark street."
    assert told[1] == "Told apart from Filler (control), but nothing was raised: Breathing, The queue."
    assert "induction" not in [one.kind for one in compared.remarks], "it is said once"
    page = comparison_markdown(compared)
    assert page.index("nothing was raised") < page.index("Beyond Filler")
    data = json.loads(comparison_result(compared).text())["answer"]
    assert [one["verdict"] for one in data["inductions"]] == ["induced", "not induced"]
    assert [one["said"] for one in data["beyond"]] == [raised.said, not_raised.said]
    assert "Breathing, The queue: lower, but nothing was raised" in " ".join(forest_lines(found, 90))


def test_of_a_calm_state_no_relief_is_said_but_harm_is():
    calm = answer(compare(started(NOTHING), DISTRESS, pooled=True))
    assert calm.lines[0].startswith("Nothing was raised") and "less distress" not in " ".join(calm.lines)
    asked = enough(calm)
    assert asked.startswith("Have I run enough? No number of runs shows relief of what was never raised")
    assert "client. As to harm: " in asked, "which the same runs may show"
    harm = answer(compare(started(NOTHING, effect=30.0), DISTRESS, pooled=True))
    assert harm.beyond[0].said == "higher" and "higher], more distress" in harm.lines[1]
    assert "Told apart from Filler (control): Breathing." in harm.lines
