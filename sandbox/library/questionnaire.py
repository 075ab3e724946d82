"""Questionnaires: items, options, scales. How they are given and scored is measurement's business."""

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from sandbox.errors import Problem
from sandbox.library.document import Document, Line, Part, Prose, Reference, Slug, is_english, repeated
from sandbox.library.validation_error import nearest
from sandbox.text import excerpt

Timeframe = Literal["right now", "today", "past week", "past two weeks", "past month", "in general"]


class Option(Part):
    """One answer of a rating item and the number it stands for."""

    value: Annotated[float, Field(allow_inf_nan=False)]
    label: Line


class Anchor(Part):
    """The words at a point of a range."""

    value: Annotated[float, Field(allow_inf_nan=False)]
    label: Line


class Range(Part):
    """A numeric answer between `min` and `max`, both included, any number in between."""

    min: Annotated[float, Field(allow_inf_nan=False)]
    max: Annotated[float, Field(allow_inf_nan=False)]
    anchors: tuple[Anchor, ...] = ()

    def _problems(self) -> Iterator[Problem]:
        if self.min >= self.max:
            yield Problem(f"min ({self.min:g}) must be below max ({self.max:g})", ("min",))
            return
        for n, anchor in enumerate(self.anchors):
            if not self.min <= anchor.value <= self.max:
                yield Problem(
                    f"the anchor {anchor.value:g} lies outside of the range {self.min:g} to {self.max:g}",
                    ("anchors", n, "value"),
                )


class RatingItem(Part):
    """A question answered with one of the questionnaire's options. `reverse` flips its value in scales."""

    id: Slug
    text: Prose
    reverse: bool = False


class WordItem(Part):
    """An affect and the words that count towards it in the next-word distribution."""

    id: Slug
    text: Line
    words: Annotated[tuple[Line, ...], Field(min_length=1, max_length=400)]


class CompletionItem(Part):
    """The beginning of a sentence, to be finished."""

    id: Slug
    text: Line


class MissingRule(Part):
    """How many items of a scale may be missing, and what then: `prorate` uses the mean of those present."""

    at_most: Annotated[int, Field(ge=0)] = 0
    rule: Literal["prorate", "absent"] = "absent"


class Scale(Part):
    """A sum or mean over items. `multiply` is for keys such as the DASS-21's doubled sums.

    `range` is the lowest and highest possible score, after multiplication.
    """

    id: Slug
    title: Line | None = None
    items: Annotated[tuple[Slug, ...], Field(min_length=1)]
    method: Literal["mean", "sum"]
    multiply: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    range: Annotated[tuple[float, float], Field(strict=False)]
    higher_is: Literal["more distress", "less distress", "neither"] = "more distress"
    missing: MissingRule = MissingRule()


class _QuestionnaireHead(Document):
    timeframe: Timeframe
    references: tuple[Reference, ...] = ()
    preamble: Prose | None = None
    scales: Annotated[tuple[Scale, ...], Field(min_length=1)] = Field(
        description="what the items add up to, such as "
        "[{id: mood, items: [q1, q2], method: sum, range: [0, 6]}]"
    )


