"""Whether a questionnaire asks about more than a turn could change. Says so, never stands in the way."""

from sandbox.engine.plan import Measure


def timeframe_remark(measure: Measure) -> str:
    """A warning that an instrument about weeks, or in general, is given between turns; else empty."""
    questionnaire = measure.questionnaire
    if questionnaire.timeframe == "right now" or "technique" not in measure.phases:
        return ""
    return (
        f"“{questionnaire.title}” asks about “{questionnaire.timeframe}” and is given between turns."
        " That hardly changes within a session, so a change of its scores there says little."
    )
