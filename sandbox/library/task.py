"""Tasks: interactive stressors of a scenario, in which the client's answers are checked by rule.

What is asked next is a pure function of a task and the answers so far.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from sandbox.errors import Problem
from sandbox.library.document import Line, Part, Prose, Slug

_PLACE = re.compile(r"\{([^{}\s]*)\}")

Mark = Literal["right", "wrong", "unreadable"]
_NUMBER = re.compile(r"(?<![\d.,])[-−]?\d{1,3}(?:,\d{3})+(?![\d.,]*\d)|(?<![\d.,])[-−]?\d{1,9}(?![\d.,]*\d)")


class SerialSubtraction(Part):
    """Take `step` away from `start`, then from the result; a wrong answer leads back to `start`."""

    kind: Literal["serial subtraction"]
    start: Annotated[int, Field(ge=1, le=1_000_000)] = Field(description="the number to begin with")
    step: Annotated[int, Field(ge=1, le=1_000)] = Field(description="what is taken away each time")

    def _problems(self) -> Iterator[Problem]:
        if self.step >= self.start:
            what = f"step ({self.step}) must be below start ({self.start})"
            yield Problem(what, ("step",), "take away less, or start higher")


class QuizQuestion(Part):
    """A question and every answer that is right."""

    ask: Prose = Field(description="the question")
    answers: Annotated[tuple[Line, ...], Field(min_length=1, max_length=40)] = Field(
        description="the answers that count as right"
    )

    def _problems(self) -> Iterator[Problem]:
        for n, answer in enumerate(self.answers):
            if not re.search(r"\w", answer):
                what = f"the answer “{answer}” has no letter or digit, so nothing can match it"
                yield Problem(what, ("answers", n), "write the words or the number that count as right")


class Quiz(Part):
    """Questions with the answers that count as right, compared as whole words without regard to case."""

    kind: Literal["quiz"]
    questions: Annotated[tuple[QuizQuestion, ...], Field(min_length=1, max_length=40)] = Field(
        description="the questions, in order"
    )


class Stop(Part):
    """When a task ends: after so many questions in all, or earlier after so many right answers in a row."""

    questions: Annotated[int, Field(ge=1, le=40)] = Field(description="the most questions asked in all")
    right_in_a_row: Annotated[int, Field(ge=1, le=40)] | None = None


class Task(Part):
    """A question, a rule that checks the answer, feedback, and when to stop.

    `begin` is said first, `right`, `wrong` and `unreadable` after an answer. Each may hold `{number}` (to
    subtract from) or, in a quiz, `{question}` (that comes next); `wrong` and `unreadable` also `{expected}`
    (the answer missed).
    """

    id: Slug
    check: Annotated[SerialSubtraction | Quiz, Field(discriminator="kind")] = Field(
        description="the rule answers are checked by"
    )
    begin: Prose = Field(description="what is said first")
    right: Prose = Field(description="what is said after a right answer")
    wrong: Prose = Field(description="what is said after a wrong answer")
    unreadable: Prose | None = Field(
        default=None, description="what is said when no answer can be read; as after a wrong one if left out"
    )
    stop: Stop = Field(description="when the task ends")

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """What the task says, each text with the key it stands under."""
        found = {
            "begin": self.begin,
            "right": self.right,
            "wrong": self.wrong,
            "unreadable": self.unreadable or "",
        }
        return tuple((key, text) for key, text in found.items() if text)

    @property
    def most_questions(self) -> int:
        """How many questions are asked at most: the stop rule's number, or all of a shorter quiz."""
        there = len(self.check.questions) if isinstance(self.check, Quiz) else self.stop.questions
        return min(self.stop.questions, there)

    def _problems(self) -> Iterator[Problem]:
        yield from (*self._strange_places(), *self._unreachable())

    def _strange_places(self) -> Iterator[Problem]:
        asked = "question" if isinstance(self.check, Quiz) else "number"
        for key, text in self.texts:
            allowed = (asked, "expected") if key in ("wrong", "unreadable") else (asked,)
            for name in dict.fromkeys(_PLACE.findall(text)):
                if name not in allowed:
                    yield Problem(
                        f"“{{{name}}}” stands for nothing in the text “{key}” of a {self.check.kind}",
                        (key,),
                        f"allowed here: {' and '.join(f'{{{one}}}' for one in allowed)}",
                    )

    def _unreachable(self) -> Iterator[Problem]:
        row = self.stop.right_in_a_row
        if row is not None and row > self.most_questions:
            yield Problem(
                f"{row} right answers in a row cannot come of {self.most_questions} questions",
                ("stop", "right_in_a_row"),
                f"at most {self.most_questions}, or leave it out",
            )


