"""When two techniques are one script: by their text, whatever their ids. Pure."""

from collections.abc import Iterable

from sandbox.library.document import document_hash
from sandbox.library.technique import Technique


def script_keys(techniques: Iterable[Technique]) -> dict[str, str]:
    """For the hash of each technique, a key that is the same for the same script.

    A control is cut to the length of the techniques beside it (engine/proposal), so one whose steps are the
    first of another's, all else being equal, is the same script.
    """
    keys: dict[str, str] = {}
    longest: dict[str, list[tuple[Technique, str]]] = {}
    by_length = sorted(techniques, key=lambda one: len(one.steps), reverse=True)
    for technique in by_length:
        name = document_hash(technique)
        if name in keys:
            continue
        keys[name] = name
        if technique.is_control:
            rest = longest.setdefault(document_hash(technique.model_copy(update={"steps": ()})), [])
            steps = technique.steps
            whole = next((key for other, key in rest if other.steps[: len(steps)] == steps), None)
            if whole is None:
                rest.append((technique, name))
            else:
                keys[name] = whole
    return keys
