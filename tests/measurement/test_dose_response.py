"""Whether a scale follows a known dose: scores made up, so that the right answer is known."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.measurement.administration import Administration, Score
from sandbox.measurement.estimate import kendall_tau
from sandbox.measurement.validity.dose_response import (
    DOSES,
    STRONGEST,
    DoseResponse,
    DoseTrial,
    dose_responses,
    overall,
)

Level = Callable[[str, int, int], float]
"""The score of fear in its range at a direction, a dose and a text."""


def given(fear: float, sadness: float) -> Administration:
    scores = [Score("distress", fear, 1, 1), Score("fear", fear, 1, 1), Score("sadness", sadness, 1, 1)]
    return Administration("affect-ratings", "likelihood", (), (), (), tuple(scores), seed=1)


def responses(fear: Level, texts: int = 5) -> dict[str, DoseResponse]:
    """Those of fear's dose, by scale; sadness is given as well, and always rises by 4 a dose."""
    library = Library(Workspace(shipped_content(), Path("sessions")))
    places = [("", 0), *((affect, dose) for affect in ("fear", "sadness") for dose in DOSES)]
    places += [(placebo, dose) for placebo in ("topic", "random-1") for dose in STRONGEST]
    trials = [
        DoseTrial(direction, dose, text, given(fear(direction, dose, text), 40 + 4 * dose))
        for direction, dose in places
        for text in range(texts)
    ]
    found = dose_responses(library.questionnaire("affect-ratings"), trials, ("fear", "sadness", "anger"))
    assert {one.affect for one in found} == {"fear", "sadness"}, "anger was not given"
    return {one.scale: one for one in found if one.affect == "fear"}


def follows(direction: str, dose: int, text: int) -> float:
    """10 a dose, levels of texts far apart, a little noise, and a placebo that does next to nothing."""
    wobble = ((text * 7 + dose * 3) % 5 - 2) / 2
    slope = {"fear": 10.0, "sadness": 3.0}.get(direction, 0.3)
    return 40 + 3 * text + slope * dose + wobble


def test_a_scale_that_rises_with_the_dose_follows_it_and_tells_its_affect_from_another() -> None:
    found = responses(follows)
    fear = found["fear"]
    assert found.keys() == {"fear", "distress"} and fear.own and not found["distress"].own
    assert (fear.follows, fear.reason) == ("yes", "")
    assert fear.gain is not None and fear.gain.value == pytest.approx(10, abs=0.3)
    assert fear.tau is not None and fear.tau.value > 0.9
    assert fear.noise is not None and 0.3 < fear.noise < 1.5, "the texts' own levels are no noise"
    assert fear.told_apart == pytest.approx(1.96 * 2**0.5 * fear.noise / fear.gain.value)
    assert fear.others["sadness"].value == pytest.approx(3, abs=0.3)
    assert fear.beyond is not None and fear.beyond.low is not None and fear.beyond.low > 5
    assert (fear.floor, fear.ceiling) == (0, 0)
    assert overall(tuple(found.values()))[0] == "yes"


@pytest.mark.parametrize(
    ("fear", "verdict", "said"),
    [
        (lambda direction, dose, text: 40.0 + text, "no", "gain is too small"),
        (lambda direction, dose, text: 40.0 - 5 * dose, "no", "more of a dose is not more"),
        (lambda direction, dose, text: 40.0 + 8 * dose, "no", "placebo"),
        (lambda direction, dose, text: 40.0 + (8 + 12 * (text % 2 * 2 - 1)) * dose * (direction == "fear"),
         "undecided", "too few texts"),
    ],
    ids=["flat", "falls", "a placebo does as much", "texts disagree"],
)  # fmt: skip
def test_what_does_not_follow_is_told_with_its_reason(fear: Level, verdict: str, said: str) -> None:
    one = responses(fear)["fear"]
    assert one.follows == verdict, one.reason
    assert said in one.reason


def test_kendalls_tau_with_ties() -> None:
    assert kendall_tau([(1, 1), (2, 2), (3, 3)]) == 1
    assert kendall_tau([(1, 3), (2, 2), (3, 1)]) == -1
    # Five of six pairs agree in x and y, one is tied in y: 5 / sqrt(6 · 5).
    assert kendall_tau([(1, 1), (2, 2), (3, 2), (4, 3)]) == pytest.approx(5 / 30**0.5)
    assert kendall_tau([(1, 2), (2, 2)]) is None
