"""The answer in sentences: it says who did better, by how much and how sure, and never more than that."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.analysis.answer import answer
from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import Comparison, compare
from sandbox.analysis.enough import enough
from sandbox.analysis.numeral import numeral
from sandbox.export.comparison import comparison_markdown, comparison_terminal
from sandbox.export.comparison_result import comparison_result
from tests.analysis.compared import BREATHING, DISTRESS, FILLER, session
from tests.documents import plan, technique

SCAN = technique(id="scan")


def runs(breathing: list[float], scan: list[float] | None = None) -> Comparison:
    """Trunks in which the control falls from 80 to 50, and the techniques by that much more than it."""
    found = []
    for n, effect in enumerate(breathing):
        found.append(session(f"a{n}", scores=[8.0, 80.0, 50.0 + effect], trunk=f"t{n}", seed=n))
        found.append(session(f"c{n}", FILLER, scores=[8.0, 80.0, 50.0], trunk=f"t{n}", seed=n))
        if scan is not None:
            found.append(session(f"s{n}", SCAN, scores=[8.0, 80.0, 50.0 + scan[n]], trunk=f"t{n}", seed=n))
    return compare(found, DISTRESS, pooled=True)


STRONG = [-30.0, -35.0, -28.0, -33.0, -31.0, -29.0]
WIDE = [-40.0, 25.0, -30.0, 28.0, -20.0, 10.0]


def test_told_apart_is_said_with_size_interval_and_direction():
    first, second = answer(runs(STRONG)).lines
    assert first.startswith("Beyond Filler (control) at t1, 6 runs: Breathing 31.0 lower [")
    assert first.endswith("lower], less distress.")
    assert second == "Told apart from Filler (control): Breathing."


def test_what_is_not_told_apart_is_called_chance_with_what_more_runs_would_do():
    sizes, told, unsure, between = answer(runs(STRONG, WIDE)).lines
    assert "higher to" in sizes and told == "Told apart from Filler (control): Breathing."
    assert unsure == "Scan is not told apart from Filler (control): this could be chance."
    assert (
        between.startswith("Breathing against Scan at t1, 6 runs: 26.5 lower [")
        and ": not told apart." in between
    )


def test_the_same_as_the_control_is_equivalent_only_within_the_bound():
    small = [0.3, -0.2, 0.1, -0.1, 0.2, -0.3]
    assert "Equivalent to Filler (control), within ±" in answer(runs(small)).lines[1]
    assert "could be chance" in answer(runs(WIDE)).lines[1]
    assert "Not decided" in answer(runs(small[:5])).lines[1], "five runs are too few to call it equivalent"


def test_one_run_says_that_it_is_one():
    found = runs([-30.0])
    lines = answer(found).lines
    assert lines[0] == "Beyond Filler (control) at t1, 1 run: Breathing 30.0 lower."
    assert lines[1].startswith("One run has no interval")
    waits = replace(session("s1", SCAN, scores=[8.0, 80.0], trunk="t0"), state="planned")
    sessions = [one for arm in found.arms for one in arm.sessions]
    first = answer(compare([*sessions, waits], DISTRESS)).lines[0]
    assert first == f"Interim, not every arm has ended: {lines[0]}"


def test_of_many_techniques_only_what_is_told_apart_is_named():
    found = []
    for n, strong in enumerate(STRONG):
        found.append(session(f"c{n}", FILLER, scores=[8.0, 80.0, 50.0], trunk=f"t{n}", seed=n))
        for place, effect in enumerate([strong, WIDE[n], -WIDE[n], WIDE[-n], WIDE[n] / 2]):
            chosen = technique(id=f"method-{place}")
            scores = [8.0, 80.0, 50.0 + effect]
            found.append(session(f"{place}-{n}", chosen, scores=scores, trunk=f"t{n}", seed=n))
    lines = answer(compare(found, DISTRESS, pooled=True)).lines
    assert len(lines) == 6
    assert lines[2].startswith("Not told apart from Filler (control), this could be chance: Method-1; ")
    assert lines[3].startswith("Method-0 against Method-1 at t1, 6 runs: 26.5 lower ["), "the two lowest lead"
    assert lines[4].startswith("Method-0 against Method-3 at t1"), "which is as low as Method-1"
    assert lines[5].startswith("Also told apart from each other: Method-0 was 35.5 lower than Method-2")


def test_equal_differences_have_no_interval_and_are_not_called_chance():
    lines = answer(runs([-30.0] * 4)).lines
    assert lines[1] == "Breathing: no interval, because the 4 differences are equal."
    assert not [line for line in lines if "chance" in line]


def test_techniques_of_unequal_length_are_compared_where_both_still_are():
    arms = []
    for n in range(6):
        arms.append(session(f"a{n}", scores=[8.0, 80.0, 40.0 + n], trunk=f"t{n}"))
        arms.append(session(f"s{n}", SCAN, scores=[8.0, 80.0, 60.0 - n, 30.0, 10.0], trunk=f"t{n}"))
        arms.append(session(f"c{n}", FILLER, scores=[8.0, 80.0, 50.0, 50.0, 50.0], trunk=f"t{n}"))
    found = answer(compare(arms, DISTRESS, pooled=True))
    (line,) = [line for line in found.lines if line.startswith("Breathing against Scan at t1, 6 runs: ")]
    assert line.endswith(" lower], less distress: told apart.")


def test_nothing_to_compare_with_gives_no_answer():
    alone = [session(f"a{n}", scores=[8.0, 80.0, None], trunk=f"t{n}", seed=n) for n in range(3)]
    assert answer(compare(alone, DISTRESS, pooled=True)).lines == ()


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=9))
def test_a_sentence_never_says_more_than_its_interval(effects):
    found = answer(runs(effects))
    (one,) = found.beyond
    low, high = one.paired.low, one.paired.high
    told = [line for line in found.lines if line.startswith("Told apart")]
    leaves_out = low is not None and high is not None and not low <= 0 <= high
    assert bool(told) == (leaves_out and len(effects) >= 6)


def test_every_face_says_the_same():
    found = runs(STRONG, WIDE)
    lines = answer(found).lines
    said = json.loads(comparison_result(found).text())["answer"]
    assert tuple(said["lines"]) == lines
    assert all(line in comparison_terminal(found) for line in lines)
    assert numeral(abs(said["beyond"][0]["mean"])) in lines[0]
    assert "31.0 lower" in comparison_markdown(found)
    breathing = said["beyond"][0]
    assert breathing["p"] == pytest.approx(2 / 2**6) and breathing["verdict"] == "lower"
    assert said["beyond"][1]["p_holm"] >= said["beyond"][1]["p"]
    assert BREATHING.title == breathing["title"]


def test_few_runs_are_not_decided_and_never_fewer_than_six_are_advised():
    two, three = answer(runs([-70.0, 15.0])), answer(runs([-30.0, -29.0, -31.0]))
    assert two.lines[1] == "Not decided, under 6 runs: Breathing."
    assert three.lines[1].endswith("Breathing. That its interval leaves out 0 is no result yet.")
    assert three.beyond[0].more_runs == 3 and two.beyond[0].more_runs is None


def starts(count: int, *arms, scores=(8.0, 80.0), **fields) -> list[Arm]:
    """A shared start each, with the last scores of these arms: a function of the start's number, or None."""
    found = []
    for n in range(count):
        told = {"trunk": f"{fields.get('scenario', plan().scenario).id}{n}", "seed": n, **fields}
        for chosen, end in arms:
            found.append(session(f"{chosen.id}{told['trunk']}", chosen, scores=[*scores, end(n)], **told))
    return found


