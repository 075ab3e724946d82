"""Reading what a model wrote into a questionnaire: a value the text does not state is no value."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.measurement.administration import LabelForm, MissingReason

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?")
_LABELLED = re.compile(r"([^\s(=:,–—]+) ?(?:[-–—=:,] ?)?(\(?)(.+?)(\)?)")
_LINE = re.compile(r"\s*(?:[-*•]\s+|[0-9]{1,3}[.)]\s+)?[*_`“\"]{0,3}([A-Za-z0-9-]+)[*_`”\"]{0,3}\s*[:=](.*)")
_MODEL = r"(?:ai|artificial intelligence|(?:large )?language model|computer program)"
_TASK = r"(?:answer|rat|provid|complet|fill|respond|giv|assign|do th|help|comply|participat|assist)"
_REFUSAL = re.compile(
    "|".join(
        (
            rf"\bas an? {_MODEL}\b",
            rf"\bi(?: am|'m) (?:just |only )?an? {_MODEL}\b",
            r"\bi (?:do not|don't) (?:have|experience|possess) (?:(?:any|real|personal|actual) )?"
            r"(?:feelings|emotions|a body|consciousness)",
            r"\bi(?: am|'m) (?:not able|unable|not willing|unwilling) to " + _TASK,
            r"\bi(?: am|'m) not comfortable (?:with )?" + _TASK,
            r"\bi (?:cannot|can not|can't|won't|will not|must decline to|decline to|refuse to) " + _TASK,
            r"\bi(?:'d| would)? (?:rather|prefer) not\b",
        )
    ),
    re.IGNORECASE,
)
_MOST_TEXT = 100_000
_MOST_ANSWER = 500


@dataclass(frozen=True, slots=True)
class Allowed:
    """The answers an item may have, case folded. Without options (`labels` None): any number in bounds.

    `labels` are the options' words and `codes` the letters that name them; `numbers` tells whether an option
    may be named by its value.
    """

    low: float
    high: float
    labels: Mapping[str, float] | None = None
    codes: Mapping[str, float] = field(default_factory=dict)
    numbers: bool = True

    @classmethod
    def of(
        cls,
        questionnaire: RatingQuestionnaire,
        form: LabelForm = "numbers",
        names: Mapping[str, float] | None = None,
    ) -> "Allowed":
        """What the items may be answered with when options are named so; `names` gives the letters."""
        low, high = questionnaire.bounds
        if questionnaire.options is None:
            return cls(low, high)
        return cls(
            low,
            high,
            _distinct((_plain(option.label), option.value) for option in questionnaire.options),
            {name.casefold(): value for name, value in (names or {}).items()} if form == "letters" else {},
            numbers=form == "numbers",
        )

    def holds(self, value: float) -> bool:
        """True when the value is one of the options', or within the range."""
        return self.low <= value <= self.high if self.labels is None else value in self.labels.values()


