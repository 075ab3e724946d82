"""Marks that come back from a reviewer, as JSON or as a spreadsheet: read, held against their packet, and
taken into the record. Everything is checked first, and a file with a fault in it changes nothing.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sandbox.errors import ExitCode, NotFoundError, SandboxError, UsageError
from sandbox.library.document import Document, document_hash
from sandbox.library.form import Form
from sandbox.library.loading import read_at_most
from sandbox.review.marks import MARKS_FORMAT, Fault, Marks, TranscriptMarks
from sandbox.review.packet import PacketKey, PacketTranscript
from sandbox.review.sheet import NOT_SHOWN, Place, SheetMarks, read_sheet, rows_to_fill
from sandbox.store import mark
from sandbox.store.mark import By, Entry, Mark, MarkRecord, ReturnedFile
from sandbox.text import excerpt, number_of, printable

MAX_BYTES = 16 * 1024 * 1024
SUFFIXES = (".json", ".xlsx")
_MOST_FAULTS = 50
_TO_SEND = "send the .json that the packet's page saves, or the .xlsx filled in"

Kept = Mapping[Place, list[int]]
"""By list in a file, which of its entries could be read: what is left is counted from 0 again."""


class InvalidMarks(SandboxError):
    """A file of marks that cannot be taken in. `faults` has everything found in it, never empty, by place."""

    exit_code = ExitCode.INVALID_DOCUMENT

    def __init__(self, file: str, found: Iterable[Fault], todo: str = "") -> None:
        faults = tuple(sorted(found, key=_by_place))
        shown = [str(fault) for fault in faults[:_MOST_FAULTS]]
        more = f"\n… and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        super().__init__(
            f"{number_of(len(faults), 'fault')}:\n" + "\n".join(shown) + more,
            where=printable(file),
            todo=f"{todo}Nothing was changed. Mend the file, or ask its reviewer for it again.",
        )
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Returned:
    """A file of marks as it was read: `marks` without what could not be read, which is in `faults`. Of a
    spreadsheet: `places` says where a value stands, `missing` which sheets are not there."""

    path: Path
    sha256: str
    marks: Marks
    places: Mapping[Place, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    kept: Kept = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Marks that fit their packet: what they say of the record's sessions, and the documents they name.
    `asked`: how many questions the packet asks, of transcripts and of pairs. `saved`: when the reviewer saved
    them; None where that is not known, or yet to come."""

    returned: Returned
    marks: tuple[Mark, ...]
    documents: tuple[Document, ...]
    blind: bool
    asked: int
    saved: datetime | None

    def filled_in(self) -> str:
        """How much of the form is: `19 of 99 questions answered`."""
        answered = sum(isinstance(one, mark.Rating | mark.Preference) for one in self.marks)
        told = [f"{answered} of {self.asked} questions answered" if self.marks else "the form is empty"]
        told += [f"the sheet “{name}” is missing" for name in self.returned.missing]
        if (saved := self.returned.marks.saved) and not self.saved:
            told.append(f"the time it was saved, {saved:%Y-%m-%d %H:%M}, is yet to come and does not count")
        return "; ".join(told)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a file added: the new marks, and those of an earlier file that it no longer has."""

    reviewer: str
    packet: str
    new: tuple[Mark, ...]
    withdrawn: tuple[Mark, ...]
    known: bool = False


def files_in(path: Path) -> tuple[Path, ...]:
    """The files of marks that a path names: itself, or those in the folder. Raises UsageError for none."""
    if not path.is_dir():
        return (path,)
    found = tuple(sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES and one.is_file()))
    if not found:
        raise UsageError("There is no .json or .xlsx file in this folder.", where=str(path))
    return found


def read_returned(path: Path) -> Returned:
    """A file of marks, with its faults. Raises InvalidMarks where nothing in it can be held against a packet,
    SandboxError when it cannot be read."""
    if path.suffix.lower() in (".html", ".zip"):
        raise UsageError(
            "This is the packet itself.",
            where=str(path),
            todo="Send the .json or .xlsx that was saved from it.",
        )
    content = read_at_most(path, MAX_BYTES, todo="name the file that the reviewer sent back")
    if len(content) > MAX_BYTES:
        raise InvalidMarks(str(path), (Fault("", "the file is larger than 16 MiB"),))
    if path.suffix.lower() == ".xlsx":
        sheet = read_sheet(content, str(path))
    else:
        sheet = SheetMarks(_json(content, path), {}, (), ())
    marks, faults, kept = _shaped(sheet, path)
    sha256 = hashlib.sha256(content).hexdigest()
    return Returned(path, sha256, marks, sheet.places, sheet.missing, faults, kept)


def fitted(record: MarkRecord, returned: Returned, *, older: bool = False) -> Fitted:
    """The marks held against the packet's key. Raises InvalidMarks with all that cannot be read or does not
    fit, NotFoundError when no such packet was made here, UsageError for one without a form and, without
    `older`, for a file saved before the one taken in last."""
    try:
        key = PacketKey.model_validate(record.packet(returned.marks.packet))
    except NotFoundError as error:
        raise NotFoundError(error.what, where=str(returned.path), todo=error.todo) from None
    if not key.forms:
        raise UsageError(
            f"“{key.id}” is a blind export without a form: there is nothing to fill in.",
            where=str(returned.path),
            todo="Make a packet with a form: sandbox review packet",
        )
    now, saved = datetime.now(UTC), returned.marks.saved
    if saved and saved > now:
        saved = None  # a wrong clock: such a time would keep out all that comes after
    if saved and not older:
        _refuse_older(record, returned, saved, now)
    fit = _Fit(key, returned)
    marks = tuple(fit.marks(returned.marks))
    if faults := (*returned.faults, *fit.faults):
        raise InvalidMarks(str(returned.path), faults)
    asked = len(key.transcripts) * sum(len(form.items) for form in key.forms)
    asked += len(key.pairs) * sum(form.preference is not None for form in key.forms)
    return Fitted(returned, marks, key.documents, key.blind, asked, saved)


def take_in(record: MarkRecord, found: Fitted) -> TakenIn:
    """Add what the file says. A file taken in before adds nothing; a newer one of the same reviewer and
    packet also takes back what it no longer has.
    """
    marks, file = found.returned.marks, found.returned
    if file.sha256 in {one.sha256 for one in record.returned(marks.packet)}:
        return TakenIn(marks.reviewer, marks.packet, (), (), known=True)
    gone = tuple(_gone(record, marks, found.marks))
    by = By(marks.reviewer, found.blind, marks.packet)
    kept = ReturnedFile(file.sha256, marks.packet, marks.reviewer, file.path.name, found.saved)
    still = tuple(entry for _, entry in gone if entry)
    new = record.add(found.marks, by, found.documents, kept, tuple(one for one, _ in gone), still)
    return TakenIn(marks.reviewer, marks.packet, new, tuple(one for one, entry in gone if not entry))


def _refuse_older(record: MarkRecord, returned: Returned, saved: datetime, now: datetime) -> None:
    """A file taken in already may come again, whenever it was saved."""
    before, reviewer = record.returned(returned.marks.packet), returned.marks.reviewer
    if returned.sha256 in {one.sha256 for one in before}:
        return
    last = None
    for one in before:
        if one.reviewer == reviewer and one.saved and one.saved <= now:
            last = one.saved
    if last and last > saved:
        raise UsageError(
            f"{reviewer} saved this file before the one taken in last ({last:%Y-%m-%d %H:%M}).",
            where=str(returned.path),
            todo="Nothing was changed. Ask for the newest file; if this is it and a clock was wrong: --older",
        )


def _gone(
    record: MarkRecord, marks: Marks, now: tuple[Mark, ...]
) -> Iterator[tuple[Mark, Entry[Any] | None]]:
    """What the reviewer said in this packet before and does not say now; and what they say of the same thing
    in another packet, or here, if they do: that counts on."""
    things = {mark.thing(one) for one in now}
    for said in record.standing(marks.reviewer):
        entry = said.pop(marks.packet, None)
        if entry and mark.thing(entry.mark) not in things:
            yield entry.mark, next(reversed(said.values()), None)


def _json(content: bytes, path: Path) -> Any:
    no_marks = Fault("", "this is not a file of marks", _TO_SEND)
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        fault = no_marks if content.strip() else Fault("", "the file is empty", _TO_SEND)
        if isinstance(error, json.JSONDecodeError) and content.lstrip().startswith(b"{"):
            fault = Fault(f"line {error.lineno}", "the file is cut short or damaged here", "ask for it again")
        raise InvalidMarks(str(path), (fault,)) from None
    if not isinstance(values, dict) or values.get("format", MARKS_FORMAT) != MARKS_FORMAT:
        raise InvalidMarks(str(path), (no_marks,))
    version = values.get("format_version")
    if isinstance(version, int) and version > 1:
        newer = Fault("", f"a newer version of this app made the file (format {version})", "update the app")
        raise InvalidMarks(str(path), (newer,))
    return values


def _shaped(sheet: SheetMarks, path: Path) -> tuple[Marks, tuple[Fault, ...], Kept]:
    """The marks without what cannot be read, all that cannot, and which entries of lists are left. What
    lacks a part that it needs is left out whole. Raises InvalidMarks when nothing is left to go on with."""
    faults, bad = list(sheet.faults), set[Place]()
    while True:
        kept: dict[Place, list[int]] = {}
        left = _without(sheet.values, bad, (), kept)
        if ("reviewer",) in bad:
            left["reviewer"] = "?"  # so that the other faults show as well
        try:
            return Marks.model_validate(left), tuple(faults), kept
        except ValidationError as error:
            details = error.errors(include_url=False)
        if not bad:
            faults += _shape_faults(details, sheet.places)
        before = len(bad)
        for detail in details:
            at = _original(_way(detail), kept)
            bad.add(at[:-1] if detail["type"] == "missing" and at != ("reviewer",) else at)
        if () in bad or ("packet",) in bad or len(bad) == before:
            raise InvalidMarks(str(path), faults, "More may show once these are mended. ")


def _without(value: Any, bad: set[Place], at: Place, kept: dict[Place, list[int]]) -> Any:
    if isinstance(value, dict):
        return {
            key: _without(one, bad, (*at, key), kept) for key, one in value.items() if (*at, key) not in bad
        }
    if isinstance(value, list):
        kept[at] = [n for n in range(len(value)) if (*at, n) not in bad]
        return [_without(value[n], bad, (*at, n), kept) for n in kept[at]]
    return value


def _way(detail: ErrorDetails) -> Place:
    """The way to what pydantic names; of a key that is no good, to what it stands for."""
    return tuple(step for step in detail["loc"] if step != "[key]")


def _original(at: Place, kept: Kept) -> Place:
    """The same way in the file as it came, where entries of its lists were left out since."""
    found: Place = ()
    for step in at:
        found = (*found, kept[found][step] if isinstance(step, int) and found in kept else step)
    return found


def _by_place(fault: Fault) -> list[tuple[int, str]]:
    """Row 9 before row 10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,9})", fault.place)
    ]


