"""Dismantling: which arms are made of a script, and that known effects of its steps are found again."""

import random
from collections import Counter
from functools import cache
from itertools import combinations

import pytest

from sandbox.analysis.dismantling import (
    Scores,
    Starts,
    alone_each,
    pair_effects,
    smallest_script,
    starts_of,
    step_effects,
    without_each,
)
from sandbox.analysis.effect import PairedDifference
from sandbox.errors import UsageError
from sandbox.library.document import document_hash, is_id
from sandbox.library.technique import Repeat, Step, Technique, Variant
from sandbox.workbench.dismantling import dismantle
from tests.analysis.compared import DISTRESS, session
from tests.documents import technique

IDS = ("one", "two", "three", "four", "five")
WORDS = (12, 30, 8, 21, 16)


def script(count: int = 5) -> Technique:
    steps = tuple(
        Step(id=id, say=f"{id.capitalize()}: " + "breathe " * (words - 1))
        for id, words in zip(IDS[:count], WORDS[:count], strict=True)
    )
    return technique(id="script").model_copy(update={"steps": steps})


def filler() -> Technique:
    said = (
        "The manual goes on. Place the plates in the rack. Close the door. Press the button until it lights."
    )
    steps = tuple(Step(id=f"part-{n}", say=f"{said} Part {n}.") for n in range(8))
    return technique(id="filler", family="control").model_copy(update={"steps": steps})


