"""Versions of a script: every text of a technique that ever ran here, what changed, and what each one did."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sandbox.analysis.answer import Answer, answer
from sandbox.analysis.comparison import compare
from sandbox.analysis.family import chosen_scale, gather_compared
from sandbox.errors import NotFoundError, UsageError
from sandbox.library.copying import version_text
from sandbox.library.document import document_hash
from sandbox.library.loading import parse_document
from sandbox.library.technique import Step, Technique
from sandbox.store.document import READERS
from sandbox.store.store import Store
from sandbox.text import excerpt

_WORDS = re.compile(r"\s+|[^\s]+")
_AROUND = 4
"""How many words that stayed are shown before and after a change."""


@dataclass(frozen=True, slots=True)
class ScriptVersion:
    """A text of a technique under its hash: when it first ran, and the shared starts it ran in."""

    technique: Technique
    hash: str
    first: datetime
    trunks: tuple[str, ...]


def versions_of(store: Store, id: str) -> tuple[ScriptVersion, ...]:
    """Every text of the technique of that id that ran here, the oldest first.

    A control is cut to the length of what runs beside it, and is a text for each length. Raises NotFoundError
    when none ran.
    """
    with store.reading() as db:
        rows = db.execute(
            """SELECT d.hash, d.json, min(s.created), group_concat(s.id) FROM documents d
               JOIN sessions s ON s.technique = d.hash
               WHERE d.kind = 'technique' AND d.id = ? GROUP BY d.hash ORDER BY min(s.created), d.hash""",
            [id],
        ).fetchall()
    if not rows:
        raise NotFoundError(
            f"No text of “{excerpt(id, 60)}” ran here yet.",
            todo=f"Run it: sandbox run --technique {excerpt(id, 60)}",
        )
    sessions = [session for row in rows for session in row[3].split(",")]
    families = store.families(sessions)
    return tuple(
        ScriptVersion(
            READERS["technique"].validate_json(text),
            hash,
            datetime.fromisoformat(first),
            tuple(dict.fromkeys(families[session][0].id for session in ids.split(","))),
        )
        for hash, text, first, ids in rows
    )


def version_named(versions: Sequence[ScriptVersion], text: str) -> ScriptVersion:
    """The one whose hash begins so, or whose number (from 1, the oldest) it is. Raises UsageError."""
    if text.isdigit() and 1 <= int(text) <= len(versions):
        return versions[int(text) - 1]
    found = [one for one in versions if one.hash.startswith(text.lower())] if len(text) >= 4 else []
    if len(found) != 1:
        numbers = ", ".join(f"{n} ({one.hash[:8]})" for n, one in enumerate(versions, 1))
        raise UsageError(f"“{excerpt(text, 40)}” is no version of it.", todo=f"There are: {numbers}.")
    return found[0]


def effect_of(store: Store, version: ScriptVersion) -> Answer | None:
    """What the version did against its controls, over all its starts; None where nothing stands beside it.

    A start that another one repeats (the same scenario, client, model and seed) is no second observation: the
    first of them counts.
    """
    try:
        arms = gather_compared(store, version.trunks)
    except UsageError:
        return None
    first: dict[object, str] = {}
    for arm in arms:
        plan = arm.plan
        told = document_hash(plan.scenario), document_hash(plan.client)
        first.setdefault((told, plan.model, plan.seed, plan.sampling), arm.trunk)
    starts = set(first.values())
    own = tuple(
        arm
        for arm in arms
        if arm.trunk in starts and (arm.is_control or arm.plan.technique == version.technique)
    )
    if not any(not arm.is_control for arm in own) or len(own) < 2:
        return None
    return answer(compare(own, chosen_scale(own), pooled=True))


def restored(version: ScriptVersion, id: str) -> str:
    """The version as the text of a technique's file of that id. Under another id it says what it is from.

    Raises InvalidDocument if it would not be read as it is written, which no version that ran should be.
    """
    technique = version.technique
    if id != technique.id:
        technique = technique.model_copy(update={"id": id, "derived_from": version.hash})
    text = version_text(technique)
    if parse_document(text, "technique", f"{id}.yaml") != technique:
        raise UsageError("This version cannot be written as a file.", where=version.hash[:8])
    return text


# What changed


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of words that stayed, went or came."""

    kind: Literal["same", "removed", "added"]
    words: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a step: `pieces` of its text, or the whole step that came or went, or moved."""

    step: str
    what: Literal["changed", "added", "removed", "moved"]
    pieces: tuple[Piece, ...]


def changes(before: Technique, after: Technique) -> tuple[Change, ...]:
    """What differs between two texts, step by step in the order of the later one, then what was removed."""
    old = {step.id: step for step in before.steps}
    new = {step.id: step for step in after.steps}
    found = [change for step in after.steps if (change := _of_step(old.get(step.id), step)) is not None]
    kept = [step.id for step in before.steps if step.id in new]
    order = [step.id for step in after.steps if step.id in old]
    changed = {change.step for change in found}
    for was, now in zip(kept, order, strict=True):
        if was != now and now not in changed:
            found.append(Change(now, "moved", ()))
    gone = [step for step in before.steps if step.id not in new]
    found += [Change(step.id, "removed", (Piece("removed", step.say),)) for step in gone]
    return tuple(found)


def _of_step(before: Step | None, after: Step) -> Change | None:
    if before is None:
        return Change(after.id, "added", (Piece("added", after.say),))
    if before == after:
        return None
    return Change(after.id, "changed", tuple(word_diff(_said(before), _said(after))))


def _said(step: Step) -> str:
    """The step's text with its condition and repetition, which are part of what it does."""
    notes = [f"[when {step.when}]"] if step.when is not None else []
    if step.repeat is not None:
        notes.append(f"[repeat until {step.repeat.until}, at most {step.repeat.at_most}]")
    return " ".join([*notes, step.say])


def word_diff(before: str, after: str) -> Iterator[Piece]:
    """The two texts as stretches of words; joined without those removed they are the later text."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if what == "equal":
            yield Piece("same", "".join(old[i:j]))
            continue
        if i < j:
            yield Piece("removed", "".join(old[i:j]))
        if k < m:
            yield Piece("added", "".join(new[k:m]))


def shortened(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The same with long stretches that stayed cut to a few words beside each change."""
    for place, piece in enumerate(pieces):
        words = piece.words.split()
        if piece.kind != "same" or len(words) <= 2 * _AROUND + 1:
            yield piece
            continue
        head = " ".join(words[:_AROUND]) + " " if place else ""
        tail = " " + " ".join(words[-_AROUND:]) + " " if place < len(pieces) - 1 else ""
        yield Piece("same", f"{head}…{tail}")
