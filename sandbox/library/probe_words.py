"""The words the word probe counts, for the linter: a text that says one hands the model its answer."""

import re
from collections.abc import Iterable

from sandbox.errors import SandboxError
from sandbox.library.catalogue import WORD_PROBE, Library
from sandbox.library.questionnaire import WordItem, WordQuestionnaire
from sandbox.library.scenario import AFFECTS, Affect

Found = tuple[str, str]
"""A word as the text has it, and the title of the list it stands in."""


def counted(affect: Affect, text: str, library: Library) -> Found | None:
    """The first word in `text` that the word probe at hand counts for `affect`.

    Those it counts towards distress and towards none of the affects a scenario can have are looked for too.
    None when there is no such word, no usable probe, or no affect.
    """
    probe = _probe(library)
    if affect == "none" or probe is None:
        return None
    distress = next((scale.items for scale in probe.scales if scale.id == "distress"), ())
    return _first(
        text, (i for i in probe.items if i.id == affect or (i.id in distress and i.id not in AFFECTS))
    )


def counted_as_ease(text: str, library: Library) -> Found | None:
    """The first word in `text` that the word probe counts towards calm, happiness or whatever else is less
    distress; None without one, or without a usable probe."""
    probe = _probe(library)
    if probe is None:
        return None
    ease = {item for scale in probe.scales if scale.higher_is == "less distress" for item in scale.items}
    return _first(text, (item for item in probe.items if item.id in ease))


def _probe(library: Library) -> WordQuestionnaire | None:
    try:
        probe = library.questionnaire(WORD_PROBE)
    except SandboxError:
        return None
    return probe if isinstance(probe, WordQuestionnaire) else None


def _first(text: str, items: Iterable[WordItem]) -> Found | None:
    for item in items:
        found = re.search(rf"\b(?:{'|'.join(map(re.escape, item.words))})\b", text, re.IGNORECASE)
        if found:
            return found.group(), item.text
    return None
