"""The extensions of FHIR files: standard ones and our own by name, and those of a file as they are read.

docs/import-and-export.md describes our own; their addresses never change. What nobody asks for is a loss.
"""

from collections.abc import Iterator, Mapping

from sandbox.library.interchange.json_element import Element
from sandbox.library.interchange.loss import Loss

ITEM_WEIGHT = "http://hl7.org/fhir/StructureDefinition/itemWeight"
ORDINAL_VALUE = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
MIN_VALUE = "http://hl7.org/fhir/StructureDefinition/minValue"
MAX_VALUE = "http://hl7.org/fhir/StructureDefinition/maxValue"
ITEM_CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
HIDDEN = "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden"
CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"

SCORES = (
    ITEM_WEIGHT,
    ORDINAL_VALUE,
    "http://hl7.org/fhir/StructureDefinition/questionnaire-ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/valueset-ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/codesystem-ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/iso21090-CO-value",
    "http://fhir.org/guides/argonaut-questionnaire/StructureDefinition/extension-score",
)
"""Where the score of an answer is found, in today's files and in those of earlier versions."""

QUIET = (
    ITEM_CONTROL,
    "http://hl7.org/fhir/StructureDefinition/questionnaire-optionPrefix",
    "http://hl7.org/fhir/StructureDefinition/questionnaire-choiceOrientation",
    "http://hl7.org/fhir/StructureDefinition/questionnaire-displayCategory",
    "http://hl7.org/fhir/StructureDefinition/rendering-style",
    "http://hl7.org/fhir/StructureDefinition/rendering-styleSensitive",
)
"""Extensions of how a form looks: nothing of what is asked is lost with them."""

OURS = "urn:therapy-sandbox:fhir:"
TIMEFRAME = f"{OURS}timeframe"
SOURCE = f"{OURS}source"
REFERENCE = f"{OURS}reference"
ANCHOR = f"{OURS}anchor"
SCALE = f"{OURS}scale"
REVERSE = f"{OURS}reverse"
SCORE = f"{OURS}score"
MISSING = f"{OURS}missing"
WAY = f"{OURS}way"
ARM = f"{OURS}arm"

CANONICAL = "urn:therapy-sandbox:questionnaire:"
PREAMBLE = "_preamble"
"""The linkId of the preamble's display item; no item of ours can have it."""

FORM = "FHIR R4 Questionnaire"


class Extensions:
    """The extensions of an element, by address; those nobody asks for are losses."""

    def __init__(self, element: Element) -> None:
        self._all = [(part.text("url"), part) for part in element.parts("extension")]
        self._asked: set[str] = set()

    def all(self, url: str) -> tuple[Element, ...]:
        """The extensions of an address."""
        self._asked.add(url)
        return tuple(part for address, part in self._all if address == url)

    def number(self, url: str) -> float | None:
        """The number an extension holds, if it is there."""
        for part in self.all(url):
            for key in ("valueDecimal", "valueInteger"):
                if (found := part.number(key)) is not None:
                    return found
        return None

    def flag(self, url: str) -> bool:
        """Whether an extension says true."""
        return any(part.flag("valueBoolean") for part in self.all(url))

    def pass_over(self) -> None:
        """Count all as asked for, with what they hold."""
        for url, part in self._all:
            self._asked.add(url)
            part.pass_over()

    def unasked(self) -> Iterator[Loss]:
        """A loss for each extension nobody asked for that is more than a matter of looks."""
        for url, part in self._all:
            if url not in self._asked:
                part.pass_over()
                if url not in QUIET:
                    yield Loss(f"the extension {url[:120]} is left out", part.at or "the file")


class Extended:
    """Every element's extensions in one file, made once each."""

    def __init__(self) -> None:
        self._of: dict[str, Extensions] = {}

    def of(self, element: Element) -> Extensions:
        """The extensions of an element."""
        return self._of.setdefault(element.at, Extensions(element))

    def unasked(self) -> list[Loss]:
        """The losses of the whole file."""
        return [loss for extensions in self._of.values() for loss in extensions.unasked()]


def inner_parts(part: Element) -> Mapping[str, list[Element]]:
    """The extensions inside a complex extension, by their short names."""
    found: dict[str, list[Element]] = {}
    for inner in part.parts("extension"):
        found.setdefault(inner.text("url"), []).append(inner)
        inner.pass_over()
    return found
