"""Whether the scenario raised what a technique is to bring down: in one run, and over a scenario's shared
starts. What was not raised cannot be relieved. Pure; the rule and its words stand here for every face.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from sandbox.analysis.arm import Arm
from sandbox.analysis.effect import (
    SMALL,
    Direction,
    PairedDifference,
    induction_effect,
    paired_difference,
    scale_of,
)
from sandbox.analysis.numeral import interval, numeral
from sandbox.analysis.paired import LEAST_FOR_P
from sandbox.analysis.trajectory import ScaleName, Trajectory
from sandbox.engine.phase import begins_at
from sandbox.engine.plan import SessionPlan
from sandbox.library.document import Document, document_hash
from sandbox.library.questionnaire import Scale
from sandbox.models.name import short_name
from sandbox.text import number_of, printable

InductionVerdict = Literal["induced", "not induced", "cannot tell", "too few runs"]
"""Of LEAST_FOR_P starts or more `not induced`: the whole interval of the rise lies under SMALL of the range;
else `induced`: it leaves out 0; else `cannot tell`. The rise goes by the scale's direction: a fall where
higher is better, either way where neither end is."""

_FLOOR = 0.05
"""A score in the outer twentieth of its range at the calm end leaves nothing to bring down."""
_FEW = 3
"""Of more scenarios in which nothing was raised not each is given a sentence."""


@dataclass(frozen=True, slots=True)
class _Words:
    raised: str
    raise_: str
    undone: str
    back: str


_WORDS: dict[Direction, _Words] = {
    "more distress": _Words("raised", "raise", "bring down", "a fall"),
    "less distress": _Words("lowered", "lower", "bring up", "a rise"),
    "neither": _Words("changed", "change", "undo", "a change back"),
}

# Of one run


@dataclass(frozen=True, slots=True)
class SmallInduction:
    """What the scenario did to a score, in words (`hardly raised`), and the score before and after it."""

    moved: str
    before: float
    after: float

    def clause(self) -> str:
        """`the scenario hardly raised it: 12.0 → 14.0`."""
        return f"the scenario {self.moved} it: {numeral(self.before)} → {numeral(self.after)}"


def small_induction(plan: SessionPlan, trajectory: Trajectory) -> SmallInduction | None:
    """What there is to say when the scenario moved the score by less than SMALL; None when it moved it more.

    None too when that cannot be known, and where the technique came first: a scenario that does little then
    may be its doing.
    """
    if begins_at(trajectory.stretches) != "induction":
        return None
    scale = scale_of(plan, trajectory.name)
    effect = induction_effect(trajectory).value
    before = trajectory.baseline.value if trajectory.baseline else None
    if scale is None or effect is None or before is None or _marked(effect, scale):
        return None
    words = _WORDS[scale.higher_is]
    moved = f"hardly {words.raised}" if _toward(effect, scale) > 0 else f"did not {words.raise_}"
    return SmallInduction(moved, before, before + effect)


def _toward(rise: float, scale: Scale) -> float:
    """The change of a score as the scenario was to bring it: above 0 towards more distress."""
    return {"more distress": rise, "less distress": -rise, "neither": abs(rise)}[scale.higher_is]


def _marked(rise: float, scale: Scale) -> bool:
    return _toward(rise, scale) >= SMALL * (scale.range[1] - scale.range[0])


# Over the shared starts of a scenario


@dataclass(frozen=True, slots=True)
class Induction:
    """What a scenario did to a scale in one client on one model, over the shared starts.

    `case` tells it from others of the comparison; empty where it is the only one. `before`, `after`: mean
    scores of the starts that have both; `rise` is after − before with the score's own sign. `marked` counts
    the starts in which it came to SMALL of the range or more; `at_floor`: after it the score still lay at the
    calm end.
    """

    case: str
    scale: str
    higher_is: Direction
    starts: tuple[str, ...]
    before: float | None
    after: float | None
    rise: PairedDifference
    marked: int
    at_floor: bool
    verdict: InductionVerdict

    @property
    def nothing(self) -> bool:
        """Whether nothing was raised: shown so, or, of too few runs, in none of them."""
        few = self.verdict == "too few runs" and self.rise.pairs > 0
        return self.verdict == "not induced" or (few and not self.marked)

    @property
    def unsure(self) -> bool:
        """Whether it is open: of too few runs in some of them alone."""
        few = self.verdict == "too few runs" and self.marked < self.rise.pairs
        return self.verdict == "cannot tell" or (few and not self.nothing)

    @property
    def raised(self) -> str:
        """`raised`, in the scale's own direction."""
        return _WORDS[self.higher_is].raised

    @property
    def sentence(self) -> str:
        """What has to be said before any effect; empty where it was raised.

        `Nothing was raised: distress was 12.1 before and 11.8 after the scenario (−0.3 [−2.0, +1.5], 10
        runs), so there was nothing to bring down.`
        """
        if self.nothing:
            return self._nothing()
        if not self.unsure:
            return ""
        whether = f"whether the scenario {self.raised} {self.scale}"
        where = f" in {self.case}" if self.case else ""
        if not self.rise.pairs:
            return printable(f"It is not known {whether}{where}: no run has a score before and after it.")
        start = "Too few runs to tell" if self.verdict == "too few runs" else "It cannot be told"
        runs = number_of(self.rise.pairs, "run")
        how = f"it did by a tenth of the scale or more in {self.marked} of {runs}"
        return printable(f"{start} {whether}{where} ({how}): {self._scores()}.")

    def _nothing(self) -> str:
        words, n = _WORDS[self.higher_is], self.rise.pairs
        hardly = self._surely_a_little()
        what = f"{'hardly anything' if hardly else 'nothing'} was {words.raised}"
        if self.verdict == "too few runs":
            what += " in this run" if n == 1 else f" in any of {n} runs, too few to tell of the scenario"
        what = f"in {self.case} {what}" if self.case else what[0].upper() + what[1:]
        so = f"{words.back}{' by more' if hardly else ''} is no relief of what the scenario did"
        if self.at_floor:
            so = f"there was {'little' if hardly else 'nothing'} to {words.undone}"
        return printable(f"{what[0].upper()}{what[1:]}: {self._scores()}, so {so}.")

    def _surely_a_little(self) -> bool:
        """Whether it rose all the same, by less than counts: by its interval, of too few runs by its mean."""
        rise, sign = self.rise, -1 if self.higher_is == "less distress" else 1
        few = self.verdict == "too few runs"
        ends = [end for end in ((rise.mean,) if few else (rise.low, rise.high, rise.mean)) if end is not None]
        rounded = [float(numeral(abs(end))) * (1 if end * sign > 0 else -1) for end in ends]
        return min(rounded) > 0 or (self.higher_is == "neither" and max(rounded) < 0)

    def _scores(self) -> str:
        scores = (
            f"{self.scale} was {numeral(self.before)} before and {numeral(self.after)} after the scenario"
        )
        rise = self.rise
        if rise.pairs < 2:
            return scores
        left_out = f", {rise.left_out} without both scores left out" if rise.left_out else ""
        around = f" {interval(rise.low, rise.high)}" if rise.low is not None else " in each"
        around = "" if rise.too_wide else around
        runs = number_of(rise.pairs, "run")
        return f"{scores} ({numeral(rise.mean, signed=True)}{around}, {runs}{left_out})"


