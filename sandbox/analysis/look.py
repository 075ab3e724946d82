"""What a study says so far: all that is finished in one comparison, and what its stop rule goes by."""

from sandbox.analysis.answer import answer
from sandbox.analysis.comparison import Comparison, compare
from sandbox.analysis.family import chosen_scale, gather_compared
from sandbox.errors import SandboxError
from sandbox.store.store import Store


def so_far(store: Store, sessions: tuple[str, ...], scale: str | None = None) -> Comparison | None:
    """The pooled comparison of those sessions on that scale, or the main one; None where nothing was
    measured, or nothing stands beside anything."""
    if not sessions:
        return None
    try:
        found = gather_compared(store, sessions)
        return compare(found, chosen_scale(found, scale), pooled=True)
    except SandboxError:
        return None


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
