"""Texts of other formats made plain: markup taken off, control characters out; and the numbers in them."""

import re
from html import unescape

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff\ufeff]")
_LINE_END = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?/?>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});")
_NUMBER = re.compile(r"[-+]?(?:\d{1,12}(?:\.\d{1,9})?|\.\d{1,9})")
_BREAKS = {"br", "p", "div", "li", "tr"}


def plain(text: str) -> str:
    """The text with ordinary line ends and no space around it."""
    return _LINE_END.sub("\n", text).strip()


def without_control(text: str) -> str:
    """The text without control characters, which no document may have."""
    return _CONTROL.sub("", text)


def one_line(text: str) -> str:
    """The text on one line: a line break and the space around it become one space."""
    return " ".join(line.strip() for line in plain(text).split("\n") if line.strip())


def has_markup(text: str) -> bool:
    """Whether HTML stands in the text."""
    return bool(_TAG.search(text) or _ENTITY.search(text))


def without_markup(text: str) -> str:
    """The words of an HTML text: tags off, entities read, blocks on lines of their own."""
    if not has_markup(text):
        return plain(text)
    bare = _TAG.sub(lambda tag: "\n" if tag.group(1).lower() in _BREAKS else "", text)
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in unescape(bare).split("\n"))
    return plain("\n".join(line for line in lines if line))


def number_in(text: str) -> float | None:
    """The ordinary number that the text is, and nothing else; None for any other text."""
    return float(text) if _NUMBER.fullmatch(text) else None
