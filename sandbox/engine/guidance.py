"""Guided delivery: which model speaks as the therapist, and the prompt it follows the protocol with."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from sandbox.library.technique import Technique

THERAPIST_PROMPT = """\
You are a therapist in a rehearsal of the technique “{technique}”. Its rationale: {rationale}
Say what comes next to the client in two to four sentences of plain spoken language. Follow this step of the \
protocol, in words that fit what the client just said, and nothing beyond it:
{step}
Say only the words themselves: no headings, no notes, no advice outside the step."""
"""What a therapist model is told before each step."""


class Guidance(BaseModel):
    """The therapist model of a guided technique: its name, and the prompt it is given, kept for the record.

    In `prompt`, `{technique}`, `{rationale}` and `{step}` stand for the technique's title and rationale and
    for what the step asks for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    prompt: str = THERAPIST_PROMPT


def guidance_for(techniques: Iterable[Technique], model: str) -> Guidance | None:
    """Guidance by `model` if any of the techniques is guided, else None."""
    return Guidance(model=model) if any(t.delivery == "guided" for t in techniques) else None
