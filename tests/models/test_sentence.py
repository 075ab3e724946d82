"""A reply that was cut off is shown up to its last full sentence, and never becomes empty by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.models.speech import cut_to_sentence


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("I feel calm. I want to", "I feel calm."),
        ("Why me? Oh", "Why me?"),
        ("He said “go away!” and then", "He said “go away!”"),
        ('She said "no." Then she', 'She said "no."'),
        ("I don’t know… maybe", "I don’t know…"),
        ("It was 3.5 metres away", "It was 3.5 metres away"),
        ("no end in sight", "no end in sight"),
        ("One. Two.", "One. Two."),
        ("", ""),
    ],
)
def test_it_keeps_full_sentences(text, cut):
    assert cut_to_sentence(text) == cut


@given(st.text())
def test_it_only_ever_takes_from_the_end_and_twice_is_once(text):
    cut = cut_to_sentence(text)
    assert text.startswith(cut)
    assert bool(cut) == bool(text)
    assert cut_to_sentence(cut) == cut