_IN_WORDS = {
    "missing": "this is missing",
    "string_too_short": "this is missing",
    "string_pattern_mismatch": "this is not as it stands in the packet",
    "string_too_long": "this is longer than {max_length} characters",
    "literal_error": "this is not {expected}",
    "int_type": "this is not a whole number",
    "bool_type": "this is not yes or no",
    "string_type": "this is not a text",
    "greater_than_equal": "this is below {ge}",
    "extra_forbidden": "nothing of that name belongs here",
}
"""What pydantic finds, as a reviewer's colleague reads it."""

_NAMED: Mapping[Place, str] = {("reviewer",): "the reviewer's name", ("packet",): "the packet's id"}


def _shape_faults(details: Iterable[ErrorDetails], places: Mapping[Place, str]) -> Iterator[Fault]:
    for detail in details:
        at, kind = _way(detail), detail["type"]
        value, context = detail["input"], detail.get("ctx", {})
        said = _IN_WORDS.get(kind, "this is not as a packet's page saves it").format(**context)
        said = re.sub(r"'([^']*)'", r"“\1”", said)
        if at in _NAMED and said == _IN_WORDS["missing"]:
            place = places.get(at, "")
            yield Fault(place, f"{_NAMED[at]} is missing", "write it there" if place else "")
            continue
        if at[2:3] == ("ratings",) and kind == "int_type":
            said = f"this is neither a whole number nor “{NOT_SHOWN}”"
        given = (
            f" (it is “{excerpt(str(value), 40)}”)" if isinstance(value, str | int | float) and value else ""
        )
        yield Fault(_place(at, places), f"{said}{given}")


