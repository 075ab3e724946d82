"""The way “likelihood”: an item is scored by the options' probabilities as its answer, unsampled."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sandbox.library.questionnaire import Option, RatingQuestionnaire
from sandbox.measurement.administration import Administration, Answer, LabelForm
from sandbox.measurement.reading.next_word import OptionMass, entropy, expected_value, read_options
from sandbox.measurement.reading.presentation import (
    KIND_OF_ANSWER,
    PLAIN,
    Asking,
    Presentation,
    instruction,
    item_order,
    number,
    option_lines,
    option_names,
    ordered,
)
from sandbox.measurement.scoring import score_questionnaire
from sandbox.models.pace import all_of
from sandbox.models.provider import (
    Completion,
    Message,
    Pieces,
    Provider,
    Request,
    Sampling,
    alternating,
    token_pieces,
)
from sandbox.seed import derived_seed

CANDIDATES = 100
"""How many first tokens are looked at; options below this rank would weigh nothing."""

LEAST_COVERAGE = 0.5
"""Coverage under which an answer is unreliable: something else is likelier than all options together."""

RANGE_STEPS = 11
"""A range is offered in this many even steps (0, 10, …, 100 for 0–100)."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The options in the order shown and what each is called."""

    shown: tuple[Option, ...]
    names: tuple[str, ...]
    labels: LabelForm
    head: str


async def give_by_likelihood(
    questionnaire: RatingQuestionnaire,
    conversation: tuple[Message, ...],
    provider: Provider,
    seed: int,
    *,
    presentation: Presentation = PLAIN,
) -> Administration:
    """One call an item, each on its own side copy; more where a name takes several tokens.

    Asked again with letters when the options' names are ambiguous, or cannot be read by one opening.
    Raises ModelError when a call fails for good.
    """
    order = item_order(questionnaire, presentation, seed)
    options = offered_options(questionnaire)
    labels = presentation.labels or usual_labels(questionnaire)
    attempts: list[tuple[Answer, ...]] = []
    asked: tuple[Message, ...] = ()
    while True:
        sheet = _sheet(questionnaire, options, labels, presentation, seed)
        opening = await opening_for(sheet.names, provider)
        lettered, labels = labels == "letters", "letters"
        if opening is None:
            if not lettered:
                continue
            opening = Opening(OPENING)
        questions = [_question(questionnaire, sheet, item) for item in order]
        read = await _read(order, questions, sheet, opening, conversation, provider, seed)
        attempt = len(attempts) + 1
        attempts.append(
            tuple(_answer(item, sheet, *one, attempt) for item, one in zip(order, read, strict=True))
        )
        for question, (_, completion) in zip(questions, read, strict=True):
            asked += (question, Message("assistant", completion.text))
        if lettered or not any(mass.is_ambiguous for mass, _ in read):
            break
    final = attempts[-1]
    return Administration(
        questionnaire=questionnaire.id,
        way="likelihood",
        asked=asked,
        item_order=order,
        answers=tuple(answer for answers in attempts for answer in answers),
        scores=score_questionnaire(questionnaire, {answer.item: answer.value for answer in final}),
        seed=seed,
        reliable=all((answer.coverage or 0.0) >= LEAST_COVERAGE for answer in final),
        form="per item",
        labels=sheet.labels,
        option_values=tuple(option.value for option in sheet.shown),
        option_names=sheet.names,
        refusals=sum(answer.missing == "refused" for answer in final),
    )


def first_asked(questionnaire: RatingQuestionnaire, presentation: Presentation) -> tuple[Asking, ...]:
    """The first question of each call and the most tokens its answer may take."""
    labels = presentation.labels or usual_labels(questionnaire)
    sheet = _sheet(questionnaire, offered_options(questionnaire), labels, presentation, seed=0)
    return tuple(Asking(_question(questionnaire, sheet, item.id).content, 1) for item in questionnaire.items)


def offered_options(questionnaire: RatingQuestionnaire) -> tuple[Option, ...]:
    """The questionnaire's options; for a range, even steps over it, anchors kept at their step."""
    if questionnaire.options is not None:
        return questionnaire.options
    low, high = questionnaire.bounds
    anchors = {a.value: a.label for a in questionnaire.range.anchors} if questionnaire.range else {}
    steps = [low + (high - low) * step / (RANGE_STEPS - 1) for step in range(RANGE_STEPS)]
    return tuple(
        Option(
            value=value, label=f"{number(value)} ({anchors[value]})" if value in anchors else number(value)
        )
        for value in steps
    )


