"""The answers of a FHIR question: listed with it, or in a value set that travels inside the file."""

from collections.abc import Iterator
from dataclasses import replace

from sandbox.library.interchange.fhir_extensions import SCORES, Extended
from sandbox.library.interchange.instrument import Answer
from sandbox.library.interchange.json_element import Element
from sandbox.library.interchange.loss import Loss
from sandbox.library.interchange.plain_text import one_line

MAX_CONCEPTS = 1000


class Unclear(ValueError):
    """Answers that cannot be taken; the message says why."""


class ValueSets:
    """The value sets and code systems contained in a file, by the addresses questions call them by."""

    def __init__(self, contained: tuple[Element, ...], extended: Extended, losses: list[Loss]) -> None:
        self._extended = extended
        self._losses = losses
        self._known: dict[str, tuple[Answer, ...] | str] = {}
        self._systems = {
            system.text("url"): {answer.code: answer for answer in self._concepts(system)}
            for system in contained
            if system.text("resourceType") == "CodeSystem"
        }
        for resource in contained:
            if resource.text("resourceType") in {"ValueSet", "CodeSystem"}:
                self._keep(resource)

    def answers(self, address: str) -> tuple[Answer, ...]:
        """The answers of a value set. Raises Unclear when it is not in the file, or lists none."""
        found = self._known.get(address) or self._known.get(address.partition("|")[0])
        if found is None:
            raise Unclear(f"its answers stand elsewhere ({address[:120]}), and nothing is fetched")
        if isinstance(found, str):
            raise Unclear(found)
        return found

    def _keep(self, resource: Element) -> None:
        id, url = resource.text("id"), resource.text("url")
        try:
            answers = tuple(self._listed(resource))
            found = answers or f"the value set {id[:60]} lists no answers"
        except Unclear as reason:
            found = str(reason)
        if resource.text("resourceType") == "ValueSet":
            self._known |= {address: found for address in (f"#{id}" if id else "", id, url) if address}
        resource.pass_over()

    def _listed(self, resource: Element) -> Iterator[Answer]:
        """The concepts of its expansion, where it has one; else those it is composed of."""
        expansion, compose = resource.part("expansion"), resource.part("compose")
        for part in (expansion, compose):
            if part is not None:
                part.pass_over()
        if expansion is not None and (contained := expansion.parts("contains")):
            yield from self._contained(contained)
            return
        for included in compose.parts("include") if compose is not None else ():
            included.pass_over()
            system = self._systems.get(included.text("system"), {})
            concepts = included.parts("concept")
            for concept in concepts:
                yield self._scored(coded(concept, self._extended, self._losses), system)
            if not concepts:
                yield from system.values()

    def _contained(self, parts: tuple[Element, ...]) -> Iterator[Answer]:
        for part in parts:
            part.pass_over()
            if part.text("code") and not part.flag("abstract"):
                system = self._systems.get(part.text("system"), {})
                yield self._scored(coded(part, self._extended, self._losses), system)
            yield from self._contained(part.parts("contains"))

    def _scored(self, answer: Answer, system: dict[str, Answer]) -> Answer:
        """The answer with the words and the score its code system has, where it has none itself."""
        known = system.get(answer.code)
        if known is None:
            return answer
        label = known.label if answer.label == answer.code else answer.label
        return replace(answer, label=label, value=known.value if answer.value is None else answer.value)

    def _concepts(self, system: Element) -> list[Answer]:
        found: list[Answer] = []
        parts = list(system.parts("concept"))
        while parts and len(found) < MAX_CONCEPTS:
            part = parts.pop(0)
            part.pass_over()
            try:
                answer = coded(part, self._extended, self._losses)
            except Unclear:
                continue
            weights = [  # all of them looked at: what nobody asks for is told as lost
                one.number(key)
                for key in ("valueDecimal", "valueInteger")
                for one in part.parts("property")
                if one.text("code") in {"itemWeight", "ordinalValue"}
            ]
            weight = next((weight for weight in weights if weight is not None), None)
            found.append(replace(answer, value=weight) if answer.value is None else answer)
            parts = [*part.parts("concept"), *parts]
        system.pass_over()
        return found


def answer_of(option: Element, extended: Extended, losses: list[Loss]) -> Answer:
    """An answer listed with its question. Raises Unclear when it has two scores."""
    weight = score_of(option, extended)
    whole = option.number("valueInteger")
    if whole is not None:
        return Answer(f"{whole:g}", whole if weight is None else weight)
    coding = option.part("valueCoding")
    if coding is None:
        return Answer(one_line(option.text("valueString")), weight)
    answer = coded(coding, extended, losses)
    return answer if weight is None else replace(answer, value=weight)


def coded(coding: Element, extended: Extended, losses: list[Loss]) -> Answer:
    """An answer that is a code with words. The code itself does not come along, which is told."""
    inner = score_of(coding, extended)
    coding.pass_over("version", "userSelected")
    if system := coding.text("system"):
        losses.append(Loss(f"the answers' codes in {system[:120]} are left out", coding.at))
    code = coding.text("code")
    return Answer(one_line(coding.text("display") or code), inner, code)


def score_of(element: Element, extended: Extended) -> float | None:
    """The score in an element's extensions. Raises Unclear when two of them differ."""
    extensions = extended.of(element)
    found = {extensions.number(url) for url in SCORES} - {None}
    if len(found) > 1:
        raise Unclear("itemWeight and ordinalValue give an answer two scores")
    return next(iter(found), None)
