"""How the items are answered: alike, not at all, by agreeing with everything, as one scale or not. Pure.

Rates count repeats: several administrations of one repeat are not independent, so a repeat counts with its
share of them.
"""

from collections.abc import Callable, Mapping
from functools import partial
from statistics import fmean

from sandbox.library.questionnaire import Questionnaire, RatingQuestionnaire
from sandbox.measurement.administration import Administration
from sandbox.measurement.estimate import Estimate, cronbach_alpha, rate_estimate
from sandbox.measurement.scoring import item_bounds, keyed_values, reversed_items, reversed_value
from sandbox.measurement.validity.battery import Condition, StateName, Trials
from sandbox.measurement.validity.index import (
    LARGE_SHIFT,
    LEAST_ALPHA,
    SMALL_SHIFT,
    TOO_FEW,
    Index,
    judged_alpha,
    judged_rate,
    judged_shift,
)
from sandbox.measurement.validity.shifts import by_state, not_applying

_TELLINGS: tuple[StateName, ...] = ("neutral", "induced")


def acquiescence(view: Trials) -> Index:
    """The raw mean of items worded one way and the other, as distance from the middle (−50 to 50)."""
    id, title = "acquiescence", "Agrees with opposite items alike"
    acceptable = "within ±10: who answers by content cannot agree with a statement and its opposite"
    worded = _wordings(view)
    if worded is None:
        return not_applying(id, title, "% of the range", acceptable)
    low, high = item_bounds(view.questionnaire)
    # With the options both ways round, so that a liking for the first one shown cancels out.
    conditions: tuple[Condition, ...] = (
        ("plain", "options reversed") if view.applies("options reversed") else ("plain",)
    )

    def lean(values: dict[str, float | None]) -> float | None:
        means = []
        for items in worded:
            given = [100 * (v - low) / (high - low) for i in items if (v := values.get(i)) is not None]
            if not given:
                return None
            means.append(fmean(given))
        return fmean(means) - 50

    def measured(state: StateName, repeat: int) -> float | None:
        leans = [lean(view.values(repeat, state, condition)) for condition in conditions]
        known = [value for value in leans if value is not None]
        return fmean(known) if known else None

    judge = partial(judged_shift, limits=(2 * SMALL_SHIFT, 2 * LARGE_SHIFT))
    return by_state(view, id, title, acceptable, measured, judge)


