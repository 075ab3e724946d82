"""Harm beside benefit: how many runs of each arm ended better, unchanged or worse, and which was the worst.

A change counts from the size on that the model's own wavering hardly brings (reliable_change), as its check
has shown. Where that is not known a tenth of the scale's range stands in, and it is said. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import ComparedArm, Comparison
from sandbox.analysis.effect import SMALL, change, scale_of
from sandbox.analysis.numeral import numeral
from sandbox.analysis.paired import LEAST_FOR_P
from sandbox.analysis.reliable_change import (
    CRITERION,
    LEAST_PAIRS,
    Change,
    Reliability,
    classified,
    counted,
    reliability,
)
from sandbox.analysis.reply_valence import REPLIES
from sandbox.analysis.suitability import Suitability
from sandbox.analysis.trajectory import ScaleName, Trajectory
from sandbox.engine.phase import begins_at, technique_first
from sandbox.measurement.administration import UNSAMPLED
from sandbox.text import number_of, printable

_IDS = 3
"""Of more sessions not each is named."""


@dataclass(frozen=True, slots=True)
class ArmHarm:
    """The runs of one arm from where the technique began to the end. `runs` have both scores, `missing` not:
    one that was broken off has no end.

    `since` is where the technique began: `the scenario` or `baseline`.
    `worst` is the session that got worst, if any got worse, `worst_change` its change with the score's sign.
    `opposed`: the sessions in which words or the scale got calmer (`calmer`) while another scale got worse,
    and `opposed_scales` which those were, and whether they rose or fell.
    """

    title: str
    control: bool
    since: str
    runs: int
    better: int
    unchanged: int
    worse: int
    missing: int
    worst: str | None
    worst_change: float | None
    opposed: tuple[str, ...]
    opposed_scales: tuple[str, ...]
    calmer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Harm:
    """Every arm, in the comparison's order. `reliable`: a change counts by the model's own reliability.

    `least`: from about what size on it counts, in the scale's units; of several models the largest. `basis`
    says where that comes from, or how to find it out. `better`: a change for the better, in words.
    """

    arms: tuple[ArmHarm, ...]
    better: Literal["fell", "rose"]
    reliable: bool
    least: float
    basis: str

    @property
    def short(self) -> str:
        """`Got worse: Body scan 1 of 10 runs.`, empty where none did."""
        worse = [
            f"{arm.title} {arm.worse} of {number_of(arm.runs, 'run')}{_unscored(arm)}"
            for arm in self.arms
            if arm.worse
        ]
        return printable(f"Got {self._surely}worse: {'; '.join(worse)}.") if worse else ""

    @property
    def lines(self) -> tuple[str, ...]:
        """What became of each arm's runs, what went against the rest, and what counts as a change."""
        told = [line for arm in self.arms if (line := self._told(arm))]
        return *map(printable, told), *(self.notes if told else self.notes[:-1])

    @property
    def notes(self) -> tuple[str, ...]:
        """What went against the rest, and last what counts as a change."""
        opposed = [_opposition(arm) for arm in self.arms if arm.opposed]
        return tuple(printable(line) for line in (*opposed, self.basis))

    @property
    def _surely(self) -> str:
        return "reliably " if self.reliable else ""

    def _told(self, arm: ArmHarm) -> str:
        """Of few runs only for whom it got worse: that is read before anything is decided."""
        if not arm.runs:
            return f"{arm.title}: no run has both scores."
        by = "reliably" if self.reliable else f"by {numeral(self.least)} or more"
        worse = "rose" if self.better == "fell" else "fell"
        runs = f"of {number_of(arm.runs, 'run')} since {arm.since}"
        share = f"{100 * arm.worse / arm.runs:.0f} %; " if arm.runs >= LEAST_FOR_P else ""
        worst = f" (worse: {share}the worst {arm.worst}, {_signed(arm)})" if arm.worst is not None else ""
        if arm.runs >= LEAST_FOR_P:
            said = f"{runs} {arm.better} {self.better} {by}, {arm.unchanged} moved less, {arm.worse} {worse}"
        elif arm.worse:
            said = f"{runs} {arm.worse} {worse} {by}"
        elif arm.missing:
            of = number_of(arm.runs + arm.missing, "run")
            return f"{arm.title}: of {of} {arm.missing} {'has' if arm.missing == 1 else 'have'} no score."
        else:
            return ""
        return f"{arm.title}: {said}{worst}" + (f"; {arm.missing} without a score." if arm.missing else ".")


def harm(comparison: Comparison) -> Harm | None:
    """What became of each run on the compared scale; None where neither of its ends is worse, or no arm ends
    with what a technique left."""
    arms = [arm for arm in comparison.arms if not technique_first(arm.sessions[0].plan.stretches)]
    scale = scale_of(comparison.arms[0].sessions[0].asked, comparison.scale) if arms else None
    if scale is None or scale.higher_is == "neither":
        return None
    tenth = SMALL * (scale.range[1] - scale.range[0])
    lower_is_better = scale.higher_is == "more distress"
    sessions = [session for arm in arms for session in arm.sessions]
    measures = {session.id: _suitability(session, comparison.scale) for session in sessions}
    known = {id: _reliability(one, comparison.scale[2]) for id, one in measures.items()}
    found = [one for one in known.values() if one is not None]
    reliable = len(found) == len(sessions)
    least = max(CRITERION * one.difference_error for one in found) if reliable else tenth
    used = known if reliable else {}
    told = tuple(_arm_harm(arm, comparison.scale, used, tenth, lower_is_better) for arm in arms)
    unknown = next((one for id, one in measures.items() if known[id] is None), None)
    basis = _known_basis(least, comparison.scale) if reliable else _unknown_basis(tenth, unknown)
    return Harm(told, "fell" if lower_is_better else "rose", reliable, least, basis)


