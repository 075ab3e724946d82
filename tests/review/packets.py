"""A packet of two sessions in a record, and what a reviewer makes of it, for tests."""

import io
from pathlib import Path
from typing import Any

import openpyxl

from sandbox.engine.events import RunPlanned, TurnFinished
from sandbox.engine.history import Turn
from sandbox.engine.plan import SessionHead
from sandbox.library.codebook import Codebook
from sandbox.library.form import Form
from sandbox.library.loading import load_file
from sandbox.library.workspace import shipped_content
from sandbox.review.packet import PacketKey, PacketPair, PacketTranscript
from sandbox.review.sheet import HEADINGS, rows_to_fill
from sandbox.store.mark import MarkRecord
from sandbox.store.store import Store
from tests.documents import plan, technique

STATEMENTS = ("Invites attention to the breath", "Leaves the feeling alone")


def shipped_form(id: str = "session-rating") -> Form:
    found = load_file(shipped_content() / "forms" / f"{id}.yaml")
    assert isinstance(found, Form)
    return found


def codebook() -> Codebook:
    found = load_file(shipped_content() / "codebooks" / "therapist-moves.yaml")
    assert isinstance(found, Codebook)
    return found


def two_sessions(store: Store) -> None:
    """`breath` and `filler`, three turns each, of a technique and of a control."""
    arms = {
        "breath": technique(fidelity=STATEMENTS),
        "filler": technique("Page one.", "Page two.", "Page three.", id="manual", family="control"),
    }
    store.record(
        RunPlanned(tuple(SessionHead(id=id, plan=plan(technique=script)) for id, script in arms.items()))
    )
    for id, script in arms.items():
        for n, step in enumerate(script.steps, 1):
            store.record(TurnFinished(id, Turn(n, "technique", "scripted", step.say, f"Reply {n}.", step.id)))


def key() -> PacketKey:
    """The transcripts leave out the first turn: turn 1 of a transcript is the session's turn 2."""
    return PacketKey(
        id="p1",
        blind=True,
        transcripts=(
            PacketTranscript(code="K7", session="breath", turns=(2, 3), ticked=STATEMENTS),
            PacketTranscript(code="M2", session="filler", turns=(2, 3), ticked=STATEMENTS),
        ),
        pairs=(PacketPair(code="P1", a="M2", b="K7"),),
        forms=(shipped_form(), shipped_form("working-together")),
        codebook=codebook(),
    )


def sent(store: Store) -> MarkRecord:
    """A record with two sessions and a packet of them."""
    two_sessions(store)
    record = MarkRecord(store)
    record.add_packet("p1", key(), "tests")
    return record


def marks(reviewer: str = "Ada", **fields: Any) -> dict[str, Any]:
    """What the packet's page saves."""
    return {
        "format": "therapy-sandbox marks",
        "format_version": 1,
        "packet": "p1",
        "reviewer": reviewer,
        "saved": "2020-11-26T10:00:00Z",
        "transcripts": [
            {
                "code": "K7",
                "ratings": {"session-rating": {"warmth": 4, "pace": None}},
                "notes": [
                    {
                        "turn": 1,
                        "speaker": "therapist",
                        "quote": "Breathe",
                        "text": "=1+1 <b>",
                        "tags": ["harm"],
                    }
                ],
                "ticks": [{"statement": STATEMENTS[0], "seen": True, "turn": 2}],
            }
        ],
        "preferences": [{"pair": "P1", "form": "session-rating", "choice": "b", "reason": "kinder"}],
        **fields,
    }


def spreadsheet(
    path: Path, filled: dict[str, dict[tuple[Any, ...], Any]], *rows: tuple[str, tuple[Any, ...]]
) -> Path:
    """The packet's form with cells filled in, by sheet, by (row from 1 under the headings, heading); and more
    `rows` at the end of a sheet."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, content in rows_to_fill(key()).items():
        sheet = book.create_sheet(name)
        sheet.append(HEADINGS[name])
        for row in content:
            sheet.append(row)
        for (number, heading), value in filled.get(name, {}).items():
            sheet.cell(number + 1, HEADINGS[name].index(heading) + 1, value)
        for target, row in rows:
            if target == name:
                sheet.append(row)
    saved = io.BytesIO()
    book.save(saved)
    path.write_bytes(saved.getvalue())
    return path
