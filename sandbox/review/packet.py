"""What a packet stands for: which session each of its codes is, and which documents its marks are made with.

This is the key. It is kept in the record, never in the packet itself. Writing packets is export's business.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sandbox.library.codebook import Codebook
from sandbox.library.document import Document
from sandbox.library.form import Form
from sandbox.review.marks import Code


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