def inductions(sessions: Iterable[Arm], scale: ScaleName) -> tuple[Induction, ...]:
    """What each scenario did to the scale, by client and model, over the starts in which it came before the
    technique; nothing of a scale that no questionnaire defines. An edited text is a scenario of its own."""
    hashes: dict[int, str] = {}

    def text(document: Document) -> str:
        if id(document) not in hashes:
            hashes[id(document)] = document_hash(document)
        return hashes[id(document)]

    cases: dict[Hashable, dict[str, Arm]] = {}
    seen: set[str] = set()
    for one in sessions:
        course = one.course(scale)
        if one.trunk in seen or begins_at(course.stretches) != "induction" or course.induced is None:
            continue
        seen.add(one.trunk)
        case = text(one.plan.scenario), text(one.plan.client), one.plan.model
        cases.setdefault(case, {})[one.trunk] = one
    groups = [tuple(own.values()) for own in cases.values()]
    titles = _titles([own[0].plan for own in groups])
    found = (_induction(own, scale, title) for own, title in zip(groups, titles, strict=True))
    return tuple(one for one in found if one is not None)


def _titles(plans: Sequence[SessionPlan]) -> list[str]:
    """What tells the cases apart: scenario, client, model, as far as they differ."""
    parts = [(plan.scenario.title, plan.client.title, short_name(plan.model)) for plan in plans]
    told = [place for place in range(3) if len({part[place] for part in parts}) > 1]
    return [", ".join(part[place] for place in told) for part in parts]


def _induction(own: Sequence[Arm], name: ScaleName, case: str) -> Induction | None:
    scale = scale_of(own[0].asked, name)
    if scale is None:
        return None
    courses = [one.course(name) for one in own]
    rises = [induction_effect(course).value for course in courses]
    known = [rise for rise in rises if rise is not None]
    afters = [
        course.induced.value
        for course, rise in zip(courses, rises, strict=True)
        if rise is not None and course.induced is not None and course.induced.value is not None
    ]
    after = fmean(afters) if afters else None
    low, high = scale.range
    rise = paired_difference(rises, high - low)
    calm = low if scale.higher_is == "more distress" else high
    return Induction(
        case=case,
        scale=name[2],
        higher_is=scale.higher_is,
        starts=tuple(one.trunk for one in own),
        before=None if after is None or rise.mean is None else after - rise.mean,
        after=after,
        rise=rise,
        marked=sum(_marked(value, scale) for value in known),
        at_floor=after is not None
        and (scale.higher_is == "neither" or abs(after - calm) < _FLOOR * (high - low)),
        verdict=_verdict(rise, scale),
    )


def _verdict(rise: PairedDifference, scale: Scale) -> InductionVerdict:
    if rise.mean is None:
        return "cannot tell"
    if rise.pairs < LEAST_FOR_P:
        return "too few runs"
    ends = [rise.mean if end is None else end for end in (rise.low, rise.high)]
    apart = ends[0] > 0 or ends[1] < 0
    if not any(_marked(end, scale) for end in ends):
        return "not induced"
    if scale.higher_is == "neither":
        return "induced" if apart else "cannot tell"
    return "induced" if apart and _toward(rise.mean, scale) > 0 else "cannot tell"


def induction_lines(found: Sequence[Induction]) -> tuple[str, ...]:
    """What has to be said of them before any effect: a sentence each, of many in which nothing was raised one
    for all."""
    nothing = [one for one in found if one.nothing]
    if len(nothing) <= _FEW:
        return tuple(one.sentence for one in found if one.sentence)
    each = "; ".join(f"{one.case} {numeral(one.before)} → {numeral(one.after)}" for one in nothing)
    said = printable(
        f"Nothing was {nothing[0].raised} in {len(nothing)} of {len(found)} cases ({nothing[0].scale} before"
        f" → after the scenario): {each}. There an effect is no relief of what the scenario did."
    )
    return said, *(one.sentence for one in found if one.sentence and not one.nothing)
