"""The JSON Schema of a questionnaire's answers, for models whose server can hold them to one. No calls."""

from collections.abc import Sequence
from typing import Any

from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.measurement.administration import LabelForm


def answer_schema(
    questionnaire: RatingQuestionnaire, items: Sequence[str], labels: LabelForm, names: Sequence[str]
) -> dict[str, Any]:
    """One object with a value for each of `items`: of the options' `names`, or a number of the range.

    A range with whole ends is answered in whole numbers, since servers keep no others within bounds.
    """
    value = _value(questionnaire, labels, names)
    return {
        "type": "object",
        "properties": {item: value for item in items},
        "required": list(items),
        "additionalProperties": False,
    }


def _value(questionnaire: RatingQuestionnaire, labels: LabelForm, names: Sequence[str]) -> dict[str, Any]:
    if questionnaire.options is None:
        low, high = questionnaire.bounds
        if low.is_integer() and high.is_integer():
            return {"type": "integer", "minimum": int(low), "maximum": int(high)}
        return {"type": "number", "minimum": low, "maximum": high}
    if labels != "numbers":
        return {"type": "string", "enum": list(names)}
    values = [float(name) for name in names]
    if all(value.is_integer() for value in values):
        return {"type": "integer", "enum": [int(value) for value in values]}
    return {"type": "number", "enum": values}