def _distinct(labels: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Labels that name one option only and cannot be taken for a number."""
    pairs = list(labels)
    texts = [text for text, _ in pairs]
    return {text: value for text, value in pairs if texts.count(text) == 1 and not _NUMBER.fullmatch(text)}


@dataclass(frozen=True, slots=True)
class Reading:
    """One item as read: a value, or why there is none. `raw` is the line it was read from (may be empty)."""

    value: float | None
    raw: str
    missing: MissingReason | None = None


def declines(text: str) -> bool:
    """True when the text refuses to answer, in one of the ways models usually put it."""
    return bool(_REFUSAL.search(text[:_MOST_TEXT].replace("’", "'")))


def parse_report(text: str, items: Sequence[str], allowed: Allowed) -> dict[str, Reading]:
    """A reading for each of `items` from lines `id: value`.

    A line counts when it holds one id and, after the colon, one number or one option's exact label and
    nothing else (`3`, `3 (often)`, `often`; not `3/4`, `30%`, `3-4`, `about 3`). Two lines for one item make
    it unreadable.
    """
    wanted = {item.casefold(): item for item in items}
    lines: dict[str, list[tuple[str, str]]] = {item: [] for item in items}
    for line in _lines(text):
        match = _LINE.fullmatch(line)
        item = wanted.get(match[1].casefold()) if match else None
        if match and item is not None:
            lines[item].append((line.strip(), match[2]))
    refused = declines(text)
    return {item: _item_reading(found, allowed, refused) for item, found in lines.items()}


def parse_structured(text: str, items: Sequence[str], allowed: Allowed) -> dict[str, Reading]:
    """A reading for each of `items` from one JSON object of id → number (or exact label)."""
    try:
        pairs = json.loads(_unfenced(text[:_MOST_TEXT]), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, _Pairs):
        reason: MissingReason = "refused" if declines(text) else "unreadable"
        return {item: Reading(None, "", reason) for item in items}
    found = {item: [value for key, value in pairs.entries if key == item] for item in items}
    return {item: _json_reading(values, allowed) for item, values in found.items()}


def parse_single(text: str, item: str, allowed: Allowed) -> Reading:
    """The reading of an answer to one item: the number or label and nothing else, `id:` before it or not."""
    lines = [line.strip() for line in _lines(text) if line.strip()]
    if len(lines) == 1:
        match = _LINE.fullmatch(lines[0])
        named = match is not None and match[1].casefold() in {item.casefold(), "answer", "rating"}
        return _read_value(lines[0], match[2] if match and named else lines[0], allowed)
    reason: MissingReason = "refused" if declines(text) else "unreadable" if lines else "not answered"
    return Reading(None, lines[0] if lines else "", reason)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A JSON object with its keys as they came, doubled ones included."""

    entries: Sequence[tuple[str, object]]


def _item_reading(found: list[tuple[str, str]], allowed: Allowed, refused: bool) -> Reading:
    if len(found) == 1:
        line, written = found[0]
        return _read_value(line, written, allowed)
    if found:
        return Reading(None, " | ".join(line for line, _ in found), "unreadable")
    return Reading(None, "", "refused" if refused else "not answered")


def _read_value(line: str, written: str, allowed: Allowed) -> Reading:
    plain = _plain(written)
    value = _stated(plain, allowed)
    if value is None:
        out = _NUMBER.fullmatch(plain) and allowed.numbers
        why: MissingReason = "out of range" if out else "unreadable" if plain else "not answered"
        return Reading(None, line, "refused" if declines(line) else why)
    return Reading(value, line)


def _stated(plain: str, allowed: Allowed) -> float | None:
    """The value that `plain` names: a number, a letter, a label, or one of these with its own label."""
    labels = allowed.labels or {}
    if plain in labels:
        return labels[plain]
    value = _named(plain, allowed)
    if value is not None:
        return value
    pair = _LABELLED.fullmatch(plain) if len(plain) <= _MOST_ANSWER else None
    if pair and bool(pair[2]) == bool(pair[4]):
        value = _named(pair[1], allowed)
        return value if value is not None and labels.get(pair[3]) == value else None
    return None


def _named(name: str, allowed: Allowed) -> float | None:
    if allowed.numbers and _NUMBER.fullmatch(name):
        return float(name) if allowed.holds(float(name)) else None
    return allowed.codes.get(name)


def _json_reading(values: list[object], allowed: Allowed) -> Reading:
    raw = " | ".join(str(value) for value in values)
    if len(values) != 1:
        return Reading(None, raw, "unreadable" if values else "not answered")
    value = values[0]
    if isinstance(value, str):
        return _read_value(raw, value, allowed)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Reading(None, raw, "not answered" if value is None else "unreadable")
    if not allowed.numbers:  # the options were named by letters or words: no number was on the sheet
        return Reading(None, raw, "unreadable")
    return Reading(float(value), raw) if allowed.holds(value) else Reading(None, raw, "out of range")


def _lines(text: str) -> list[str]:
    """Lines as line breaks part them; other separators stay, so that they cannot hide half a number."""
    return re.split(r"\r\n|\r|\n", text[:_MOST_TEXT])


def _unfenced(text: str) -> str:
    """The text without a Markdown code fence around it."""
    match = re.fullmatch(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*", text, re.DOTALL)
    return match[1] if match else text


def _plain(written: str) -> str:
    """Without emphasis marks, quotes, a closing full stop and outer space; case folded."""
    bare = written.strip().strip('*_`“”"').strip()
    return re.sub(r"(?<=\S)[.,;]$", "", bare).strip().casefold()