def usual_labels(questionnaire: RatingQuestionnaire) -> LabelForm:
    """How this way names the options: by numbers where each is one digit, and so one token; else letters."""
    options = offered_options(questionnaire)
    return "numbers" if all(len(number(option.value)) == 1 for option in options) else "letters"


def _sheet(
    questionnaire: RatingQuestionnaire,
    options: tuple[Option, ...],
    labels: LabelForm,
    presentation: Presentation,
    seed: int,
) -> _Sheet:
    shown = ordered(options, presentation.options, seed, "options")
    names = option_names(shown, labels, presentation.letters, seed)
    head = "\n".join([instruction(questionnaire, presentation, labels), *option_lines(shown, names)])
    return _Sheet(shown, names, labels, head)


def _question(questionnaire: RatingQuestionnaire, sheet: _Sheet, item: str) -> Message:
    """The item stands last, so that everything before it comes from the prompt cache."""
    text = next(i.text for i in questionnaire.items if i.id == item)
    kind = KIND_OF_ANSWER[sheet.labels]
    return Message("user", f"{sheet.head}\nWrite only the {kind} that fits.\nThe item: {text}")


async def _read(
    order: Sequence[str],
    questions: Sequence[Message],
    sheet: _Sheet,
    opening: "Opening",
    conversation: tuple[Message, ...],
    provider: Provider,
    seed: int,
) -> tuple[tuple[OptionMass, Completion], ...]:
    """What each item's options weigh, asked each on its own side copy."""
    requests = [
        Request(
            messages=alternating((*conversation, question)),
            sampling=Sampling(temperature=0.0, max_tokens=1, seed=derived_seed(seed, "likelihood", item)),
            prefill=opening.text,
            top_logprobs=min(provider.capabilities.top_logprobs, CANDIDATES),
            purpose="measurement",
        )
        for item, question in zip(order, questions, strict=True)
    ]
    spaces = not opening.fitted
    return await all_of(
        provider, [partial(read_options, sheet.names, provider, one, spaces=spaces) for one in requests]
    )


def _answer(item: str, sheet: _Sheet, mass: OptionMass, completion: Completion, attempt: int) -> Answer:
    values = {name: option.value for name, option in zip(sheet.names, sheet.shown, strict=True)}
    value = expected_value(values, mass)
    labels = {name: option.label for name, option in zip(sheet.names, sheet.shown, strict=True)}
    return Answer(
        item=item,
        value=value,
        raw=completion.top[0].token if completion.top else completion.text,
        call_id=completion.call_id,
        attempt=attempt,
        missing=None if value is not None else "refused" if completion.refused else "no coverage",
        distribution={labels[name]: p for name, p in mass.by_name.items()},
        coverage=mass.coverage,
        entropy=entropy(mass),
    )


OPENING = "Answer:"


@dataclass(frozen=True, slots=True)
class Opening:
    """What is put into the model's mouth, "" for nothing. `fitted`: its tokeniser said that answers begin
    right after it; else a white-space token may come first."""

    text: str
    fitted: bool = False


async def opening_for(names: Sequence[str], provider: Provider) -> Opening | None:
    """What to open an answer with that will be one of `names`.

    Many tokenisers (SmolLM2, Qwen, Llama 3) write the space before a digit as a token of its own: the opening
    then ends in it, so that the next token is the answer. None: some names begin after such a space and
    others with it, or a name begins in the middle of a character, so that their probabilities would not
    compare. Raises ModelError.
    """
    if not provider.capabilities.prefill:
        return Opening("")
    spelled = await token_pieces(provider, [OPENING, *(f"{OPENING} {name}" for name in names)])
    if spelled is None:
        return Opening(OPENING)
    firsts = {_first_of(answer, spelled[0]) for answer in spelled[1:]}
    if firsts == {" "}:
        return Opening(f"{OPENING} ", fitted=True)
    return None if firsts & {" ", None} else Opening(OPENING, fitted=True)


def _first_of(answer: Pieces, opened: Pieces) -> str | None:
    """The first token after the opening; None where it is no whole text, or the opening itself changed."""
    if answer[: len(opened)] != opened or len(answer) == len(opened):
        return None
    return answer[len(opened)]
