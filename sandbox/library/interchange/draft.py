"""From an instrument of another format to a questionnaire document: its text, comments, and what was lost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from sandbox.errors import UsageError
from sandbox.library.document import InvalidDocument, free_id, id_of, is_id
from sandbox.library.interchange.instrument import Completion, Instrument, Question, Span
from sandbox.library.interchange.loss import (
    Assumption,
    Loss,
    NoInstrument,
    first_few,
    questions_first,
    together,
)
from sandbox.library.interchange.plain_text import without_control
from sandbox.library.interchange.scale_key import Key, read_keys, scale_range, turned_items
from sandbox.library.interchange.selection import Selection, selected
from sandbox.library.loading import MAX_BYTES, parse_document
from sandbox.library.questionnaire import RatingQuestionnaire, Timeframe
from sandbox.library.yaml.writing import document_text
from sandbox.text import number_of

UNSTATED = "not stated in the imported file"
_SHOWN_PROBLEMS = 3
_SHOWN_NAMES = 6


@dataclass(frozen=True, slots=True)
class Draft:
    """A questionnaire the loader accepts, as the text to write, with what was lost and what was assumed.

    `found` is how many rating questions the file has. `warnings` are the lines to say first: that some of
    them are not in it, or that they stand under several instructions.
    """

    questionnaire: RatingQuestionnaire
    text: str
    losses: tuple[Loss, ...]
    assumptions: tuple[Assumption, ...]
    found: int
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What was made: how many items and scales."""
        items = number_of(len(self.questionnaire.items), "item")
        return f"{items}, {number_of(len(self.questionnaire.scales), 'scale')}."

    @property
    def report(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is lost and what is assumed: headings, each with its lines."""
        return (
            ("Left out, or changed:", tuple(map(str, self.losses))),
            ("Assumed, please check (marked TODO in the file):", tuple(map(str, self.assumptions))),
        )


def draft(instrument: Instrument, completion: Completion, file: str) -> Draft:
    """The document an instrument makes, completed by a person and checked by the loader.

    Raises UsageError when something must be said that neither says, NoInstrument when no valid document
    comes out.
    """
    chosen = selected(instrument, completion, file)
    _refuse_unsaid(instrument, completion, file)
    return _Drafting(instrument, completion, file, chosen).draft()


def _refuse_unsaid(instrument: Instrument, completion: Completion, file: str) -> None:
    missing = []
    if not (completion.timeframe or instrument.timeframe):
        allowed = ", ".join(f'"{name}"' for name in get_args(Timeframe))
        missing.append(f"--timeframe, what time its questions ask about: {allowed}")
    if not (completion.licence or instrument.licence):
        missing.append(
            '--licence, the terms it may be used under, such as "Own licensed copy, not to be shared"'
        )
    if missing:
        raise UsageError("The file does not say enough.", where=file, todo="Add " + "\nand ".join(missing))


class _Drafting:
    """One instrument on its way to a document; collects what is lost and assumed as it goes."""

    def __init__(self, instrument: Instrument, completion: Completion, file: str, chosen: Selection) -> None:
        self._from = instrument
        self._completion = completion
        self._file = file
        self._chosen = chosen
        self._shared = chosen.shared
        self._losses = [*chosen.losses, *instrument.losses]
        self._assumed: list[Assumption] = []
        self._ids: dict[str, str] = {}

    def draft(self) -> Draft:
        self._name_items()
        warnings = tuple(self._warnings())
        self._assumed += [*(Assumption("id", warning) for warning in warnings), *self._chosen.assumptions]
        keys = self._keys()
        data = {
            **self._head(),
            **self._answers(),
            "items": self._items(keys),
            "scales": self._scales(keys),
        }
        data = {
            key: self._legible(value, key) for key, value in data.items() if value not in (None, "", [], ())
        }
        comments: dict[str, list[str]] = {}
        for assumption in self._assumed:
            comments.setdefault(assumption.key, []).append(f"TODO check: {assumption.what}")
        text = document_text(data, comments)
        made = self._checked(text, str(data["id"]))
        assumed = tuple(assumption for assumption in self._assumed if assumption.key != "id")
        return Draft(
            made, text, together(questions_first(self._losses)), assumed, self._chosen.found, warnings
        )

    def _warnings(self) -> Iterator[str]:
        """The lines to say first."""
        chosen = self._chosen
        if chosen.left_out:
            yield (
                f"{self._share()} rating questions are in it: its score is not the score of the whole. "
                f"Left out: {first_few(chosen.left_out, _SHOWN_NAMES)}."
            )
        if len(chosen.blocks) > 1:
            yield (
                f"Its questions stand under {len(chosen.blocks)} instructions, which are put before their "
                "texts. Check that one timeframe fits them all."
            )
        if chosen.parts:
            yield f"--part NUMBER takes one part alone: {chosen.parts}."

    def _share(self) -> str:
        return f"{len(self._shared.questions)} of {self._chosen.found}"

    def _checked(self, text: str, id: str) -> RatingQuestionnaire:
        if len(text.encode()) > MAX_BYTES:
            raise NoInstrument("the document it makes would be larger than 1 MiB", where=self._file)
        try:
            document = parse_document(text, "questionnaire", self._file, id_needed=id)
        except InvalidDocument as invalid:
            shown = [
                "; ".join(
                    filter(None, (problem.message, problem.hint, self._quoted_line(text, problem.line)))
                )
                for problem in invalid.problems[:_SHOWN_PROBLEMS]
            ]
            more = len(invalid.problems) - len(shown)
            todo = "\n".join(shown) + (f"\nand {more} more" if more else "")
            raise NoInstrument(
                "the document it makes would not be valid", where=self._file, todo=todo
            ) from None
        assert isinstance(document, RatingQuestionnaire)  # noqa: S101 - we wrote kind: rating
        return document

    def _name_items(self) -> None:
        taken: set[str] = set()
        for n, question in enumerate(self._shared.questions, start=1):
            self._ids[question.name] = free_id(id_of(question.name) or f"q{n}", taken)
        renamed = [f"{name} → {id}" for name, id in self._ids.items() if name != id]
        if renamed:
            self._losses.append(Loss(f"names that cannot be ids: {first_few(renamed, _SHOWN_NAMES)}"))

    def _head(self) -> dict[str, object]:
        said, added = self._from, self._completion
        id = added.id or (said.name if is_id(said.name) else id_of(said.name)) or id_of(said.title)
        if not id:
            raise UsageError("No id can be made of the file's name.", where=self._file, todo="Add --id NAME.")
        head = dict(said.head)
        return {
            "id": id,
            "kind": "rating",
            "title": added.title or self._title(said.title or id),
            "description": head.get("description") or f"Imported from {said.form}.",
            "source": self._source(head.get("source")),
            "licence": added.licence or said.licence,
            "version": said.version or "1",
            "language": self._language(),
            "timeframe": added.timeframe or said.timeframe,
            "references": head.get("references"),
            "preamble": self._chosen.preamble,
        }

    def _title(self, title: str) -> str:
        """The file's title; that of a part says that it is one."""
        return f"{title} ({self._share()} questions)" if self._chosen.left_out else title

    def _source(self, stated: object) -> Mapping[str, object]:
        if isinstance(stated, Mapping):
            return {**stated, "author": self._completion.author} if self._completion.author else stated
        author = self._completion.author or self._from.author
        if not author:
            self._assume("source", "the file does not say who wrote the instrument")
        self._assume("source", "drafted_by: person is assumed")
        source = {
            "author": author or UNSTATED,
            "method": f"imported from {self._from.form}",
            "drafted_by": "person",
        }
        origin = self._from.head.get("drawn_from")
        return {**source, "drawn_from": origin} if origin else source

    def _language(self) -> str:
        language = self._completion.language or self._from.language
        if not language:
            self._assume("language", "the file does not say its language; en is assumed")
        return language or "en"

    def _answers(self) -> dict[str, object]:
        answers = self._shared.answers
        if isinstance(answers, Span):
            anchors = [{"value": value, "label": label} for value, label in answers.anchors]
            bounds: dict[str, object] = {"min": answers.low, "max": answers.high}
            return {"range": {**bounds, "anchors": anchors} if anchors else bounds}
        return {"options": [{"value": answer.value, "label": answer.label} for answer in answers]}

    def _keys(self) -> tuple[Key, ...]:
        names = list(self._ids)
        keys, losses = read_keys(self._from.scores, names, self._shared.turned, self._shared.bounds)
        self._losses += losses
        return keys

    def _items(self, keys: Sequence[Key]) -> list[dict[str, object]]:
        backwards = turned_items(keys, self._shared.turned)
        if self._shared.turned:
            what = "items are marked reverse because their answers' numbers run the other way in the file"
            self._assume("items", what)
        return [self._item(question, backwards) for question in self._shared.questions]

    def _item(self, question: Question, backwards: Mapping[str, bool]) -> dict[str, object]:
        item: dict[str, object] = {"id": self._ids[question.name], "text": question.text}
        if question.reverse != backwards.get(question.name, False):
            item["reverse"] = True
        return item

    def _scales(self, keys: Sequence[Key]) -> list[Mapping[str, object]]:
        if self._from.scales:
            return list(self._from.scales)
        self._assume("scales", self._direction())
        self._assume(
            "scales", "a scale with one missing answer has no score; add missing: where the key says so"
        )
        taken: set[str] = set()
        made = keys or self._sums()
        return [self._scale(key, taken) for key in (*made, *self._rest(made))]

    def _direction(self) -> str:
        """What is assumed of the scores' direction; answers listed from the highest down are a hint."""
        what = "higher_is: more distress is assumed, since the file does not say it"
        if not self._shared.falls:
            return what
        first = self._shared.answers[0].label if isinstance(self._shared.answers, tuple) else ""
        hint = f"its answers are listed from the highest number (“{first[:60]}”) down"
        return f"{what}; {hint}, so a high score may well mean less distress"

    def _sums(self) -> tuple[Key, ...]:
        """The sums assumed for a file without a score: one, or one for each instruction."""
        name, blocks = self._completion.id or self._from.name, self._chosen.blocks
        if len(blocks) > 1 and 2 * sum(len(names) > 1 for _, names in blocks) >= len(blocks):
            self._assume(
                "scales", "the file has no score that can be read; a sum is assumed for each instruction"
            )
            return tuple(
                Key(f"{name}-{n}", title, names, frozenset(), "sum", 1.0)
                for n, (title, names) in enumerate(blocks, start=1)
            )
        self._assume("scales", "the file has no score that can be read; the sum of all items is assumed")
        return (Key(name, "", tuple(self._ids), frozenset(), "sum", 1.0),)

    def _rest(self, keys: Sequence[Key]) -> Iterator[Key]:
        """A scale of the items that are in no other, since every item has to be in one."""
        used = {name for key in keys for name in key.items}
        rest = tuple(name for name in self._ids if name not in used)
        if rest:
            self._assume(
                "scales", f"items of no score in the file are put into a scale “other-items” ({len(rest)})"
            )
            yield Key("other-items", "Items in no score of the file", rest, frozenset(), "mean", 1.0)

    def _scale(self, key: Key, taken: set[str]) -> Mapping[str, object]:
        scale: dict[str, object] = {"id": free_id(id_of(key.name) or "score", taken)}
        if key.title:
            scale["title"] = key.title
        scale |= {"items": [self._ids[name] for name in key.items], "method": key.method}
        if key.multiply != 1:
            scale["multiply"] = key.multiply
        scale["range"] = scale_range(key.method, key.multiply, len(key.items), self._shared.bounds)
        if key.name == "other-items":
            scale["higher_is"] = "neither"
        return scale

    def _quoted_line(self, text: str, line: int) -> str:
        """What a problem is about: the file's own place of a question, else the document's line."""
        there = text.split("\n")[line - 1].strip()
        for question in self._shared.questions:
            if there.startswith(
                (f"- {{id: {self._ids[question.name]},", f"- id: {self._ids[question.name]}")
            ):
                return f"in the file: {question.place}"
        return f"in: {there[:60]}…" if len(there) > 60 else f"in: {there}"

    def _legible(self, value: object, key: str) -> object:
        """The value with every text in it free of control characters; that some were there is told."""
        if isinstance(value, str):
            text = without_control(value)
            if text != value:
                self._losses.append(Loss("control characters are taken out", key))
            return text
        if isinstance(value, Mapping):
            return {name: self._legible(inner, key) for name, inner in value.items()}
        if isinstance(value, Sequence):
            return [self._legible(inner, key) for inner in value]
        return value

    def _assume(self, key: str, what: str) -> None:
        self._assumed.append(Assumption(key, what))
