"""Versions of a script: every text of a technique that ever ran here, what changed, and what each one did."""

import difflib
import itertools
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sandbox.analysis.answer import answer, one_against_another
from sandbox.analysis.arm import Arm, control_beside
from sandbox.analysis.comparison import ComparedArm, Comparison, compare
from sandbox.analysis.conditions import technique_texts
from sandbox.analysis.family import chosen_scale, gather_compared
from sandbox.engine.composition import cut_to
from sandbox.engine.plan import SessionPlan
from sandbox.errors import NotFoundError, UsageError
from sandbox.library.copying import version_text
from sandbox.library.document import document_hash
from sandbox.library.loading import parse_document
from sandbox.library.study import StudySampling
from sandbox.library.technique import Step, Technique
from sandbox.store.document import READERS, document_json
from sandbox.store.store import Store
from sandbox.text import excerpt, number_of

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

    @property
    def called(self) -> str:
        """`version 2`, `version 2, wording 1`."""
        wording = self.technique.wording
        return f"version {self.technique.version}" + (f", wording {wording}" if wording else "")

    @property
    def alone(self) -> str:
        """Why there is no effect where there is none."""
        if self.technique.is_control:
            return "It is the control: no other one was planned before it."
        return "No control stands beside it."

    def is_text_of(self, file: Technique | None) -> bool:
        """Whether the file says it; of a control the part that ran, of a copy under another id its steps."""
        if file is None:
            return False
        ran, own = self.technique, file.worded()
        cut = cut_to(own, len(ran.steps)) if own.is_control else own
        return cut == ran or (cut.id != ran.id and cut.steps == ran.steps)


def versions_of(store: Store, id: str, file: Technique | None = None) -> tuple[ScriptVersion, ...]:
    """Every text of the technique of that id that ran here, the oldest first, and every one that says what
    the `file` says, under whatever id it ran; one whose sessions were all removed is none.

    A control is cut to the length of what runs beside it, and is a text for each length. Raises NotFoundError
    when none ran.
    """
    with store.reading() as db:
        rows = db.execute(
            """SELECT d.hash, d.json, min(s.created), group_concat(s.id) FROM documents d
               JOIN sessions s ON s.technique = d.hash
               WHERE d.kind = 'technique' AND (d.id = ? OR json_extract(d.json, '$.steps') IN
                   (SELECT json_extract(value, '$.steps') FROM json_each(?)))
               GROUP BY d.hash ORDER BY min(s.created), d.hash""",
            [id, f"[{','.join(map(document_json, _as_run(file)))}]"],
        ).fetchall()
    sessions = [session for row in rows for session in row[3].split(",")]
    gone = {session for session, state in store.states_now(sessions).items() if state == "removed"}
    families = store.families([session for session in sessions if session not in gone])
    found = (
        ScriptVersion(
            READERS["technique"].validate_json(text),
            hash,
            datetime.fromisoformat(first),
            tuple(dict.fromkeys(families[one][0].id for one in ids.split(",") if one in families)),
        )
        for hash, text, first, ids in rows
    )
    versions = tuple(one for one in found if one.trunks)
    if not versions:
        raise NotFoundError(
            f"No text of “{excerpt(id, 60)}” ran here yet.",
            todo=f"Run it: sandbox run --technique {excerpt(id, 60)}",
        )
    return versions


def _as_run(file: Technique | None) -> Iterator[Technique]:
    """What a file can have run as: itself, and a control cut to any length."""
    if file is not None:
        lengths = range(1, len(file.steps) + 1) if file.is_control else (len(file.steps),)
        yield from (cut_to(file.worded(), length) for length in lengths)


def version_named(versions: Sequence[ScriptVersion], text: str) -> ScriptVersion:
    """The one whose hash begins so, or whose number (from 1, the oldest) it is. Raises UsageError."""
    if text.isdigit() and 1 <= int(text) <= len(versions):
        return versions[int(text) - 1]
    found = [one for one in versions if one.hash.startswith(text.lower())] if len(text) >= 4 else []
    if len(found) != 1:
        numbers = ", ".join(f"{n} ({one.hash[:8]})" for n, one in enumerate(versions, 1))
        raise UsageError(f"“{excerpt(text, 40)}” is no version of it.", todo=f"There are: {numbers}.")
    return found[0]


def effect_of(store: Store, version: ScriptVersion) -> tuple[str, ...]:
    """What the version did against its controls, over all its starts, in sentences, last a caution where
    those said different texts; empty where nothing stands beside it.

    A start that another one repeats (the same scenario, client, model and seed) is no second observation: the
    first of them counts that was finished, else the first in which something was measured.
    """
    compared = _compared(store, version.trunks, (version,))
    if compared is None:
        return ()
    sessions = [session for arm in compared.arms for session in arm.sessions]
    counted = {one.trunk for one in sessions if one.plan.technique == version.technique}
    left: tuple[str, ...] = ()
    if len(counted) < len(version.trunks):
        left = (
            f"Counted: {len(counted)} of {number_of(len(version.trunks), 'start')}. A start run again (same"
            " scenario, client, model and seed) counts once; one without a control not at all.",
        )
    return *answer(compared).lines, *left, *(f"Caution: {text}" for text in technique_texts(sessions))


