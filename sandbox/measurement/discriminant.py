"""Whether each affect's scale tells its own scenarios from those of the other affects. Pure."""

from statistics import fmean

from sandbox.library.questionnaire import Scale
from sandbox.measurement.battery import StateName, affect_scales
from sandbox.measurement.index import SMALL_SHIFT, TOO_FEW, Index, Judgement
from sandbox.measurement.shifts import over_repeats
from sandbox.measurement.trials import Trials

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
