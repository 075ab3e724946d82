"""The way “report”: the model writes its answers; items that cannot be read are asked again, twice."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.library.questionnaire import Option, RatingQuestionnaire
from sandbox.measurement.administration import Administration, Answer, Form, LabelForm
from sandbox.measurement.reading.presentation import (
    KIND_OF_ANSWER,
    PLAIN,
    RE_ASKS,
    Asking,
    Presentation,
    instruction,
    item_order,
    number,
    option_lines,
    option_names,
    ordered,
)
from sandbox.measurement.reading.rating_text import (
    Allowed,
    ItemReading,
    declines,
    parse_report,
    parse_single,
    parse_structured,
)
from sandbox.measurement.scoring import score_questionnaire
from sandbox.models.pace import all_of
from sandbox.models.provider import Completion, Message, Provider, Request, Sampling, alternating
from sandbox.seed import derived_seed

_SPARE_TOKENS = 40
_SPARE_TOKENS_ALONE = 16
"""For a polite opening, or for a refusal to be told from an unreadable answer; fewer for one item alone."""

_CHARACTERS_A_TOKEN = 2.5
"""Fewer than in any English text, since ids and numbers take more tokens than words do."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The questionnaire as it is put: everything that stays the same over the askings."""

    questionnaire: RatingQuestionnaire
    order: tuple[str, ...]
    form: Form
    labels: LabelForm
    names: Mapping[str, float]
    allowed: Allowed
    head: str
    texts: Mapping[str, str]


async def give_report(
    questionnaire: RatingQuestionnaire,
    conversation: tuple[Message, ...],
    provider: Provider,
    seed: int,
    *,
    presentation: Presentation = PLAIN,
) -> Administration:
    """Give the questionnaire in the presentation's form. Raises ModelError when a call fails for good."""
    sheet = _sheet(questionnaire, presentation, seed)
    ask = partial(_ask, sheet, conversation, provider, seed)
    if sheet.form == "per item":  # each on its own side copy: no item sees another's answer
        given = await all_of(provider, [partial(ask, (item,), item) for item in sheet.order])
    else:
        given = (await ask(sheet.order),)
    answers = tuple(answer for answers, _, _ in given for answer in answers)
    return Administration(
        questionnaire=questionnaire.id,
        way="report",
        asked=tuple(message for _, asked, _ in given for message in asked),
        item_order=sheet.order,
        answers=answers,
        scores=score_questionnaire(questionnaire, {answer.item: answer.value for answer in answers}),
        seed=seed,
        form=sheet.form,
        labels=sheet.labels,
        option_values=tuple(sheet.names.values()),
        option_names=tuple(sheet.names),
        refusals=sum(refusals for _, _, refusals in given),
    )


async def _ask(
    sheet: _Sheet,
    conversation: tuple[Message, ...],
    provider: Provider,
    seed: int,
    items: tuple[str, ...],
    *purpose: str,
) -> tuple[tuple[Answer, ...], tuple[Message, ...], int]:
    """Ask for the items in one call, again for those still missing: answers, what was put, refusals."""
    asked: tuple[Message, ...] = ()
    answers: list[Answer] = []
    refusals = 0
    for attempt in range(1, RE_ASKS + 2):
        question = Message("user", _text(sheet, items, again=attempt > 1))
        drawn = derived_seed(seed, "report", *purpose, attempt)
        completion = await provider.complete(
            Request(
                alternating((*conversation, *asked, question)),
                _sampling(provider, _tokens(sheet, items), drawn),
                purpose="measurement",
                schema=answer_schema(sheet.questionnaire, items, sheet.labels, tuple(sheet.names))
                if sheet.form == "structured" and provider.capabilities.structured
                else None,
            )
        )
        readings = _readings(sheet, items, completion)
        answers += [_answer(item, readings[item], completion.call_id, attempt) for item in items]
        asked = (*asked, question, Message("assistant", completion.text))
        items = tuple(item for item in items if readings[item].value is None)
        refusals += bool(items) and (completion.refused or declines(completion.text))
        if not items or completion.refused:
            break
    return tuple(answers), asked, refusals


def _readings(sheet: _Sheet, items: Sequence[str], completion: Completion) -> Mapping[str, ItemReading]:
    """What the answer says of each item. A refusal that its server tells as one is not asked about again."""
    if completion.refused:
        return dict.fromkeys(items, ItemReading(None, completion.text, "refused"))
    # Marked where it was cut off: a last line `10` may have been going to be `100`.
    text = f"{completion.text} …" if completion.finish_reason == "length" else completion.text
    if sheet.form == "per item":
        return {item: parse_single(text, item, sheet.allowed) for item in items}
    parse = parse_structured if sheet.form == "structured" else parse_report
    return parse(text, items, sheet.allowed)


