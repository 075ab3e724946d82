"""What a text of a document is called for people: “step 2”, “fidelity 1 to 3”. No document is read here."""

from collections.abc import Sequence
from itertools import groupby

from sandbox.errors import Route

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
            "twelve", "thirteen", "fourteen", "fifteen")  # fmt: skip
_PARTS = {
    "steps": "step",
    "turns": "turn",
    "items": "item",
    "tasks": "task",
    "scales": "scale",
    "options": "option",
    "references": "reference",
    "tags": "tag",
    "levels": "answer",
    "examples": "example",
    "questions": "question",
}
_SELF_EVIDENT = {"say", "text"}
"""What the main text of a part is; it goes by the part's own name."""
_OVER = {"source", "small_model"}
"""Blocks whose parts are known without them."""


def text_name(at: Route) -> str:
    """The name of the value there: ("steps", 1, "say") is “step 2”, ("steps", 1, "id") is “id of step 2”."""
    said: list[str] = []
    for key in at:
        if isinstance(key, int):
            said[-1:] = [f"{said[-1] if said else 'part'} {key + 1}"]
        elif key not in _OVER and not (said and key in _SELF_EVIDENT):
            said.append(_PARTS.get(key, key.replace("_", " ")))
    return " of ".join(reversed(said))


def text_names(routes: Sequence[Route]) -> str:
    """The names of several, in their order; neighbours in a row are drawn together: “steps 1 to 5”."""
    numbered = [_numbered(text_name(at)) for at in routes]
    said: list[str] = []
    for key, group in groupby(enumerate(numbered), lambda one: (one[1][0], one[1][1] - one[0])):
        found = [number for _, (_, number) in group]
        name = key[0]
        if len(found) < 3:
            said += [f"{name} {number}" if number else name for number in found]
        else:
            said.append(f"{name}{'s' * (name in _PARTS.values())} {found[0]} to {found[-1]}")
    return ", ".join(said)


def in_words(number: int, noun: str) -> str:
    """“Four texts”; above fifteen in digits."""
    written = _NUMBERS[number].capitalize() if number < len(_NUMBERS) else f"{number}"
    return f"{written} {noun}" if number == 1 else f"{written} {noun}s"


def _numbered(name: str) -> tuple[str, int]:
    head, _, last = name.rpartition(" ")
    return (head, int(last)) if head and last.isdecimal() else (name, 0)
