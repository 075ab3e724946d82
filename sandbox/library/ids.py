"""Ids of documents, items and scales: whether a text is one, one made of a name, one not taken yet."""

import re
from unicodedata import normalize

from sandbox.library.document import SLUG_PATTERN

MAX_ID = 64
_MARK = re.compile(r"['’\u0300-\u036f]")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def is_id(text: str) -> bool:
    """Whether the text can be an id as it stands."""
    return len(text) <= MAX_ID and re.fullmatch(SLUG_PATTERN, text) is not None


def id_of(name: str) -> str:
    """An id that resembles the name, without accents; empty when nothing of the name can be in an id."""
    letters = _MARK.sub("", normalize("NFKD", name)).lower()
    return _NOT_SLUG.sub("-", letters).strip("-")[:MAX_ID].strip("-")


def different(wanted: str, taken: set[str]) -> str:
    """`wanted`, or with a number after it when that is taken; it is taken from now on."""
    found, n = wanted, 1
    while found in taken:
        n += 1
        ending = f"-{n}"
        found = wanted[: MAX_ID - len(ending)].strip("-") + ending
    taken.add(found)
    return found