def _place(at: Place, places: Mapping[Place, str]) -> str:
    """Where a value stands: the spreadsheet's row, or the way to it in the JSON."""
    for length in range(len(at), 0, -1):
        if found := places.get(at[:length]):
            return found
    return " › ".join(str(one + 1) if isinstance(one, int) else str(one) for one in at)


class _Fit:
    """One pass over the marks of a file; `faults` is filled on the way."""

    def __init__(self, key: PacketKey, returned: Returned) -> None:
        self._returned = returned
        self._key = key
        self._transcripts = {one.code: one for one in key.transcripts}
        self._pairs = {one.code: one for one in key.pairs}
        self._forms = {one.id: one for one in key.forms}
        self._tags = {tag.id for tag in key.codebook.tags} if key.codebook else set()
        self._codebook = document_hash(key.codebook) if key.codebook else None
        self.faults: list[Fault] = []

    def marks(self, told: Marks) -> Iterator[Mark]:
        if mark.is_model(told.reviewer):
            self._fault(("reviewer",), f"“{told.reviewer}” is what a model's marks are kept under")
        to_fill = rows_to_fill(self._key)
        for name in self._returned.missing:
            if to_fill[name]:
                self._fault((), f"the sheet “{name}” is missing", "put it back as it was sent")
        seen: set[str] = set()
        for n, one in enumerate(told.transcripts):
            at: Place = ("transcripts", n)
            transcript = self._transcripts.get(one.code)
            if transcript is None:
                self._fault(at, f"there is no transcript “{one.code}” in this packet", self._known())
            elif one.code in seen:
                self._fault(at, f"transcript “{one.code}” is there twice")
            else:
                yield from self._of_transcript(at, one, transcript)
            seen.add(one.code)
        yield from self._preferences(told)

    def _of_transcript(
        self, at: Place, told: TranscriptMarks, transcript: PacketTranscript
    ) -> Iterator[Mark]:
        for form, answers in told.ratings.items():
            yield from self._ratings((*at, "ratings", form), transcript.session, form, answers)
        for n, note in enumerate(told.notes):
            here = (*at, "notes", n)
            turn = self._turn(here, note.turn, transcript)
            for tag in note.tags:
                if tag not in self._tags:
                    known = ", ".join(sorted(self._tags)) or "none"
                    self._fault((*here, "tags"), f"there is no tag “{tag}” in the codebook", f"tags: {known}")
            if note.text or note.quote or note.tags:
                tags = tuple(sorted(set(note.tags)))
                yield mark.Note(
                    transcript.session, turn, note.speaker or "", note.quote, note.text, tags, self._codebook
                )
        ticked: set[str] = set()
        for n, tick in enumerate(told.ticks):
            here = (*at, "ticks", n)
            if tick.statement in ticked:
                self._fault(here, f"“{excerpt(tick.statement, 60)}” is answered twice")
            ticked.add(tick.statement)
            if tick.statement not in transcript.ticked:
                self._fault(here, f"“{excerpt(tick.statement, 60)}” is not on this transcript's list")
            turn_seen = self._turn(here, tick.turn, transcript) if tick.turn else None
            yield mark.Tick(transcript.session, tick.statement, tick.seen, turn_seen)

    def _ratings(self, at: Place, session: str, id: str, answers: Mapping[str, int | None]) -> Iterator[Mark]:
        form = self._forms.get(id)
        if form is None:
            self._fault(at, f"there is no form “{id}” in this packet", f"forms: {', '.join(self._forms)}")
            return
        items = {item.id: item for item in form.items}
        for item, value in answers.items():
            if item not in items:
                self._fault((*at, item), f"“{id}” has no item “{item}”", f"items: {', '.join(items)}")
                continue
            allowed = [level.value for level in form.levels_of(items[item])]
            if value is not None and value not in allowed:
                of = f"one of {', '.join(map(str, allowed))}, or “not shown”"
                self._fault((*at, item), f"{value} is no answer to “{item}”", of)
            yield mark.Rating(session, document_hash(form), item, value)

    def _preferences(self, told: Marks) -> Iterator[Mark]:
        seen: set[tuple[str, str]] = set()
        for n, one in enumerate(told.preferences):
            at: Place = ("preferences", n)
            pair, form = self._pairs.get(one.pair), self._asking(one.form)
            if pair is None:
                self._fault(
                    at, f"there is no pair “{one.pair}” in this packet", f"pairs: {', '.join(self._pairs)}"
                )
            elif form is None:
                self._fault(at, f"no form “{one.form}” of this packet asks for a preference")
            elif (one.pair, one.form) in seen:
                self._fault(at, f"pair “{one.pair}” is answered twice")
            else:
                a, b = (self._transcripts[code].session for code in (pair.a, pair.b))
                yield mark.Preference(a, b, document_hash(form), one.choice, one.reason)
            seen.add((one.pair, one.form))

    def _asking(self, id: str) -> Form | None:
        form = self._forms.get(id)
        return form if form and form.preference else None

    def _turn(self, at: Place, turn: int, transcript: PacketTranscript) -> int:
        """The session's own number of a turn of the transcript."""
        if turn <= len(transcript.turns):
            return transcript.turns[turn - 1]
        self._fault(
            at, f"there is no turn {turn}", f"transcript {transcript.code} has {len(transcript.turns)}"
        )
        return turn

    def _known(self) -> str:
        return f"transcripts: {', '.join(self._transcripts)}"

    def _fault(self, at: Place, what: str, hint: str = "") -> None:
        place = _place(_original(at, self._returned.kept), self._returned.places)
        self.faults.append(Fault(place, what, hint))
