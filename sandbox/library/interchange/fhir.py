"""An HL7 FHIR R4 Questionnaire read as an instrument, the ones we wrote and those of others."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import get_args

from sandbox.library.interchange.fhir_terms import (
    ANCHOR,
    CANONICAL,
    FORM,
    ITEM_CONTROL,
    ITEM_WEIGHT,
    MAX_VALUE,
    MIN_VALUE,
    ORDINAL_VALUE,
    PREAMBLE,
    REFERENCE,
    REVERSE,
    SCALE,
    SOURCE,
    TIMEFRAME,
)
from sandbox.library.interchange.instrument import Answer, Answers, Instrument, Question, Span
from sandbox.library.interchange.json_element import Element, read_object
from sandbox.library.interchange.loss import Loss, NoInstrument
from sandbox.library.interchange.wording import one_line, plain
from sandbox.library.questionnaire import Timeframe

MAX_ITEMS = 2000
_NUMBER = re.compile(r"-?[0-9]{1,16}(\.[0-9]+)?(e[-+]?[0-9]{1,3})?")


def read_fhir(text: str, file: str) -> Instrument:
    """The instrument in a FHIR Questionnaire's JSON. Raises NoInstrument when it is something else."""
    return _Reading(read_object(text, file), file).instrument()


class _Extensions:
    """The extensions of an element, by address; those nobody asks for are losses."""

    def __init__(self, element: Element) -> None:
        self._all = [(part.text("url"), part) for part in element.parts("extension")]
        self._asked: set[str] = set()

    def all(self, url: str) -> tuple[Element, ...]:
        self._asked.add(url)
        return tuple(part for address, part in self._all if address == url)

    def number(self, url: str) -> float | None:
        for part in self.all(url):
            for key in ("valueDecimal", "valueInteger"):
                if (found := part.number(key)) is not None:
                    return found
        return None

    def unasked(self) -> Iterator[Loss]:
        for url, part in self._all:
            if url not in self._asked:
                part.pass_over()
                yield Loss(f"the extension {url[:120]} is left out", part.at or "the file")


