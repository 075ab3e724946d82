"""Dismantling: arms made of one script by leaving steps out, to see which step does the work. Documents in,
documents out, and what came out of running them; nothing is run here.
"""

import hashlib
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.analysis.dismantling import Dismantling, dismantled
from sandbox.analysis.effect import scale_of
from sandbox.analysis.family import chosen_scale, gather_compared
from sandbox.errors import UsageError
from sandbox.library.document import MAX_ID, document_hash
from sandbox.library.study import Wordings
from sandbox.library.technique import Step, Technique
from sandbox.store.store import Store
from sandbox.study.plan import StudyPlan
from sandbox.study.small_study import name_apart

Replacing = Literal["filler", "nothing"]
"""What stands where a step was left out: filler text of the same length, or nothing (a shorter script)."""

Design = Literal["each left out", "each alone", "factorial", "shuffled"]

DESIGNS: Mapping[str, tuple[Design, str]] = {
    "left-out": ("each left out", "the script without each step in turn"),
    "alone": ("each alone", "each step alone"),
    "factorial": ("factorial", "all combinations of steps, or a fraction of them"),
    "shuffled": ("shuffled", "the steps in other orders"),
}
"""By the word that a command takes: the design, and what its arms are."""

MOST_FACTORS = 8
"""More steps than this are no factorial any more: 2⁹⁻² is 128 arms a shared start."""

_GENERATORS = {
    5: "a b c d abcd",
    6: "a b c d e abcde",
    7: "a b c d e f abcdef",
    8: "a b c d e f abcd abef",
}
"""Fractions of resolution V and more (Box, Hunter and Hunter 2005, table 6.22): 16, 32, 64 and 64 arms."""

_SENTENCE = re.compile(r"(?<=[.!?…”])\s+")


@dataclass(frozen=True, slots=True)
class Dismantled:
    """One arm: the script, the ids of the original's steps it has, and how it was made, for a table."""

    technique: Technique
    steps: frozenset[str]
    note: str


def dismantle(
    technique: Technique, filler: Technique, design: Design, *, replacing: Replacing = "filler", seed: int = 1
) -> tuple[Dismantled, ...]:
    """The arms of a design, the whole script first; each arm once.

    `each left out`: a script without each step. `each alone`: with only that one. `factorial`: every step a
    factor, all combinations up to four steps and a fraction of resolution V beyond (main effects and pairs
    stay apart from each other), after pyDOE3. `shuffled`: as many orders as there are steps, drawn by `seed`.

    Raises UsageError for a control, a script with a single step, one a clinician types, a guided one to be
    filled with filler, or one too long for the design.
    """
    if technique.is_control:
        raise UsageError(
            f"“{technique.id}” is a control: its steps do nothing that could be told apart.",
            todo="Name a technique; sandbox compare sets controls side by side.",
        )
    ids = [step.id for step in technique.steps]
    if len(ids) < 2:
        raise UsageError(f"“{technique.id}” has one step: there is nothing to leave out.")
    if technique.delivery == "live":
        raise UsageError(f"“{technique.id}” is typed by a clinician: its steps are no fixed text.")
    if technique.delivery == "guided" and replacing == "filler" and design != "shuffled":
        raise UsageError(
            f"“{technique.id}” is guided: its steps say what to do, and a therapist model would take filler"
            " for such an instruction.",
            todo="Drop the steps instead: --replace nothing, with a model that can follow a protocol.",
        )
    if design == "shuffled":
        return _shuffled(technique, seed)
    whole = frozenset(ids)
    match design:
        case "each left out":
            sets = [whole - {step} for step in ids]
        case "each alone":
            sets = [frozenset({step}) for step in ids]
        case "factorial":
            sets = _factorial(ids)
    wanted = dict.fromkeys([whole, *sets])
    return tuple(_arm(technique, steps, filler, replacing) for steps in wanted)


def _factorial(ids: Sequence[str]) -> list[frozenset[str]]:
    count = len(ids)
    if count > MOST_FACTORS:
        raise UsageError(
            f"{count} steps are too many for a factorial design: at most {MOST_FACTORS}.",
            todo="Use the design that leaves each step out in turn.",
        )
    import pyDOE3

    rows = pyDOE3.fracfact(_GENERATORS[count]) if count in _GENERATORS else pyDOE3.ff2n(count)
    return [frozenset(id for id, level in zip(ids, row, strict=True) if level > 0) for row in rows]


def _arm(technique: Technique, steps: frozenset[str], filler: Technique, replacing: Replacing) -> Dismantled:
    if len(steps) == len(technique.steps):
        return Dismantled(technique, steps, "whole")
    left_out = [step.id for step in technique.steps if step.id not in steps]
    kept = [step.id for step in technique.steps if step.id in steps]
    few = len(kept) < len(left_out)
    note = (
        f"only {', '.join(kept)}" if few and kept else f"without {', '.join(left_out)}" if kept else "no step"
    )
    if replacing == "nothing":
        if not kept:
            raise UsageError(
                "A script with every step dropped says nothing.", todo="Replace steps by filler."
            )
        made = tuple(step for step in technique.steps if step.id in steps)
    else:
        made = tuple(
            step if step.id in steps else _filler_step(step, place, filler)
            for place, step in enumerate(technique.steps)
        )
    return Dismantled(_derived(technique, made, note), steps, note)


