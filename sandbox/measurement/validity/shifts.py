"""What moves the score: the scenario, which should, and everything else, which should not. Pure.

Each is estimated in each state by itself, and the worse state is judged: before any scenario scores lie so
near one end of the scale that they have nowhere to shift to, and an average over states would hide half.
"""

from collections.abc import Callable
from functools import partial
from statistics import fmean

from sandbox.library.questionnaire import Scale
from sandbox.measurement.administration import UNSAMPLED
from sandbox.measurement.estimate import Estimate, mean_over
from sandbox.measurement.validity.battery import (
    Condition,
    StateName,
    Trials,
    affect_scales,
    follows_one_evening,
)
from sandbox.measurement.validity.index import (
    HINT_LIMITS,
    LARGE_SHIFT,
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


_OF_RANGE = (-100.0, 100.0)
"""The least and the largest difference there can be."""


def moved_by_scenario(view: Trials) -> tuple[Index, ...]:
    """What the strong scenario has to do to the score, by what the instrument asks about."""
    if follows_one_evening(view.questionnaire):
        return (
            _rise(
                view, "induction", "Rises after a strong scenario more than after a neutral one", "neutral"
            ),
            _rise(view, "rise", "Rises from before to after a strong scenario", "baseline"),
        )
    return _evening(view), _follows(view)


def _rise(view: Trials, id: str, title: str, earlier: StateName) -> Index:
    """After the strong scenario minus in the other state."""
    estimate = _moved(view, "induced", earlier)
    judgement: Judgement = "unknown"
    if estimate is not None:
        clear = estimate.low is not None and estimate.low > 0
        judgement = "bad" if not clear else "good" if estimate.value >= 2 * SMALL_SHIFT else "with care"
    acceptable = "an interval above 0, a rise of at least 10: else there is nothing a technique could lower"
    return Index(id, title, _RANGE, estimate, judgement, acceptable, _note(estimate, judgement))


def _evening(view: Trials) -> Index:
    """After the strong scenario minus before it, of an instrument that asks about more than one evening."""
    asked = view.questionnaire.timeframe
    return _shift(
        "evening",
        "Moved by what happened on one evening",
        _moved(view, "induced", "baseline"),
        f"at most 10 up or down: one evening is little of what it asks about (“{asked}”)",
        HINT_LIMITS,
    )


def _follows(view: Trials) -> Index:
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


def stays(view: Trials) -> Index:
    """After the neutral scenario minus before it."""
    return _shift(
        "stays",
        "Shifts after a neutral scenario",
        _moved(view, "neutral", "baseline"),
        "at most 5 up or down: nothing happened that could move it",
    )


def _moved(view: Trials, later: StateName, earlier: StateName) -> Estimate | None:
    """The score in one state minus that in another, a repeat a case."""

    def between(repeat: int) -> float | None:
        after, before = view.score(repeat, later), view.score(repeat, earlier)
        return None if after is None or before is None else after - before

    return mean_over(view.repeats, between, _OF_RANGE)


def _shift(
    id: str,
    title: str,
    estimate: Estimate | None,
    acceptable: str,
    limits: tuple[float, float] = (SMALL_SHIFT, LARGE_SHIFT),
) -> Index:
    """A signed shift that should be small."""
    judgement = judged_shift(estimate, limits=limits)
    return Index(id, title, _RANGE, estimate, judgement, acceptable, _note(estimate, judgement))


def _note(estimate: Estimate | None, judgement: Judgement) -> str:
    """Why there is no estimate, or why it does not tell."""
    if estimate is None:
        return "no scores to compare"
    return TOO_FEW if judgement == "unknown" else ""


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
        judged_size,
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

    return by_state(view, condition, title, acceptable, beyond, judged_size)


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
        partial(judged_shift, limits=HINT_LIMITS),
    )


def echo(view: Trials) -> Index:
    """The same state with the client's last reply replaced: by an upset sentence minus by a calm one."""

    def between(repeat: int) -> float | None:
        upset, calm = (view.score(repeat, "induced", told) for told in ("echo upset", "echo calm"))
        return None if upset is None or calm is None else upset - calm

    return _shift(
        "echo",
        "Follows the client's own last sentence alone, after the strong scenario",
        mean_over(view.repeats, between, _OF_RANGE),
        "at most 10: all that was said before is the same; over 30 the score mostly repeats one sentence",
        HINT_LIMITS,
    )


def by_state(
    view: Trials,
    id: str,
    title: str,
    acceptable: str,
    measured: Measured,
    judge: Judge,
    within: tuple[float, float] = _OF_RANGE,
) -> Index:
    """The index of the state that comes out worse; its note has the other state's estimate."""
    found: list[tuple[StateName, Estimate | None, Judgement]] = []
    for state in VARIED:
        estimate = mean_over(view.repeats_of(state), partial(measured, state), within)
        found.append((state, estimate, judge(estimate, view.is_shared(state))))
    found.sort(key=lambda one: (WORST_FIRST.index(one[2]), -abs(one[1].value) if one[1] else 0.0))
    (state, estimate, judgement), *others = found
    notes = [
        _note(estimate, judgement),
        *(
            f"{_WHERE[other]} {value_text(theirs, _RANGE)}{interval_text(theirs, _RANGE)}"
            for other, theirs, _ in others
            if theirs is not None
        ),
    ]
    where = f", {_WHERE[state]}" if any(one[1] for one in found) else ""
    return Index(
        id, f"{title}{where}", _RANGE, estimate, judgement, acceptable, "; ".join(filter(None, notes))
    )


def not_applying(id: str, title: str, unit: Unit, acceptable: str) -> Index:
    """An index that this questionnaire read this way cannot have."""
    return Index(id, title, unit, None, "does not apply", acceptable, "does not apply to this way of reading")


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

    estimate = mean_over(view.repeats_of(affect), beyond, _OF_RANGE)
    judgement: Judgement = "unknown"
    if estimate is not None:
        if estimate.low is not None and estimate.low > 0:
            judgement = "good" if estimate.value >= 2 * SMALL_SHIFT else "with care"
        elif estimate.value <= SMALL_SHIFT:
            judgement = "bad"
    return Index(
        f"{OWN}{affect}",
        f"{affect.capitalize()} after its own scenarios more than after those of other affects",
        "% of the range",
        estimate,
        judgement,
        "an interval above 0, at least 10: else its scale shows that something is wrong, not what",
        _note(estimate, judgement),
    )
