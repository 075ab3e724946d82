"""What arms, models, texts and states are called and marked where there is little room. Pure."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from sandbox.models.name import short_name
from sandbox.text import printable

if TYPE_CHECKING:  # Home is painted before the engine and the record are loaded
    from sandbox.engine.run_state import SessionState
    from sandbox.store.session import Script

SIGNS = {
    "planned": "▷",
    "running": "▶",
    "paused": "‖",
    "your words": "›",
    "finished": "✓",
    "stopped": "■",
    "failed": "✗",
    "unfinished": "✗",
    "interrupted": "!",
}
"""The sign of each state a session or a study can be in: the same on every screen that shows sessions."""
MARKS = ("●", "○", "◆", "△", "◇", "☆", "▲", "▽", "□", "★", "▼", "◈")
"""The marks of arms in charts, in tabs and in Compare."""
_CLOSED = {"[": "]", "(": ")"}
_HASH = 4
"""The fewest letters of a hash that are shown."""
_TEXT = "text "
_NOTE = re.compile(r" \((?=[^()]*\)$)|: ")
"""Between a title and what tells its arm: `(t4 redone)` at the end, or `: without hush`."""
_READABLE = 7
"""Letters of a title under which it tells nothing."""
_NARROWEST = 10
"""Cells of a text's rows, however little room there is."""
_LEGIBLE = 12
"""Letters of a title; before it has fewer, the word `text` is left out of the marks."""


def state_of(session: "SessionState") -> str:
    """The state in words; a running session that waits for the clinician is `paused` or at `your words`."""
    if session.waiting is not None:
        return "paused" if session.waiting.reason == "paused" else "your words"
    return session.state


def shortened(name: str, room: int) -> str:
    """The name in at most `room` cells; the number that tells it from another of that name stays."""
    flat = " ".join(printable(name).split())
    if len(flat) <= room:
        return flat
    last = flat.rpartition(" ")[2]
    number = f" {last}" if last.isdigit() else ""
    return f"{flat[: max(1, room - 1 - len(number))].rstrip()}…{number}"


def in_rows(text: str, width: int, rows: int, hint: str) -> list[str]:
    """The text in at most so many rows of so many cells; where it is cut, `hint` ends the last one. It is
    cut between words, and never inside brackets: half an interval would be another one."""
    lines = textwrap.wrap(printable(text), width)
    if len(lines) <= rows:
        return lines
    ending = f" … ({hint})"
    room = width - len(ending)
    last = lines[rows - 1]
    kept = last if len(last) <= room else last[: room + 1].rpartition(" ")[0]
    whole = " ".join([*lines[: rows - 1], kept])
    opened = max(
        (whole.rfind(sign) for sign in "[(" if whole.rfind(sign) > whole.rfind(_CLOSED[sign])), default=-1
    )
    if opened >= 0:
        return textwrap.wrap(whole[:opened].rstrip() + ending, width)
    return [*lines[: rows - 1], kept + ending]


def hanging(text: str, width: int, indent: int) -> str:
    """The text in rows of at most `width` cells, all but the first `indent` cells in: what stands there
    before the first has so many."""
    return f"\n{'':{indent}}".join(textwrap.wrap(text, max(_NARROWEST, width - indent)) or [""])


def distinct(names: Sequence[str], room: int) -> list[str]:
    """The names in at most `room` cells each; those that would read alike keep the part that differs.

    `Leaves on a stream, seed 3` and `…, seed 4` become `Leaves…, seed 3` and `Leaves…, seed 4`. Where what
    stands in brackets or after a colon tells them apart, it is kept: `Leaves on…`, `t4 redone`.
    """
    flat = [" ".join(printable(name).split()) for name in names]
    short = [shortened(name, room) for name in flat]
    titled: dict[str, list[int]] = {}
    for place, name in enumerate(flat):
        titled.setdefault(_NOTE.split(name)[0], []).append(place)
    for places in titled.values():
        notes = _own_notes([flat[place] for place in places])
        if len(set(notes)) == len(notes) > 1 and any(short[place] != flat[place] for place in places):
            noted = _all_noted([flat[place] for place in places], notes, room)
            for place, told in zip(places, noted, strict=True):
                short[place] = told
    for one in {name for name in short if short.count(name) > 1}:
        places = [place for place, name in enumerate(short) if name == one]
        alike = _common([flat[place] for place in places])
        for place in places:
            tail = flat[place][alike:]
            kept = tail[max(0, len(tail) - max(1, room - 2)) :]
            head = flat[place][: max(1, room - 1 - len(kept))].rstrip(" ,(")
            if len(flat[place]) > room and kept:
                short[place] = f"{head}…{kept}"
    return short


