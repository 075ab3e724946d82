"""A packet's transcripts as blocks: turns numbered from 1 under the transcript's code, and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sandbox
from sandbox.analysis.arm import Arm
from sandbox.engine.history import Turn
from sandbox.export import NOTICE
from sandbox.export.report.blocks import Block, Exchange, Heading, Paragraph, Said, lines_of
from sandbox.review.blind import Blinding
from sandbox.review.packet import PacketKey, PacketTranscript


@dataclass(frozen=True, slots=True)
class CodedTranscript:
    """A transcript under its code. `title` says what it is in an open packet; it is empty in a blind one."""

    key: PacketTranscript
    title: str
    warning: str
    turns: tuple[Exchange, ...]


def coded(key: PacketKey, arms: Sequence[Arm]) -> tuple[CodedTranscript, ...]:
    """Every transcript of the packet, in its order."""
    known, named = {arm.id: arm for arm in arms}, arms if key.blind else ()
    hidden = Blinding((arm.plan for arm in named), (arm.model.title for arm in named))
    return tuple(_coded(one, known[one.session], hidden, blind=key.blind) for one in key.transcripts)


def transcript_blocks(key: PacketKey, one: CodedTranscript) -> tuple[Block, ...]:
    """One transcript of the packet as a document of its own."""
    told = "Technique, arm, model, seed and scores are left out." if key.blind else one.title
    return (
        Heading(f"Transcript {one.key.code}", 1),
        Paragraph(NOTICE, grave=True),
        *((Paragraph(f"Content warning: {one.warning}", grave=True),) if one.warning else ()),
        Paragraph(f"Packet {key.id}, therapy-sandbox {sandbox.__version__}. {told}"),
        *one.turns,
    )


def _coded(key: PacketTranscript, arm: Arm, hidden: Blinding, *, blind: bool) -> CodedTranscript:
    by_index = {turn.index: turn for turn in arm.history.turns}
    title = "" if blind else f"{arm.title} · {arm.plan.scenario.title} · {arm.model.title}"
    turns = (by_index[index] for index in key.turns)
    warning = hidden.shown(", ".join(arm.plan.scenario.content_warning))
    return CodedTranscript(key, title, warning, tuple(_exchanges(key.code, turns, hidden)))


def _exchanges(code: str, turns: Iterator[Turn], hidden: Blinding) -> Iterator[Exchange]:
    line = 1
    for number, turn in enumerate(turns, 1):
        place = f"{code}.{number}"
        who = "Therapist" if turn.phase == "technique" else "Situation"
        said = [Said(place, who, hidden.shown(turn.said), line=line)]
        line += len(lines_of(said[0].words))
        if turn.reply is not None:
            said.append(Said(place, "Client (simulated)", hidden.shown(turn.reply), line=line))
            line += len(lines_of(said[1].words))
        yield Exchange(place, f"Turn {number}", tuple(said))