class _Reading:
    """One file on its way to an instrument; remembers every extension list it looked into."""

    def __init__(self, root: Element, file: str) -> None:
        self._root = root
        self._file = file
        self._extensions: dict[str, _Extensions] = {}
        self._losses: list[Loss] = []
        self._preamble = ""
        self._questions: list[Question] = []
        self._count = 0
        self._value_sets: dict[str, tuple[Answer, ...]] = {}

    def instrument(self) -> Instrument:
        root = self._root
        kind = root.text("resourceType")
        if kind != "Questionnaire":
            found = f"this is a FHIR {kind[:60]}" if kind else "this is no FHIR resource"
            raise NoInstrument(
                f"{found}, not a Questionnaire", where=self._file, todo="export the Questionnaire"
            )
        own = self._extended(root)
        self._contained()
        anchors = self._anchors(own)
        for item in root.parts("item"):
            self._item(item, anchors)
        url, name, id = root.text("url"), root.text("name"), root.text("id")
        timeframe = self._stated(own, TIMEFRAME)
        head: dict[str, object] = {
            "description": plain(root.text("description")),
            "source": self._source(own),
            "references": [_reference(part) for part in own.all(REFERENCE)],
            "drawn_from": "" if url.startswith(CANONICAL) else url,
        }
        root.pass_over("status", "subjectType", "meta", "text", "experimental")
        made = Instrument(
            form=FORM,
            name=id or name,
            title=one_line(root.text("title") or name),
            questions=tuple(self._questions),
            preamble=self._preamble,
            language=root.text("language"),
            version=one_line(root.text("version")),
            licence=one_line(root.text("copyright")),
            timeframe=timeframe if timeframe in get_args(Timeframe) else "",
            author=one_line(root.text("publisher")),
            head={key: value for key, value in head.items() if value},
            scales=tuple(_scale(part) for part in own.all(SCALE)),
        )
        unasked = [loss for extensions in self._extensions.values() for loss in extensions.unasked()]
        losses = (*self._losses, *unasked, *root.unasked())
        return replace(made, losses=losses)

    def _extended(self, element: Element) -> _Extensions:
        return self._extensions.setdefault(element.at, _Extensions(element))

    def _stated(self, extensions: _Extensions, url: str) -> str:
        return next((part.text("valueString") for part in extensions.all(url)), "")

    def _source(self, own: _Extensions) -> Mapping[str, object]:
        for part in own.all(SOURCE):
            values = _inner(part)
            keys = (("author", "author"), ("method", "method"), ("drafted_by", "draftedBy"))
            found = {key: values[name][0].text("valueString") for key, name in keys if name in values}
            if "drawnFrom" in values:
                found["drawn_from"] = values["drawnFrom"][0].text("valueString")
            return found
        return {}

    def _anchors(self, own: _Extensions) -> tuple[tuple[float, str], ...]:
        found = []
        for part in own.all(ANCHOR):
            values = _inner(part)
            value = values["value"][0].number("valueDecimal") if "value" in values else None
            if value is not None and "label" in values:
                found.append((value, one_line(values["label"][0].text("valueString"))))
        return tuple(found)

    def _item(self, item: Element, anchors: tuple[tuple[float, str], ...]) -> None:
        self._count += 1
        if self._count > MAX_ITEMS:
            raise NoInstrument(f"it has more than {MAX_ITEMS:,} items", where=self._file)
        name, text, kind = item.text("linkId"), plain(item.text("text")), item.text("type")
        match kind:
            case "display":
                self._told(item, name, text)
            case "group":
                self._told(item, "", text)
                for inner in item.parts("item"):
                    self._item(inner, anchors)
            case "choice" | "open-choice" | "coding":  # R5 calls a choice coding
                if kind == "open-choice":
                    self._losses.append(Loss("an answer in free text is not possible", f"{item.at} {name}"))
                self._question(item, name, text, self._choices(item))
            case "integer" | "decimal":
                self._question(item, name, text, self._span(item, anchors))
            case _:
                item.pass_over()
                what = f"an item of type {kind[:40] or '(none)'} is left out"
                self._losses.append(Loss(what, f"{item.at} {name}"))

    def _told(self, item: Element, name: str, text: str) -> None:
        """A text without an answer: the preamble, when it comes before every question."""
        extensions = self._extended(item)
        extensions.all(ITEM_CONTROL)
        item.pass_over("prefix", "required")
        if not text:
            return
        if name == PREAMBLE or not self._questions:
            self._preamble = f"{self._preamble}\n\n{text}".strip()
        else:
            self._losses.append(Loss(f"a text between the questions is left out: “{text[:60]}”", item.at))

    def _question(self, item: Element, name: str, text: str, answers: Answers | None) -> None:
        extensions = self._extended(item)
        extensions.all(ITEM_CONTROL)
        reverse = any(part.flag("valueBoolean") for part in extensions.all(REVERSE))
        if reverse and isinstance(answers, tuple):
            # The weights say the same as the mark; counted both, they would cancel.
            raw = _codes(item)
            answers, reverse = _numbered(answers, raw) if raw else answers, bool(raw)
        item.pass_over("required", "prefix")
        if item.flag("repeats"):
            answers = None
            self._losses.append(Loss("a question with several answers is left out", f"{item.at} {name}"))
        elif answers is None:
            why = "a question without a list of answers, or a lowest and highest number, is left out"
            self._losses.append(Loss(why, f"{item.at} {name}"))
        if answers is None:
            item.pass_over()
        else:
            self._questions.append(Question(name, text, answers, item.at, reverse))

    def _choices(self, item: Element) -> Answers | None:
        options = item.parts("answerOption")
        if options:
            return tuple(self._answer(option) for option in options)
        address = item.text("answerValueSet")
        if not address:
            return None
        if address in self._value_sets:
            return self._value_sets[address]
        what = f"the answers stand elsewhere ({address[:120]}), and nothing is fetched"
        self._losses.append(Loss(what, item.at))
        return None

    def _answer(self, option: Element) -> Answer:
        weight = self._weight(option)
        whole = option.number("valueInteger")
        if whole is not None:
            return Answer(f"{whole:g}", whole if weight is None else weight)
        coding = option.part("valueCoding")
        if coding is None:
            return Answer(one_line(option.text("valueString")), weight)
        return self._coded(coding, weight)

    def _coded(self, coding: Element, weight: float | None) -> Answer:
        inner = self._weight(coding)
        coding.pass_over("version", "userSelected")
        if system := coding.text("system"):
            self._losses.append(Loss(f"the answers' codes in {system[:120]} are left out", coding.at))
        code = coding.text("code")
        label = one_line(coding.text("display") or code)
        return Answer(label, inner if weight is None else weight)

    def _weight(self, element: Element) -> float | None:
        extensions = self._extended(element)
        found = {extensions.number(url) for url in (ITEM_WEIGHT, ORDINAL_VALUE)} - {None}
        if len(found) > 1:
            raise NoInstrument(
                "itemWeight and ordinalValue give the answer two scores",
                where=f"{self._file}: {element.at}",
                todo="take out the wrong one",
            )
        return next(iter(found), None)

    def _span(self, item: Element, anchors: tuple[tuple[float, str], ...]) -> Answers | None:
        extensions = self._extended(item)
        low, high = extensions.number(MIN_VALUE), extensions.number(MAX_VALUE)
        return None if low is None or high is None else Span(low, high, anchors)

    def _contained(self) -> None:
        """Value sets that travel inside the file, by the address items call them by."""
        for resource in self._root.parts("contained"):
            compose = resource.part("compose") if resource.text("resourceType") == "ValueSet" else None
            if compose is None:
                continue
            concepts = [c for included in compose.parts("include") for c in included.parts("concept")]
            address = f"#{resource.text('id')}"
            self._value_sets[address] = tuple(self._coded(concept, None) for concept in concepts)
            resource.pass_over()
            for included in compose.parts("include"):
                included.pass_over()


