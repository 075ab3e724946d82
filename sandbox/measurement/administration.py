"""What an administration leaves behind: answers, scores, what traces a score back to its prompt, and how much
of what the model would say was seen."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.models.provider import Message
from sandbox.text import number_of

Way = Literal["report", "likelihood", "word", "completion"]
"""How a questionnaire is read; stored with every answer (design: “the way of reading”)."""

UNSAMPLED: frozenset[Way] = frozenset({"likelihood", "word"})
"""Ways that read probabilities and draw nothing: the same conversation gives the same answers, but for a
model whose sums depend on what it has cached (docs/models.md)."""

TOLERATED = 0.05
"""Beginnings of listed words are followed until what they may still hide is under this share of the listed
mass. On the embedded model that is mostly so from the start, and the probe stays one call."""

LabelForm = Literal["numbers", "letters", "words"]
"""How the options are named to the model: by their values, by letters A, B, C …, or by their own words."""

Form = Literal["batch", "per item", "structured"]
"""Whether the items were put in one call, one call each, or in one call answered as JSON."""

MissingReason = Literal["refused", "unreadable", "out of range", "not answered", "no coverage"]


def asks_each_item(way: Way, form: Form) -> bool:
    """Whether each item has a call of its own."""
    return way in ("likelihood", "completion") or form == "per item"


@dataclass(frozen=True, slots=True)
class Answer:
    """One item's answer. `value` is in the item's own units before any reversal, None when missing.

    `raw` is the text the model wrote (report), what it added to the stem (completion) or its most probable
    word (word). `distribution` maps words or option labels to probabilities as the model gave them, before
    renormalising. `coverage` (0–1) is the mass of all the options (likelihood) or of all the listed words of
    all items (word). `entropy` is that of the renormalised options, in bits. `attempt` counts askings from 1.
    `call_id` names the call that answered.
    """

    item: str
    value: float | None
    raw: str
    call_id: str
    attempt: int = 1
    missing: MissingReason | None = None
    distribution: Mapping[str, float] | None = None
    coverage: float | None = None
    entropy: float | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.missing is None):
            raise ValueError("an answer has either a value or a reason for being missing")


@dataclass(frozen=True, slots=True)
class Score:
    """A scale's score, in the scale's units; None with a `reason` when it cannot be computed."""

    scale: str
    value: float | None
    answered: int
    items: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Administration:
    """One questionnaire given once. `asked` is what was put after the conversation, with the answers.

    `answers` has every asking of every item, so an item re-asked stands in it more than once, the last one
    counting. `item_order` is the order shown. `reliable` is False when coverage fell under the threshold.
    `option_values` are the options' values in the order shown (empty: no options), `option_names` what each
    was called and `labels` the form of those names. `unseen` are listed words no probability was read for
    and `hidden` (0–1) the most mass they can have had (word). `refusals` counts the calls whose text declined
    to answer. `as_at` is the label of the point it was given at, where it stands for a later one as well:
    nothing was said in between, so it was not given again.
    """

    questionnaire: str
    way: Way
    asked: tuple[Message, ...]
    item_order: tuple[str, ...]
    answers: tuple[Answer, ...]
    scores: tuple[Score, ...]
    seed: int
    reliable: bool = True
    form: Form = "batch"
    labels: LabelForm = "numbers"
    option_values: tuple[float, ...] = ()
    option_names: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    hidden: float = 0.0
    refusals: int = 0
    as_at: str = ""

    @property
    def final_answers(self) -> tuple[Answer, ...]:
        """The last asking of every item, in the order shown."""
        last = {answer.item: answer for answer in self.answers}
        return tuple(last[item] for item in self.item_order if item in last)

    @property
    def asked_again(self) -> int:
        """How many calls asked once more for what could not be read in an answer."""
        return len({answer.call_id for answer in self.answers if answer.attempt > 1})

    def score(self, scale: str) -> float | None:
        """The score of `scale`, None when missing. Raises KeyError for a scale it does not have."""
        for score in self.scores:
            if score.scale == scale:
                return score.value
        raise KeyError(scale)


def hides_much(given: Administration) -> bool:
    """True for a word probe of which more may have been missed than the reading tolerates.

    So it mostly is with models that return twenty candidates: whatever ranks lower is not seen.
    """
    return given.way == "word" and given.hidden > TOLERATED


def unseen_note(given: Administration) -> str:
    """`85 listed words unseen, at most 35 % hidden`, where that matters; else empty."""
    if not hides_much(given):
        return ""
    words = number_of(len(given.unseen), "listed word")
    return f"{words} unseen, at most {100 * given.hidden:.0f} % hidden"


def unseen_remark(given: Sequence[Administration], title: str) -> str:
    """The same of several administrations of one probe, in a sentence; empty where none hides much."""
    hiding = [one for one in given if hides_much(one)]
    if not hiding:
        return ""
    words = number_of(max(len(one.unseen) for one in hiding), "listed word")
    share = max(one.hidden for one in hiding)
    return (
        f"“{title}”: in {len(hiding)} of {len(given)} measurements the model showed only its likeliest words,"
        f" with up to {words} unseen and at most {100 * share:.0f} % of the probability hidden."
    )


def lowest_coverage(given: Administration) -> float | None:
    """The least coverage among the items (0–1); None where there is none (report, completion)."""
    return min(_finite(answer.coverage for answer in given.final_answers), default=None)


def mean_entropy(given: Administration) -> float | None:
    """The items' mean entropy in bits; None where there is none."""
    found = _finite(answer.entropy for answer in given.final_answers)
    return sum(found) / len(found) if found else None


def _finite(values: Iterable[float | None]) -> list[float]:
    """Those that are known: a record may hold what is no number."""
    return [value for value in values if value is not None and math.isfinite(value)]
