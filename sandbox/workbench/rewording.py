"""Other wordings of a step, proposed by a model: what it is asked, and what of its answers could stand there.

Nothing is accepted here: a person does that, and the variant says so.
"""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from sandbox.errors import SandboxError
from sandbox.library.catalogue import Library
from sandbox.library.readability import words
from sandbox.library.script_reading import read_script
from sandbox.library.technique import Step, Technique, Variant
from sandbox.models.provider import Completion, Message, Provider, Request
from sandbox.seed import derived_seed
from sandbox.text import printable
from sandbox.workbench.change import with_variants

_TASK = """\
You help a therapist to word a script in other ways. You answer with the new wording alone: no heading, no \
quotation marks around it, no remark."""
_ASKED = """\
Here is a step of the script “{title}”. It is said to a client:

{say}

Say the same to the same client in other words, in {words} words or so. Keep every instruction and every \
question, and add none."""
_KEEP = " Keep what stands in {{ }} or {% %} exactly as it is."
_UNLIKE = "\n\nIt has been worded like this already. Word it otherwise:\n\n"

_PLACES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_ABOUT_ITSELF = re.compile(
    r"\b(?:re-?word|re-?writ|re-?phras)|\byour (?:original|writing|sentence|script|text)\b"
    r"|\b(?:original|new|following) (?:sentence|wording|text|version)\b|^(?:sure|certainly|of course)\b"
    r"|^here(?:[’']s| is| are) (?:the|a|an|my|another|some)\b",
    re.IGNORECASE,
)
"""How a reply begins that is said to whoever asked, and not to the client."""

_QUOTES = (("“", "”"), ('"', '"'), ("„", "“"), ("«", "»"))


@dataclass(frozen=True, slots=True)
class Proposed:
    """A wording as the model gave it. `problem`: why it cannot stand in the script, empty where it can.
    `heard`: how it reads, such as `31 words, 10 s aloud, grade 4, 1 question`."""

    say: str
    problem: str = ""
    heard: str = ""


async def proposals(
    provider: Provider, technique: Technique, step: Step, library: Library, number: int
) -> AsyncGenerator[Proposed, None]:
    """So many proposals, one call each; the model is told the wordings there are. Raises ModelError."""
    known = [step.say, *(one.say for one in step.variants)]
    fits: list[Variant] = []
    for n in range(number):
        sampling = replace(
            provider.sampling,
            max_tokens=4 * len(words(step.say)) + 60,
            seed=derived_seed(1, "wording", technique.id, step.id, n),
            stop=(),
        )
        asked = _asked(technique, step, known[1:])
        request = Request((Message("system", _TASK), Message("user", asked)), sampling, purpose="therapist")
        found = _proposed(await provider.complete(request), technique, step, fits, library)
        if not found.problem:
            fits.append(Variant(say=found.say))
        if found.say:
            known.append(found.say)
        yield found


def _asked(technique: Technique, step: Step, known: list[str]) -> str:
    told = _ASKED.format(title=technique.title, say=step.say, words=len(words(step.say)))
    if _PLACES.search(step.say):
        told += _KEEP
    return told + (_UNLIKE + "\n\n".join(known) if known else "")


def _proposed(
    reply: Completion, technique: Technique, step: Step, fits: list[Variant], library: Library
) -> Proposed:
    said = printable(reply.text).strip()
    for left, right in _QUOTES:
        if said.startswith(left) and said.endswith(right) and len(said) > 1:
            said = said[1:-1].strip()
    if "\n" not in step.say:
        said = " ".join(said.split())
    if reply.refused or not said:
        return Proposed(said, "the model gave no wording")
    if reply.finish_reason == "length":
        return Proposed(said, "the model did not come to an end")
    if sorted(_PLACES.findall(said)) != sorted(_PLACES.findall(step.say)):
        return Proposed(said, "it does not keep what is filled in when the step is said")
    if _ABOUT_ITSELF.search(said) and not _ABOUT_ITSELF.search(step.say):
        return Proposed(said, "it speaks of the wording, to you and not to the client")
    try:
        with_variants(technique, step.id, (*fits, Variant(say=said)), library)
    except SandboxError as error:
        return Proposed(said, error.what)
    place = technique.steps.index(step)
    alone = step.model_copy(update={"say": said, "variants": ()})
    steps = (*technique.steps[:place], alone, *technique.steps[place + 1 :])
    heard = read_script(technique.model_copy(update={"steps": steps}), None, library).steps
    return Proposed(said, heard=heard[place].in_words if heard else "")
