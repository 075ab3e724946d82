"""Tasks: interactive stressors of a scenario, in which the client's answers are checked by rule."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sandbox.library.document import Clash, Line, Part, Prose, Slug, refuse


class SerialSubtraction(Part):
    """Take `step` away from `start`, then from the result; a wrong answer leads back to `start`."""

    kind: Literal["serial subtraction"]
    start: Annotated[int, Field(ge=1, le=1_000_000)] = Field(description="the number to begin with")
    step: Annotated[int, Field(ge=1, le=1_000)] = Field(description="what is taken away each time")

    @model_validator(mode="after")
    def _can_begin(self) -> "SerialSubtraction":
        if self.step >= self.start:
            what = f"step ({self.step}) must be below start ({self.start})"
            refuse([Clash(what, ("step",), "take away less, or start higher")])
        return self


class QuizQuestion(Part):
    """A question and every answer that is right."""

    ask: Prose = Field(description="the question")
    answers: Annotated[tuple[Line, ...], Field(min_length=1, max_length=40)] = Field(
        description="the answers that count as right"
    )


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

    `begin` is said first, `right`, `wrong` and `unreadable` after an answer; each may hold `{number}` (to
    subtract from), `{question}` (the quiz question that comes next) and `{expected}` (the answer missed).
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