class RatingQuestionnaire(_QuestionnaireHead):
    """Items answered on a shared set of options, or with a number in a range (exactly one of the two)."""

    kind: Literal["rating"]
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=30)] | None = None
    range: Range | None = None
    items: Annotated[tuple[RatingItem, ...], Field(min_length=1, max_length=300)]

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value an item can have."""
        if self.range is not None:
            return self.range.min, self.range.max
        values = [option.value for option in self.options or ()]
        return min(values), max(values)

    def _problems(self) -> Iterator[Problem]:
        if (self.options is None) == (self.range is None):
            yield Problem(
                "give either options or range, one of the two",
                ("options",) if self.options else (),
                "options is a list of value and label; range has min and max",
            )
            return
        options = self.options or ()
        yield from repeated(
            "options have the value",
            ((("options", n, "value"), f"{o.value:g}") for n, o in enumerate(options)),
        )
        yield from repeated(
            "options have the label",
            ((("options", n, "label"), o.label.casefold()) for n, o in enumerate(options)),
        )
        yield from _scale_problems(self.scales, [item.id for item in self.items])
        yield from _range_problems(self.scales, *self.bounds)


class WordQuestionnaire(_QuestionnaireHead):
    """A next-word probe: after `ask` and the prefilled `opening`, the distribution over the items' words.

    An item's value is 100 × mass of its words / mass of all listed words (0–100).
    """

    kind: Literal["word"]
    ask: Prose
    opening: Line
    items: Annotated[tuple[WordItem, ...], Field(min_length=2, max_length=60)]

    def _problems(self) -> Iterator[Problem]:
        yield from repeated(
            "items list the word",
            (
                (("items", n, "words", m), word.casefold())
                for n, item in enumerate(self.items)
                for m, word in enumerate(item.words)
            ),
        )
        yield from _scale_problems(self.scales, [item.id for item in self.items])


class CompletionQuestionnaire(_QuestionnaireHead):
    """Free sentence completion: each item's `text` begins a sentence that the model finishes after `ask`.

    An item's value is the negativity of what was added, 0 (positive) to 100 (negative).
    """

    kind: Literal["completion"]
    ask: Prose
    items: Annotated[tuple[CompletionItem, ...], Field(min_length=1, max_length=100)]

    def _problems(self) -> Iterator[Problem]:
        yield from repeated(
            "items begin with",
            ((("items", n, "text"), item.text.casefold()) for n, item in enumerate(self.items)),
        )
        yield from _scale_problems(self.scales, [item.id for item in self.items])
        yield from _range_problems(self.scales, 0, 100)
        if not is_english(self.language):
            yield Problem(
                "completions are scored with an English word list, so the questionnaire has to be English",
                ("language",),
                "write language: en and English stems, or use a rating questionnaire",
            )


Questionnaire = RatingQuestionnaire | WordQuestionnaire | CompletionQuestionnaire
QUESTIONNAIRE: TypeAdapter[Questionnaire] = TypeAdapter(Annotated[Questionnaire, Field(discriminator="kind")])


def _scale_problems(scales: Sequence[Scale], items: Sequence[str]) -> Iterator[Problem]:
    yield from repeated("items have the id", ((("items", n, "id"), item) for n, item in enumerate(items)))
    yield from repeated("scales have the id", ((("scales", n, "id"), s.id) for n, s in enumerate(scales)))
    for n, scale in enumerate(scales):
        yield from _item_problems(scale, ("scales", n), items)
    used = {item for scale in scales for item in scale.items}
    for n, item in enumerate(items):
        if item not in used:
            yield Problem(
                f"item “{item}” is in no scale", ("items", n, "id"), "add it to the items of a scale"
            )


def _range_problems(scales: Sequence[Scale], low: float, high: float) -> Iterator[Problem]:
    """Scales whose range is not what items from `low` to `high` can score."""
    for n, scale in enumerate(scales):
        many = scale.multiply * (len(scale.items) if scale.method == "sum" else 1)
        if not all(map(_near, scale.range, (low * many, high * many))):
            yield Problem(
                f"the range of scale “{scale.id}” is {_span(*scale.range)}, "
                f"but its items can score {_span(low * many, high * many)}",
                ("scales", n, "range"),
                f"write range: [{low * many:g}, {high * many:g}], or check items, method and multiply",
            )


def _item_problems(scale: Scale, at: tuple[str, int], items: Sequence[str]) -> Iterator[Problem]:
    places = [(*at, "items", n) for n in range(len(scale.items))]
    yield from repeated(f"entries of scale “{scale.id}” name the item", zip(places, scale.items, strict=True))
    for place, item in zip(places, scale.items, strict=True):
        if item not in items:
            free = tuple(one for one in items if one not in scale.items)
            meant = free[0] if len(free) == 1 else nearest(item, free)
            hint = f"did you mean “{meant}”?" if meant else f"items: {excerpt(', '.join(items), 80)}"
            yield Problem(f"scale “{scale.id}” names the item “{item}”, which does not exist", place, hint)
    if scale.range[0] >= scale.range[1]:
        yield Problem(f"the range of scale “{scale.id}” must go from low to high", (*at, "range"))
    if scale.missing.at_most >= len(scale.items):
        yield Problem(
            f"scale “{scale.id}” has {len(scale.items)} items, so fewer than that may be missing",
            (*at, "missing", "at_most"),
        )


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)


def _span(low: float, high: float) -> str:
    return f"{low:g} to {high:g}"
