"""What moves the score: the scenario, which should, and everything else, which should not. Pure.

Each is estimated in each state by itself, and the worse state is judged: before any scenario scores lie so
near one end of the scale that they have nowhere to shift to, and an average over states would hide half.
"""

from collections.abc import Callable, Iterable
from functools import partial
from statistics import fmean

from sandbox.library.questionnaire import Scale
from sandbox.measurement.administration import UNSAMPLED
from sandbox.measurement.estimate import Estimate, mean_estimate
from sandbox.measurement.validity.battery import (
    Condition,
    StateName,
    Trials,
    affect_scales,
    follows_one_evening,
)
from sandbox.measurement.validity.index import (
    HINT_LIMITS,
    SMALL_SHIFT,
    TOO_FEW,
    WORST_FIRST,
    Index,
    Judgement,
    Unit,
    interval_text,
    judged_shift,
    judged_size,
    value_text,
)

_RANGE: Unit = "% of the range"
_WHERE: dict[StateName, str] = {
    "baseline": "before any scenario",
    "neutral": "after the neutral scenario",
    "induced": "after the strong scenario",
}
VARIED: tuple[StateName, ...] = ("induced", "baseline")
"""The states in which everything is asked in other ways too."""

Measured = Callable[[StateName, int], float | None]
"""What a state gives in one repeat, in percent of the range."""

Judge = Callable[[Estimate | None, bool], Judgement]
"""The judgement of an estimate; True: it stands for the only state of its kind."""


def over_repeats(
    repeats: Iterable[int],
    measured: Callable[[int], float | None],
    within: tuple[float, float] = (-100.0, 100.0),
) -> Estimate | None:
    """The mean over the repeats that gave something: the repeat is the unit of analysis.

    `within` are the least and the largest value there can be.
    """
    values = (measured(repeat) for repeat in repeats)
    return mean_estimate([value for value in values if value is not None], within)


def induction(view: Trials) -> Index:
    """Strong minus neutral scenario."""
    return _rising(
        view,
        "induction",
        "Rises after a strong scenario more than after a neutral one",
        "neutral",
        "an interval above 0, a rise of at least 10: else there is nothing a technique could lower",
    )


def rise(view: Trials) -> Index:
    """After the strong scenario minus before it."""
    return _rising(
        view,
        "rise",
        "Rises from before to after a strong scenario",
        "baseline",
        "an interval above 0, a rise of at least 10: else there is nothing a technique could lower",
    )


def evening(view: Trials) -> Index:
    """After the strong scenario minus before it, of an instrument that asks about more than one evening."""
    estimate = over_repeats(view.repeats, lambda repeat: _between(view, repeat, "induced", "baseline"))
    judgement = judged_shift(estimate, limits=HINT_LIMITS)
    note = "no scores to compare" if estimate is None else TOO_FEW if judgement == "unknown" else ""
    return Index(
        "evening",
        "Moved by what happened on one evening",
        _RANGE,
        estimate,
        judgement,
        f"at most 10 up or down: one evening is little of what it asks about"
        f" (“{view.questionnaire.timeframe}”)",
        note,
    )


def follows(view: Trials) -> Index:
    """Whether such an instrument follows what it does ask about: no scenario tells of weeks or of a habit."""
    return Index(
        "follows",
        f"Follows what it asks about (“{view.questionnaire.timeframe}”)",
        _RANGE,
        None,
        "unknown",
        "a clear rise; to be looked at with clients whose weeks or habits differ",
        "not tried: the scenarios tell of one evening",
    )


def moved_by_scenario(view: Trials) -> tuple[Index, ...]:
    """What the strong scenario has to do to the score, by what the instrument asks about."""
    if follows_one_evening(view.questionnaire):
        return induction(view), rise(view)
    return evening(view), follows(view)


