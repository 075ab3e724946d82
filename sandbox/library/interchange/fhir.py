"""An HL7 FHIR R4 Questionnaire read as an instrument, the ones we wrote and those of others."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import get_args

from sandbox.library.interchange.fhir_answers import Unclear, ValueSets, answer_of
from sandbox.library.interchange.fhir_extensions import (
    ANCHOR,
    CALCULATED,
    CANONICAL,
    FORM,
    HIDDEN,
    MAX_VALUE,
    MIN_VALUE,
    REFERENCE,
    REVERSE,
    SCALE,
    SOURCE,
    TIMEFRAME,
    Extended,
    Extensions,
    inner_parts,
)
from sandbox.library.interchange.instrument import Answer, Answers, Instructions, Instrument, Question, Span
from sandbox.library.interchange.json_element import Element, read_object
from sandbox.library.interchange.loss import Loss, NoInstrument
from sandbox.library.interchange.plain_text import one_line, plain
from sandbox.library.questionnaire import Timeframe

MAX_ITEMS = 2000
_BOOKKEEPING = (
    *("status", "subjectType", "meta", "text", "experimental", "identifier", "date", "contact", "useContext"),
    *("jurisdiction", "purpose", "approvalDate", "lastReviewDate", "effectivePeriod", "implicitRules"),
)
_NUMBER = re.compile(r"-?[0-9]{1,16}(\.[0-9]+)?(e[-+]?[0-9]{1,3})?")


def read_fhir(text: str, file: str, section: str | None = None) -> Instrument:
    """The instrument in a FHIR Questionnaire's JSON. Raises NoInstrument when it is something else.

    `section` is the part of it wanted, as the person said.
    """
    return replace(_Reading(read_object(text, file), file).instrument(), section=section)


class _Reading:
    """One file on its way to an instrument; remembers every extension list it looked into."""

    def __init__(self, root: Element, file: str) -> None:
        self._root = root
        self._file = file
        self._extended = Extended()
        self._losses: list[Loss] = []
        self._told = Instructions()
        self._conditions = [""]
        self._questions: list[Question] = []
        self._count = 0
        self._anchors: tuple[tuple[float, str], ...] = ()

    def instrument(self) -> Instrument:
        root = self._root
        kind = root.text("resourceType")
        if kind != "Questionnaire":
            found = f"this is a FHIR {kind[:60]}" if kind else "this is no FHIR resource"
            raise NoInstrument(
                f"{found}, not a Questionnaire",
                where=self._file,
                todo="in the program it comes from, export the Questionnaire resource itself, as JSON",
            )
        own = self._extended.of(root)
        self._value_sets = ValueSets(root.parts("contained"), self._extended, self._losses)
        self._anchors = tuple(_anchors(own))
        for item in root.parts("item"):
            self._item(item)
        self._losses += self._told.unused()
        url, name, id = root.text("url"), root.text("name"), root.text("id")
        timeframe = self._stated(own, TIMEFRAME)
        head: dict[str, object] = {
            "description": plain(root.text("description")),
            "source": self._source(own),
            "references": [_reference(part) for part in own.all(REFERENCE)],
            "drawn_from": "" if url.startswith(CANONICAL) else url,
        }
        root.pass_over(*_BOOKKEEPING)
        made = Instrument(
            form=FORM,
            name=id or name,
            title=one_line(root.text("title") or name),
            questions=tuple(self._questions),
            language=root.text("language"),
            version=one_line(root.text("version")),
            licence=one_line(root.text("copyright")),
            timeframe=timeframe if timeframe in get_args(Timeframe) else "",
            author=one_line(root.text("publisher")),
            head={key: value for key, value in head.items() if value},
            scales=tuple(_scale(part) for part in own.all(SCALE)),
        )
        losses = (*self._losses, *self._extended.unasked(), *root.unasked())
        return replace(made, losses=losses)

    def _stated(self, extensions: Extensions, url: str) -> str:
        return next((part.text("valueString") for part in extensions.all(url)), "")

    def _source(self, own: Extensions) -> Mapping[str, object]:
        for part in own.all(SOURCE):
            values = inner_parts(part)
            keys = (("author", "author"), ("method", "method"), ("drafted_by", "draftedBy"))
            found = {key: values[name][0].text("valueString") for key, name in keys if name in values}
            if "drawnFrom" in values:
                found["drawn_from"] = values["drawnFrom"][0].text("valueString")
            return found
        return {}

    def _item(self, item: Element, inside: str = "") -> None:
        """An item and those in it. `inside` names the question it is nested in."""
        self._count += 1
        if self._count > MAX_ITEMS:
            raise NoInstrument(f"it has more than {MAX_ITEMS:,} items", where=self._file)
        name, text, kind = item.text("linkId"), plain(item.text("text")), item.text("type")
        if why := self._unasked(item):
            item.pass_over()
            self._extended.of(item).pass_over()
            shown = f" “{one_line(text)[:60]}”" if text else ""
            self._losses.append(Loss(f"{why}: it is not asked", f"{item.at} {name}{shown}"))
            return
        match kind:
            case "display":
                self._display(item, text, inside)
            case "group":
                self._group(item, text, inside)
            case "choice" | "open-choice" | "coding":  # R5 calls a choice coding
                if kind == "open-choice":
                    self._losses.append(Loss("an answer in free text is not possible", f"{item.at} {name}"))
                self._question(item, name, text, inside)
            case "integer" | "decimal":
                self._question(item, name, text, inside)
            case _:
                item.pass_over()
                what = f"an item of type {kind[:40] or '(none)'} is left out"
                self._losses.append(Loss(what, f"{item.at} {name} “{one_line(text)[:60]}”"))
                self._nested(item, inside or name)

    def _unasked(self, item: Element) -> str:
        """Why nobody is asked an item; empty when somebody is."""
        extensions = self._extended.of(item)
        if extensions.flag(HIDDEN):
            return "the item is hidden"
        if item.flag("readOnly") and item.text("type") not in {"display", "group"}:
            return "the item is read-only"
        if extensions.all(CALCULATED):
            return "the item is calculated"
        return ""

    def _display(self, item: Element, text: str, inside: str) -> None:
        """A text without an answer: an instruction for what follows, unless it is a help to one question."""
        item.pass_over("prefix", "required")
        if inside and text:
            what = f"a text in a question is left out: “{one_line(text)[:60]}”"
            self._losses.append(Loss(what, f"{item.at} in {inside}"))
        else:
            self._told.tell(text, item.at)

    def _group(self, item: Element, text: str, inside: str) -> None:
        self._extended.of(item)
        item.pass_over("prefix", "required")
        self._told.enter(text, item.at)
        self._conditions.append(_condition(item) or self._conditions[-1])
        for inner in item.parts("item"):
            self._item(inner, inside)
        self._told.leave()
        self._conditions.pop()

    def _nested(self, item: Element, name: str) -> None:
        for inner in item.parts("item"):
            self._item(inner, name)

    def _question(self, item: Element, name: str, text: str, inside: str) -> None:
        answers, why_not = self._answers(item)
        reverse = self._extended.of(item).flag(REVERSE)
        if reverse and isinstance(answers, tuple):
            # The weights say the same as the mark; counted both, they would cancel.
            raw = _codes(item)
            answers, reverse = _numbered(answers, raw) if raw else answers, bool(raw)
        item.pass_over("required", "prefix", "readOnly")
        condition = _condition(item) or self._conditions[-1]
        if item.flag("repeats"):
            answers, why_not = None, ""
            self._losses.append(Loss("a question with several answers is left out", f"{item.at} {name}"))
        elif answers is None and not why_not:
            why = "a question without a list of answers, or a lowest and highest number, is left out"
            self._losses.append(Loss(why, f"{item.at} {name} “{one_line(text)[:60]}”"))
        if inside:
            why_not = f"it is nested in {inside[:60]}"
        block = self._told.asked() if answers is not None and not inside else ()
        if answers is not None or (why_not and not inside):
            made = Question(name, text, answers or (), item.at, reverse, block, condition, why_not)
            self._questions.append(made)
        else:
            item.pass_over()
        self._nested(item, name)

    def _answers(self, item: Element) -> tuple[Answers | None, str]:
        """The answers of a question, or why they cannot be taken; neither for one that is not rated."""
        if item.text("type") in {"integer", "decimal"}:
            return self._span(item), ""
        try:
            return self._choices(item), ""
        except Unclear as reason:
            return None, str(reason)

    def _choices(self, item: Element) -> Answers | None:
        if options := item.parts("answerOption") or item.parts("option"):  # R3 called it option
            return tuple(answer_of(option, self._extended, self._losses) for option in options)
        elsewhere = item.part("options")
        address = item.text("answerValueSet") or (elsewhere.text("reference") if elsewhere else "")
        return self._value_sets.answers(address) if address else None

    def _span(self, item: Element) -> Answers | None:
        extensions = self._extended.of(item)
        low, high = extensions.number(MIN_VALUE), extensions.number(MAX_VALUE)
        return None if low is None or high is None else Span(low, high, self._anchors)


def _anchors(own: Extensions) -> Iterator[tuple[float, str]]:
    for part in own.all(ANCHOR):
        values = inner_parts(part)
        value = values["value"][0].number("valueDecimal") if "value" in values else None
        if value is not None and "label" in values:
            yield value, one_line(values["label"][0].text("valueString"))


def _condition(item: Element) -> str:
    """When a question is asked, as question = answer; empty for always. More than one rule is told as one."""
    rules = [_rule(part) for part in item.parts("enableWhen")]
    return (" or " if item.text("enableBehavior") == "any" else " and ").join(rules)


def _rule(part: Element) -> str:
    part.pass_over()
    coding = part.part("answerCoding")
    if coding is not None:
        coding.pass_over()
        answer = coding.text("code") or coding.text("display")
    else:
        numbers = (part.number(key) for key in ("answerInteger", "answerDecimal"))
        number = next((n for n in numbers if n is not None), None)
        answer = part.text("answerString") if number is None else f"{number:g}"
        if not answer and part.flag("answerBoolean"):
            answer = "true"
    return f"{part.text('question')} {part.text('operator') or '='} '{answer or 'false'}'"


def _codes(item: Element) -> tuple[float, ...] | None:
    """The answers' codes as numbers, which is where we write the values as answered; None if one is not."""
    codings = [option.part("valueCoding") for option in item.parts("answerOption")]
    codes = [coding.text("code") if coding is not None else "" for coding in codings]
    return tuple(map(float, codes)) if codes and all(map(_NUMBER.fullmatch, codes)) else None


def _numbered(answers: tuple[Answer, ...], values: tuple[float, ...]) -> tuple[Answer, ...]:
    return tuple(replace(answer, value=value) for answer, value in zip(answers, values, strict=True))


def _reference(part: Element) -> Mapping[str, object]:
    values = inner_parts(part)
    return {
        key: values[key][0].text("valueString")
        for key in ("title", "doi", "url")
        if key in values and values[key][0].text("valueString")
    }


def _scale(part: Element) -> Mapping[str, object]:
    values = inner_parts(part)

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
