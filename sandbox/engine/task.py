"""A task under way: what is asked next, as a pure function of the task and the answers so far."""

import re
from dataclasses import dataclass
from typing import Literal

from sandbox.library.task import Quiz, SerialSubtraction, Task

Mark = Literal["right", "wrong", "unreadable"]

_NUMBER = re.compile(r"(?<![\d.,])[-−]?\d{1,3}(?:,\d{3})+(?![\d.,]*\d)|(?<![\d.,])[-−]?\d{1,9}(?![\d.,]*\d)")


@dataclass(frozen=True, slots=True)
class Standing:
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
    standing = _begin(task)
    for answer in answers:
        standing = _after(task, standing, answer)
    if _over(task, standing):
        return None
    return _words(task, standing)


def _begin(task: Task) -> Standing:
    number = task.check.start if isinstance(task.check, SerialSubtraction) else 0
    return Standing(asked=0, right_in_a_row=0, number=number, question=0)


def _after(task: Task, standing: Standing, answer: str) -> Standing:
    if isinstance(task.check, SerialSubtraction):
        expected = standing.number - task.check.step
        judged = _judge_number(answer, expected, {standing.number, task.check.step, -task.check.step})
        number = expected if judged == "right" else task.check.start
        return _moved(standing, judged, number, standing.question, str(expected))
    question = task.check.questions[standing.question % len(task.check.questions)]
    judged = _judge_words(answer, question.answers)
    return _moved(standing, judged, 0, standing.question + 1, question.answers[0])


def _moved(standing: Standing, judged: Mark, number: int, question: int, expected: str) -> Standing:
    row = standing.right_in_a_row + 1 if judged == "right" else 0
    missed = "" if judged == "right" else expected
    return Standing(standing.asked + 1, row, number, question, judged, missed)


def _over(task: Task, standing: Standing) -> bool:
    enough = task.stop.right_in_a_row
    if standing.asked >= task.stop.questions or (enough is not None and standing.right_in_a_row >= enough):
        return True
    if isinstance(task.check, SerialSubtraction):
        return standing.number < task.check.step
    return standing.question >= len(task.check.questions)


def _words(task: Task, standing: Standing) -> str:
    text = {
        None: task.begin,
        "right": task.right,
        "wrong": task.wrong,
        "unreadable": task.unreadable or task.wrong,
    }[standing.last]
    question = task.check.questions[standing.question].ask if isinstance(task.check, Quiz) else ""
    filled = {"{number}": str(standing.number), "{question}": question, "{expected}": standing.missed}
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
