"""The phases of a session and the measurement points in them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Phase = Literal["baseline", "induction", "technique", "follow-up"]
PHASES: tuple[Phase, ...] = ("baseline", "induction", "technique", "follow-up")

Stretches = tuple[Phase, ...]
"""What a session goes through after the baseline, in this order; each at most once, the follow-up last."""
USUAL: Stretches = ("induction", "technique", "follow-up")


def begins_at(stretches: Stretches) -> Phase:
    """The phase whose last measurement the rest of the session is held against: after the scenario, or the
    baseline where the session does not begin with the scenario."""
    return "induction" if stretches[:1] == ("induction",) else "baseline"


def technique_first(stretches: Stretches) -> bool:
    """Whether the scenario is told after the technique."""
    return "induction" in stretches[1:]


_SHORT = {"baseline": "base", "induction": "ind", "follow-up": "end"}
_LETTERS: dict[Phase, str] = {"baseline": "b", "induction": "s", "technique": "t", "follow-up": "f"}


@lru_cache(maxsize=1024)  # a comparison of 1,000 sessions asks 50,000 times
def turn_label(phase: Phase, number: int) -> str:
    """What a turn is called everywhere: `s1` (scenario), `t1` (technique), `f1` (follow-up).

    `number` counts the turns of the phase from 1, a parent's included. The measurement after a technique's
    turn bears the turn's name (Point.label).
    """
    return f"{_LETTERS[phase]}{number}"


def point_name(label: str) -> str:
    """What a point is called where there is room: `baseline`, `after scenario`, else its label."""
    return {"base": "baseline", "ind": "after scenario"}.get(label, label)


def point_in_short(label: str) -> str:
    """The same at the head of a narrow column: `baseline`, `scenario`, else its label."""
    return point_name(label).removeprefix("after ")


def at_point(label: str) -> str:
    """`at baseline`, `after the scenario`, `at t1`: where a score was taken, in a sentence."""
    return "after the scenario" if label == "ind" else f"at {point_name(label)}"


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A measurement point. `after_turn` is how many turns of the whole history came before (0: none yet).

    `number` counts the technique's turns from 1 and is 0 in the other phases.
    """

    after_turn: int
    phase: Phase
    number: int = 0

    @property
    def label(self) -> str:
        """`base`, `ind`, `t1`, `t2`, …, `end`: unique within one session's history."""
        return _SHORT.get(self.phase) or turn_label(self.phase, self.number)
