"""What is counted of the talk: words, questions and openings of sentences, of the technique's turns alone."""

from collections.abc import Sequence

import pytest

from sandbox.analysis.talk_counts import TalkCounts, pooled, rows, talk_counts
from sandbox.engine.history import Turn


def counted(*said: tuple[str, str | None], language: str = "en") -> TalkCounts:
    turns = [Turn(1, "induction", "scenario", "You should run! What now? " * 9, "Yes, I will, I, me, my.")]
    turns += [Turn(2 + n, "technique", "scripted", a, b) for n, (a, b) in enumerate(said)]
    found = talk_counts(turns, language)
    assert found is not None
    return found


def test_a_session_is_counted_from_its_technique_on() -> None:
    found = counted(
        ("It sounds like a hard day. What happened then?", "My boss shouted at me."),
        ("So you felt small. Are you alone now? And your shoulders?", "Yes, I am."),
        ("You should rest.", None),
    )
    assert (found.turns, found.replies, found.longest) == (3, 2, 11)
    assert (found.therapist_words, found.client_words) == (9 + 11 + 3, 5 + 3)
    assert found.share == pytest.approx(23 / 31)
    assert (found.questions, found.open_questions, found.closed_questions) == (3, 1, 2)
    assert (found.reflections, found.advice_first) == (2, False)
    assert (found.first_person, found.agreement) == (3, 1)
    assert dict(rows(found))["client's words in the first person"] == "38 %"


@pytest.mark.parametrize(
    ("question", "opened"),
    [
        ("What is it like?", True),
        ("And how do you see that?", True),
        ("In what way?", True),
        ("When you lie awake, what goes through your mind?", True),
        ("How long has it been?", False),
        ("Do you know what I mean?", False),
        ("Is it the shoulders?", False),
        ("Better?", False),
    ],
)
def test_open_and_closed(question: str, opened: bool) -> None:
    found = counted((question, "Hm."))
    assert (found.open_questions, found.closed_questions) == ((1, 0) if opened else (0, 1))


@pytest.mark.parametrize(
    ("said", "first"),
    [
        (("I suggest a walk.", "How are you?"), True),
        (("How are you?", "You should walk."), False),
        (("Breathe in.",), None),
    ],
)
def test_advice_before_the_first_question(said: Sequence[str], first: bool | None) -> None:
    assert counted(*((one, "Hm.") for one in said)).advice_first is first


def test_another_language_has_words_and_questions_alone() -> None:
    found = counted(("Was ist los? Sie sollten ruhen.", "Ich weiß nicht."), language="de")
    assert (found.therapist_words, found.client_words, found.questions) == (6, 3, 1)
    assert [found.open_questions, found.reflections, found.grade, found.agreement] == [None] * 4
    assert dict(rows(found))["reading grade"] == "–"


def test_several_runs_are_added_up_and_nothing_is_nothing() -> None:
    one, two = counted(("You should sit.", "Yes.")), counted(("How is it? I see it now.", "I am well."))
    both = pooled([one, two])
    assert both is not None
    assert (both.turns, both.therapist_words, both.longest, both.questions) == (2, 10, 7, 1)
    assert both.advice_first is True and both.agreement == 1
    assert pooled([]) is None and talk_counts([]) is None
    assert {value for _, value in rows(None)} == {"–"}