def _codes(item: Element) -> tuple[float, ...] | None:
    """The answers' codes as numbers, which is where we write the values as answered; None if one is not."""
    codings = [option.part("valueCoding") for option in item.parts("answerOption")]
    codes = [coding.text("code") if coding is not None else "" for coding in codings]
    return tuple(map(float, codes)) if codes and all(map(_NUMBER.fullmatch, codes)) else None


def _numbered(answers: tuple[Answer, ...], values: tuple[float, ...]) -> tuple[Answer, ...]:
    return tuple(replace(answer, value=value) for answer, value in zip(answers, values, strict=True))


def _inner(part: Element) -> Mapping[str, list[Element]]:
    """The extensions inside a complex extension, by their short names."""
    found: dict[str, list[Element]] = {}
    for inner in part.parts("extension"):
        found.setdefault(inner.text("url"), []).append(inner)
        inner.pass_over()
    return found


def _reference(part: Element) -> Mapping[str, object]:
    values = _inner(part)
    return {
        key: values[key][0].text("valueString")
        for key in ("title", "doi", "url")
        if key in values and values[key][0].text("valueString")
    }


def _scale(part: Element) -> Mapping[str, object]:
    values = _inner(part)

    def text(key: str) -> str:
        return values[key][0].text("valueString") if key in values else ""

    def number(key: str) -> float:
        parts = values.get(key, [])
        type_ = "valueInteger" if key == "missingAtMost" else "valueDecimal"
        return (parts[0].number(type_) or 0.0) if parts else 0.0

    scale: dict[str, object] = {"id": text("id")}
    if text("title"):
        scale["title"] = text("title")
    scale |= {
        "items": [item.text("valueString") for item in values.get("item", [])],
        "method": text("method"),
    }
    if "multiply" in values and number("multiply") != 1:
        scale["multiply"] = number("multiply")
    scale["range"] = [number("low"), number("high")]
    if text("higherIs") not in {"", "more distress"}:
        scale["higher_is"] = text("higherIs")
    if number("missingAtMost") or text("missingRule") not in {"", "absent"}:
        scale["missing"] = {"at_most": number("missingAtMost"), "rule": text("missingRule")}
    return scale
