"""A packet of transcripts: its key, which says what each code stands for, and how one is made up.

The key is kept in the record, never in the packet itself. What a packet looks like is export's business.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sandbox.analysis.arm import Arm
from sandbox.analysis.family import gather_families
from sandbox.engine.history import Turn
from sandbox.errors import UsageError
from sandbox.library.codebook import Codebook
from sandbox.library.document import Document
from sandbox.library.form import Form
from sandbox.review.marks import Code
from sandbox.store.mark import MarkRecord
from sandbox.store.store import Store
from sandbox.study.progress import study_or_session

_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PacketTranscript(_Kept):
    """A transcript of the packet. `turns`: the numbers of the session's turns (`Turn.index`) shown, in order:
    turn n of the transcript is the session's turn `turns[n - 1]`. `ticked`: the fidelity
    statements to tick."""

    code: Code
    session: str
    turns: Annotated[tuple[int, ...], Field(min_length=1)]
    ticked: tuple[str, ...] = ()


class PacketPair(_Kept):
    """Two transcripts set side by side: the codes of the one shown as A, and of the one shown as B."""

    code: Code
    a: Code
    b: Code


class PacketKey(_Kept):
    """A packet: its id, what stands in it, and the documents a reviewer marks it with. `blind`: the reviewer
    does not see technique, arm and model."""

    id: Code
    blind: bool
    transcripts: tuple[PacketTranscript, ...]
    pairs: tuple[PacketPair, ...] = ()
    forms: tuple[Form, ...]
    codebook: Codebook | None = None

    @property
    def documents(self) -> tuple[Document, ...]:
        """The forms, and the codebook if there is one."""
        return *self.forms, *((self.codebook,) if self.codebook else ())


class KeyArm(_Kept):
    """What a session of a packet is: its arm's title, and its model's name."""

    title: str
    model: str


class NamedKey(_Kept):
    """A key that can be read without the record: `arms` has each of its sessions."""

    packet: PacketKey
    arms: dict[str, KeyArm]


# Making one up


@dataclass(frozen=True, slots=True)
class Packing:
    """How a packet is made. `blind`: without what tells the arm. `paired`: arms of one shared start are set
    side by side, where a form asks about two. `equal_length`: each transcript ends after as many technique
    turns as the shortest has."""

    blind: bool = True
    paired: bool = True
    equal_length: bool = False


def arms_for_review(store: Store, words: Iterable[str]) -> tuple[Arm, ...]:
    """The arms meant by sessions and studies; a shared start stands for all its arms.

    Raises NotFoundError, UsageError where nothing was said in one of them.
    """
    ids = dict.fromkeys(id for word in words for id in study_or_session(store, word))
    members = {id: tuple(head.id for head in heads) for id, heads in store.families(ids).items()}
    families = {one.trunk: one for one in gather_families(store, tuple(dict.fromkeys(members.values())))}
    found: dict[str, Arm] = {}
    for id in ids:
        family = families[members[id][0]]
        for arm in family.arms if id == family.trunk else (family.arm(id),):
            found[arm.id] = arm
    if silent := [arm.id for arm in found.values() if not arm.history.turns]:
        raise UsageError("Nothing was said in this session yet.", where=silent[0], todo="Leave it out.")
    return tuple(found.values())


def pack(
    arms: Sequence[Arm], forms: Sequence[Form], codebook: Codebook | None, packing: Packing, chance: Random
) -> PacketKey:
    """The key of a new packet, its transcripts in an order that `chance` gives.

    In a blind packet nothing is ticked: a technique's list would name it.
    """
    shuffled, paired = list(arms), packing.paired and any(form.preference for form in forms)
    chance.shuffle(shuffled)
    digits = max(2, len(str(len(shuffled))))
    codes = {arm.id: f"T{number:0{digits}}" for number, arm in enumerate(shuffled, 1)}
    return PacketKey(
        id="p-" + "".join(chance.choices(_ID_LETTERS, k=8)),
        blind=packing.blind,
        transcripts=tuple(
            PacketTranscript(
                code=codes[arm.id],
                session=arm.id,
                turns=tuple(turn.index for turn in turns),
                ticked=arm.plan.technique.fidelity if arm.plan.technique and not packing.blind else (),
            )
            for arm, turns in zip(shuffled, _shown(shuffled, packing), strict=True)
        ),
        pairs=tuple(_pairs(arms, codes, chance)) if paired else (),
        forms=tuple(forms),
        codebook=codebook,
    )


def _shown(arms: Sequence[Arm], packing: Packing) -> list[tuple[Turn, ...]]:
    if not packing.equal_length:
        return [arm.history.turns for arm in arms]
    most = min(sum(turn.phase == "technique" for turn in arm.history.turns) for arm in arms)
    return [tuple(_up_to(arm.history.turns, most)) for arm in arms]


def _up_to(turns: Iterable[Turn], most: int) -> Iterator[Turn]:
    """The turns before the technique and that many of it; nothing after."""
    said = 0
    for turn in turns:
        said += turn.phase == "technique"
        if said > most or turn.phase == "follow-up":
            return
        yield turn


def _pairs(arms: Sequence[Arm], codes: dict[str, str], chance: Random) -> Iterator[PacketPair]:
    """Every two arms of a shared start, which of them is A by chance, in an order by chance."""
    found = [list(two) for two in combinations(arms, 2) if two[0].trunk == two[1].trunk]
    chance.shuffle(found)
    for number, two in enumerate(found, 1):
        chance.shuffle(two)
        yield PacketPair(code=f"P{number:02}", a=codes[two[0].id], b=codes[two[1].id])


def named_key(store: Store, packet: str) -> NamedKey:
    """The key of a packet made here. Raises NotFoundError."""
    key = PacketKey.model_validate(MarkRecord(store).packet(packet))
    arms = arms_for_review(store, [one.session for one in key.transcripts])
    return NamedKey(packet=key, arms={arm.id: KeyArm(title=arm.title, model=arm.plan.model) for arm in arms})


def length_caution(key: PacketKey) -> str:
    """That the length of a blind packet's transcripts may tell the arm; empty where it cannot."""
    lengths = sorted({len(one.turns) for one in key.transcripts})
    if not key.blind or len(lengths) == 1:
        return ""
    return (
        f"The transcripts have {lengths[0]} to {lengths[-1]} turns: their length may tell the arm."
        " --equal-length ends each after as many technique turns as the shortest has."
    )
