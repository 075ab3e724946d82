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
Say what comes next to the client in two to four sentences of plain spoken language. Follow this step of the \
protocol, in words that fit what the client just said, and nothing beyond it:
{step}
Say only the words themselves: no headings, no notes, no advice outside the step."""
"""What a therapist model is told before each step."""

_PLACEHOLDER = re.compile(r"\{(technique|rationale|cautions|fidelity|step)\}")
_UNSTATED = "nothing in particular is stated"


class Guidance(BaseModel):
    """The therapist model of a guided technique: its name, and the prompt it is given, kept for the record.

    In `prompt`, `{technique}`, `{rationale}`, `{cautions}` and `{fidelity}` stand for what the technique says
    of itself, and `{step}` for what the step asks for. A prompt may leave any of them out, as prompts of
    earlier versions do.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    prompt: str = THERAPIST_PROMPT

    def instructions(self, technique: Technique, step: str) -> str:
        """The prompt filled in for a step of the technique. What is filled in is not looked at again."""
        filled = {
            "technique": technique.title,
            "rationale": technique.rationale,
            "cautions": technique.cautions or _UNSTATED,
            "fidelity": "\n".join(f"- {line}" for line in technique.fidelity) or _UNSTATED,
            "step": step,
        }
        return _PLACEHOLDER.sub(lambda found: filled[found.group(1)], self.prompt)


def guidance_for(techniques: Iterable[Technique], model: str) -> Guidance | None:
    """Guidance by `model` if any of the techniques is guided, else None."""
    return Guidance(model=model) if any(t.delivery == "guided" for t in techniques) else None
