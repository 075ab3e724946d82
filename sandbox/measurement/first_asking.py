"""What giving a questionnaire asks of a model if every answer can be read at once. Calls nothing."""

from dataclasses import dataclass

from sandbox.library.questionnaire import CompletionQuestionnaire, Questionnaire, RatingQuestionnaire
from sandbox.measurement import completion, likelihood, report, word
from sandbox.measurement.administration import Way
from sandbox.measurement.presentation import Presentation


@dataclass(frozen=True, slots=True)
class Asking:
    """A call: the question it puts after the conversation, and the most tokens its answer may take."""

    question: str
    limit: int


def first_asking(questionnaire: Questionnaire, way: Way, presentation: Presentation) -> tuple[Asking, ...]:
    """The calls of one administration, in no particular order.

    A model without prefill is assumed for word probes: the opening stands in the question then.
    """
    if isinstance(questionnaire, CompletionQuestionnaire):
        asked = completion.first_asked(questionnaire, presentation)
    elif not isinstance(questionnaire, RatingQuestionnaire):
        asked = word.first_asked(questionnaire, presentation)
    elif way == "likelihood":
        asked = likelihood.first_asked(questionnaire, presentation)
    else:
        asked = report.first_asked(questionnaire, presentation)
    return tuple(Asking(question, limit) for question, limit in asked)
