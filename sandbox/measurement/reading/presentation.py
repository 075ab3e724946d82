"""How a questionnaire is put: order of items and options, labels, wording, seeds. No calls."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from sandbox.library.questionnaire import Option, Questionnaire, RatingQuestionnaire
from sandbox.measurement.administration import Form, LabelForm
from sandbox.seed import derived_seed

T = TypeVar("T")
Order = Literal["as written", "reversed", "shuffled"]
Wording = Literal["plain", "paraphrased", "curt"]
Hint = Literal["", "more", "less"]
"""A suggestion of the wished answer: that more, or less, distress is hoped for."""

LETTERS = "BCDEFGHJKLMNPQRSTUVWXYZ1234567"
"""Names for up to thirty options, each one character and so one token for every tokeniser we know.

A, I and O are not among them: they are words with which ordinary sentences begin (“I feel …”), and the
probability of such a sentence would be read as that of an option.
"""


@dataclass(frozen=True, slots=True)
class Presentation:
    """What may vary in how a questionnaire is put; the defaults are what a session uses.

    `labels` None leaves the choice to the way of reading; `letters` is the order letters are dealt in.
    `wording` and `hint` change the instruction, never an item's text.
    """

    items: Order = "shuffled"
    options: Order = "as written"
    labels: LabelForm | None = None
    letters: Order = "as written"
    form: Form = "batch"
    wording: Wording = "plain"
    hint: Hint = ""


PLAIN = Presentation()

RE_ASKS = 2
"""How often what could not be read is asked again. Stored attempts show how often it was needed."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A call: the question it puts after the conversation, and the most tokens its answer may take."""

    question: str
    limit: int


def ordered(values: Sequence[T], order: Order, seed: int, purpose: str) -> tuple[T, ...]:
    """`values` in that order; the same seed and purpose shuffle them the same way in every process."""
    if order == "reversed":
        return tuple(reversed(values))
    if order == "shuffled":
        shuffled = list(values)
        # A shuffle for balance, not for secrecy.
        random.Random(derived_seed(seed, "order", purpose)).shuffle(shuffled)  # noqa: S311
        return tuple(shuffled)
    return tuple(values)


def item_order(questionnaire: Questionnaire, presentation: Presentation, seed: int) -> tuple[str, ...]:
    """The items' ids in the order they are put."""
    return ordered([item.id for item in questionnaire.items], presentation.items, seed, "items")


def number(value: float) -> str:
    """A value as it is written in prompts: `3`, `0.5`, `-2`."""
    return f"{value:.10g}"


def option_names(shown: Sequence[Option], labels: LabelForm, order: Order, seed: int) -> tuple[str, ...]:
    """What each shown option is called: its number, a letter, or its words.

    Letters run A, B, C … down the page (`order` “as written”), up it, or shuffled by the seed.
    """
    if labels == "letters":
        return ordered(LETTERS[: len(shown)], order, seed, "letters")
    return tuple(option.label if labels == "words" else number(option.value) for option in shown)


KIND_OF_ANSWER: Mapping[LabelForm, str] = {"numbers": "number", "letters": "letter", "words": "answer"}
"""What an answer is called in a prompt that names the options so."""


def option_lines(shown: Sequence[Option], names: Sequence[str]) -> tuple[str, ...]:
    """The possible answers as they stand in a prompt: `2 = Often`, or the name alone where it says it all."""
    lines = (
        name if name == option.label else f"{name} = {option.label}"
        for name, option in zip(names, shown, strict=True)
    )
    return ("The possible answers:", *lines)


_TIMEFRAMES = {
    "right now": "how you feel right now, at this moment",
    "today": "today",
    "past week": "the past week, today included",
    "past two weeks": "the past two weeks",
    "past month": "the past month",
    "in general": "how it is in general",
}

_HINTS = {
    "": "",
    "more": "We expect and hope to see high distress in your answers.",
    "less": "We expect and hope to see low distress in your answers.",
}


def instruction(questionnaire: RatingQuestionnaire, presentation: Presentation, labels: LabelForm) -> str:
    """The lines before options and items: whose answers, about which time, and a hint if there is one.

    The questionnaire's own preamble is fitted to what its options are called (`labels`).
    """
    time = _TIMEFRAMES[questionnaire.timeframe]
    opening = {
        "plain": f"Please fill in a short questionnaire. Answer about {time}.",
        "paraphrased": f"Here are some statements to rate. Your ratings should be about {time}.",
        "curt": f"Questionnaire. Rate {time}. No comments.",
    }[presentation.wording]
    return "\n".join(
        part
        for part in (
            opening,
            fitted_preamble(questionnaire.preamble or "", labels),
            _HINTS[presentation.hint],
        )
        if part
    )


_ASKING = r"(?:circle|choose|select|write|give|pick|mark|tick|enter|state)"
_VALUE = r"[-−]?\d+(?:\.\d+)?"
_VALUES = (
    rf"(?:,? (?:from|between) {_VALUE} (?:to|and) {_VALUE}"
    rf"|,? \(?{_VALUE}(?:(?:, | or |, or | and ){_VALUE})+\)?)?"
)
_CHOOSE_A_NUMBER = re.compile(rf"\b({_ASKING}) (?:a|the|one) number{_VALUES}", re.IGNORECASE)
_ON_A_SCALE = re.compile(
    rf"\bon a scale (?:of|from) {_VALUE}(?: \([^)]*\))? (?:to|through) {_VALUE}(?: \([^)]*\))?",
    re.IGNORECASE,
)
ASKS_FOR_A_NUMBER = re.compile(
    rf"\b(?:a|the|one|which|what) numbers?\b|\b(?:from|between) {_VALUE} (?:to|and) {_VALUE}\b"
    rf"|\bscale (?:of|from) {_VALUE}|\b{_VALUE} means\b",
    re.IGNORECASE,
)
"""Words by which an instruction asks for a number, or says what numbers mean."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def fitted_preamble(preamble: str, labels: LabelForm) -> str:
    """`preamble` as it fits options called by `labels`: a prompt must not ask for a number and for a letter.

    Called by their numbers, the words stay as published. Else “circle the number that” becomes “circle the
    answer that”, and a sentence that still asks for numbers is left out. What was put is in the record.
    """
    if labels == "numbers" or not ASKS_FOR_A_NUMBER.search(preamble):
        return preamble
    text = _CHOOSE_A_NUMBER.sub(r"\1 the answer", preamble)
    text = _ON_A_SCALE.sub("by one of the answers below", text)
    kept = [part for part in _SENTENCE_END.split(text) if not ASKS_FOR_A_NUMBER.search(part)]
    return " ".join(kept)
