"""Text that came from elsewhere (a model, a file, a person) made safe to show as plain text.

And numbers in words: one with its noun, several as spans.
"""

import re
import unicodedata
from collections.abc import Iterable

_SPACE = re.compile(r"\s+")
_KEPT = {"\n", "\t", "\u200d"}


def printable(text: str) -> str:
    """`text` without terminal escapes and other control or bidirectional-override characters.

    Newlines and tabs stay; a carriage return becomes a newline; what is dropped leaves U+FFFD behind,
    so that nothing disappears unseen.
    """
    if text.isprintable():  # nothing of the kind in it: by far the most texts, and a hundred times as fast
        return text
    flat = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        c if c in _KEPT or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"} else "\ufffd" for c in flat
    )


def excerpt(text: str, length: int = 80) -> str:
    """At most `length` characters of `text` on one line, cut at a word, with an ellipsis where it was cut."""
    line = _SPACE.sub(" ", printable(text)).strip()
    if len(line) <= length:
        return line
    head = line[: max(length - 1, 0)]
    return head.rsplit(" ", 1)[0].rstrip(" ,;:") + "…" if " " in head else head + "…"


def number_of(count: int, noun: str) -> str:
    """`1 run`, `2 runs`, `1,000 runs`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def spans(numbers: Iterable[int]) -> str:
    """`1–5, 9`, of numbers in their order."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in found)