def said(*arms: Arm) -> str:
    return "\n".join(answer(compare(arms, DISTRESS, pooled=True)).lines)


def test_what_is_missing_is_said_as_missing_and_of_how_many():
    low, blank, half = (lambda n: 30.0 + n), (lambda _: None), (lambda n: 45.0 + n * n if n < 6 else None)
    filler = (FILLER, lambda n: 50.0 - n)
    arms = starts(8, (BREATHING, low), (SCAN, blank), (technique(id="walk"), half), filler)
    found = answer(compare(arms, DISTRESS, pooled=True))
    first, second, third = found.lines[:3]
    assert "at t1, 8 runs: Breathing" in first and "at t1, 6 of 8 runs: Walk" in second
    assert third == "Scan: no difference, because under the technique the score at t1 is missing."
    assert "nothing is known of Scan" in enough(found) and " Yes:" not in enough(found)
    alone = said(*starts(6, (BREATHING, low), (SCAN, lambda n: 60.0 - n)))
    assert alone.startswith("There is no control. Against Breathing at t1, 6 runs: Scan ")
    assert said(*starts(6, (BREATHING, low), (FILLER, blank))) == (
        "Breathing: no difference, because under the control the score at t1 is missing."
    )


def test_harm_stands_apart_from_help_and_a_technique_that_goes_both_ways_is_named():
    low, high, same = (lambda n: 30.0 + n), (lambda n: 75.0 + n), (lambda n: 50.0 - n / 2)
    worse = technique(id="dismissive")
    helped = said(*starts(7, (BREATHING, low), (worse, high), (FILLER, same)))
    assert "Told apart from Filler (control), with more distress: Dismissive." in helped
    assert "Told apart from Filler (control), with less distress: Breathing." in helped
    queue = plan().scenario.model_copy(update={"id": "queue", "title": "The queue"})
    both = said(
        *starts(7, (BREATHING, low), (FILLER, same)),
        *starts(7, (BREATHING, high), (FILLER, same), scenario=queue),
    )
    assert (
        "Breathing goes both ways, so no one sentence holds for it: Breathing, Dark street lower; Breathing,"
        " The queue higher." in both
    )


def test_of_several_looked_at_together_one_by_chance_is_taken_back():
    """Student's p of 0.03 among five: the interval leaves out 0, Holm's 0.15 is told."""
    chance = [-9.0, 1.0, -14.0, -3.0, -2.0, -12.0]
    others = [(technique(id=f"method-{k}"), lambda n, k=k: 50.0 + (-1) ** n * (k + 2.0)) for k in range(4)]
    found = said(*starts(6, (BREATHING, lambda n: 50.0 + chance[n]), *others, (FILLER, lambda _: 50.0)))
    assert "Told apart from Filler (control): Breathing." in found
    assert "Of 5 looked at together (Holm) no longer told apart: Breathing." in found