def _filler_step(step: Step, place: int, filler: Technique) -> Step:
    """Filler about as long as the step: whole sentences of the filler, from its step at that place on. It is
    said where the step would have been: under its condition, and again as it is."""
    wanted = len(step.say.split())
    sentences = [
        sentence
        for offset in range(len(filler.steps))
        for sentence in _SENTENCE.split(filler.steps[(place + offset) % len(filler.steps)].say)
    ]
    said: list[str] = []
    words = 0
    for sentence in sentences:
        length = len(sentence.split())
        if said and abs(words + length - wanted) > abs(words - wanted):
            break
        said.append(sentence)
        words += length
    return Step(id=f"filler-{place + 1}", say=" ".join(said), when=step.when, repeat=step.repeat)


def _shuffled(technique: Technique, seed: int) -> tuple[Dismantled, ...]:
    """The written order and as many others as there are steps, as far as there are so many."""
    chance = random.Random(seed)  # noqa: S311
    written = tuple(technique.steps)
    orders = {tuple(step.id for step in written): written}
    for _ in range(50 * len(written)):
        if len(orders) > len(written):
            break
        drawn = list(written)
        chance.shuffle(drawn)
        orders.setdefault(tuple(step.id for step in drawn), tuple(drawn))
    whole = frozenset(step.id for step in written)
    return tuple(
        Dismantled(technique, whole, "as written")
        if steps == written
        else Dismantled(
            _derived(technique, steps, f"order {', '.join(names)}"), whole, f"order {', '.join(names)}"
        )
        for names, steps in orders.items()
    )


def _derived(technique: Technique, steps: Iterable[Step], note: str) -> Technique:
    """The technique with other steps, an id and title of its own, and the hash of what it was made from."""
    made = tuple(steps)
    ending = f"-{_short(made)}"
    return technique.model_copy(
        update={
            "id": technique.id[: MAX_ID - len(ending)].strip("-") + ending,
            "title": f"{technique.title}: {note}"[:400],
            "description": f"“{technique.title}”, {note}. Made for a dismantling.",
            "derived_from": document_hash(technique.worded()),
            "steps": made,
        }
    )


def _short(steps: Sequence[Step]) -> str:
    """Eight hexadecimal digits that stand for the steps and their order."""
    said = "\n".join(f"{step.id}: {step.say}" for step in steps)
    return hashlib.sha256(said.encode()).hexdigest()[:8]


# What came out


def result_of(
    store: Store,
    sessions: Sequence[str],
    arms: Sequence[Dismantled],
    design: Design,
    replacing: Replacing,
    scale: str | None = None,
) -> Dismantling:
    """What these sessions of a dismantling's arms (the whole script first) say of each step.

    `scale`: its id; None: `distress`, else the first. Raises NotFoundError, UsageError when there is nothing
    to compare.
    """
    found = gather_compared(store, sessions)
    name = chosen_scale(found, scale)
    counted = scale_of(found[0].asked, name)
    return dismantled(
        found,
        {arm.technique.id: arm.steps for arm in arms},
        tuple(step.id for step in arms[0].technique.steps),
        name,
        design=design,
        replaced=replacing == "filler",
        notes={arm.technique.id: arm.note for arm in arms},
        higher_is=counted.higher_is if counted is not None else "neither",
    )


_METHOD = "dismantling"


def name_of(
    technique: str,
    word: str,
    replacing: Replacing,
    scenarios: Sequence[str],
    client: str,
    model: str,
    wordings: Wordings = "base",
) -> str:
    """What the study is called: given again with the same choices it goes on, with others it is another.
    `word` is a key of DESIGNS."""
    other = (
        *(["nothing"] if replacing == "nothing" else []),
        *(["wordings"] if wordings == "spread" else []),
    )
    return name_apart(("dismantle", technique, word, *other), "-".join(scenarios), client, model)


def method_of(word: str, replacing: Replacing) -> str:
    """What a study's document says of how its arms were made; `word` is a key of DESIGNS."""
    return f"{_METHOD} {word} {replacing}"


@dataclass(frozen=True, slots=True)
class TakenApart:
    """A dismantling as a study's plan has it."""

    arms: tuple[Dismantled, ...]
    design: Design
    replacing: Replacing


def taken_apart(plan: StudyPlan) -> TakenApart | None:
    """The dismantling that a study is, by its document and the techniques it runs; None for any other."""
    words = (plan.study.source.method or "").split()
    if len(words) != 3 or words[0] != _METHOD or words[1] not in DESIGNS:
        return None
    techniques = (one for one in plan.documents.values() if isinstance(one, Technique))
    arms = [one for one in techniques if one.wording is None]
    made = [one for one in arms if not one.is_control or one.derived_from is not None]
    origins = {one.derived_from for one in made}
    whole = next((one for one in made if document_hash(one) in origins), None)
    if whole is None:
        return None
    ids = frozenset(step.id for step in whole.steps)
    found = [Dismantled(whole, ids, "whole")]
    for one in made:
        if one.derived_from == document_hash(whole):
            note = one.title.removeprefix(f"{whole.title}: ")
            found.append(Dismantled(one, ids & {step.id for step in one.steps}, note))
    return TakenApart(tuple(found), DESIGNS[words[1]][0], "filler" if words[2] == "filler" else "nothing")