def _compared(store: Store, trunks: Sequence[str], versions: Sequence[ScriptVersion]) -> Comparison | None:
    """Those versions with their controls over these starts, each start once; None: nothing to compare."""
    try:
        arms = gather_compared(store, trunks)
    except UsageError:
        return None
    texts = [version.technique for version in versions]
    own_texts = {arm.id for arm in arms if arm.measured and arm.plan.technique in texts}
    said = [arm for arm in arms if arm.id in own_texts | _beside(arms, own_texts)]
    ran = {arm.trunk for arm in said if arm.id in own_texts}
    done = {arm.trunk for arm in said if arm.id in own_texts and arm.state == "finished"}
    heads = store.heads(trunks)
    first: dict[object, str] = {}
    for trunk in sorted(filter(ran.__contains__, trunks), key=lambda one: one not in done):
        first.setdefault(_start(heads[trunk].plan), trunk)  # its own plan: a redone reply has another seed
    starts = set(first.values())
    own = tuple(arm for arm in said if arm.trunk in starts and arm.state not in ("planned", "running"))
    if len(own) < 2 or not any(arm.id in own_texts for arm in own):
        return None
    return compare(own, chosen_scale(own), pooled=True)


def _beside(arms: Sequence[Arm], texts: Container[str]) -> set[str]:
    """The controls that stand beside the arms of those ids, which may be controls themselves."""
    controls = [arm for arm in arms if arm.measured and arm.is_control]
    return {
        found.id
        for arm in arms
        if arm.id in texts
        and (found := control_beside(arm, (one for one in controls if one.trunk == arm.trunk))) is not None
    }


def _start(plan: SessionPlan) -> tuple[tuple[str, str], str, int, StudySampling]:
    """What a shared start is the same by."""
    told = document_hash(plan.scenario), document_hash(plan.client)
    return told, plan.model, plan.seed, plan.sampling


# Two of them in pairs


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two versions over the shared starts that have both: a sentence for each condition they ran under, the
    sessions to compare, and the seeds of the starts under the newest condition."""

    lines: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    seeds: frozenset[int] = frozenset()


def pairs_of(store: Store, one: ScriptVersion, other: ScriptVersion) -> Pairs:
    """The version `one` against the `other`, over the starts in which both were finished."""
    both = [trunk for trunk in one.trunks if trunk in other.trunks]
    families = store.families(both)
    states = store.states_now({head.id for heads in families.values() for head in heads})
    trunks = []
    for trunk in both:
        done = [head.plan.technique for head in families[trunk] if states[head.id] == "finished"]
        if one.technique in done and other.technique in done:
            trunks.append(trunk)
    compared = _compared(store, trunks, (one, other)) if trunks else None
    if compared is None:
        return Pairs()
    lines = []
    for arm in compared.arms:
        for beside in compared.arms:
            if (_text(arm), _text(beside)) == (one.technique, other.technique):
                lines.append(one_against_another(compared, arm, beside))
    sessions = [session for arm in compared.arms for session in arm.sessions]
    newest = like(store, one)
    seeds = {arm.plan.seed for arm in sessions if _start(arm.plan)[:2] == _start(newest)[:2]}
    return Pairs(tuple(filter(None, lines)), tuple(arm.id for arm in sessions), frozenset(seeds))


def _text(arm: ComparedArm) -> Technique | None:
    return arm.sessions[0].plan.technique


def like(store: Store, version: ScriptVersion) -> SessionPlan:
    """The plan of the newest session that ran the version: what more runs of it are made like."""
    families = store.families(version.trunks)
    heads = [head for trunk in version.trunks for head in families[trunk]]
    return [head.plan for head in heads if head.plan.technique == version.technique][-1]


def seeds_to_run(there: frozenset[int], count: int) -> tuple[int, ...]:
    """The seeds of the pairs that are missing where so many are wanted: the lowest that are not there."""
    missing = max(0, count - len(there))
    return tuple(itertools.islice((seed for seed in itertools.count(1) if seed not in there), missing))


def restored(version: ScriptVersion, id: str) -> str:
    """The version as the text of a technique's file of that id. Under another id it says what it is from.
    A wording becomes a script of its own.

    Raises InvalidDocument if it would not be read as it is written, which no version that ran should be.
    """
    technique = version.technique.model_copy(update={"wording": None})
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