@dataclass(frozen=True, slots=True)
class TaskState:
    """Where a task stands: questions asked, right answers in a row, and the state of its rule.

    `number` is the one to subtract from; `question` indexes the quiz question that is open.
    """

    asked: int
    right_in_a_row: int
    number: int
    question: int
    last: Mark | None = None
    missed: str = ""


def next_question(task: Task, answers: tuple[str, ...]) -> str | None:
    """What is said next after those answers to the task's questions so far; None when the task is over."""
    state = _begin(task)
    for answer in answers:
        state = _after(task, state, answer)
    if _over(task, state):
        return None
    return _words(task, state)


def _begin(task: Task) -> TaskState:
    number = task.check.start if isinstance(task.check, SerialSubtraction) else 0
    return TaskState(asked=0, right_in_a_row=0, number=number, question=0)


def _after(task: Task, state: TaskState, answer: str) -> TaskState:
    if isinstance(task.check, SerialSubtraction):
        expected = state.number - task.check.step
        judged = _judge_number(answer, expected, {state.number, task.check.step, -task.check.step})
        number = expected if judged == "right" else task.check.start
        return _moved(state, judged, number, state.question, str(expected))
    question = task.check.questions[state.question % len(task.check.questions)]
    judged = _judge_words(answer, question.answers)
    return _moved(state, judged, 0, state.question + 1, question.answers[0])


def _moved(state: TaskState, judged: Mark, number: int, question: int, expected: str) -> TaskState:
    row = state.right_in_a_row + 1 if judged == "right" else 0
    missed = "" if judged == "right" else expected
    return TaskState(state.asked + 1, row, number, question, judged, missed)


def _over(task: Task, state: TaskState) -> bool:
    enough = task.stop.right_in_a_row
    if state.asked >= task.stop.questions or (enough is not None and state.right_in_a_row >= enough):
        return True
    if isinstance(task.check, SerialSubtraction):
        return state.number < task.check.step
    return state.question >= len(task.check.questions)


def _words(task: Task, state: TaskState) -> str:
    text = {
        None: task.begin,
        "right": task.right,
        "wrong": task.wrong,
        "unreadable": task.unreadable or task.wrong,
    }[state.last]
    question = task.check.questions[state.question].ask if isinstance(task.check, Quiz) else ""
    filled = {"{number}": str(state.number), "{question}": question, "{expected}": state.missed}
    return re.sub(r"\{(?:number|question|expected)\}", lambda found: filled[found.group()], text)


def _judge_number(answer: str, expected: int, operands: set[int]) -> Mark:
    """Right or wrong if one whole number is given, those of the question said again left aside.

    What follows the last “=” counts if it gives one: “1022 − 13 = 1009”, whatever else was tried before.
    """
    for part in (answer.rpartition("=")[2], answer):
        found = {int(n.replace(",", "").replace("−", "-")) for n in _NUMBER.findall(part)}
        given = found - operands or found
        if len(given) == 1:
            return "right" if given == {expected} else "wrong"
    return "unreadable"


def _judge_words(answer: str, right: tuple[str, ...]) -> Mark:
    words = " ".join(re.findall(r"\w+", answer.casefold()))
    if not words:
        return "unreadable"
    accepted = (" ".join(re.findall(r"\w+", one.casefold())) for one in right)
    return "right" if any(f" {one} " in f" {words} " for one in accepted) else "wrong"
