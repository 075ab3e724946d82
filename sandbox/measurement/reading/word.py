"""The next-word probe: one call, rarely more, whose next-word distribution gives every affect at once."""

import math

from sandbox.library.questionnaire import WordQuestionnaire
from sandbox.measurement.administration import Administration, Answer
from sandbox.measurement.reading.next_word import MOST_CANDIDATES, WordMass, read_next_word
from sandbox.measurement.reading.presentation import PLAIN, Asking, Hint, Presentation
from sandbox.measurement.scoring import score_questionnaire
from sandbox.models.provider import (
    Capabilities,
    Completion,
    Message,
    Provider,
    Request,
    Sampling,
    alternating,
)
from sandbox.seed import derived_seed

LEAST_COVERAGE = 0.05
"""Coverage under which a probe is unreliable. A score is a share of the listed mass; when the listed words
hold less than a twentieth of all the mass, the share describes the tail of the distribution, not its body."""


def word_request(
    questionnaire: WordQuestionnaire,
    conversation: tuple[Message, ...],
    capabilities: Capabilities,
    seed: int,
    presentation: Presentation = PLAIN,
) -> Request:
    """The one call of the probe."""
    opening = _opening(questionnaire, presentation)
    return Request(
        messages=alternating((*conversation, _question(questionnaire, capabilities, presentation))),
        sampling=Sampling(temperature=0.0, max_tokens=1, seed=derived_seed(seed, "word")),
        prefill=opening if capabilities.prefill else "",
        top_logprobs=min(capabilities.top_logprobs, MOST_CANDIDATES),
        purpose="measurement",
    )


def first_asked(questionnaire: WordQuestionnaire, presentation: Presentation) -> tuple[Asking, ...]:
    """The question of the one call, its opening put into it, and the most tokens its answer may take."""
    return (Asking(_question(questionnaire, Capabilities(), presentation).content, 1),)


def hint_line(hint: Hint) -> str:
    """The suggestion of a wished answer, as a sentence before the question (empty without one)."""
    if not hint:
        return ""
    wished = "very distressed" if hint == "more" else "perfectly calm"
    return f"We expect and hope that you feel {wished}. "


def _question(
    questionnaire: WordQuestionnaire, capabilities: Capabilities, presentation: Presentation
) -> Message:
    """What is asked. Where nothing can be prefilled the opening is put into the question."""
    ask = f"{hint_line(presentation.hint)}{_ask(questionnaire, presentation)}"
    if not capabilities.prefill:
        opening = _opening(questionnaire, presentation)
        ask = f"{ask}\nGo on from “{opening} …” and write only the one word that comes next."
    return Message("user", ask)


def _ask(questionnaire: WordQuestionnaire, presentation: Presentation) -> str:
    return {
        "plain": questionnaire.ask,
        "paraphrased": "If you had to name what you feel with a single word, which would it be?",
        "curt": "Your feeling now. One word.",
    }[presentation.wording]


def _opening(questionnaire: WordQuestionnaire, presentation: Presentation) -> str:
    return (
        "At this moment, I am feeling very"
        if presentation.wording == "paraphrased"
        else questionnaire.opening
    )


async def give_word_probe(
    questionnaire: WordQuestionnaire,
    conversation: tuple[Message, ...],
    provider: Provider,
    seed: int,
    *,
    presentation: Presentation = PLAIN,
) -> Administration:
    """Put the probe once: each item is 100 × its words' mass / the mass of all listed words.

    Raises ModelError when the call fails.
    """
    request = word_request(questionnaire, conversation, provider.capabilities, seed, presentation)
    words = [word for item in questionnaire.items for word in item.words]
    mass, completion = await read_next_word(words, provider, request)
    question = _question(questionnaire, provider.capabilities, presentation)
    answers = tuple(_answer(item.id, item.words, mass, completion) for item in questionnaire.items)
    return Administration(
        questionnaire=questionnaire.id,
        way="word",
        asked=(question, Message("assistant", completion.text)),
        item_order=tuple(item.id for item in questionnaire.items),
        answers=answers,
        scores=score_questionnaire(questionnaire, {answer.item: answer.value for answer in answers}),
        seed=seed,
        reliable=mass.coverage >= LEAST_COVERAGE,
        labels="words",
        unseen=tuple(word for word in words if word not in mass.by_word),
        hidden=mass.hidden,
        refusals=int(completion.refused),
    )


def _answer(item: str, words: tuple[str, ...], mass: WordMass, completion: Completion) -> Answer:
    distribution = {word: mass.by_word[word] for word in words if word in mass.by_word}
    share = 100 * math.fsum(distribution.values()) / mass.total if mass.total > 0 else None
    return Answer(
        item=item,
        value=None if share is None else min(share, 100.0),
        raw=completion.top[0].token if completion.top else completion.text,
        call_id=completion.call_id,
        missing=None if share is not None else "refused" if completion.refused else "no coverage",
        distribution=distribution,
        coverage=mass.coverage,
    )