def _own_notes(names: Sequence[str]) -> list[str]:
    """What stands in brackets at the end of each name, or after its colon, and not of all; "" for nothing."""
    parts = [(_NOTE.split(name, maxsplit=1)[1:] or [""])[0] for name in names]
    notes = [part[:-1].split(", ") if part.endswith(")") else [part] if part else [] for part in parts]
    return [", ".join(one for one in own if not all(one in other for other in notes)) for own in notes]


def _all_noted(names: Sequence[str], notes: Sequence[str], room: int) -> list[str]:
    """The notes, with as much of the names before them as there is room for; a long one loses its end, or
    its middle where they would read alike then."""
    told: list[str] = []
    for cut in (shortened, _ends):
        told = []
        for name, note in zip(names, notes, strict=True):
            before = room - len(note) - 1
            head = f"{name[:before].rstrip(' ,(:')}…{note}"
            told.append(shortened(name, room) if not note else head if before > 0 else cut(note, room))
        if len(set(told)) == len(told):
            break
    return told


def _ends(text: str, room: int) -> str:
    """Its beginning and, more of it, its end."""
    kept = room * 2 // 3
    return text if len(text) <= room else f"{text[: room - kept - 1]}…{text[len(text) - kept :]}"


def _common(names: Sequence[str]) -> int:
    """How many characters all names begin with, up to the last sign between words in them."""
    alike = 0
    for at, signs in enumerate(zip(*names, strict=False)):
        if len(set(signs)) > 1:
            break
        alike = at if signs[0] in " ,(" else alike
    return alike


def text_marks(scripts: "Iterable[Script]") -> dict[str, str]:
    """By hash: `v2` where a title stands for several texts, `text 3fa2` where their versions do not differ.

    A title that stands for one text needs no mark and has none.
    """
    titled: dict[str, dict[str, Script]] = {}
    for script in scripts:
        titled.setdefault(script.title, {})[script.hash] = script
    marks = {}
    for texts in titled.values():
        if len(texts) > 1:
            versions = [script.version for script in texts.values()]
            letters = _letters(sorted(texts))
            for hash, script in texts.items():
                alone = versions.count(script.version) == 1
                marks[hash] = f"v{printable(script.version)}" if alone else f"{_TEXT}{hash[:letters]}"
    return marks


def models_apart(names: Iterable[str], room: int) -> dict[str, str]:
    """What each model is called in at most `room` cells, no two alike."""
    full = sorted(set(names))
    short = [short_name(name) for name in full]
    told = [name if short.count(brief) > 1 else brief for name, brief in zip(full, short, strict=True)]
    return dict(zip(full, distinct(told, room), strict=True))


def titles_in(parts: Sequence[tuple[str, str]], room: int) -> str:
    """`Attacked at night (fear) · Mindful breathing v2`: titles with their marks in at most `room` cells.

    The longest are cut first, and a mark never, so that each title keeps its beginning. Of more titles than
    can be read the last ones without a mark are counted: `Attacked… · Mindful b… · +4`.
    """
    shown, more = parts, ""
    for left_out in range(len(parts) - 1):
        shown = parts[: len(parts) - left_out]
        more = f" · +{left_out}" if left_out else ""
        if _widest([title for title, _ in shown], [""] * len(shown), room - len(more)) >= _READABLE:
            break
        if shown[-1][1]:
            break
    return _all_titles(shown, room - len(more)) + more


def told_in(parts: Sequence[tuple[str, str]], last: str, room: int) -> str:
    """`Mindful br… v2 · Attacked at night · seed 3`: titles with marks, and uncut what tells rows apart."""
    return f"{titles_in(parts, room - len(last) - 3)} · {printable(last)}"


def _all_titles(parts: Sequence[tuple[str, str]], room: int) -> str:
    titles = [" ".join(printable(title).split()) for title, _ in parts]
    marks = [f" {mark}" if mark else "" for _, mark in parts]
    widest = _widest(titles, marks, room)
    if widest < _LEGIBLE:
        marks = [mark.replace(_TEXT, "") for mark in marks]
        widest = _widest(titles, marks, room)
    cut = [shortened(title, widest) for title in titles]
    return " · ".join(title + mark for title, mark in zip(cut, marks, strict=True))


def _widest(titles: Sequence[str], marks: Sequence[str], room: int) -> int:
    """How long a title may be for all to fit with their marks and the signs between them."""
    left = room - 3 * (len(titles) - 1) - sum(map(len, marks))
    widest = max(map(len, titles), default=0)
    while widest > 1 and sum(min(len(title), widest) for title in titles) > left:
        widest -= 1
    return widest


def _letters(hashes: Sequence[str]) -> int:
    """How many letters tell sorted hashes apart."""
    alike = [
        next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
        for one, other in pairwise(hashes)
    ]
    return max(_HASH, max(alike) + 1)
