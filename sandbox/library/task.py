"""Tasks: interactive stressors of a scenario, in which the client's answers are checked by rule."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sandbox.errors import Problem
from sandbox.library.document import Line, Part, Prose, Slug, refuse

_PLACE = re.compile(r"\{([^{}\s]*)\}")


class SerialSubtraction(Part):
    """Take `step` away from `start`, then from the result; a wrong answer leads back to `start`."""

    kind: Literal["serial subtraction"]
    start: Annotated[int, Field(ge=1, le=1_000_000)] = Field(description="the number to begin with")
    step: Annotated[int, Field(ge=1, le=1_000)] = Field(description="what is taken away each time")

    @model_validator(mode="after")
    def _can_begin(self) -> "SerialSubtraction":
        if self.step >= self.start:
            what = f"step ({self.step}) must be below start ({self.start})"
            refuse([Problem(what, ("step",), "take away less, or start higher")])
        return self


class QuizQuestion(Part):
    """A question and every answer that is right."""

    ask: Prose = Field(description="the question")
    answers: Annotated[tuple[Line, ...], Field(min_length=1, max_length=40)] = Field(
        description="the answers that count as right"
    )

    @model_validator(mode="after")
    def _can_be_answered(self) -> "QuizQuestion":
        refuse(
            Problem(
                f"the answer “{answer}” has no letter or digit, so nothing can match it",
                ("answers", n),
                "write the words or the number that count as right",
            )
            for n, answer in enumerate(self.answers)
            if not re.search(r"\w", answer)
        )
        return self


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

    @model_validator(mode="after")
    def _fits_together(self) -> "Task":
        refuse((*self._strange_places(), *self._unreachable()))
        return self

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
