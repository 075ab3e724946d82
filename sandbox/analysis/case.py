"""One session as a single case: its phases, and how far the technique's scores overlap those before. Pure.

Phase B is the technique, phase A what was measured just before it. A score that stands for an earlier point
again, since nothing was said in between, is one measurement and counts once.
"""

import itertools
from dataclasses import dataclass

from sandbox.analysis.arm import Arm
from sandbox.analysis.effect import scale_of
from sandbox.analysis.numeral import numeral
from sandbox.analysis.single_case import (
    LEAST_POINTS,
    LEAST_WITH_RESERVATIONS,
    Nap,
    design_standard,
    nap,
    phase_randomisation_p,
    pnd,
    tau,
    tau_bc,
    tau_u,
)
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.phase import Phase, Point
from sandbox.text import number_of, printable

_NAMES: dict[Phase, str] = {
    "baseline": "baseline",
    "induction": "after the scenario",
    "technique": "technique",
    "follow-up": "follow-up",
}
DEPENDENCE = (
    "Consecutive turns of one conversation depend on each other, which none of these numbers allows for: they"
    " describe this session."
)


@dataclass(frozen=True, slots=True)
class CasePhase:
    """A stretch of the session: the labels of its points and their scores (None: missing)."""

    name: str
    labels: tuple[str, ...]
    scores: tuple[float | None, ...]

    @property
    def known(self) -> tuple[float, ...]:
        return tuple(score for score in self.scores if score is not None)


@dataclass(frozen=True, slots=True)
class Case:
    """The indices are positive for an improvement, and None where a phase has no points, or neither end is
    better. `p`: of the phase randomisation test. `low` and `high`: the scale's range."""

    title: str
    session: str
    scale: ScaleName
    low: float
    high: float
    phases: tuple[CasePhase, ...]
    nap: Nap | None
    tau: float | None
    tau_u: float | None
    tau_bc: float | None
    pnd: float | None
    p: float | None
    lines: tuple[str, ...]


def case(arm: Arm, name: ScaleName) -> Case:
    """The session on that scale. One without a technique, or without scores, has no index and says so."""
    points = [point for point in arm.course(name).points if not point.as_at]
    phases = tuple(
        CasePhase(phase, tuple(one.label for one in group), tuple(one.value for one in group))
        for phase, members in itertools.groupby(points, key=lambda point: _phase(arm, point.point))
        for group in [tuple(members)]
    )
    scale = scale_of(arm.asked, name)
    low, high = scale.range if scale is not None else (0.0, 100.0)
    higher_is = scale.higher_is if scale is not None else "more distress"  # the tone of the replies
    at = next((n for n, phase in enumerate(phases) if phase.name == _NAMES["technique"]), 0)
    before, after = (phases[at - 1].known, phases[at].known) if at else ((), ())
    told: tuple[str, ...] = ()
    own = not at or bool(arm.course(name).telling)
    if higher_is == "neither" or not before or not after or not own:
        why = "a phase has no score" if own else "nothing was measured once its own part began"
        why = "neither end of this scale is better" if higher_is == "neither" else why
        told = (f"No index can be given: {why}.",)
        before = after = ()
    lower = higher_is == "more distress"
    p = phase_randomisation_p([*before, *after], len(before), lower_is_better=lower)
    found = nap(before, after, lower_is_better=lower)
    indices = (
        tau(before, after, lower_is_better=lower),
        tau_u(before, after, lower_is_better=lower),
        tau_bc(before, after, lower_is_better=lower),
        pnd(before, after, lower_is_better=lower),
    )
    if found is not None:
        told = (
            f"Phase A: {phases[at - 1].name}, {number_of(len(before), 'point')}; phase B: technique,"
            f" {number_of(len(after), 'point')}."
            f" {'Lower' if lower else 'Higher'} counts as improvement.",
            _indices(found, *indices),
            _randomised(p, len(before), len(after)),
        )
    counts = [len(phase.known) for phase in phases]
    standard = (
        f"{design_standard(counts)} Its phases have {', '.join(map(str, counts))} points, where"
        f" {LEAST_POINTS} are asked for in each, and {LEAST_WITH_RESERVATIONS} with reservations."
    )
    lines = tuple(map(printable, (*told, standard if counts else "Nothing was measured.", DEPENDENCE)))
    return Case(arm.title, arm.id, name, low, high, phases, found, *indices, p, lines)


def _phase(arm: Arm, point: Point) -> str:
    """What the stretch is called that the point lies in: of an arm that left in the middle of another
    technique, the turns up to there are that one's."""
    return _NAMES[point.phase] if arm.is_own(point) else f"technique of {arm.began.of}"


def _indices(found: Nap, *others: float | None) -> str:
    error = "no SE with a single point in a phase" if found.error is None else f"SE {_two(found.error)}"
    named = zip(("Tau", "Tau-U", "Tau-BC", "PND"), others, strict=True)
    return f"NAP {_two(found.value)} ({error}); {'; '.join(f'{what} {_two(one)}' for what, one in named)}."


def _randomised(p: float | None, before: int, after: int) -> str:
    if p is None:
        return (
            f"No phase randomisation test: it takes {LEAST_WITH_RESERVATIONS} points in either phase, and"
            f" there are {before} and {after}."
        )
    return f"Phase randomisation test: p {_two(p)}, as a description, since no start was drawn by lot."


def _two(value: float | None) -> str:
    return numeral(value, decimals=2)