def first_asked(questionnaire: RatingQuestionnaire, presentation: Presentation) -> tuple[Asking, ...]:
    """The first question of each call and the most tokens its answer may take."""
    sheet = _sheet(questionnaire, presentation, seed=0)
    calls = [(item,) for item in sheet.order] if sheet.form == "per item" else [sheet.order]
    return tuple(Asking(_text(sheet, items, again=False), _tokens(sheet, items)) for items in calls)


def _tokens(sheet: _Sheet, items: Sequence[str]) -> int:
    """What a full answer takes, its options written with name and label, and a margin."""
    labels = [option.label for option in sheet.questionnaire.options or ()]
    longest = max(map(len, (*sheet.names, "100")), default=0) + max(map(len, labels), default=0)
    written = sum(len(item) + longest + len('  "": "",\n') for item in items)
    spare = _SPARE_TOKENS_ALONE if sheet.form == "per item" else _SPARE_TOKENS
    return math.ceil(written / _CHARACTERS_A_TOKEN) + spare


def _sheet(questionnaire: RatingQuestionnaire, presentation: Presentation, seed: int) -> _Sheet:
    shown = ordered(questionnaire.options or (), presentation.options, seed, "options")
    labels: LabelForm = (presentation.labels or "numbers") if shown else "numbers"
    names = option_names(shown, labels, presentation.letters, seed)
    values = {name: option.value for name, option in zip(names, shown, strict=True)}
    answers = _answers_text(questionnaire, shown, names)
    return _Sheet(
        questionnaire=questionnaire,
        order=item_order(questionnaire, presentation, seed),
        form=presentation.form,
        labels=labels,
        names=values,
        allowed=Allowed.of(questionnaire, labels, values),
        head=f"{instruction(questionnaire, presentation, labels)}\n{answers}",
        texts={item.id: item.text for item in questionnaire.items},
    )


def _answers_text(questionnaire: RatingQuestionnaire, shown: Sequence[Option], names: Sequence[str]) -> str:
    """What may be answered: the options in the order shown, or the range with its anchors."""
    if questionnaire.range is not None:
        low, high = (number(bound) for bound in questionnaire.bounds)
        anchors = ", ".join(f"{number(a.value)} = {a.label}" for a in questionnaire.range.anchors)
        return f"Answer with a number from {low} to {high}" + (f" ({anchors})." if anchors else ".")
    return "\n".join(option_lines(shown, names))


def _text(sheet: _Sheet, items: Sequence[str], *, again: bool) -> str:
    kind = KIND_OF_ANSWER[sheet.labels]
    if sheet.form == "per item":
        (item,) = items
        close = f"Write only the {kind}."
        if again:
            return f"That answer could not be read. {close}"
        return "\n".join([sheet.head, f"The item: {sheet.texts[item]}", close])
    lines = [f"{item}: {sheet.texts[item]}" for item in items]
    if sheet.form == "structured":
        close = f"Write one JSON object that gives each item's id its {kind}, and nothing else."
    else:
        close = f"Write one line for each item, in the form `id: {kind}`, and nothing else."
    if again:
        return "\n".join(["These items still have no answer that can be read:", *lines, close])
    return "\n".join([sheet.head, "The items:", *lines, close])


def _sampling(provider: Provider, tokens: int, seed: int) -> Sampling:
    """The model's own temperature; none of what shapes its conversational replies (stops, penalties)."""
    return Sampling(temperature=provider.sampling.temperature, max_tokens=tokens, seed=seed)


def _answer(item: str, reading: ItemReading, call_id: str, attempt: int) -> Answer:
    return Answer(item, reading.value, reading.raw, call_id, attempt, reading.missing)


def answer_schema(
    questionnaire: RatingQuestionnaire, items: Sequence[str], labels: LabelForm, names: Sequence[str]
) -> dict[str, Any]:
    """One object with a value for each of `items`: of the options' `names`, or a number of the range.

    A range with whole ends is answered in whole numbers, since servers keep no others within bounds.
    """
    value = _value(questionnaire, labels, names)
    return {
        "type": "object",
        "properties": {item: value for item in items},
        "required": list(items),
        "additionalProperties": False,
    }


def _value(questionnaire: RatingQuestionnaire, labels: LabelForm, names: Sequence[str]) -> dict[str, Any]:
    if questionnaire.options is None:
        low, high = questionnaire.bounds
        if low.is_integer() and high.is_integer():
            return {"type": "integer", "minimum": int(low), "maximum": int(high)}
        return {"type": "number", "minimum": low, "maximum": high}
    if labels != "numbers":
        return {"type": "string", "enum": list(names)}
    values = [float(name) for name in names]
    if all(value.is_integer() for value in values):
        return {"type": "integer", "enum": [int(value) for value in values]}
    return {"type": "number", "enum": values}
