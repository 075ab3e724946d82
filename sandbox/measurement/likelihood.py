"""The way “likelihood”: one forward pass an item, scored by the options' probabilities, unsampled."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.library.questionnaire import Option, RatingQuestionnaire
from sandbox.measurement.administration import Administration, Answer, LabelForm
from sandbox.measurement.calls import complete_all
from sandbox.measurement.next_word import probability, without_space
from sandbox.measurement.presentation import (
    PLAIN,
    Presentation,
    instruction,
    item_order,
    number,
    option_names,
    ordered,
)
from sandbox.measurement.scoring import score_questionnaire
from sandbox.models.provider import Completion, Message, Provider, Request, Sampling, TokenProbability
from sandbox.models.roles import alternating
from sandbox.seed import derived_seed

CANDIDATES = 100
"""How many first tokens are looked at; options below this rank would weigh nothing."""

LEAST_COVERAGE = 0.5
"""Coverage under which an answer is unreliable: something else is likelier than all options together."""

MOST_AMBIGUOUS = 0.01
"""The share of the options' mass that may fall on tokens that could begin two of them; above it the options
are given letters and asked again."""

RANGE_STEPS = 11
"""A range is offered in this many even steps (0, 10, …, 100 for 0–100)."""

OPENING = "Answer:"
_AFTER_NAME = ".,:;)"


@dataclass(frozen=True, slots=True)
class OptionMass:
    """Each option name's probability as the model gave it, and the mass that could be any of several."""

    by_name: Mapping[str, float]
    ambiguous: float

    @property
    def coverage(self) -> float:
        return min(math.fsum(self.by_name.values()), 1.0)

    @property
    def is_ambiguous(self) -> bool:
        return self.ambiguous > MOST_AMBIGUOUS * (math.fsum(self.by_name.values()) + self.ambiguous)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The options in the order shown and what each is called."""

    shown: tuple[Option, ...]
    names: tuple[str, ...]
    labels: LabelForm
    head: str


def option_mass(names: Sequence[str], top: Iterable[TokenProbability]) -> OptionMass:
    """The mass of each name: of the tokens that are it, or that begin it and no other name.

    Single letters keep their case (“a” may begin “a little”); other names are compared case folded.
    """
    fold = any(len(name) > 1 for name in names)
    spelled = {name: name.casefold() if fold else name for name in names}
    masses: dict[str, list[float]] = {name: [] for name in names}
    ambiguous: list[float] = []
    for candidate in top:
        token = without_space(candidate.token)
        text = _bare(token.casefold() if fold else token, spelled.values())
        meant = [name for name, name_text in spelled.items() if text and name_text.startswith(text)]
        if len(meant) == 1:
            masses[meant[0]].append(probability(candidate))
        elif meant:
            ambiguous.append(probability(candidate))
    return OptionMass({name: math.fsum(parts) for name, parts in masses.items()}, math.fsum(ambiguous))


def _bare(text: str, names: Iterable[str]) -> str:
    """`text` without the punctuation some tokenisers join to a name (“A)”), unless a name ends so itself."""
    return text if any(name.startswith(text) for name in names) else text.rstrip(_AFTER_NAME)


def expected_value(values: Mapping[str, float], mass: OptionMass) -> float | None:
    """Σ value·p over the options, renormalised; None when the options had no mass at all."""
    total = math.fsum(mass.by_name.values())
    if total <= 0:
        return None
    mean = math.fsum(values[name] * p for name, p in mass.by_name.items()) / total
    return min(max(mean, min(values.values())), max(values.values()))


def entropy(mass: OptionMass) -> float | None:
    """Shannon's entropy of the renormalised options in bits, 0 to log₂(options); None without mass."""
    total = math.fsum(mass.by_name.values())
    if total <= 0:
        return None
    shares = [p / total for p in mass.by_name.values() if p > 0]
    return max(-math.fsum(share * math.log2(share) for share in shares), 0.0)


