"""The names FHIR uses that both directions need: standard extensions, and the ones of our own.

docs/import-and-export.md describes the latter; their addresses never change.
"""

ITEM_WEIGHT = "http://hl7.org/fhir/StructureDefinition/itemWeight"
ORDINAL_VALUE = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
MIN_VALUE = "http://hl7.org/fhir/StructureDefinition/minValue"
MAX_VALUE = "http://hl7.org/fhir/StructureDefinition/maxValue"
ITEM_CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"

OURS = "urn:therapy-sandbox:fhir:"
TIMEFRAME = f"{OURS}timeframe"
SOURCE = f"{OURS}source"
REFERENCE = f"{OURS}reference"
ANCHOR = f"{OURS}anchor"
SCALE = f"{OURS}scale"
REVERSE = f"{OURS}reverse"

CANONICAL = "urn:therapy-sandbox:questionnaire:"
PREAMBLE = "_preamble"
"""The linkId of the preamble's display item; no item of ours can have it."""

FORM = "FHIR R4 Questionnaire"