def _arm_harm(
    arm: ComparedArm,
    name: ScaleName,
    known: dict[str, Reliability | None],
    tenth: float,
    lower_is_better: bool,
) -> ArmHarm:
    moved: dict[str, float] = {}
    changes: list[Change] = []
    worse: dict[str, float] = {}
    for session in arm.sessions:
        course = session.course(name)
        by = change(course).value if session.ended(name) else None
        became: Change = "unknown"
        if by is not None and course.start is not None and course.start.value is not None:
            before = course.start.value
            own = known.get(session.id)
            moved[session.id] = by
            if own is not None:
                became = classified(before, before + by, own, lower_is_better=lower_is_better)
            elif abs(by) < tenth:
                became = "unchanged"
            else:
                became = "reliably better" if (by < 0) == lower_is_better else "reliably worse"
        if became == "reliably worse" and by is not None:
            worse[session.id] = by
        changes.append(became)
    counts = counted(changes)
    worst = max(worse, key=lambda id: abs(worse[id]), default=None)
    opposed = {session.id: told for session in arm.sessions if (told := _opposed(session, name))[1]}
    return ArmHarm(
        title=arm.title,
        control=arm.control,
        since=_since(arm),
        runs=len(moved),
        better=counts["reliably better"],
        unchanged=counts["unchanged"],
        worse=counts["reliably worse"],
        missing=counts["unknown"],
        worst=worst,
        worst_change=worse[worst] if worst is not None else None,
        opposed=tuple(opposed),
        opposed_scales=tuple(dict.fromkeys(scale for _, worse in opposed.values() for scale in worse)),
        calmer=tuple(dict.fromkeys(one for calmer, _ in opposed.values() for one in calmer)),
    )


def _since(arm: ComparedArm) -> str:
    return "the scenario" if begins_at(arm.sessions[0].plan.stretches) == "induction" else "baseline"


# What counts as a change


def _suitability(session: Arm, name: ScaleName) -> Suitability | None:
    return next(
        (one for one in session.suitabilities if (one.questionnaire, one.measure.way) == name[:2]), None
    )


def _reliability(measure: Suitability | None, scale: str) -> Reliability | None:
    """That of the model itself, by its newest check; None without a check of enough repeats."""
    if measure is None or measure.check is None:
        return None
    return next((reliability(one.pairs) for one in measure.check.asked_twice if one.scale == scale), None)


def _known_basis(least: float, name: ScaleName) -> str:
    again = "in other words" if name[1] in UNSAMPLED else "again"
    return (
        f"“Reliably” means by more than {numeral(least)}: so far this model's answers move when it is asked"
        f" the same {again} in the same state (check-model; Jacobson and Truax 1991)."
    )


def _unknown_basis(tenth: float, measure: Suitability | None) -> str:
    said = (
        f"“Better” and “worse” mean by {numeral(tenth)} or more, a tenth of the scale's range. Whether a"
        " change is reliable is not known: "
    )
    if measure is None:
        return f"{said}this measure cannot be checked."
    if measure.check is None:
        return f"{said}find out how far this model's answers waver with {measure.todo}."
    return f"{said}its check has fewer than {LEAST_PAIRS} pairs. Check it again: {measure.todo} --repeats 10."


# Calmer here, worse there


def _opposed(session: Arm, name: ScaleName) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What got calmer by a tenth of its range, words or the compared scale, and the scales that meanwhile
    got as much worse; both empty where nothing got calmer."""
    moved = {
        course.name: share
        for course in session.courses
        if (share := _toward_distress(session, course)) is not None
    }
    calmer = tuple(
        "the client's words" if one == REPLIES else one[2]
        for one, share in moved.items()
        if share <= -SMALL and (one in (name, REPLIES) or one[1] not in UNSAMPLED)
    )
    if not calmer:
        return (), ()
    worse = (one for one, share in moved.items() if share >= SMALL and one != REPLIES)
    return calmer, tuple(f"{one[2]} ({one[0]}) {_way(session, one)}" for one in worse)


def _way(session: Arm, name: ScaleName) -> str:
    return "rose" if (change(session.course(name)).value or 0.0) > 0 else "fell"


def _toward_distress(session: Arm, course: Trajectory) -> float | None:
    """The change as a share of the scale's range, above 0 for more distress; None where that is not known."""
    by = change(course).value
    if by is None:
        return None
    if course.name == REPLIES:
        return by / 100  # negativity goes from 0 to 100
    scale = scale_of(session.asked, course.name)
    if scale is None or scale.higher_is == "neither":
        return None
    share = by / (scale.range[1] - scale.range[0])
    return share if scale.higher_is == "more distress" else -share


def _opposition(arm: ArmHarm) -> str:
    ids = ", ".join(arm.opposed[:_IDS]) + (" …" if len(arm.opposed) > _IDS else "")
    how_many = f"in {len(arm.opposed)} of {number_of(arm.runs + arm.missing, 'run')}"
    return (
        f"{arm.title}: read {ids} before you believe the score: {how_many} {' and '.join(arm.calmer)} got"
        f" calmer, but {_named(arm.opposed_scales)}."
    )


def _named(scales: Sequence[str]) -> str:
    shown = " and ".join(scales[:2])
    return f"{shown}, and {number_of(len(scales) - 2, 'more scale')} got worse" if len(scales) > 2 else shown


def _unscored(arm: ArmHarm) -> str:
    return f" ({arm.missing} without a score)" if arm.missing else ""


def _signed(arm: ArmHarm) -> str:
    return numeral(arm.worst_change, signed=True)
