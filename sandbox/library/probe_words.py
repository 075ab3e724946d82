"""The words the word probe counts, for the linter: a scenario that says one hands the model its answer."""

import re

from sandbox.errors import SandboxError
from sandbox.library.catalogue import WORD_PROBE, Library
from sandbox.library.questionnaire import WordQuestionnaire
from sandbox.library.scenario import AFFECTS, Affect


def counted(affect: Affect, text: str, library: Library) -> tuple[str, str] | None:
    """The first word in `text` that the word probe at hand counts for `affect`, and its list's title.

    Those it counts towards distress and towards none of the affects a scenario can have are looked for too.
    None when there is no such word, no usable probe, or no affect.
    """
    if affect == "none":
        return None
    for title, words in _lists(affect, library):
        found = re.search(rf"\b(?:{'|'.join(map(re.escape, words))})\b", text, re.IGNORECASE)
        if found:
            return found.group(), title
    return None


def _lists(affect: Affect, library: Library) -> tuple[tuple[str, tuple[str, ...]], ...]:
    try:
        probe = library.questionnaire(WORD_PROBE)
    except SandboxError:
        return ()
    if not isinstance(probe, WordQuestionnaire):
        return ()
    distress = next((scale.items for scale in probe.scales if scale.id == "distress"), ())
    return tuple(
        (item.text, item.words)
        for item in probe.items
        if item.id == affect or (item.id in distress and item.id not in AFFECTS)
    )
