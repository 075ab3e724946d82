"""Guided delivery: which model speaks as the therapist, and the prompt it follows the protocol with."""

import re
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from sandbox.library.technique import Technique

THERAPIST_PROMPT = """\
You are a therapist in a rehearsal of the technique “{technique}”. Its rationale: {rationale}
What to beware of: {cautions}
What a good rehearsal of the whole technique shows:
{fidelity}
What you say to the client is two to four sentences of plain spoken language. A note in brackets after the \
client's last words, which the client does not see, tells you the step of the protocol: follow it, in words \
that fit what the client just said, and nothing beyond it.
Say only the words themselves: no headings, no notes, no advice outside the step."""
"""What a therapist model is told at the head of every call: the same, so that prompt caches hit."""

STEP_NOTE = "[The step of the protocol to follow now: {step}]"
"""What it is told last."""

_PLACEHOLDER = re.compile(r"\{(technique|rationale|cautions|fidelity|step)\}")
_UNSTATED = "nothing in particular is stated"


class Guidance(BaseModel):
    """The therapist model of a guided technique: its name, and the prompt it is given, kept for the record.

    In `prompt`, `{technique}`, `{rationale}`, `{cautions}` and `{fidelity}` stand for what the technique says
    of itself; in `note`, `{step}` stands for what the step asks for. A prompt may leave any of them out.
    Prompts of earlier versions name the step themselves: the note is left out then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    prompt: str = THERAPIST_PROMPT
    note: str = STEP_NOTE

    def instructions(self, technique: Technique, step: str) -> str:
        """The prompt filled in; only prompts of earlier versions have the step in it. What is filled in is
        not looked at again."""
        filled = {
            "technique": technique.title,
            "rationale": technique.rationale,
            "cautions": technique.cautions or _UNSTATED,
            "fidelity": "\n".join(f"- {line}" for line in technique.fidelity) or _UNSTATED,
            "step": step,
        }
        return _PLACEHOLDER.sub(lambda found: filled[found.group(1)], self.prompt)

    def step_note(self, step: str) -> str:
        """The note that says which step comes next; empty when the prompt says it."""
        return "" if "{step}" in self.prompt else self.note.replace("{step}", step)


def guidance_for(techniques: Iterable[Technique], model: str) -> Guidance | None:
    """Guidance by `model` if any of the techniques is guided, else None."""
    return Guidance(model=model) if any(t.delivery == "guided" for t in techniques) else None
