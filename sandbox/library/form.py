"""Forms: what a reviewer fills in about a transcript, with every answer in words.

What is done with the marks is review's business.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from sandbox.errors import Problem
from sandbox.library.document import Document, Line, Part, Prose, Reference, Slug, repeated


class Level(Part):
    """One answer of an item: a whole number and the words it stands for."""

    value: Annotated[int, Field(ge=0, le=100)] = Field(description="a whole number, higher is more")
    label: Line = Field(description="what a reviewer sees who gives this answer")


Levels = Annotated[tuple[Level, ...], Field(min_length=2, max_length=11)]


class FormItem(Part):
    """A question about the transcript. `levels` are its own answers; without them the form's hold."""

    id: Slug
    text: Prose = Field(description="the question")
    levels: Levels | None = Field(default=None, description="its own answers, in words, from low to high")


class FormScale(Part):
    """The mean of some items, all of which must be answered in the same numbers."""

    id: Slug
    title: Line
    items: Annotated[tuple[Slug, ...], Field(min_length=2)]


class Form(Document):
    """Items that are answered in whole numbers, each anchored in words. A reviewer may also say of an item
    that the transcript does not show it: that is missing, never a number.

    `preference` is the question asked of two transcripts side by side.
    """

    instruction: Prose = Field(description="what the reviewer is told first")
    references: tuple[Reference, ...] = ()
    levels: Levels | None = Field(default=None, description="the answers of all items without their own")
    items: Annotated[tuple[FormItem, ...], Field(min_length=1, max_length=60)] = Field(
        description="the questions, such as [{id: warmth, text: How warm was the therapist?}]"
    )
    scales: tuple[FormScale, ...] = ()
    preference: Line | None = Field(default=None, description="asked of two transcripts side by side")

    def levels_of(self, item: FormItem) -> tuple[Level, ...]:
        """The answers to choose from, from low to high."""
        return item.levels or self.levels or ()

    def _problems(self) -> Iterator[Problem]:
        items = {item.id: item for item in self.items}
        yield from repeated(
            "items have the id", ((("items", n, "id"), i.id) for n, i in enumerate(self.items))
        )
        yield from repeated(
            "scales have the id", ((("scales", n, "id"), s.id) for n, s in enumerate(self.scales))
        )
        yield from _level_problems(self.levels or (), ())
        for n, item in enumerate(self.items):
            yield from _level_problems(item.levels or (), ("items", n))
            if not self.levels_of(item):
                hint = "write levels: under the item, or once for the whole form"
                yield Problem(f"item “{item.id}” has no answers", ("items", n), hint)
        for n, scale in enumerate(self.scales):
            yield from self._scale_problems(scale, ("scales", n), items)

    def _scale_problems(
        self, scale: FormScale, at: tuple[str, int], items: dict[str, FormItem]
    ) -> Iterator[Problem]:
        places = [(*at, "items", n) for n in range(len(scale.items))]
        named = zip(places, scale.items, strict=True)
        yield from repeated(f"entries of scale “{scale.id}” name the item", named)
        numbers = set()
        for place, id in zip(places, scale.items, strict=True):
            if id in items:
                numbers.add(tuple(level.value for level in self.levels_of(items[id])))
            else:
                yield Problem(f"scale “{scale.id}” names the item “{id}”, which does not exist", place)
        if len(numbers) > 1:
            hint = "a mean needs the same numbers; leave the item out, or give it the others' answers"
            yield Problem(f"the items of scale “{scale.id}” are answered in different numbers", at, hint)


def _level_problems(levels: tuple[Level, ...], at: tuple[str | int, ...]) -> Iterator[Problem]:
    yield from repeated(
        "answers have the label",
        (((*at, "levels", n, "label"), level.label.casefold()) for n, level in enumerate(levels)),
    )
    for n in range(1, len(levels)):
        if levels[n].value <= levels[n - 1].value:
            hint = "write them from low to high, each number once"
            yield Problem("the answers are not in order", (*at, "levels", n, "value"), hint)
