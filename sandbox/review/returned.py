"""Marks that come back from a reviewer, as JSON or as a spreadsheet: read, with a fault for what is no mark.

Whether they fit their packet, and what they add to the record, taking_in.py says.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sandbox.errors import ExitCode, SandboxError, UsageError
from sandbox.library.loading import read_at_most
from sandbox.review.marks import MARKS_FORMAT, Fault, Marks
from sandbox.review.sheet import NOT_SHOWN, Place, SheetMarks, read_sheet
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
    spreadsheet: `places` says where a value stands, `missing` which sheets are not there, `unread` which
    columns with something in them are none of the form's."""

    path: Path
    sha256: str
    marks: Marks
    places: Mapping[Place, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    kept: Kept = field(default_factory=dict)


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
        sheet = SheetMarks(_json(content, path), {}, (), (), ())
    marks, faults, kept = _shaped(sheet, path)
    sha256 = hashlib.sha256(content).hexdigest()
    return Returned(path, sha256, marks, sheet.places, sheet.missing, sheet.unread, faults, kept)


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
        if kind == "string_pattern_mismatch" and not value:
            said = _IN_WORDS["missing"]
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


def place_of(returned: Returned, at: Place) -> str:
    """Where in the file a value of its marks stands."""
    return _place(_original(at, returned.kept), returned.places)
