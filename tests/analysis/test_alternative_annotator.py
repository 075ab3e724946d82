"""The alternative annotator test, on ratings whose outcome can be told by hand."""

import random

import pytest

from sandbox.analysis.alternative_annotator import alternative_annotator


def rated(seed: int, noise: float, truth: list[int]) -> dict[str, float]:
    drawn = random.Random(seed)
    return {str(n): one + drawn.choice((-1, 0, 1)) * (drawn.random() < noise) for n, one in enumerate(truth)}


TRUTH = [random.Random(8).randint(1, 5) for _ in range(60)]
PEOPLE = {name: rated(seed, 0.6, TRUTH) for seed, name in enumerate(("Ada", "Bo", "Cy"))}


def test_a_model_that_rates_better_than_people_passes_and_one_that_guesses_does_not() -> None:
    good = alternative_annotator(PEOPLE, rated(9, 0.1, TRUTH))
    guesses = [random.Random(5).randint(1, 5) for _ in TRUTH]
    poor = alternative_annotator(PEOPLE, rated(7, 0.5, random.Random(4).sample(guesses, 60)))
    assert good is not None and good.passes and good.winning_rate == 1
    assert poor is not None and not poor.passes and poor.winning_rate == 0
    assert good.advantage > 0.8 > poor.advantage


def test_shares_are_counted_by_hand() -> None:
    people = {"Ada": {"a": 1.0, "b": 3.0, "c": 2.0}, "Bo": {"a": 2.0, "b": 3.0}}
    found = alternative_annotator(people, {"a": 2.0, "b": 5.0, "c": 2.0})
    assert found is not None
    ada, bo = found.people
    # a: 2 is nearer to Bo's 2 than Ada's 1; b: 5 is further from 3; c: nobody else rated it.
    assert (ada.instances, ada.advantage, ada.persons) == (2, 0.5, 0.5)
    # a: both are 1 from Ada's 1; b: 5 is further.
    assert (bo.advantage, bo.persons) == (0.5, 1.0)
    assert found.advantage == 0.5 and not found.passes


@pytest.mark.parametrize("model", [{}, {"z": 1.0}])
def test_without_shared_instances_there_is_no_test(model: dict[str, float]) -> None:
    assert alternative_annotator(PEOPLE, model) is None
    assert alternative_annotator({"Ada": PEOPLE["Ada"]}, PEOPLE["Ada"]) is None
