"""The names FHIR uses that both directions need: standard extensions, and the ones of our own.

docs/import-and-export.md describes the latter; their addresses never change.
"""

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

CANONICAL = "urn:therapy-sandbox:questionnaire:"
PREAMBLE = "_preamble"
"""The linkId of the preamble's display item; no item of ours can have it."""

FORM = "FHIR R4 Questionnaire"
