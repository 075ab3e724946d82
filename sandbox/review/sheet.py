"""A packet's form as a spreadsheet: which sheets and columns it has, what stands in them to be filled in, and
how they are read when they come back. Laying out and writing the file is export's business.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.library.form import Form, FormItem
from sandbox.library.interchange.spreadsheet import SheetRow, read_sheets
from sandbox.review.marks import MARKS_FORMAT, Fault
from sandbox.review.packet import PacketKey
from sandbox.text import number_of

Cell = str | int
Place = tuple[str | int, ...]
"""The way to a value in the JSON of marks, as pydantic names it."""

NOT_SHOWN = "not shown"
"""The answer for what a transcript does not show."""

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "Packet": ("what", "value"),
    "Ratings": ("transcript", "form", "item", "question", "answers", "answer"),
    "Notes": ("transcript", "turn", "who", "words", "note", "tags"),
    "Checklist": ("transcript", "statement", "seen", "turn"),
    "Pairs": ("pair", "form", "question", "choice", "reason"),
}
"""The sheets of the file and the headings of each, in order. A reviewer fills in the last columns: the value
beside `reviewer`, `answer`, a row a note, `seen` and `turn`, `choice` and `reason`."""

_NOT_SHOWN = ("not shown", "the transcript does not show it", "-", "–", "—")
"""How that is written: here, on the packet's page, in the terminal."""

_NUMBER = re.compile(r"(?:turn |[A-Z]\d{1,6}\.)?(\d{1,6})", re.IGNORECASE)
_WHOLE = re.compile(r"(\d{1,3})(?:[.,]0+)?")
_LABELLED = re.compile(r"(\d{1,3})(?:\s*[:=)]\s*|\s+[-–—]\s+|\s+)(\S.*)", re.DOTALL)


def rows_to_fill(key: PacketKey) -> dict[str, tuple[tuple[Cell, ...], ...]]:
    """By sheet, the rows under its headings, with empty cells where the reviewer writes."""
    forms = [(form, item) for form in key.forms for item in form.items]
    return {
        "Packet": (("packet", key.id), ("reviewer", "")),
        "Ratings": tuple(
            (one.code, form.id, item.id, item.text, answers_in_words(form, item), "")
            for one in key.transcripts
            for form, item in forms
        ),
        "Notes": (),
        "Checklist": tuple(
            (one.code, statement, "", "") for one in key.transcripts for statement in one.ticked
        ),
        "Pairs": tuple(
            (pair.code, form.id, f"a = {pair.a}, b = {pair.b}: {form.preference}", "", "")
            for pair in key.pairs
            for form in key.forms
            if form.preference
        ),
    }


def answers_in_words(form: Form, item: FormItem) -> str:
    """All answers to an item, `1 cold; 2 polite; …; not shown`."""
    answers = (f"{level.value} {level.label}" for level in form.levels_of(item))
    return "; ".join((*answers, NOT_SHOWN))


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """The marks in a spreadsheet: `values` as the JSON of marks has them, where each stands in the file, the
    sheets that are not there, columns with something in them that are none of the form's, and what cannot be
    read."""

    values: dict[str, Any]
    places: Mapping[Place, str]
    missing: tuple[str, ...]
    unread: tuple[str, ...]
    faults: tuple[Fault, ...]


def read_sheet(content: bytes, file: str) -> SheetMarks:
    """A sheet is known by its name or by its headings. What a cell holds is passed on as it is where it is no
    answer, so that it is refused with its place. Raises SandboxError when it is no spreadsheet.
    """
    read = _Read(read_sheets(content, None, file))
    for name, row in read.rows("Ratings"):
        read.rating(name, row)
    for name, row in read.rows("Notes"):
        read.note(name, row)
    for name, row in read.rows("Checklist"):
        read.tick(name, row)
    for name, row in read.rows("Pairs"):
        read.preference(name, row)
    return SheetMarks(read.found(), read.places, read.missing, tuple(read.unread()), tuple(read.faults))


