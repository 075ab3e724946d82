"""Whether everything was answered by one model: by its name, its server and the file of its weights."""

from collections.abc import Iterable

from sandbox.models.provider import ModelDescription

_TELLING = ("server", "sha256")
"""The facts by which two models of one name are told apart."""


def other_models(answered: Iterable[ModelDescription]) -> str:
    """The models and servers that answered one family when there was more than one; empty otherwise.

    A session may have gone on, or branched off later, when the address led elsewhere or the file had changed.
    What was recorded before servers were says nothing of them, and is held against nobody.
    """
    seen = {_shown(model): model for model in answered}
    if len(seen) < 2 or not any(_differ(one, other) for one in seen.values() for other in seen.values()):
        return ""
    return (
        f"Not everything was answered by the same model: {'; '.join(sorted(seen))}. A difference between"
        " turns or arms may come from that alone."
    )


def _differ(one: ModelDescription, other: ModelDescription) -> bool:
    both = [fact for fact in _TELLING if fact in one.facts and fact in other.facts]
    return one.name != other.name or any(one.facts[fact] != other.facts[fact] for fact in both)


def _shown(model: ModelDescription) -> str:
    told = [f"{fact} {model.facts[fact][:60]}" for fact in _TELLING if fact in model.facts]
    return f"{model.name} ({', '.join(told)})" if told else model.name
