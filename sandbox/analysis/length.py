"""How many technique turns the arms of a comparison had, and what that means where they differ. Pure."""

from collections.abc import Mapping, Sequence


def unequal_lengths(turns: Mapping[str, Sequence[int]]) -> str:
    """A sentence when sessions differ in their technique turns, `turns` by arm; empty when they do not.

    Time passes with turns, so a longer arm had more of it for its scores to move.
    """
    seen = {count for counts in turns.values() for count in counts}
    if len(seen) < 2:
        return ""
    counts = ", ".join(f"{title} {_span(found)}" for title, found in turns.items() if found)
    return (
        f"The arms differ in the number of technique turns ({counts}). Compare them up to t{min(seen)}:"
        " “end” comes after more turns in some than in others."
    )


def _span(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"