class TestArms:
    def test_a_left_out_step_is_filler_of_the_same_length_at_its_place(self) -> None:
        made = dismantle(script(), filler(), "each left out")
        assert [arm.note for arm in made] == ["whole", *(f"without {id}" for id in IDS)]
        for place, arm in enumerate(made[1:]):
            said = arm.technique.steps
            assert [step.id for step in said if step.id in IDS] == [
                id for id in IDS if id not in (IDS[place],)
            ]
            assert len(said) == 5 and "manual" in said[place].say.lower() + filler().steps[0].say.lower()
            assert abs(len(said[place].say.split()) - WORDS[place]) <= 6

    def test_dropped_steps_leave_a_shorter_script(self) -> None:
        made = dismantle(script(), filler(), "each left out", replacing="nothing")
        assert {len(arm.technique.steps) for arm in made[1:]} == {4}
        with pytest.raises(UsageError, match="says nothing"):
            dismantle(script(3), filler(), "factorial", replacing="nothing")

    @pytest.mark.parametrize(("count", "arms"), [(2, 4), (4, 16), (5, 16)])
    def test_in_a_factorial_every_step_and_pair_is_balanced(self, count: int, arms: int) -> None:
        made = dismantle(script(count), filler(), "factorial")
        assert len(made) == arms and made[0].note == "whole"
        ids = IDS[:count]
        for one, other in combinations(ids, 2):
            cells = Counter((one in arm.steps, other in arm.steps) for arm in made)
            assert set(cells.values()) == {arms // 4}, "resolution V keeps pairs apart"

    def test_every_arm_is_a_document_of_its_own_that_says_what_it_is_made_from(self) -> None:
        whole = script()
        made = dismantle(whole, filler(), "factorial")
        ids = [arm.technique.id for arm in made]
        assert len(set(ids)) == len(ids) and all(map(is_id, ids))
        assert {arm.technique.derived_from for arm in made[1:]} == {document_hash(whole)}
        assert len({document_hash(arm.technique) for arm in made}) == len(made)

    def test_arms_keep_the_variants_of_their_steps_and_come_of_the_script_as_it_is_said(self) -> None:
        own = script(3)
        steps = (
            own.steps[0].model_copy(update={"variants": (Variant(say="One, otherwise."),)}),
            *own.steps[1:],
        )
        made = dismantle(own.model_copy(update={"steps": steps}), filler(), "each left out")
        assert [arm.technique.wordings for arm in made] == [2, 1, 2, 2]
        assert {arm.technique.derived_from for arm in made[1:]} == {document_hash(own)}
        worded = made[2].technique.worded(1)
        assert worded.steps[0].say == "One, otherwise." and worded.id == made[2].technique.id

    def test_shuffled_orders_hold_the_same_steps(self) -> None:
        made = dismantle(script(), filler(), "shuffled")
        assert len(made) == 6
        assert all(sorted(step.id for step in arm.technique.steps) == sorted(IDS) for arm in made)
        assert made == dismantle(script(), filler(), "shuffled"), "the seed draws the orders"

    def test_what_cannot_be_taken_apart_is_refused(self) -> None:
        with pytest.raises(UsageError, match="nothing to leave out"):
            dismantle(script(1), filler(), "each left out")
        live = script().model_copy(update={"delivery": "live"})
        with pytest.raises(UsageError, match="typed by a clinician"):
            dismantle(live, filler(), "each left out")
        with pytest.raises(UsageError, match="is a control"):
            dismantle(filler(), filler(), "factorial")
        guided = script().model_copy(update={"delivery": "guided"})
        with pytest.raises(UsageError, match="an instruction"):
            dismantle(guided, filler(), "each alone")
        assert len(dismantle(guided, filler(), "each left out", replacing="nothing")) == 6

    def test_filler_is_said_when_and_as_often_as_the_step_it_stands_for(self) -> None:
        own = script(3)
        again = Repeat(until="score('distress') < 10", at_most=2)
        held = own.steps[1].model_copy(update={"when": "score('distress') > 60", "repeat": again})
        whole = own.model_copy(update={"steps": (own.steps[0], held, own.steps[2])})
        made = dismantle(whole, filler(), "each left out")
        (stands,) = [step for step in made[2].technique.steps if step.id not in IDS]
        assert (stands.when, stands.repeat) == (held.when, held.repeat)
        assert made[1].technique.steps[0].when is None


@cache
def factorial_arms() -> tuple[frozenset[str], ...]:
    return tuple(arm.steps for arm in dismantle(script(), filler(), "factorial"))


def interval(effect: PairedDifference) -> tuple[float, float]:
    assert effect.low is not None and effect.high is not None
    return effect.low, effect.high


def starts(count: int, chance: random.Random, noise: float = 8.0) -> list[Scores]:
    """`one` lowers by 20, `two` by nothing, `three` and `four` by 12 only together; the rest does nothing."""
    arms = factorial_arms()
    found: list[Scores] = []
    for _ in range(count):
        level = chance.gauss(80, 10)
        found.append(
            {
                arm: level
                - 20 * ("one" in arm)
                - 12 * ("three" in arm and "four" in arm)
                + chance.gauss(0, noise)
                for arm in arms
            }
        )
    return found


class TestEffects:
    def test_the_strong_step_and_the_pair_are_found_and_the_useless_one_is_not(self) -> None:
        made = starts(30, random.Random(4))
        found = {one.steps: one.effect for one in (*step_effects(made, IDS), *pair_effects(made, IDS))}
        low, high = interval(found["one",])
        assert low < -20 < high < 0
        low, high = interval(found["two",])
        assert low < 0 < high
        low, high = interval(found["three", "four"])
        assert low < -6 < high < 0
        low, high = interval(found["one", "two"])
        assert low < 0 < high

    def test_intervals_hold_the_truth_as_often_as_they_say(self) -> None:
        chance = random.Random(8)
        held = 0
        for _ in range(200):
            low, high = interval(step_effects(starts(6, chance), IDS[:1])[0].effect)
            held += low <= -20 <= high
        assert 0.90 <= held / 200 <= 0.99

    def test_the_smallest_script_has_what_works(self) -> None:
        found = smallest_script(starts(30, random.Random(4)), IDS)
        assert found is not None
        assert set(found.steps) == {"one", "three", "four"}
        assert found.kept >= 0.9 and 0 < found.certainty <= 1

    def test_where_higher_is_better_the_smallest_script_is_what_raises(self) -> None:
        turned: list[Scores] = [
            {arm: 100 - score for arm, score in start.items()} for start in starts(30, random.Random(4))
        ]
        found = smallest_script(turned, IDS, better=1)
        assert found is not None and set(found.steps) == {"one", "three", "four"}
        assert smallest_script(turned, IDS) is None, "what makes it worse keeps nothing"
        assert smallest_script(turned[:4], IDS, better=1) is None, "four starts name no script"

    def test_a_missing_score_is_no_score_of_the_turn_before(self) -> None:
        whole, part = technique(id="whole"), technique(id="part")
        steps = {"whole": frozenset("ab"), "part": frozenset("a")}
        arms = [
            session("w1", whole, scores=[8.0, 80.0, 40.0, None], trunk="t1"),
            session("p1", part, scores=[8.0, 80.0, 50.0, 45.0], trunk="t1"),
        ]
        found = starts_of(arms, steps, DISTRESS)
        assert found.last == ({frozenset("a"): 45.0},)
        assert found.turns[0][1] == {frozenset("ab"): -40.0, frozenset("a"): -30.0}
        assert found.turns[0][2] == {frozenset("a"): -5.0}

    def test_a_script_that_lowers_nothing_has_no_smallest(self) -> None:
        flat: list[Scores] = [dict.fromkeys(factorial_arms(), 50.0)] * 3
        assert smallest_script(flat, IDS) is None

    def test_left_out_and_alone_are_differences_within_a_start(self) -> None:
        whole = frozenset(("a", "b"))
        made = [
            {whole: 20.0, frozenset("a"): 50.0, frozenset("b"): 30.0},
            {whole: 25.0, frozenset("a"): 50.0},
        ]
        without = without_each(made, ("a", "b"))
        assert [one.effect.mean for one in without] == [-10.0, -27.5]
        assert [one.effect.left_out for one in without] == [1, 0]
        said = (dict.fromkeys(made[0], whole), {whole: frozenset("a")})
        counted = Starts(tuple(made), ({}, {}), (60.0, 70.0), said)
        left_out = without_each(counted.saying(("b",), whole), ("a", "b"))[1]
        assert (left_out.effect.mean, left_out.effect.pairs) == (-30.0, 1), "“b” was never said in the second"
        assert counted.saying(("a",), whole) == tuple(made)
        alone = alone_each(made, ("a", "b"), (60.0, 70.0))
        assert alone[0].effect.mean == -15.0 and alone[1].effect.pairs == 1
