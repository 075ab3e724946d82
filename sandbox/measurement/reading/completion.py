"""The way “completion”: sentence stems finished on a side copy, scored for valence blind to the arm."""

import re
from dataclasses import replace
from functools import partial

from sandbox.library.questionnaire import CompletionItem, CompletionQuestionnaire
from sandbox.measurement.administration import Administration, Answer, MissingReason
from sandbox.measurement.reading.presentation import PLAIN, RE_ASKS, Asking, Presentation, item_order
from sandbox.measurement.reading.word import hint_line
from sandbox.measurement.scoring import score_questionnaire
from sandbox.measurement.valence import negativity
from sandbox.models.pace import all_of
from sandbox.models.provider import Completion, Message, Provider, Request, alternating
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
_OUTER = " \t\n\"'“”„‘’…"
_END = re.compile(r"[.!?…]+[\"'”’)]*(?=\s|$)")
_INITIAL = re.compile(r"[a-hj-z]|(?:[a-z]\.)+[a-z]")
_SHORT = frozenset({"mr", "mrs", "ms", "dr", "st", "prof", "etc", "vs"})


def _question(
    questionnaire: CompletionQuestionnaire, item: CompletionItem, presentation: Presentation
) -> Message:
    ask = {"plain": questionnaire.ask, "paraphrased": _PARAPHRASED, "curt": _CURT}[presentation.wording]
    return Message("user", f"{hint_line(presentation.hint)}{ask}\n{item.text} …")


def first_asked(questionnaire: CompletionQuestionnaire, presentation: Presentation) -> tuple[Asking, ...]:
    """The question of each stem's call and the most tokens its ending may take."""
    return tuple(
        Asking(_question(questionnaire, item, presentation).content, COMPLETION_TOKENS)
        for item in questionnaire.items
    )


async def give_completion(
    questionnaire: CompletionQuestionnaire,
    conversation: tuple[Message, ...],
    provider: Provider,
    seed: int,
    *,
    presentation: Presentation = PLAIN,
) -> Administration:
    """One call a stem, each on its own side copy: no completion sees another. Raises ModelError.

    It is drawn as the client's replies are, but shorter. Where the model takes a prefill the stem is put into
    its mouth. A stem that got no ending is asked again, drawn anew.
    """
    order = item_order(questionnaire, presentation, seed)
    items = {item.id: item for item in questionnaire.items}
    longest = min(provider.sampling.max_tokens, COMPLETION_TOKENS)

    async def finish(item: CompletionItem) -> tuple[tuple[Answer, ...], tuple[Message, ...]]:
        # The stem stands last, so that everything before it comes from the cache.
        question = _question(questionnaire, item, presentation)
        answers: list[Answer] = []
        asked: list[Message] = []
        for attempt in range(1, RE_ASKS + 2):
            drawn = derived_seed(seed, "completion", item.id, *((attempt,) if attempt > 1 else ()))
            completion = await provider.complete(
                Request(
                    messages=alternating((*conversation, question)),
                    sampling=replace(provider.sampling, max_tokens=longest, seed=drawn),
                    prefill=item.text if provider.capabilities.prefill else "",
                    purpose="measurement",
                )
            )
            answers.append(_answer(item, completion, attempt))
            asked += (question, Message("assistant", completion.text))
            if answers[-1].missing != "not answered":
                break
        return tuple(answers), tuple(asked)

    finished = await all_of(provider, [partial(finish, items[id]) for id in order])
    last = [answers[-1] for answers, _ in finished]
    return Administration(
        questionnaire=questionnaire.id,
        way="completion",
        asked=tuple(message for _, asked in finished for message in asked),
        item_order=order,
        answers=tuple(answer for answers, _ in finished for answer in answers),
        scores=score_questionnaire(questionnaire, {answer.item: answer.value for answer in last}),
        seed=seed,
        form="per item",
        labels="words",
        refusals=sum(answer.missing == "refused" for answer in last),
    )


def added_text(stem: str, text: str) -> str:
    """What a completion adds to its stem: the first sentence, without the stem, repeated or not."""
    start = _plain(stem).strip(_OUTER)
    bare = text.lstrip(_OUTER)
    # Put into its mouth and said again by the model, the stem may stand there twice.
    while start and _plain(bare).startswith(start) and not bare[len(start) : len(start) + 1].isalnum():
        bare = bare[len(start) :].lstrip(_OUTER + ",")
    lines = bare.splitlines()
    return _first_sentence(lines[0]).rstrip(_OUTER) if lines else ""


def _plain(text: str) -> str:
    """For comparing, of the same length: case and the kind of apostrophe aside."""
    return "".join(low if len(low := character.lower()) == 1 else character for character in text).replace(
        "’", "'"
    )


def _first_sentence(line: str) -> str:
    """`line` through its first sentence's end; an abbreviation, an initial or a decimal point ends none."""
    for end in _END.finditer(line):
        before = line[: end.start()].rsplit(None, 1)[-1:]
        word = before[0].strip(_OUTER + "(").casefold() if before else ""
        if (
            end[0].startswith(".")
            and not end[0].startswith("..")
            and (word in _SHORT or _INITIAL.fullmatch(word))
        ):
            continue
        if any(character.isalpha() for character in line[: end.start()]):
            return line[: end.end()]
    return line


def _answer(item: CompletionItem, completion: Completion, attempt: int) -> Answer:
    added = added_text(item.text, completion.text)
    missing: MissingReason | None = None
    if completion.refused:
        missing = "refused"
    elif not any(character.isalpha() for character in added):
        missing = "not answered"
    elif _REFUSAL.search(added):
        missing = "refused"
    return Answer(
        item=item.id,
        value=negativity(added) if missing is None else None,
        raw=added or completion.text,
        call_id=completion.call_id,
        attempt=attempt,
        missing=missing,
    )
