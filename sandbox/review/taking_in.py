"""Marks that came back, held against their packet and taken into the record.

Everything is checked first, and a file with a fault in it changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sandbox.errors import NotFoundError, UsageError
from sandbox.library.document import Document, document_hash
from sandbox.library.form import Form
from sandbox.review.marks import Fault, Marks, TranscriptMarks
from sandbox.review.packet import PacketKey, PacketTranscript
from sandbox.review.returned import InvalidMarks, Returned, place_of
from sandbox.review.sheet import Place, rows_to_fill
from sandbox.store import mark
from sandbox.store.mark import By, Entry, Mark, MarkRecord, ReturnedFile
from sandbox.text import excerpt, number_of, printable

_FEW = 5
"""So many marks a newer file takes back without a question."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Marks that fit their packet: what they say of the record's sessions, and the documents they name.
    `asked`: how many questions the packet asks, of transcripts and of pairs. `saved`: when the reviewer saved
    them; None where that is not known, or yet to come. `missing`: the packet's sheets that are not there."""

    returned: Returned
    marks: tuple[Mark, ...]
    documents: tuple[Document, ...]
    blind: bool
    asked: int
    saved: datetime | None
    missing: tuple[str, ...] = ()

    def filled_in(self) -> str:
        """How much of the form is: `19 of 99 questions answered`."""
        answered = sum(isinstance(one, mark.Rating | mark.Preference) for one in self.marks)
        told = [f"{answered} of {self.asked} questions answered" if self.marks else "the form is empty"]
        told += [f"the sheet “{name}” is missing" for name in self.missing]
        told += [
            f"{column} is not read: remarks belong on the sheet Notes" for column in self.returned.unread
        ]
        if (saved := self.returned.marks.saved) and not self.saved:
            told.append(f"the time it was saved, {saved:%Y-%m-%d %H:%M}, is yet to come and does not count")
        return "; ".join(told)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a file added: the new marks, and those of an earlier file that it no longer has. `reviewer`: the
    name they are kept under. `known`: the file was taken in before; `since`: what came after it is called."""

    reviewer: str
    packet: str
    new: tuple[Mark, ...]
    withdrawn: tuple[Mark, ...]
    known: bool = False
    since: str = ""


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
    missing = tuple(name for name in returned.missing if name == "Notes" or rows_to_fill(key)[name])
    return Fitted(returned, marks, key.documents, key.blind, asked, saved, missing)


def take_in(
    record: MarkRecord,
    found: Fitted,
    *,
    again: bool = False,
    left_out: Literal["ask", "stays", "goes"] = "ask",
) -> TakenIn:
    """Add what the file says. A file taken in before adds nothing, unless `again`; a newer one of the same
    reviewer and packet also takes back what it no longer has.

    `left_out`: what becomes of that. With `ask` it goes where it is little; an empty form, or one that leaves
    most out, is more often a slip than a change of mind, and raises UsageError.
    """
    marks, file = found.returned.marks, found.returned
    reviewer = _as_kept(record, marks.reviewer)
    before = [one for one in record.returned(marks.packet) if one.reviewer == reviewer]
    known = file.sha256 in {one.sha256 for one in before}
    if known and not again:
        since = before[-1].name if before[-1].sha256 != file.sha256 else ""
        return TakenIn(reviewer, marks.packet, (), (), known=True, since=since)
    gone = () if left_out == "stays" else tuple(_gone(record, reviewer, marks.packet, found.marks))
    if left_out == "ask":
        _ask_about(record, found, reviewer, len(gone))
    by = By(reviewer, found.blind, marks.packet)
    kept = ReturnedFile(file.sha256, marks.packet, reviewer, file.path.name, found.saved)
    still = tuple(entry for _, entry in gone if entry)
    new = record.add(
        found.marks, by, found.documents, None if known else kept, tuple(one for one, _ in gone), still
    )
    return TakenIn(reviewer, marks.packet, new, tuple(one for one, entry in gone if not entry))


def _as_kept(record: MarkRecord, reviewer: str) -> str:
    """The name as it was written first: `bo` is `Bo`, and no second rater."""
    like = _letters(reviewer)
    return next((one for one in record.reviewers() if _letters(one) == like), reviewer)


def _letters(name: str) -> str:
    return " ".join(name.casefold().split())


def _ask_about(record: MarkRecord, found: Fitted, reviewer: str, gone: int) -> None:
    """Raises UsageError where the file would take back most of what its reviewer said in this packet."""
    packet = found.returned.marks.packet
    said = sum(packet in one for one in record.said_by(reviewer))
    if not gone or (found.marks and (gone <= _FEW or gone <= said / 2)):
        return
    raise UsageError(
        f"This would take back {gone} of the {number_of(said, 'mark')} that {reviewer} gave before:"
        f" {found.filled_in()}.",
        where=str(found.returned.path),
        todo="Nothing of this file was taken in. To add it and take nothing back: --keep;"
        " if it is to stand in place of the earlier one: --replace",
    )


def _refuse_older(record: MarkRecord, returned: Returned, saved: datetime, now: datetime) -> None:
    """A file taken in already may come again, whenever it was saved."""
    before = record.returned(returned.marks.packet)
    reviewer = _as_kept(record, returned.marks.reviewer)
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
    record: MarkRecord, reviewer: str, packet: str, now: tuple[Mark, ...]
) -> Iterator[tuple[Mark, Entry[Any] | None]]:
    """What the reviewer said in this packet before and does not say now; and what they say of the same thing
    in another packet, or here, if they do: that counts on."""
    things = {mark.thing(one) for one in now}
    for said in record.said_by(reviewer):
        entry = said.pop(packet, None)
        if entry and mark.thing(entry.mark) not in things:
            yield entry.mark, next(reversed(said.values()), None)


class _Fit:
    """One pass over the marks of a file; `faults` is filled on the way."""

    def __init__(self, key: PacketKey, returned: Returned) -> None:
        self._returned = returned
        self._key = key
        self._transcripts = {one.code: one for one in key.transcripts}
        self._pairs = {one.code: one for one in key.pairs}
        self._forms = {one.id: one for one in key.forms}
        tags = key.codebook.tags if key.codebook else ()
        self._tags = {word: tag.id for tag in tags for word in (_letters(tag.title), tag.id)}
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
            tags = tuple(sorted({tag for one in note.tags for tag in self._tags_of((*here, "tags"), one)}))
            if note.text or note.quote or note.tags:
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

    def _tags_of(self, at: Place, written: str) -> Iterator[str]:
        """The tags a text names: by the id or the title of one, or by several ids with spaces between."""
        for word in [written] if _letters(written) in self._tags else written.split():
            if (tag := self._tags.get(_letters(word))) is not None:
                yield tag
                continue
            known = ", ".join(sorted(set(self._tags.values()))) or "none"
            self._fault(at, f"there is no tag “{printable(written)}” in the codebook", f"tags: {known}")
            return

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
        self.faults.append(Fault(place_of(self._returned, at), what, hint))
