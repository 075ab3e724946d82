"""What the battery's trials say: each index with its interval, and one plain verdict. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from sandbox.library.questionnaire import Questionnaire, RatingQuestionnaire
from sandbox.measurement.administration import Administration, Way
from sandbox.measurement.battery import Condition, Trial
from sandbox.measurement.estimate import Estimate, cronbach_alpha, mean_estimate, rate_estimate
from sandbox.measurement.scoring import item_bounds, keyed_values
from sandbox.measurement.trials import Trials, main_scale

Judgement = Literal["good", "with care", "bad", "unknown", "does not apply"]
Usable = Literal["usable", "usable with care", "not usable with this model"]
Unit = Literal["% of the range", "rate", "alpha"]

SMALL_SHIFT = 5.0
LARGE_SHIFT = 15.0
"""Shifts in percent of the scale's range; this project's own convention. A rise of 10 is the least the
battery asks of a strong scenario: a shift under half of that is small beside it, one over 15 drowns it."""


@dataclass(frozen=True, slots=True)
class Index:
    """One index. `acceptable` says what would be good and why; `note` why there is no estimate."""

    id: str
    title: str
    unit: Unit
    estimate: Estimate | None
    judgement: Judgement
    acceptable: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Validity:
    """One questionnaire read one way on one model: the indices, and the verdict with its reasons."""

    questionnaire: str
    way: Way
    scale: str
    indices: tuple[Index, ...]
    usable: Usable
    verdict: str

    def index(self, id: str) -> Index:
        """Raises KeyError for an index that does not exist."""
        for index in self.indices:
            if index.id == id:
                return index
        raise KeyError(id)


_CORE = frozenset({"induction", "retest", "options reversed", "missing", "coverage", "straight-lining"})
"""Indices without which a score means nothing; the others, when bad, call for care."""


def judge(questionnaire: Questionnaire, way: Way, trials: Sequence[Trial]) -> Validity:
    """Every index from the trials of one battery, and the verdict."""
    scale = main_scale(questionnaire)
    view = Trials(questionnaire, way, scale, tuple(trials))
    indices = (
        _induction(view),
        _retest(view),
        *(_shift(view, condition, title) for condition, title in _SHIFTS),
        _demand(view, "hint more", 1),
        _demand(view, "hint less", -1),
        _acquiescence(view),
        _straight_lining(view),
        _missing(view),
        _refusals(view),
        _coverage(view),
        _consistency(view),
    )
    usable = _usable(indices)
    return Validity(questionnaire.id, way, scale.id, indices, usable, _verdict(usable, indices))


def _per_repeat(view: Trials, measure: Callable[[int], float | None]) -> Estimate | None:
    values = (measure(repeat) for repeat in view.repeats)
    return mean_estimate([value for value in values if value is not None])


def _induction(view: Trials) -> Index:
    def moved(repeat: int) -> float | None:
        induced, neutral = (view.score(repeat, state, "plain") for state in ("induced", "neutral"))
        return None if induced is None or neutral is None else induced - neutral

    estimate = _per_repeat(view, moved)
    judgement: Judgement = "unknown"
    if estimate is not None:
        clear = estimate.low is not None and estimate.low > 0
        judgement = "bad" if not clear else "good" if estimate.value >= 2 * SMALL_SHIFT else "with care"
    return Index(
        "induction",
        "Rises after a strong scenario more than after a neutral one",
        "% of the range",
        estimate,
        judgement,
        "an interval above 0, a rise of at least 10: else there is nothing a technique could lower",
        "" if estimate else "no pair of scores",
    )


def _retest(view: Trials) -> Index:
    estimate = _per_repeat(view, lambda repeat: _mean_size(view.differences(repeat, "retest")))
    return _graded(
        "retest",
        "Differs when asked again unchanged",
        estimate,
        "at most 5: a smaller effect could not be told from noise",
        estimate.value if estimate else None,
    )


_SHIFTS: tuple[tuple[Condition, str], ...] = (
    ("options reversed", "Shifts when the options are reversed"),
    ("items reordered", "Shifts when the items are reordered"),
    ("paraphrased", "Shifts when the instruction is paraphrased"),
    ("curt", "Shifts when the tone is curt"),
    ("relabelled", "Shifts when the options are lettered"),
)


def _shift(view: Trials, condition: Condition, title: str) -> Index:
    """The size of the shift beyond what asking again unchanged does: of items for the options, else of the
    scale."""
    acceptable = "at most 5 beyond the retest: the state is the same, only the form differs"
    if not view.applies(condition):
        return _not_applying(condition, title, "% of the range", acceptable)

    differences = view.item_differences if condition == "options reversed" else view.differences

    def beyond(repeat: int) -> float | None:
        shift = _mean_size(differences(repeat, condition))
        noise = _mean_size(differences(repeat, "retest"))
        return None if shift is None or noise is None else shift - noise

    estimate = _per_repeat(view, beyond)
    return _graded(condition, title, estimate, acceptable, _told_apart(estimate))


def _demand(view: Trials, condition: Condition, direction: int) -> Index:
    wished = "more" if direction > 0 else "less"
    estimate = _per_repeat(
        view,
        lambda repeat: fmean(d) * direction if (d := view.differences(repeat, condition)) else None,
    )
    return _graded(
        condition,
        f"Follows when told that {wished} distress is hoped for",
        estimate,
        "at most 5: a score that pleases the asker is no measurement",
        _told_apart(estimate),
    )


def _acquiescence(view: Trials) -> Index:
    """The raw mean of items worded one way and the other, as distance from the middle (−50 to 50)."""
    id, title = "acquiescence", "Agrees with opposite items alike"
    acceptable = "within ±10: who answers by content cannot agree with a statement and its opposite"
    worded = _wordings(view)
    if worded is None:
        return _not_applying(id, title, "% of the range", acceptable)
    low, high = item_bounds(view.questionnaire)

    def lean(administration: Administration) -> float | None:
        values = {a.item: a.value for a in administration.final_answers}
        means = []
        for items in worded:
            given = [100 * (v - low) / (high - low) for i in items if (v := values.get(i)) is not None]
            if not given:
                return None
            means.append(fmean(given))
        return fmean(means) - 50

    # With the options both ways round, so that a liking for the first one shown cancels out.
    conditions: tuple[Condition, ...] = (
        ("plain", "options reversed") if view.applies("options reversed") else ("plain",)
    )

    def by_repeat(repeat: int) -> float | None:
        leans = [
            lean(t.administration)
            for t in view.all
            if t.repeat == repeat and t.condition in conditions and t.state != "neutral"
        ]
        known = [value for value in leans if value is not None]
        return fmean(known) if known else None

    estimate = _per_repeat(view, by_repeat)
    size = abs(estimate.value) / 2 if estimate else None
    return _graded(id, title, estimate, acceptable, size)


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


def _straight_lining(view: Trials) -> Index:
    id, title = "straight-lining", "Gives all items the same answer"
    acceptable = "at most 1 in 10 administrations: items that differ have answers that differ"
    if not isinstance(view.questionnaire, RatingQuestionnaire) or len(view.questionnaire.items) < 3:
        return _not_applying(id, title, "rate", acceptable)
    low, high = item_bounds(view.questionnaire)
    full = [
        values
        for administration in view.administrations("plain", "retest")
        if len(values := [a.value for a in administration.final_answers if a.value is not None]) >= 3
    ]
    flat = sum(max(values) - min(values) <= 0.01 * (high - low) for values in full)
    return _rated(id, title, rate_estimate(flat, len(full)), acceptable, (0.1, 0.3))


def _missing(view: Trials) -> Index:
    answers = [a for administration in view.administrations() for a in administration.final_answers]
    estimate = rate_estimate(sum(a.value is None for a in answers), len(answers))
    return _rated("missing", "Items without an answer", estimate, "at most 1 in 20", (0.05, 0.2))


def _refusals(view: Trials) -> Index:
    given = view.administrations()
    estimate = rate_estimate(sum(a.refusals > 0 for a in given), len(given))
    return _rated("refusals", "Administrations with a refusal", estimate, "at most 1 in 20", (0.05, 0.2))


def _coverage(view: Trials) -> Index:
    id, title = "coverage", "Administrations whose coverage is under the threshold"
    acceptable = "at most 1 in 20: else the score describes answers the model would not give"
    if view.way == "report":
        return _not_applying(id, title, "rate", acceptable)
    given = view.administrations()
    estimate = rate_estimate(sum(not a.reliable for a in given), len(given))
    return _rated(id, title, estimate, acceptable, (0.05, 0.2))


def _consistency(view: Trials) -> Index:
    id, title = "consistency", "Items of the scale go together (Cronbach's alpha)"
    acceptable = "at least 0.7 (Nunnally 1978): below, the sum is of unlike things"
    if not isinstance(view.questionnaire, RatingQuestionnaire) or len(view.scale.items) < 2:
        return _not_applying(id, title, "alpha", acceptable)
    rows: list[list[float]] = []
    for administration in view.administrations("plain"):
        raw = {a.item: a.value for a in administration.final_answers}
        keyed = keyed_values(view.questionnaire, raw)
        row = [value for item in view.scale.items if (value := keyed[item]) is not None]
        if len(row) == len(view.scale.items):
            rows.append(row)
    estimate = cronbach_alpha(rows)
    judgement: Judgement = "unknown"
    if estimate is not None:
        judgement = "good" if estimate.value >= 0.7 else "with care" if estimate.value >= 0.5 else "bad"
    note = "" if estimate else "fewer than three complete administrations, or all alike"
    return Index(id, title, "alpha", estimate, judgement, acceptable, note)


def _mean_size(differences: Sequence[float]) -> float | None:
    return fmean(abs(d) for d in differences) if differences else None


def _told_apart(estimate: Estimate | None) -> float | None:
    """The estimate, or 0 where its interval does not exclude 0; None without one."""
    if estimate is None:
        return None
    return estimate.value if estimate.low is None or estimate.low > 0 else 0.0


def _graded(id: str, title: str, estimate: Estimate | None, acceptable: str, size: float | None) -> Index:
    """An index judged by the size of a shift."""
    judgement: Judgement = "unknown"
    if size is not None and math.isfinite(size):
        judgement = "good" if size <= SMALL_SHIFT else "with care" if size <= LARGE_SHIFT else "bad"
    note = "" if estimate else "no pair of scores"
    return Index(id, title, "% of the range", estimate, judgement, acceptable, note)


def _rated(
    id: str, title: str, estimate: Estimate | None, acceptable: str, limits: tuple[float, float]
) -> Index:
    """An index judged by how often something happens: good up to the first limit, bad over the second."""
    judgement: Judgement = "unknown"
    if estimate is not None:
        judgement = "good" if estimate.value <= limits[0] else "with care"
        judgement = "bad" if estimate.value > limits[1] else judgement
    return Index(id, title, "rate", estimate, judgement, acceptable, "" if estimate else "nothing to count")


def _not_applying(id: str, title: str, unit: Unit, acceptable: str) -> Index:
    return Index(id, title, unit, None, "does not apply", acceptable, "does not apply to this way of reading")


def _usable(indices: Sequence[Index]) -> Usable:
    if any(i.id in _CORE and i.judgement in ("bad", "unknown") for i in indices):
        return "not usable with this model"
    return (
        "usable with care"
        if any(i.judgement in ("bad", "with care", "unknown") for i in indices)
        else "usable"
    )


def _verdict(usable: Usable, indices: Sequence[Index]) -> str:
    """The verdict and what it rests on, in a sentence a clinician understands."""
    core = [i for i in indices if i.id in _CORE and i.judgement in ("bad", "unknown")]
    other = [i for i in indices if i not in core and i.judgement in ("bad", "with care", "unknown")]
    # What could not be found out follows from what is bad, so it is named only when nothing is.
    bad = [index for index in core if index.judgement == "bad"]
    blamed = (bad or core) if usable == "not usable with this model" else other
    if not blamed:
        return "Usable: it moves with the state, and not with the form of the question."
    reasons = "; ".join(_reason(index) for index in blamed)
    return f"{usable.capitalize()}: {reasons}."


_REASONS = {
    "induction": "it does not clearly rise after a strong scenario",
    "retest": "asked again unchanged it gives another score",
    "options reversed": "it answers by the place of an option, not by its meaning",
    "items reordered": "the order of the items changes the score",
    "paraphrased": "the wording of the instruction changes the score",
    "curt": "the tone of the instruction changes the score",
    "relabelled": "naming the options by letters changes the score",
    "hint more": "it goes up when told that this is hoped for",
    "hint less": "it goes down when told that this is hoped for",
    "acquiescence": "it agrees, or disagrees, with opposite statements alike",
    "straight-lining": "it gives all items the same answer",
    "missing": "many items get no answer that can be read",
    "refusals": "it declines to answer",
    "coverage": "what the model would really say is mostly not among the answers that count",
    "consistency": "the items of the scale do not go together",
}


def _reason(index: Index) -> str:
    if index.judgement == "unknown":
        return f"“{index.title.lower()}” could not be found out ({index.note})"
    return _REASONS[index.id]
