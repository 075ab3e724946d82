"""Text that came from elsewhere (a model, a file, a person) made safe to show as plain text.

And a number with its noun.
"""

import re
import unicodedata

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
