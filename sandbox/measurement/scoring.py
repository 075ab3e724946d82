"""From item values to scale scores: reversal, sums and means, missing rules. Nothing is ever imputed."""

import math
from collections.abc import Mapping

from sandbox.library.questionnaire import Questionnaire, RatingQuestionnaire, Scale
from sandbox.measurement.administration import Score

SHARE_BOUNDS = (0.0, 100.0)
"""The lowest and highest value an item of a word probe or a completion can have."""

_ROUNDING = 1e-9


def item_bounds(questionnaire: Questionnaire) -> tuple[float, float]:
    """The lowest and highest value an item of this questionnaire can have."""
    return questionnaire.bounds if isinstance(questionnaire, RatingQuestionnaire) else SHARE_BOUNDS


def reversed_value(value: float, bounds: tuple[float, float]) -> float:
    """`value` seen from the other end of `bounds`: min + max − value."""
    return bounds[0] + bounds[1] - value


def keyed_values(questionnaire: Questionnaire, values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Each item's value as scales count it: reversed where the item says so, None where missing.

    An item `values` does not name is missing. Raises ValueError for an item the questionnaire does not have
    and for a value outside the item's bounds.
    """
    bounds = item_bounds(questionnaire)
    reverse = reversed_items(questionnaire)
    known = [item.id for item in questionnaire.items]
    for item, value in values.items():
        if item not in known:
            raise ValueError(f"the questionnaire “{questionnaire.id}” has no item “{item}”")
        if value is not None and not bounds[0] - _ROUNDING <= value <= bounds[1] + _ROUNDING:
            raise ValueError(f"item “{item}” cannot be {value:g}: it lies in {bounds[0]:g} to {bounds[1]:g}")
    keyed: dict[str, float | None] = {}
    for item in known:
        value = values.get(item)
        keyed[item] = reversed_value(value, bounds) if value is not None and item in reverse else value
    return keyed


def score_questionnaire(
    questionnaire: Questionnaire, values: Mapping[str, float | None]
) -> tuple[Score, ...]:
    """One score a scale, in the questionnaire's order. `values` are raw item values (before reversal)."""
    keyed = keyed_values(questionnaire, values)
    return tuple(_score(scale, [keyed[item] for item in scale.items]) for scale in questionnaire.scales)


def reversed_items(questionnaire: Questionnaire) -> frozenset[str]:
    """The items whose values count from the other end."""
    if not isinstance(questionnaire, RatingQuestionnaire):
        return frozenset()
    return frozenset(item.id for item in questionnaire.items if item.reverse)


def _score(scale: Scale, values: list[float | None]) -> Score:
    present = [value for value in values if value is not None]
    missing = len(values) - len(present)
    reason = _why_absent(scale, missing, len(values))
    if reason:
        return Score(scale.id, None, len(present), len(values), reason)
    # fsum rounds once, so the order of the items cannot change the score.
    mean = math.fsum(present) / len(present)
    total = math.fsum(present) if not missing else mean * len(values)
    score = (mean if scale.method == "mean" else total) * scale.multiply
    return Score(scale.id, _within(score, scale.range), len(present), len(values))


def _why_absent(scale: Scale, missing: int, items: int) -> str:
    if not missing:
        return ""
    if missing == items:
        return "no item was answered" if items > 1 else "the item was not answered"
    if scale.missing.rule == "absent":
        return f"{missing} of {items} items are missing and the scale allows none"
    if missing > scale.missing.at_most:
        return f"{missing} of {items} items are missing and the scale allows {scale.missing.at_most}"
    return ""


def _within(score: float, bounds: tuple[float, float]) -> float:
    """Undo floating-point rounding at the ends of the range; never move a score by more than that."""
    for bound in bounds:
        if math.isclose(score, bound, rel_tol=_ROUNDING, abs_tol=_ROUNDING):
            return float(bound)
    return score
