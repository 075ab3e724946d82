"""The shapes of instruments under copyright in docs/your-own-instruments.md: they load, score and travel."""

import re
from pathlib import Path

import pytest

from sandbox.library.interchange.draft import draft
from sandbox.library.interchange.fhir import read_fhir
from sandbox.library.interchange.fhir_writing import fhir_text
from sandbox.library.interchange.instrument import Completion
from sandbox.library.loading import parse_document
from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.measurement.scoring import score_questionnaire

PAGE = Path(__file__).parents[3] / "docs" / "your-own-instruments.md"


def shown(n: int) -> RatingQuestionnaire:
    text = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[n]
    document = parse_document(text, "questionnaire")
    assert isinstance(document, RatingQuestionnaire)
    return document


def test_the_state_form_scores_as_worked_by_hand_on_the_page() -> None:
    scores = score_questionnaire(shown(0), {"s1": 1, "s2": 3, "s3": 2, "s4": 4})
    assert [(score.scale, score.value) for score in scores] == [("made-up-state", 14)]
    assert "**14**" in PAGE.read_text(encoding="utf-8")


def test_the_two_scales_score_as_worked_by_hand_on_the_page() -> None:
    scores = score_questionnaire(shown(1), {"bright": 2, "grey": 4, "bouncy": 1, "prickly": 5})
    assert [(score.scale, score.value) for score in scores] == [("words-up", 3), ("words-down", 9)]


@pytest.mark.parametrize("n", [0, 1])
def test_both_survive_fhir(n: int) -> None:
    made = draft(read_fhir(fhir_text(shown(n))[0], "f"), Completion(), "f")
    assert (made.questionnaire, made.losses) == (shown(n), ())