def stays(view: Trials) -> Index:
    """After the neutral scenario minus before it."""
    estimate = over_repeats(view.repeats, lambda repeat: _between(view, repeat, "neutral", "baseline"))
    judgement = judged_shift(estimate)
    note = "no scores to compare" if estimate is None else TOO_FEW if judgement == "unknown" else ""
    return Index(
        "stays",
        "Shifts after a neutral scenario",
        _RANGE,
        estimate,
        judgement,
        "at most 5 up or down: nothing happened that could move it",
        note,
    )


def _rising(view: Trials, id: str, title: str, from_state: StateName, acceptable: str) -> Index:
    estimate = over_repeats(view.repeats, lambda repeat: _between(view, repeat, "induced", from_state))
    judgement: Judgement = "unknown"
    if estimate is not None:
        clear = estimate.low is not None and estimate.low > 0
        judgement = "bad" if not clear else "good" if estimate.value >= 2 * SMALL_SHIFT else "with care"
    return Index(
        id, title, _RANGE, estimate, judgement, acceptable, "" if estimate else "no scores to compare"
    )


def _between(view: Trials, repeat: int, later: StateName, earlier: StateName) -> float | None:
    after, before = view.score(repeat, later), view.score(repeat, earlier)
    return None if after is None or before is None else after - before


def retest(view: Trials) -> Index:
    """The size of the difference when nothing differs, where answers are drawn."""
    title = "Differs when asked again unchanged"
    acceptable = "at most 5: a smaller effect could not be told from noise"
    if view.way in UNSAMPLED:
        return not_applying("retest", title, _RANGE, acceptable)
    return by_state(
        view,
        "retest",
        title,
        acceptable,
        lambda state, repeat: _size(view.difference(repeat, state, "retest")),
        _as_size,
        within=(0.0, 100.0),
    )


FORMS: tuple[tuple[Condition, str], ...] = (
    ("options reversed", "Shifts when the options are reversed"),
    ("items reordered", "Shifts when the items are reordered"),
    ("paraphrased", "Shifts when the instruction is paraphrased"),
    ("curt", "Shifts when the tone is curt"),
    ("relabelled", "Shifts when the options get other names"),
)
_BY_ITEM: tuple[Condition, ...] = ("options reversed", "relabelled")


def form(view: Trials, condition: Condition, title: str) -> Index:
    """The size of the shift beyond what asking again unchanged does: of the items for what concerns the
    options, else of the scale."""
    acceptable = "at most 5 beyond the retest: the state is the same, only the form differs"
    if view.way in UNSAMPLED:
        acceptable = "at most 5: the state is the same, only the form differs"
    if not view.applies(condition):
        return not_applying(condition, title, _RANGE, acceptable)

    def distance(repeat: int, state: StateName, asked: Condition) -> float | None:
        if condition in _BY_ITEM:
            return view.item_distance(repeat, state, asked)
        return _size(view.difference(repeat, state, asked))

    def beyond(state: StateName, repeat: int) -> float | None:
        shift = distance(repeat, state, condition)
        noise = 0.0 if view.way in UNSAMPLED else distance(repeat, state, "retest")
        return None if shift is None or noise is None else shift - noise

    return by_state(view, condition, title, acceptable, beyond, _as_size)


def demand(view: Trials, condition: Condition) -> Index:
    """The shift under a hint, signed: above 0 towards what is hoped for, below 0 away from it."""
    wished, sign = ("more", 1) if condition == "hint more" else ("less", -1)

    def towards(state: StateName, repeat: int) -> float | None:
        shift = view.difference(repeat, state, condition)
        return None if shift is None else sign * shift

    return by_state(
        view,
        condition,
        f"Moved when told that {wished} distress is hoped for",
        "at most 10, towards the wish (above 0) or away from it; over 30 it cannot be used: the words of a"
        " technique can be such a hint",
        towards,
        lambda estimate, exact: judged_shift(estimate, exact=exact, limits=HINT_LIMITS),
    )


