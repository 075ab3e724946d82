"""Interactive tasks: answers checked by rule, a wrong or unreadable one met with “start again”."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.engine.plan import trunk_and_branches
from sandbox.engine.run import run
from sandbox.library.task import Quiz, QuizQuestion, SerialSubtraction, Stop, Task, next_question
from sandbox.models.provider import Capabilities
from tests.documents import plan, scenario
from tests.engine.test_run import TOP, collect, labels, turns
from tests.scripted import ScriptedProvider

SUBTRACT = Task(
    id="subtract",
    check=SerialSubtraction(kind="serial subtraction", start=1022, step=13),
    begin="1022 minus 13?",
    right="{number}. Minus 13?",
    wrong="Wrong, it was {expected}. Start again: {number} minus 13?",
    unreadable="A number, please. {number} minus 13?",
    stop=Stop(questions=4, right_in_a_row=3),
)
QUIZ = Task(
    id="quiz",
    check=Quiz(
        kind="quiz",
        questions=(
            QuizQuestion(ask="Capital of France?", answers=("Paris",)),
            QuizQuestion(ask="2+2?", answers=("4", "four")),
        ),
    ),
    begin="{question}",
    right="Yes. {question}",
    wrong="No, {expected}. {question}",
    stop=Stop(questions=9),
)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((), "1022 minus 13?"),
        (("1009",), "1009. Minus 13?"),
        (("It is 1,009!", "996."), "996. Minus 13?"),
        (("1022 minus 13 is 1009",), "1009. Minus 13?"),
        (("1009", "995"), "Wrong, it was 996. Start again: 1022 minus 13?"),
        (("I feel dizzy.",), "A number, please. 1022 minus 13?"),
        (("1009 or 1010",), "A number, please. 1022 minus 13?"),
        (("1009.5",), "A number, please. 1022 minus 13?"),
        (("1022 - 13 = 1009",), "1009. Minus 13?"),
        (("First 1010, no: 1022 −13 = 1,009.",), "1009. Minus 13?"),
        (("1022 - 13 = 1009 - 13 = 996",), "Wrong, it was 1009. Start again: 1022 minus 13?"),
        (("1009 = 1022 - 13",), "1009. Minus 13?"),
        (("1022 - 13 = 1022",), "Wrong, it was 1009. Start again: 1022 minus 13?"),
        (("It = 1009 or 1010",), "A number, please. 1022 minus 13?"),
        (("1009 =",), "1009. Minus 13?"),
        (("1009", "996", "983"), None),
        (("no", "no", "no", "no"), None),
    ],
)
def test_subtraction_goes_on_starts_again_and_stops(answers: tuple[str, ...], said: str | None) -> None:
    assert next_question(SUBTRACT, answers) == said


def test_a_quiz_asks_each_question_once() -> None:
    assert next_question(QUIZ, ()) == "Capital of France?"
    assert next_question(QUIZ, ("paris, of course",)) == "Yes. 2+2?"
    assert next_question(QUIZ, ("Comparison",)) == "No, Paris. 2+2?", "a part of a word is no answer"
    assert next_question(QUIZ, ("Paris", "four")) is None


@given(st.lists(st.text(max_size=30), max_size=8))
def test_any_answers_lead_to_a_question_or_the_end(answers: list[str]) -> None:
    for task in (SUBTRACT, QUIZ):
        said = next_question(task, tuple(answers))
        assert said is None or "{" not in said
    if len(answers) >= 4:
        assert next_question(SUBTRACT, tuple(answers)) is None


async def test_a_small_model_is_not_made_to_begin_a_sum_with_a_feeling() -> None:
    stress = scenario("Stand there.", affect="stress").model_copy(update={"tasks": (SUBTRACT,)})
    small = ScriptedProvider(["1009"], capabilities=Capabilities(small=True, prefill=True))
    await collect(run(trunk_and_branches(plan(scenario=stress, measures=()), ()), small))
    assert [r.prefill for r in small.requests] == ["I feel", "", "", "", ""]


async def test_the_induction_is_measured_after_the_task_and_resuming_knows_the_answers() -> None:
    stress = scenario("Stand there.", affect="stress").model_copy(update={"tasks": (SUBTRACT,)})
    provider = ScriptedProvider(["Ready.", "1009", "seven", "1009", "996"], top=TOP)
    heads = trunk_and_branches(plan(scenario=stress, measures=()), ())
    events = await collect(run(heads, provider))
    assert [t.said for t in turns(events)] == [
        "Stand there.",
        "1022 minus 13?",
        "1009. Minus 13?",
        "A number, please. 1022 minus 13?",
        "1009. Minus 13?",
    ]
    measured = await collect(
        run(trunk_and_branches(plan(scenario=stress), ()), ScriptedProvider(["9"], top=TOP))
    )
    assert labels(measured, next(e.session for e in measured if hasattr(e, "session"))) == ["base", "ind"]