class _Read:
    """One pass over the sheets."""

    def __init__(self, sheets: Mapping[str, tuple[SheetRow, ...]]) -> None:
        self._sheets = sheets
        self._transcripts: dict[str, dict[str, Any]] = {}
        self._preferences: list[dict[str, Any]] = []
        self.places: dict[Place, str] = {}
        self.faults: list[Fault] = []
        self._titles = {name: title for name in HEADINGS if (title := self._title(name))}
        self.missing = tuple(name for name in HEADINGS if name not in self._titles)

    def _title(self, name: str) -> str | None:
        """What the sheet is called in this file: whoever renames it still sends it."""
        like = [title for title, rows in self._sheets.items() if rows and not _lacking(name, rows[0])]
        if len(like) > 1:
            both = " and ".join(f"“{title}”" for title in like)
            self.faults.append(
                Fault("", f"the sheets {both} both have the columns of “{name}”", "delete the one not meant")
            )
        named = next((title for title in self._sheets if title.lower() == name.lower()), None)
        if like or not named:
            return like[0] if like else None
        for row in self._sheets[named][:1]:
            lost = ", ".join(f"“{heading}”" for heading in _lacking(name, row))
            hint = "put it back into the first row as it was sent"
            self.faults.append(Fault(f"sheet “{named}”", f"there is no column {lost}", hint))
        return named

    def rows(self, sheet: str) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Each row that can be read: what it is called, and its cells by heading in small letters."""
        title = self._titles.get(sheet, "")
        for row in self._sheets.get(title, ()):
            cells = {heading.lower(): cell for heading, cell in row.cells.items()}
            name = f"sheet “{title}”, row {row.number}"
            unread = [one.lower() for one in sorted(row.unread) if one.lower() in HEADINGS[sheet]]
            for heading in unread:
                hint = "write what it comes to, or open the file in a spreadsheet program and save it"
                self.faults.append(Fault(f"{name}, {heading}", "this is a formula without a value", hint))
            if not unread:
                yield name, cells

    def unread(self) -> Iterator[str]:
        """The columns that a reviewer added: what stands in them is told, not lost in silence."""
        for sheet, title in self._titles.items():
            filled = Counter(
                heading
                for row in self._sheets[title]
                for heading, cell in row.cells.items()
                if cell and heading.lower() not in HEADINGS[sheet]
            )
            for heading, cells in filled.items():
                yield f"the column “{heading}” of sheet “{title}” ({number_of(cells, 'cell')})"

    def found(self) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for name, cells in self.rows("Packet"):
            what = cells.get("what", "").lower()
            if what in ("packet", "reviewer"):
                told[what] = cells.get("value", "")
                self.places[what,] = f"{name}, value"
        return {
            "format": MARKS_FORMAT,
            "format_version": 1,
            **told,
            "transcripts": list(self._transcripts.values()),
            "preferences": self._preferences,
        }

    def rating(self, name: str, cells: Mapping[str, str]) -> None:
        written = cells.get("answer", "")
        if not written:
            return
        at, marks = self._transcript(name, cells)
        form, item = cells.get("form", ""), cells.get("item", "")
        ratings = marks["ratings"].setdefault(form, {})
        place = (*at, "ratings", form, item)
        if item in ratings:  # two answers are none: whoever wrote them decides
            first = self.places[place].removesuffix(", answer")
            twice = f"“{item}” of {marks['code']} is answered here and in {first}"
            self.faults.append(Fault(f"{name}, answer", twice, "keep one of the two"))
            return
        shown = " ".join(written.lower().split()) not in _NOT_SHOWN
        ratings[item] = _answer(written.strip(), cells.get("answers", "")) if shown else None
        self.places[place] = f"{name}, answer"

    def note(self, name: str, cells: Mapping[str, str]) -> None:
        if not any(cells.get(column) for column in ("words", "note", "tags")):
            return
        at, marks = self._transcript(name, cells)
        self.places[(*at, "notes", len(marks["notes"]))] = name
        marks["notes"].append(
            {
                "turn": _number(_NUMBER, cells.get("turn", "")),
                "speaker": cells.get("who", "").lower() or None,
                "quote": cells.get("words", ""),
                "text": cells.get("note", ""),
                "tags": [tag.strip() for tag in re.split(r"[,;\n]", cells.get("tags", "")) if tag.strip()],
            }
        )

    def tick(self, name: str, cells: Mapping[str, str]) -> None:
        seen = cells.get("seen", "").lower()
        if not seen:
            return
        at, marks = self._transcript(name, cells)
        self.places[(*at, "ticks", len(marks["ticks"]))] = name
        turn = cells.get("turn", "")
        marks["ticks"].append(
            {
                "statement": cells.get("statement", ""),
                "seen": {"yes": True, "no": False}.get(seen, seen),
                "turn": _number(_NUMBER, turn) if turn else None,
            }
        )

    def preference(self, name: str, cells: Mapping[str, str]) -> None:
        if not cells.get("choice"):
            return
        self.places["preferences", len(self._preferences)] = name
        self._preferences.append(
            {
                "pair": cells.get("pair", ""),
                "form": cells.get("form", ""),
                "choice": cells["choice"].lower(),
                "reason": cells.get("reason", ""),
            }
        )

    def _transcript(self, name: str, cells: Mapping[str, str]) -> tuple[Place, dict[str, Any]]:
        code = cells.get("transcript", "")
        if code not in self._transcripts:
            self.places["transcripts", len(self._transcripts)] = name
            new = {"code": code, "ratings": {}, "notes": [], "ticks": []}
            self._transcripts[code] = new
        return ("transcripts", list(self._transcripts).index(code)), self._transcripts[code]


def _lacking(name: str, row: SheetRow) -> list[str]:
    there = {heading.lower() for heading in row.headings}
    return [heading for heading in HEADINGS[name] if heading not in there]


def _number(pattern: re.Pattern[str], text: str) -> int | str:
    """The number a cell holds; the text itself where it is none."""
    found = pattern.fullmatch(text.strip())
    return int(found[1]) if found else text


def _answer(written: str, offered: str) -> int | str:
    """The value written: a whole number, alone or with its label, or the first words of it, as `offered` has
    it. Anything else is the text itself: `4.5` and `3 or 4` are no answer, and nobody guesses which."""
    if alone := _WHOLE.fullmatch(written):
        return int(alone[1])
    if found := _LABELLED.fullmatch(written):
        label = re.sub(r"\s*(?:…|\.{3})$", "", " ".join(found[2].split()).casefold())
        for one in " ".join(offered.casefold().split()).split("; "):
            value, _, words = one.partition(" ")
            rest = words.removeprefix(label)
            whole_words = label and words.startswith(label) and not rest[:1].isalnum()
            if value == found[1] and whole_words and (not rest or not label[0].isdigit()):
                return int(value)
    return written