def echo(view: Trials) -> Index:
    """The same state with the client's last reply replaced: by an upset sentence minus by a calm one."""

    def between(repeat: int) -> float | None:
        upset, calm = (view.score(repeat, "induced", told) for told in ("echo upset", "echo calm"))
        return None if upset is None or calm is None else upset - calm

    estimate = over_repeats(view.repeats, between)
    judgement = judged_shift(estimate, limits=HINT_LIMITS)
    note = TOO_FEW if judgement == "unknown" else ""
    return Index(
        "echo",
        "Follows the client's own last sentence alone, after the strong scenario",
        _RANGE,
        estimate,
        judgement,
        "at most 10: all that was said before is the same; over 30 the score mostly repeats one sentence",
        note if estimate else "no scores to compare",
    )


def by_state(
    view: Trials,
    id: str,
    title: str,
    acceptable: str,
    measured: Measured,
    judge: Judge,
    within: tuple[float, float] = (-100.0, 100.0),
) -> Index:
    """The index of the state that comes out worse; its note has the other state's estimate."""
    found: list[tuple[StateName, Estimate | None, Judgement]] = []
    for state in VARIED:
        estimate = over_repeats(view.repeats_of(state), partial(measured, state), within)
        found.append((state, estimate, judge(estimate, view.is_shared(state))))
    found.sort(key=lambda one: (WORST_FIRST.index(one[2]), -abs(one[1].value) if one[1] else 0.0))
    (state, estimate, judgement), *others = found
    notes = [] if judgement != "unknown" else [TOO_FEW if estimate else "no scores to compare"]
    notes += [
        f"{_WHERE[other]} {value_text(theirs, _RANGE)}{interval_text(theirs, _RANGE)}"
        for other, theirs, _ in others
        if theirs is not None
    ]
    where = f", {_WHERE[state]}" if any(one[1] for one in found) else ""
    return Index(id, f"{title}{where}", _RANGE, estimate, judgement, acceptable, "; ".join(notes))


def not_applying(id: str, title: str, unit: Unit, acceptable: str) -> Index:
    """An index that this questionnaire read this way cannot have."""
    return Index(id, title, unit, None, "does not apply", acceptable, "does not apply to this way of reading")


def _as_size(estimate: Estimate | None, exact: bool) -> Judgement:
    return judged_size(estimate, exact=exact)


def _size(difference: float | None) -> float | None:
    return None if difference is None else abs(difference)


OWN = "own "
"""What the ids of these indices begin with; the affect follows."""


def own_scenarios(view: Trials) -> tuple[Index, ...]:
    """One index for each affect that has a scale and was brought about; none where fewer than two were."""
    scales = affect_scales(view.questionnaire)
    told = [affect for affect in scales if view.repeats_of(affect)]
    if len(told) < 2:
        return ()
    by_id = {scale.id: scale for scale in view.questionnaire.scales}
    return tuple(_own(view, affect, told, by_id[scales[affect]]) for affect in told)


def _own(view: Trials, affect: StateName, told: list[StateName], scale: Scale) -> Index:
    """Its scale after its own scenarios minus the same scale after those of the others, a repeat a case."""

    def beyond(repeat: int) -> float | None:
        own = view.score(repeat, affect, scale=scale)
        others = [view.score(repeat, other, scale=scale) for other in told if other != affect]
        known = [score for score in others if score is not None]
        return None if own is None or not known else own - fmean(known)

    estimate = over_repeats(view.repeats_of(affect), beyond)
    judgement: Judgement = "unknown"
    if estimate is not None:
        if estimate.low is not None and estimate.low > 0:
            judgement = "good" if estimate.value >= 2 * SMALL_SHIFT else "with care"
        elif estimate.value <= SMALL_SHIFT:
            judgement = "bad"
    note = TOO_FEW if judgement == "unknown" else ""
    return Index(
        f"{OWN}{affect}",
        f"{affect.capitalize()} after its own scenarios more than after those of other affects",
        "% of the range",
        estimate,
        judgement,
        "an interval above 0, at least 10: else its scale shows that something is wrong, not what",
        note if estimate else "no scores to compare",
    )
