"""Whether the model that speaks as the therapist is up to it. Says so, never stands in the way."""

from sandbox.engine.plan import SessionPlan
from sandbox.models.provider import ModelDescription

_TINY_BYTES = 1_500_000_000
"""Weights in a file under this size are tiny: the bound under which a GGUF file counts as a small model."""


def therapist_remark(plan: SessionPlan, model: ModelDescription) -> str:
    """A warning that a tiny model speaks as the therapist; empty when none does. `model` is the client's.

    A trunk speaks for its branches: it has guidance when one of them is guided. Of another model than the
    client's only the name is known, which is enough to tell the embedded one.
    """
    if plan.guidance is None or (plan.technique is not None and plan.technique.delivery != "guided"):
        return ""
    own = plan.guidance.model == plan.model
    if plan.guidance.model != "embedded" and not (own and _weigh_little(model)):
        return ""
    return (
        "The therapist model is tiny: what it says to the client may be nonsense or worse, and scores under"
        " it say nothing of the technique. Guided techniques need a larger model (--therapist)."
    )


def _weigh_little(model: ModelDescription) -> bool:
    size = model.facts.get("bytes", "")
    return size.isdecimal() and int(size) < _TINY_BYTES
