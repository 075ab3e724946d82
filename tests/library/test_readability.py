"""Counting in a spoken text, against examples whose counts are published."""

import pytest

from sandbox.library.readability import questions, reading_grade, seconds_aloud, sentences, syllables, words


@pytest.mark.parametrize(
    ("text", "said", "spoken", "grade"),
    [
        ("The cat sat on the mat.", 6, 6, -1.45),
        (
            "This sentence, taken as a reading passage unto itself, is being used to prove a point.",
            16,
            23,
            7.61,
        ),
        ("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.", 13, 24, 11.26),
    ],
)
def test_the_grade_is_that_of_worked_examples(text: str, said: int, spoken: int, grade: float) -> None:
    assert len(words(text)) == said
    assert sum(map(syllables, words(text))) == spoken
    assert reading_grade(text) == pytest.approx(grade, abs=0.01)


def test_sentences_and_questions_end_where_a_listener_hears_them_end() -> None:
    assert sentences("“Not now!” he said. And then … nothing. What is 3.5 times 2?") == 3
    assert questions("Really?! You too?? “Why?”, I asked.") == 3
    assert (sentences(" … "), questions(" … "), reading_grade(" … ")) == (0, 0, None)


def test_time_is_that_of_reading_aloud() -> None:
    assert seconds_aloud("well-known isn't " * 183) == pytest.approx(120)
