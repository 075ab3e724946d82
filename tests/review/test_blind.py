"""A name is hidden however it is written, and nothing but names."""

import pytest

from sandbox.library.technique import Technique
from sandbox.review.blind import HIDDEN, Blinding
from tests.documents import plan, technique


def titled(title: str, id: str = "some-script") -> Technique:
    return technique("Rest.", id=id).model_copy(update={"title": title})


STONES = titled("River stones", "river-stones")
MODEL = "SmolLM2-135M embedded"


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (STONES, "It is River Stone"),
        (STONES, "It is River's stones"),
        (STONES, "It is the river stones' exercise"),
        (STONES, "It is _River\u2010Stones_"),
        (STONES, "It is river\u2011stone"),
        (STONES, "It is some river – stones"),
        (STONES, "I am SmolLM2"),
        (STONES, "I am smollm"),
        (STONES, "It has 135M"),
        (titled("ACT"), "It is ACT"),
        (titled("Acceptance", "act"), "It is ACT's way"),
        (titled("ACT defusion"), "It is ACT"),
        (titled("Memories: kept"), "It is Memory: kept"),
    ],
)
def test_a_name_is_hidden_in_every_spelling(script: Technique, text: str) -> None:
    shown = Blinding([plan(technique=script)], [MODEL]).shown(text)
    assert HIDDEN in shown
    for told in ("stone", "smol", "135", "act", "memor"):
        assert told not in shown.lower()


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (titled("ACT", "act"), "I act as I act: in fact, an Act."),
        (titled("STOP", "stop"), "I stop here. Stop it!"),
        (STONES, "A stone lies by the river. Stones, then."),
    ],
)
def test_plain_words_stay(script: Technique, text: str) -> None:
    assert Blinding([plan(technique=script)], [MODEL]).shown(text) == text


def test_no_name_hides_nothing() -> None:
    assert Blinding(()).shown("Nothing is hidden.") == "Nothing is hidden."
