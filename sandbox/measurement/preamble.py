"""A questionnaire's own instruction, fitted to what its options are called. Pure; knows English only."""

import re

from sandbox.measurement.administration import LabelForm

_ASKING = r"(?:circle|choose|select|write|give|pick|mark|tick|enter|state)"
_VALUE = r"[-−]?\d+(?:\.\d+)?"
_VALUES = (
    rf"(?:,? (?:from|between) {_VALUE} (?:to|and) {_VALUE}"
    rf"|,? \(?{_VALUE}(?:(?:, | or |, or | and ){_VALUE})+\)?)?"
)
_CHOOSE_A_NUMBER = re.compile(rf"\b({_ASKING}) (?:a|the|one) number{_VALUES}", re.IGNORECASE)
_ON_A_SCALE = re.compile(
    rf"\bon a scale (?:of|from) {_VALUE}(?: \([^)]*\))? (?:to|through) {_VALUE}(?: \([^)]*\))?",
    re.IGNORECASE,
)
ASKS_FOR_A_NUMBER = re.compile(
    rf"\b(?:a|the|one|which|what) numbers?\b|\b(?:from|between) {_VALUE} (?:to|and) {_VALUE}\b"
    rf"|\bscale (?:of|from) {_VALUE}|\b{_VALUE} means\b",
    re.IGNORECASE,
)
"""Words by which an instruction asks for a number, or says what numbers mean."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def fitted(preamble: str, labels: LabelForm) -> str:
    """`preamble` as it fits options called by `labels`: a prompt must not ask for a number and for a letter.

    Called by their numbers, the words stay as published. Else “circle the number that” becomes “circle the
    answer that”, and a sentence that still asks for numbers is left out. What was put is in the record.
    """
    if labels == "numbers" or not ASKS_FOR_A_NUMBER.search(preamble):
        return preamble
    text = _CHOOSE_A_NUMBER.sub(r"\1 the answer", preamble)
    text = _ON_A_SCALE.sub("by one of the answers below", text)
    kept = [part for part in _SENTENCE_END.split(text) if not ASKS_FOR_A_NUMBER.search(part)]
    return " ".join(kept)
