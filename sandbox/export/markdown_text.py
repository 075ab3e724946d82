"""Text that others wrote, put into Markdown so that it is read as text: no markup, HTML or link."""

import re

from sandbox.text import printable

_MARKUP = re.compile(r"[\\`*_\[\]<>|~#&$@]")
_AT_START = re.compile(r"^()([-+=:])|^(\d{1,9})([.)](?=\s|$))")
_LINK = re.compile(r"://|(?i:www)\.")


def inline(text: str) -> str:
    """`text` on one line, with everything that Markdown or HTML would read as markup escaped."""
    return _escaped(" ".join(printable(text).split()))


def quoted(text: str) -> str:
    """`text` as a block quotation that keeps its lines and paragraphs."""
    lines = [_escaped(" ".join(line.split())) for line in printable(text).strip().splitlines()] or [""]
    kept: list[str] = []
    for place, line in enumerate(lines):
        following = lines[place + 1] if place + 1 < len(lines) else ""
        kept.append(f"> {line}\\" if line and following else f"> {line}".rstrip())
    return "\n".join(kept)


def _escaped(line: str) -> str:
    line = _MARKUP.sub(r"\\\g<0>", line)
    line = _LINK.sub(lambda found: found[0].replace(":", "\\:").replace(".", "\\."), line)
    return _AT_START.sub(r"\1\3\\\2\4", line)
