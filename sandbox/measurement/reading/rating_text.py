"""ItemReading what a model wrote into a questionnaire: a value the text does not state is no value."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.measurement.administration import LabelForm, MissingReason

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?")
_LABELLED = re.compile(r"([^\s(=:,–—]+) ?(?:[-–—=:,] ?)?(.+)")
_LINE = re.compile(
    r"\s*(?:[-*•]\s+|[0-9]{1,3}[.)]\s+)?[*_`“\"]{0,3}([A-Za-z0-9-]+)[*_`”\"]{0,3}\s*[:=：＝](.*)"
)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－＋", "0123456789.-+")
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
    """The answers an item may have. Without options (`values` None): any number in bounds.

    `names` is what each option is called on the sheet, `labels` its words. `numbers`: an option may also be
    named by its value, however that is written (`3`, `3.0`).
    """

    low: float
    high: float
    values: frozenset[float] | None = None
    names: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, float] = field(default_factory=dict)
    numbers: bool = True

    @classmethod
    def of(
        cls,
        questionnaire: RatingQuestionnaire,
        form: LabelForm,
        names: Mapping[str, float],
    ) -> "Allowed":
        """What the items may be answered with when options are called by `names`, in that form."""
        low, high = questionnaire.bounds
        options = questionnaire.options
        if options is None:
            return cls(low, high)
        labels = {option.label: option.value for option in options}
        return cls(low, high, frozenset(labels.values()), names, labels, numbers=form == "numbers")

    def holds(self, value: float) -> bool:
        """True when the value is one of the options', or within the range."""
        return self.low <= value <= self.high if self.values is None else value in self.values

    def called(self, written: str) -> float | None:
        """The value of the one option that `written` names: by its name, its words, or its number.

        What stands on the sheet counts before what differs from it in marks or case. A text that could be two
        options' (`00`, the words of one and the number of another) is neither's.
        """
        exact = written.strip()
        if exact in self.names:
            return self.names[exact]
        if exact in self.labels and not self.numbers:
            return self.labels[exact]
        plain = _plain(written)
        meant = {
            value
            for called in (self.names, self.labels)
            for name, value in called.items()
            if exact == name or plain in (name, _plain(name)) or plain.casefold() == _plain(name).casefold()
        }
        if self.numbers and (value := _number_in(plain)) is not None and self.holds(value):
            meant.add(value)
        return meant.pop() if len(meant) == 1 else None

    def named(self, written: str) -> float | None:
        """As `called`, but by name or number alone, without the option's words."""
        return replace(self, labels={}).called(written)


@dataclass(frozen=True, slots=True)
class ItemReading:
    """One item as read: a value, or why there is none. `raw` is the line it was read from (may be empty)."""

    value: float | None
    raw: str
    missing: MissingReason | None = None


def declines(text: str) -> bool:
    """True when the text refuses to answer, in one of the ways models usually put it."""
    return bool(_REFUSAL.search(text[:_MOST_TEXT].replace("’", "'")))


def parse_report(text: str, items: Sequence[str], allowed: Allowed) -> dict[str, ItemReading]:
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


def parse_structured(text: str, items: Sequence[str], allowed: Allowed) -> dict[str, ItemReading]:
    """A reading for each of `items` from one JSON object of id → number (or exact label)."""
    try:
        pairs = json.loads(_unfenced(text[:_MOST_TEXT]), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, _Pairs):
        reason: MissingReason = "refused" if declines(text) else "unreadable"
        return {item: ItemReading(None, "", reason) for item in items}
    found = {item: [value for key, value in pairs.entries if key == item] for item in items}
    return {item: _json_reading(values, allowed) for item, values in found.items()}


def parse_single(text: str, item: str, allowed: Allowed) -> ItemReading:
    """The reading of an answer to one item: the number or label and nothing else, `id:` before it or not."""
    lines = [line.strip() for line in _lines(text) if line.strip()]
    if len(lines) == 1:
        match = _LINE.fullmatch(lines[0])
        whole = _read_value(lines[0], lines[0], allowed)
        if whole.value is None and match and match[1].casefold() in {item.casefold(), "answer", "rating"}:
            return _read_value(lines[0], match[2], allowed)
        return whole
    reason: MissingReason = "refused" if declines(text) else "unreadable" if lines else "not answered"
    return ItemReading(None, lines[0] if lines else "", reason)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A JSON object with its keys as they came, doubled ones included."""

    entries: Sequence[tuple[str, object]]


def _item_reading(found: list[tuple[str, str]], allowed: Allowed, refused: bool) -> ItemReading:
    if len(found) == 1:
        line, written = found[0]
        return _read_value(line, written, allowed)
    if found:
        return ItemReading(None, " | ".join(line for line, _ in found), "unreadable")
    return ItemReading(None, "", "refused" if refused else "not answered")


def _read_value(line: str, written: str, allowed: Allowed) -> ItemReading:
    value = _stated(written, allowed)
    if value is None:
        plain = _plain(written)
        out = allowed.numbers and (stated := _number_in(plain)) is not None and not allowed.holds(stated)
        why: MissingReason = "out of range" if out else "unreadable" if plain else "not answered"
        return ItemReading(None, line, "refused" if declines(line) else why)
    return ItemReading(value, line)


def _stated(written: str, allowed: Allowed) -> float | None:
    """The value that `written` names: by name, number or label, or by name or number with its own label."""
    value = allowed.called(written)
    if value is not None or allowed.values is None or len(written) > _MOST_ANSWER:
        return value
    pair = _LABELLED.fullmatch(_plain(written))
    value = allowed.named(pair[1]) if pair else None
    if pair is None or value is None:
        return None
    said = {_plain(part).casefold() for part in (pair[2], _unbracketed(pair[2]))}
    words = {_plain(label).casefold() for label, own in allowed.labels.items() if own == value}
    return value if said & words else None


def _unbracketed(text: str) -> str:
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def _number_in(plain: str) -> float | None:
    """The number that a text is, and nothing else; full-width digits are those of Chinese and Japanese."""
    text = plain.translate(_FULL_WIDTH)
    return float(text) if _NUMBER.fullmatch(text) else None


def _json_reading(values: list[object], allowed: Allowed) -> ItemReading:
    raw = " | ".join(str(value) for value in values)
    if len(values) != 1:
        return ItemReading(None, raw, "unreadable" if values else "not answered")
    value = values[0]
    if isinstance(value, str):
        return _read_value(raw, value, allowed)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ItemReading(None, raw, "not answered" if value is None else "unreadable")
    if not allowed.numbers:  # the options have letters or words, which may be numbers themselves
        named = allowed.names.get(raw)
        return ItemReading(named, raw, "unreadable" if named is None else None)
    return ItemReading(float(value), raw) if allowed.holds(value) else ItemReading(None, raw, "out of range")


def _lines(text: str) -> list[str]:
    """Lines as line breaks part them; other separators stay, so that they cannot hide half a number."""
    return re.split(r"\r\n|\r|\n", text[:_MOST_TEXT])


def _unfenced(text: str) -> str:
    """The text without a Markdown code fence around it."""
    match = re.fullmatch(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*", text, re.DOTALL)
    return match[1] if match else text


def _plain(written: str) -> str:
    """Without emphasis marks, quotes, a closing full stop and outer space."""
    bare = written.strip().strip('*_`“”"').strip()
    return re.sub(r"(?<=\S)[.,;]$", "", bare).strip()