def _wordings(view: Trials) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Items where more means more distress, and items where it means less; None unless there are both."""
    if not isinstance(view.questionnaire, RatingQuestionnaire):
        return None
    less_scales = [s for s in view.questionnaire.scales if s.higher_is == "less distress"]
    less = {item for scale in less_scales for item in scale.items}
    turned = {item.id: item.reverse != (item.id in less) for item in view.questionnaire.items}
    up = tuple(item for item, is_turned in turned.items() if not is_turned)
    down = tuple(item for item, is_turned in turned.items() if is_turned)
    return (up, down) if up and down else None


def _calm_answers(questionnaire: Questionnaire) -> dict[str, float]:
    """The answer to each item that means no distress; without the items whose scales say nothing of it."""
    bounds = item_bounds(questionnaire)
    calm: dict[str, float] = {}
    for scale in questionnaire.scales:
        if scale.higher_is != "neither":
            end = bounds[0] if scale.higher_is == "more distress" else bounds[1]
            calm |= dict.fromkeys(scale.items, end)
    reverse = reversed_items(questionnaire)
    return {item: reversed_value(end, bounds) if item in reverse else end for item, end in calm.items()}


def straight_lining(view: Trials) -> Index:
    """Administrations with at least three answers that are all the same (to 1 % of the range).

    Where that one answer means no distress in every item it is left out: who is at ease and none of whose
    items is reversed has no other answers to give, so it tells nothing. One that always answers so does not
    rise, and is found by that; with reversed items, no one answer means no distress in all of them.
    """
    id, title = "straight-lining", "Gives all items the same answer"
    acceptable = "at most 1 in 10 administrations: items that differ have answers that differ"
    if not isinstance(view.questionnaire, RatingQuestionnaire) or len(view.questionnaire.items) < 3:
        return not_applying(id, title, "rate", acceptable)
    low, high = item_bounds(view.questionnaire)
    near = 0.01 * (high - low)
    calm = _calm_answers(view.questionnaire)

    def flat(administration: Administration) -> bool | None:
        given = {a.item: a.value for a in administration.final_answers if a.value is not None}
        if len(given) < 3:
            return None
        if max(given.values()) - min(given.values()) > near:
            return False
        at_ease = all(item in calm and abs(value - calm[item]) <= near for item, value in given.items())
        return None if at_ease else True

    estimate = _rate(view, lambda given: [is_flat for one in given if (is_flat := flat(one)) is not None],
                     "plain", "retest")  # fmt: skip
    return _rated(id, title, estimate, acceptable, (0.1, 0.3))


def ends(view: Trials) -> tuple[Index, Index]:
    """Answers at the calm end, and at the distressed end, before any scenario."""
    calm = _calm_answers(view.questionnaire)
    bounds = item_bounds(view.questionnaire)
    distressed = {item: reversed_value(value, bounds) for item, value in calm.items()}
    return (
        _rated(
            "floor",
            "Answers at their calm end before any scenario",
            _at(view, calm),
            "not all of them: a fall below the baseline could not be seen",
            (0.95, 1.0),
        ),
        _rated(
            "ceiling",
            "Answers at their distressed end before any scenario",
            _at(view, distressed),
            "at most 15 % (Terwee 2007): what begins at its highest cannot rise",
            (0.15, 0.5),
        ),
    )


def _at(view: Trials, ends: Mapping[str, float]) -> Estimate | None:
    """The share of the plainly asked items that lie within 1 % of their end, before any scenario."""
    low, high = item_bounds(view.questionnaire)
    near = 0.01 * (high - low)
    shares: list[float] = []
    for repeat in view.repeats_of("baseline"):
        values = view.values(repeat, "baseline")
        at = [abs(v - ends[item]) <= near for item, v in values.items() if v is not None and item in ends]
        if at:
            shares.append(sum(at) / len(at))
    return rate_estimate(sum(shares), len(shares))


def missing(view: Trials) -> Index:
    """Items without a value after the last asking."""
    estimate = _rate(view, lambda given: [a.value is None for one in given for a in one.final_answers])
    return _rated("missing", "Items without an answer", estimate, "at most 1 in 20", (0.05, 0.2))


def refusals(view: Trials) -> Index:
    """Administrations in which an asking was declined."""
    estimate = _rate(view, lambda given: [one.refusals > 0 for one in given])
    return _rated("refusals", "Administrations with a refusal", estimate, "at most 1 in 20", (0.05, 0.2))


def coverage(view: Trials) -> Index:
    """Administrations marked unreliable."""
    id, title = "coverage", "Administrations whose coverage is under the threshold"
    acceptable = "at most 1 in 20: else the score describes answers the model would not give"
    if view.way == "report":
        return not_applying(id, title, "rate", acceptable)
    estimate = _rate(view, lambda given: [not one.reliable for one in given])
    return _rated(id, title, estimate, acceptable, (0.05, 0.2))


def consistency(view: Trials) -> Index:
    """Alpha over independent tellings, within each scenario: a row for each telling, asked plainly."""
    id, title = "consistency", "Items of the scale go together (Cronbach's alpha over tellings)"
    acceptable = f"at least {LEAST_ALPHA:g} (Nunnally 1978): below, the sum is of unlike things"
    questionnaire = view.questionnaire
    if not isinstance(questionnaire, RatingQuestionnaire) or len(view.scale.items) < 2:
        return not_applying(id, title, "alpha", acceptable)
    states: list[list[list[float]]] = []
    for state in _TELLINGS:
        states.append(rows := [])
        for repeat in view.repeats:
            keyed = keyed_values(questionnaire, view.values(repeat, state))
            row = [value for item in view.scale.items if (value := keyed[item]) is not None]
            if len(row) == len(view.scale.items):
                rows.append(row)
    estimate = cronbach_alpha(states)
    judgement = judged_alpha(estimate)
    note = TOO_FEW if judgement == "unknown" else ""
    note = note if estimate else "too few complete tellings, or all alike"
    return Index(id, title, "alpha", estimate, judgement, acceptable, note)


def _rate(
    view: Trials, hits: Callable[[list[Administration]], list[bool]], *conditions: Condition
) -> Estimate | None:
    """The mean over repeats of the share of hits in each, as a rate of so many cases as repeats."""
    found = [hits(view.administrations(repeat, *conditions)) for repeat in view.repeats]
    shares = [sum(one) / len(one) for one in found if one]
    return rate_estimate(sum(shares), len(shares))


def _rated(
    id: str, title: str, estimate: Estimate | None, acceptable: str, limits: tuple[float, float]
) -> Index:
    judgement = judged_rate(estimate, limits)
    return Index(id, title, "rate", estimate, judgement, acceptable, "" if estimate else "nothing to count")
