"""Where a sentence ends, in languages that end sentences with . ! ? or … Knows no language model."""

import re

_END = re.compile(r"[.!?…]+[\"'”’»)\]*]*(?=\s|$)")


def cut_to_sentence(text: str) -> str:
    """`text` through its last full sentence (closing quotes included); the whole text if it has none."""
    ends = [match.end() for match in _END.finditer(text)]
    return text[: ends[-1]] if ends else text
