"""A transcript read without knowing its arm: what would name it is left out of the words."""

import re

from sandbox.engine.plan import SessionPlan

HIDDEN = "[…]"
"""Stands where something would have told the arm."""


def blinded(text: str, plan: SessionPlan) -> str:
    """`text` without the technique's own name and its steps', and without the model's, however they are
    written."""
    names = [plan.model, plan.model.rpartition("/")[2]]
    if plan.technique is not None:
        names += [
            plan.technique.title,
            plan.technique.id,
            *(step.id for step in plan.technique.steps if "-" in step.id),
        ]
    parts = sorted({_any_spelling(name) for name in names if len(name) > 3}, key=len, reverse=True)
    return re.sub(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", HIDDEN, text, flags=re.IGNORECASE)


def _any_spelling(name: str) -> str:
    """A pattern for the name with spaces, hyphens or neither between its words."""
    return r"[\s_-]*".join(map(re.escape, re.split(r"[\s_-]+", name)))