async def give_by_likelihood(
    questionnaire: RatingQuestionnaire,
    conversation: tuple[Message, ...],
    provider: Provider,
    seed: int,
    *,
    presentation: Presentation = PLAIN,
) -> Administration:
    """One call an item, each on its own side copy; again with letters when the options' names are ambiguous.

    Raises ModelError when a call fails for good.
    """
    order = item_order(questionnaire, presentation, seed)
    options = offered_options(questionnaire)
    labels = presentation.labels or usual_labels(questionnaire)
    attempts: list[tuple[Answer, ...]] = []
    asked: tuple[Message, ...] = ()
    while True:
        sheet = _sheet(questionnaire, options, labels, presentation, seed)
        questions = [_question(questionnaire, sheet, item) for item in order]
        requests = [
            _request(item, question, conversation, provider, seed)
            for item, question in zip(order, questions, strict=True)
        ]
        completions = await complete_all(provider, requests)
        masses = [option_mass(sheet.names, completion.top) for completion in completions]
        attempts.append(_answers(order, sheet, completions, masses, attempt=len(attempts) + 1))
        asked += _asked(questions, completions)
        if labels == "letters" or not any(mass.is_ambiguous for mass in masses):
            break
        labels = "letters"
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
    )


def first_asked(
    questionnaire: RatingQuestionnaire, presentation: Presentation
) -> tuple[tuple[str, int], ...]:
    """The first question of each call and the most tokens its answer may take."""
    labels = presentation.labels or usual_labels(questionnaire)
    sheet = _sheet(questionnaire, offered_options(questionnaire), labels, presentation, seed=0)
    return tuple((_question(questionnaire, sheet, item.id).content, 1) for item in questionnaire.items)


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
    lines = [
        name if name == option.label else f"{name} = {option.label}"
        for name, option in zip(names, shown, strict=True)
    ]
    head = "\n".join([instruction(questionnaire, presentation), "The possible answers:", *lines])
    return _Sheet(shown, names, labels, head)


def _question(questionnaire: RatingQuestionnaire, sheet: _Sheet, item: str) -> Message:
    """The item stands last, so that everything before it comes from the prompt cache."""
    text = next(i.text for i in questionnaire.items if i.id == item)
    kind = {"numbers": "number", "letters": "letter", "words": "answer"}[sheet.labels]
    return Message("user", f"{sheet.head}\nWrite only the {kind} of your answer.\nThe item: {text}")


def _request(
    item: str, question: Message, conversation: tuple[Message, ...], provider: Provider, seed: int
) -> Request:
    return Request(
        messages=alternating((*conversation, question)),
        sampling=Sampling(temperature=0.0, max_tokens=1, seed=derived_seed(seed, "likelihood", item)),
        prefill=OPENING if provider.capabilities.prefill else "",
        top_logprobs=min(provider.capabilities.top_logprobs, CANDIDATES),
        purpose="measurement",
    )


def _answers(
    order: Sequence[str],
    sheet: _Sheet,
    completions: Sequence[Completion],
    masses: Sequence[OptionMass],
    attempt: int,
) -> tuple[Answer, ...]:
    return tuple(
        _answer(item, sheet, completion, mass, attempt)
        for item, completion, mass in zip(order, completions, masses, strict=True)
    )


def _answer(item: str, sheet: _Sheet, completion: Completion, mass: OptionMass, attempt: int) -> Answer:
    values = {name: option.value for name, option in zip(sheet.names, sheet.shown, strict=True)}
    value = expected_value(values, mass)
    labels = {name: option.label for name, option in zip(sheet.names, sheet.shown, strict=True)}
    return Answer(
        item=item,
        value=value,
        raw=completion.top[0].token if completion.top else completion.text,
        call_id=completion.call_id,
        attempt=attempt,
        missing="no coverage" if value is None else None,
        distribution={labels[name]: p for name, p in mass.by_name.items()},
        coverage=mass.coverage,
        entropy=entropy(mass),
    )


def _asked(questions: Sequence[Message], completions: Sequence[Completion]) -> tuple[Message, ...]:
    return tuple(
        message
        for question, completion in zip(questions, completions, strict=True)
        for message in (question, Message("assistant", completion.text))
    )
