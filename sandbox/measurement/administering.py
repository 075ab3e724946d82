"""Giving a questionnaire: which way of reading works with a model, and one administration by that way."""

from collections.abc import Mapping

from sandbox.errors import UsageError
from sandbox.library.questionnaire import CompletionQuestionnaire, Questionnaire, RatingQuestionnaire
from sandbox.measurement.administration import Administration, Way
from sandbox.measurement.reading import completion, likelihood, report, word
from sandbox.measurement.reading.likelihood import offered_options
from sandbox.measurement.reading.presentation import PLAIN, Asking, Presentation
from sandbox.models.provider import Capabilities, Message, Provider

WAYS: Mapping[str, tuple[Way, ...]] = {
    "rating": ("likelihood", "report"),
    "word": ("word",),
    "completion": ("completion",),
}
"""The ways that can read each kind of questionnaire."""


def default_way(questionnaire: Questionnaire, capabilities: Capabilities) -> Way:
    """The way to read with this model where nobody chose one: the one rule, for proposals and commands alike.

    Without sampling where the model can: one likelihood is free of the noise that takes many reports to
    average out. Raises UsageError when no way works.
    """
    if isinstance(questionnaire, RatingQuestionnaire):
        return "likelihood" if capabilities.top_logprobs >= _candidates_needed(questionnaire) else "report"
    (way,) = WAYS[questionnaire.kind]
    check_way(questionnaire, way, capabilities)
    return way


def check_way(questionnaire: Questionnaire, way: Way, capabilities: Capabilities) -> None:
    """Raises UsageError, saying what to use instead, when this way cannot read it with such a model."""
    fitting = WAYS[questionnaire.kind]
    if way not in fitting:
        raise UsageError(
            f"This questionnaire cannot be read by “{way}”.",
            where=questionnaire.id,
            todo=f"Read it by {' or '.join(f'“{fit}”' for fit in fitting)}.",
        )
    if way == "word" and not capabilities.top_logprobs:
        raise UsageError(
            "The next-word probe needs a model that reports log-probabilities, and this one does not.",
            where=questionnaire.id,
            todo="Choose a rating questionnaire (read by “report”), or the embedded model.",
        )
    if isinstance(questionnaire, RatingQuestionnaire) and way == "likelihood":
        needed = _candidates_needed(questionnaire)
        if capabilities.top_logprobs < needed:
            raise UsageError(
                f"Reading by “likelihood” needs the log-probabilities of {needed} candidates; "
                f"this model reports {capabilities.top_logprobs}.",
                where=questionnaire.id,
                todo="Read it by “report”.",
            )


def _candidates_needed(questionnaire: RatingQuestionnaire) -> int:
    """At least as many candidates as there are options."""
    return len(offered_options(questionnaire))


async def administer(
    questionnaire: Questionnaire,
    way: Way,
    conversation: tuple[Message, ...],
    provider: Provider,
    seed: int,
    *,
    presentation: Presentation = PLAIN,
) -> Administration:
    """Give the questionnaire once, on a side copy: `conversation` is read and never changed.

    What was put and answered is in the result's `asked`, for whoever administers in conversation to append.
    Raises UsageError when the way does not fit, ModelError when a call fails for good.
    """
    check_way(questionnaire, way, provider.capabilities)
    if isinstance(questionnaire, RatingQuestionnaire):
        give = likelihood.give_by_likelihood if way == "likelihood" else report.give_report
        return await give(questionnaire, conversation, provider, seed, presentation=presentation)
    if isinstance(questionnaire, CompletionQuestionnaire):
        return await completion.give_completion(
            questionnaire, conversation, provider, seed, presentation=presentation
        )
    return await word.give_word_probe(questionnaire, conversation, provider, seed, presentation=presentation)


def first_asking(questionnaire: Questionnaire, way: Way, presentation: Presentation) -> tuple[Asking, ...]:
    """The calls of one administration, in no particular order.

    A model without prefill is assumed for word probes: the opening stands in the question then.
    """
    if isinstance(questionnaire, CompletionQuestionnaire):
        return completion.first_asked(questionnaire, presentation)
    if not isinstance(questionnaire, RatingQuestionnaire):
        return word.first_asked(questionnaire, presentation)
    asked = likelihood.first_asked if way == "likelihood" else report.first_asked
    return asked(questionnaire, presentation)
