"""What the stop rule of a study goes by: how wide the intervals of the technique effects are so far."""

from sandbox.analysis.answer import answer
from sandbox.analysis.comparison import compare
from sandbox.analysis.family import chosen_scale, gather_compared
from sandbox.store.store import Store


def half_widths(store: Store, sessions: tuple[str, ...], scale: str) -> dict[str, float | None]:
    """By technique, half the width of the 95 % interval of its pooled effect over those sessions, in
    the scale's units; None where there is none yet. Raises UsageError where nothing stands beside anything.
    """
    found = gather_compared(store, sessions)
    compared = compare(found, chosen_scale(found, scale), pooled=True)
    return {
        one.title: None
        if one.paired.low is None or one.paired.high is None
        else (one.paired.high - one.paired.low) / 2
        for one in answer(compared).beyond
    }
