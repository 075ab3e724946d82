"""The way “completion”: sentence stems finished on a side copy, scored for valence blind to the arm."""

import re
from dataclasses import replace

from sandbox.library.questionnaire import CompletionItem, CompletionQuestionnaire
from sandbox.measurement.administration import Administration, Answer, MissingReason
from sandbox.measurement.calls import complete_all
from sandbox.measurement.presentation import PLAIN, Presentation, ordered
from sandbox.measurement.scoring import score_questionnaire
from sandbox.measurement.valence import negativity
from sandbox.measurement.word import hint_line
from sandbox.models.provider import Completion, Message, Provider, Request
from sandbox.seed import derived_seed

COMPLETION_TOKENS = 30
"""The longest completion: about twenty words, one sentence."""

_CURT = "Finish the sentence. First thought."
_PARAPHRASED = "Here is how a sentence starts. Please write how it ends, whatever occurs to you first."
_REFUSAL = re.compile(
    r"\bas an? (?:ai|artificial|(?:large )?language model)\b|\bi(?: am|'m) an? (?:ai|language model)\b",
    re.IGNORECASE,
)
# Narrower than for ratings: “I can't …” is an ordinary way to finish a sentence.
_QUOTES = " \t\n\"'“”„…"


def completion_request(
    questionnaire: CompletionQuestionnaire,
    item: CompletionItem,
    conversation: tuple[Message, ...],
    provider: Provider,
    seed: int,
    presentation: Presentation = PLAIN,
) -> Request:
    """The one call of a stem; the stem stands last, so that everything before it comes from the cache.

    It is drawn as the client's replies are, but shorter. Where the model takes a prefill the stem is put into
    its mouth.
    """
    ask = {"plain": questionnaire.ask, "paraphrased": _PARAPHRASED, "curt": _CURT}[presentation.wording]
    sampling = provider.sampling
    return Request(
        messages=(
            *conversation,
            Message("user", f"{hint_line(presentation.hint)}{ask}\n{item.text} …"),
        ),
        sampling=replace(
            sampling,
            max_tokens=min(sampling.max_tokens, COMPLETION_TOKENS),
            seed=derived_seed(seed, "completion", item.id),
        ),
        prefill=item.text if provider.capabilities.prefill else "",
        purpose="measurement",
    )


async def give_completion(
    questionnaire: CompletionQuestionnaire,
    conversation: tuple[Message, ...],
    provider: Provider,
    seed: int,
    *,
    presentation: Presentation = PLAIN,
) -> Administration:
    """One call a stem, each on its own side copy: no completion sees another. Raises ModelError."""
    order = ordered([item.id for item in questionnaire.items], presentation.items, seed, "items")
    items = {item.id: item for item in questionnaire.items}
    requests = [
        completion_request(questionnaire, items[id], conversation, provider, seed, presentation)
        for id in order
    ]
    completions = await complete_all(provider, requests)
    answers = tuple(_answer(items[id], completion) for id, completion in zip(order, completions, strict=True))
    asked = tuple(
        message
        for request, completion in zip(requests, completions, strict=True)
        for message in (request.messages[-1], Message("assistant", completion.text))
    )
    return Administration(
        questionnaire=questionnaire.id,
        way="completion",
        asked=asked,
        item_order=order,
        answers=answers,
        scores=score_questionnaire(questionnaire, {answer.item: answer.value for answer in answers}),
        seed=seed,
        form="per item",
        labels="words",
        refusals=sum(answer.missing == "refused" for answer in answers),
    )


def added_text(stem: str, text: str) -> str:
    """What a completion adds to its stem, whether or not the model repeats the stem: the first sentence."""
    bare = text.strip().lstrip(_QUOTES)
    start = stem.rstrip(_QUOTES)
    if bare.casefold().startswith(start.casefold()):
        bare = bare[len(start) :]
    lines = bare.strip().lstrip(_QUOTES + ",").splitlines()
    return lines[0].rstrip(_QUOTES) if lines else ""


def _answer(item: CompletionItem, completion: Completion) -> Answer:
    added = added_text(item.text, completion.text)
    missing: MissingReason | None = None
    if not any(character.isalpha() for character in added):
        missing = "not answered"
    elif _REFUSAL.search(added):
        missing = "refused"
    return Answer(
        item=item.id,
        value=negativity(added) if missing is None else None,
        raw=added or completion.text,
        call_id=completion.call_id,
        missing=missing,
    )
