"""A change of what a script says, as a version of it: checked, numbered, with who made it and of what."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sandbox.engine.composition import cut_to
from sandbox.errors import SandboxError, UsageError
from sandbox.library.catalogue import Library
from sandbox.library.document import InvalidDocument, document_hash
from sandbox.library.inspection import across_files
from sandbox.library.loading import parse_document
from sandbox.library.technique import Technique, Variant
from sandbox.library.text_name import text_name
from sandbox.library.yaml.writing import document_text
from sandbox.text import excerpt

_NUMBER = re.compile(r"\d+")


def changed(before: Technique, said: Mapping[str, str], library: Library) -> Technique:
    """The technique with those steps said otherwise, by their ids; the others stay as they are.

    Raises InvalidDocument or SandboxError, naming the step, for one that says nothing, has a template that is
    wrong, or goes by a score that nothing measures; UsageError where nothing is said otherwise.
    """
    steps = [step.model_dump(exclude_defaults=True, mode="json") for step in before.steps]
    for step in steps:
        step["say"] = said.get(step["id"], step["say"])
    head = {"id": before.id, "title": before.title}
    own = before.model_dump(mode="json", exclude_defaults=True, exclude={"wording"})
    found = _read({**head, **own, "steps": steps}, library)
    if found.steps == before.steps:
        raise UsageError("Nothing is said otherwise yet.", todo="Change the text, or Escape leaves.")
    return found


def whole(ran: Technique, library: Library) -> Technique:
    """The script with the steps that were left out of it to cut a control to the length of what ran beside
    it: those of its file, if that still has the steps that ran. Any other technique is whole."""
    try:
        file = library.technique(ran.id).worded()
    except SandboxError:
        return ran
    cut = cut_to(file, len(ran.steps))
    if not (ran.is_control and file.is_control) or [s.id for s in cut.steps] != [s.id for s in ran.steps]:
        return ran
    said = {step.id: step for step in ran.steps}
    return ran.model_copy(update={"steps": tuple(said.get(step.id, step) for step in file.steps)})


def with_variants(
    technique: Technique, step: str, variants: Iterable[Variant], library: Library
) -> Technique:
    """The technique with these variants added to the step of that id.

    Raises SandboxError as `changed` does, and for one that says what another wording of the step says.
    """
    data = technique.model_dump(mode="json", exclude_defaults=True)
    for one in data["steps"]:
        if one["id"] == step:
            added = [variant.model_dump(exclude_none=True) for variant in variants]
            one["variants"] = [*one.get("variants", ()), *added]
    return _read({"id": technique.id, "title": technique.title, **data}, library)


def _read(data: Mapping[str, object], library: Library) -> Technique:
    """The technique as it would be read from a file. Raises SandboxError, naming the step."""
    try:
        found = parse_document(document_text(data, {}), "technique", str(data["id"]))
    except InvalidDocument as invalid:
        raise _in_words(invalid) from None
    if problems := across_files(found, library):
        raise _in_words(InvalidDocument(problems))
    assert isinstance(found, Technique)  # noqa: S101 - for the type checker
    return found


def _in_words(invalid: InvalidDocument) -> SandboxError:
    problem = invalid.problems[0]
    where = text_name(problem.at) if problem.at else "the script"
    return SandboxError(f"{where}: {problem.message}", todo=problem.hint)


def signed(change: Technique, of: Technique, by: str, taken: Iterable[str], at: datetime) -> Technique:
    """The change as a version of its own: the next whole number after those `taken`, who made it and when,
    and the hash of the text it was made of."""
    numbers = [int(found[0]) for one in (of.version, *taken) if (found := _NUMBER.match(one)) is not None]
    return change.model_copy(
        update={
            "version": str(max(numbers, default=1) + 1),
            "derived_from": document_hash(of),
            "changed_by": excerpt(by, 100) or "unknown",
            "changed_on": f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        }
    )
