"""The answer of a comparison: which technique did more than the control, by how much, how sure, and what
would make it surer. Values first, then the same in a few sentences that say no more than the intervals do.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from sandbox.analysis.comparison import ComparedArm, Comparison, arms_compared_with, compared_with
from sandbox.analysis.difference import Difference
from sandbox.analysis.effect import (
    SMALL,
    Direction,
    Effect,
    PairedDifference,
    last_common_label,
    paired_difference,
    scale_of,
    technique_effect,
)
from sandbox.analysis.induction import Induction, induction_lines
from sandbox.analysis.numeral import numeral
from sandbox.analysis.paired import LEAST_FOR_P, holm
from sandbox.analysis.run_cost import RunCost, run_cost
from sandbox.engine.phase import at_point
from sandbox.library.questionnaire import Scale
from sandbox.text import number_of, printable

_ALPHA = 0.05
_FEW = 3
"""Of more than so many arms or pairs not each is given a sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`beyond`: every arm that has one beside it against it; `between`: techniques against each other.

    `unanswered`: why an arm has no point to be judged at, by its title. `inductions`: what each scenario did
    to the score.
    """

    beyond: tuple[Difference, ...]
    between: tuple[Difference, ...]
    higher_is: Direction
    interim: bool = False
    """An arm has not ended: what is said may still move."""
    each: bool = False
    """The runs of several shared starts stand by themselves, no mean is taken over them."""
    unanswered: Mapping[str, str] = field(default_factory=dict)
    inductions: tuple[Induction, ...] = ()
    controlled: bool = True
    """Whether what stands beside an arm is a control, and not the first arm for want of one."""
    run: RunCost | None = None
    """What one more run takes; None where that is not known."""

    @property
    def leading(self) -> tuple[Difference, ...]:
        """The pairs of techniques that are told with their size: the only one, else those that lead."""
        pairs = [one for one in self.between if len(one.values) > 1 or len(self.between) == 1]
        sign = -1.0 if self.higher_is == "less distress" else 1.0
        place = {one.title: sign * one.paired.mean for one in self.beyond if one.paired.mean is not None}
        named = [one for one in pairs if _leads(one, pairs, place)]
        named = named if len(named) <= _FEW else []
        return tuple(pairs if len(pairs) - len(named) == 1 else named)

    @property
    def lines(self) -> tuple[str, ...]:
        """The answer in a few sentences, one a line; empty where nothing stands beside anything.

        It begins with what was not raised: of that no technique can relieve anybody.
        """
        if not self.beyond and not self.unanswered:
            return ()
        known = [one for one in self.beyond if one.paired.mean is not None]
        missing = {one.title: one.paired.reason for one in self.beyond if one.paired.mean is None}
        undefined = {**self.unanswered, **missing}
        first, *more = [
            *induction_lines(self.inductions),
            *_sizes(known, self.higher_is, controlled=self.controlled, each=self.each),
            *[printable(f"{title}: no difference, because {why}.") for title, why in undefined.items()],
            *_told(known, self.higher_is),
            *_told_between(self),
        ]
        return f"Interim, not every arm has ended: {first}" if self.interim else first, *more


def answer(comparison: Comparison) -> Answer:
    """What the comparison says at the point named beforehand, the end."""
    arms = [arm for arm in comparison.arms if arm.primary]
    scale = _scale(comparison)
    bound = SMALL * (scale.range[1] - scale.range[0]) if scale else None
    beyond = tuple(_beyond(arm, comparison, bound) for arm in arms)
    techniques = [arm for arm in arms if not arm.control]
    between = tuple(
        found
        for one, other in combinations(techniques, 2)
        if (found := _between(one, other, comparison, bound)) is not None
    )
    sessions = (session for arm in comparison.arms for session in arm.sessions)
    interim = any(session.state in ("planned", "running") for session in sessions)
    return Answer(
        beyond,
        between,
        scale.higher_is if scale else "neither",
        interim,
        not comparison.pooled and comparison.trunks > 1,
        unanswered(comparison),
        comparison.inductions,
        comparison.has_control,
        run_cost(session for arm in comparison.arms for session in arm.sessions),
    )


def unanswered(comparison: Comparison) -> Mapping[str, str]:
    """By title of an arm that has no point in common with what stands beside it: why."""
    scale, found = comparison.scale, {}
    for arm in comparison.arms:
        if arm.primary or not arms_compared_with(arm, comparison.arms):
            continue
        pairs = ((one, compared_with(one, comparison.arms)) for one in arm.sessions)
        whys = (
            technique_effect(one.course(scale), other.course(scale)).reason for one, other in pairs if other
        )
        found[arm.title] = next(filter(None, whys), "no measurement in common")
    return found


def _scale(comparison: Comparison) -> Scale | None:
    plans = (session.asked for arm in comparison.arms for session in arm.sessions)
    return next((own for plan in plans if (own := scale_of(plan, comparison.scale))), None)


def one_against_another(comparison: Comparison, one: ComparedArm, other: ComparedArm) -> str:
    """Two techniques of a comparison in pairs, as a sentence; empty where no shared start has both.

    `5 pairs at end: 3.2 lower [1.1 to 5.3 lower, less distress]. Told apart.`
    """
    scale = _scale(comparison)
    bound = SMALL * (scale.range[1] - scale.range[0]) if scale else None
    found = _between(one, other, comparison, bound)
    if found is None:
        return ""
    pairs = number_of(len(found.values), "pair")
    raised = found.induction.sentence if found.induction is not None else ""
    size = f"{pairs} {at_point(found.at)}: {_size(found, scale.higher_is if scale else 'neither')}."
    said = f"{raised} {size}".strip()
    if found.paired.low is None:
        why = (
            "One pair has no interval"
            if len(found.values) == 1
            else f"No interval, because {found.paired.reason}"
        )
        return printable(f"{said} {why}.")
    if found.told_apart:
        return printable(f"{said} Told apart{found.proviso}.")
    if found.verdict == "equivalent":
        return printable(f"{said} Equivalent, within ±{numeral(bound)}{found.proviso}.")
    if found.verdict == "too few runs":
        return printable(f"{said} Under {LEAST_FOR_P} pairs nothing is decided.{_more(found)}")
    return printable(f"{said} Not told apart: this could be chance.{_more(found)}")


def _beyond(arm: ComparedArm, comparison: Comparison, bound: float | None) -> Difference:
    row = next(row for row in comparison.rows if row.label == arm.primary)
    place = comparison.arms.index(arm)
    paired = row.cells[place].difference or PairedDifference(None, None, None, 0)
    values = []
    others: dict[str, None] = {}
    for session in arm.sessions:
        other = compared_with(session, comparison.arms)
        if other is None:
            continue
        others[other.title] = None
        effect = technique_effect(
            session.course(comparison.scale), other.course(comparison.scale), arm.primary
        )
        if effect.value is not None:
            values.append(effect.value)
    technique = arm.sessions[0].plan.technique
    return Difference(
        arm.title,
        " and ".join(others),
        arm.primary,
        tuple(values),
        paired,
        bound,
        comparison.induction_of(arm),
        of=len(arm.sessions),
        script=technique.title if technique is not None else "",
    )


def _between(
    one: ComparedArm, other: ComparedArm, comparison: Comparison, bound: float | None
) -> Difference | None:
    """Two techniques at the last point both have, paired by their shared start; None without a pair."""
    by_trunk = {session.trunk: session for session in other.sessions}
    found: dict[str, list[Effect]] = {}
    for session in one.sessions:
        beside = by_trunk.get(session.trunk)
        if beside is None or beside.began != session.began:
            continue
        courses = session.course(comparison.scale), beside.course(comparison.scale)
        label = last_common_label(*courses)
        effect = technique_effect(*courses, label)
        if effect.value is not None:
            found.setdefault(label or "", []).append(effect)
    if not found:
        return None
    at, effects = max(found.items(), key=lambda one: len(one[1]))  # a run that was stopped has no end
    values = tuple(effect.value for effect in effects if effect.value is not None)
    reliable = all(effect.reliable for effect in effects)
    paired = replace(paired_difference(values, bound / SMALL if bound else math.inf), reliable=reliable)
    raised = comparison.induction_of(one)
    return Difference(one.title, other.title, at, values, paired, bound, raised, of=len(one.sessions))


# In words


def _sizes(known: Sequence[Difference], higher_is: Direction, *, controlled: bool, each: bool) -> list[str]:
    """`Beyond the control at end, 9 of 10 runs: Body scan 31.0 lower [12.0 to 50.0 lower], less distress.`

    Before a colon stands a name that ends in a number.
    Of `each` run: `Beyond the control at end, run by run: Body scan, seed 1: 31.0 lower; …`
    """
    lines = []
    groups: dict[tuple[str, str, str], list[Difference]] = {}
    for one in known:
        groups.setdefault((one.against, one.at, _runs(one)), []).append(one)
    beyond = "Beyond" if controlled else "There is no control. Against"
    for (against, at, runs), members in groups.items():
        colon = ":" * (each or any(one.title[-1:].isdigit() for one in members))
        sizes = "; ".join(f"{one.title}{colon} {_size(one, higher_is)}" for one in members)
        over = "run by run" if each else runs
        lines.append(printable(f"{beyond} {against} {at_point(at)}, {over}: {sizes}."))
    return lines


def _runs(one: Difference) -> str:
    n = len(one.values)
    return f"{n} of {number_of(one.of, 'run')}" if one.of > n else number_of(n, "run")


def _size(one: Difference, higher_is: Direction) -> str:
    mean = one.paired.mean or 0.0
    said = _way(mean, reliable=one.paired.reliable)
    if one.paired.low is None or one.paired.high is None:
        return said
    if one.paired.too_wide:
        return f"{said}, too few runs for an interval"
    least, most = one.paired.low, one.paired.high
    near, far = sorted((least, most), key=abs)
    if least <= 0 <= most:
        low, high = _way(least), _way(most)
        inside = f"{high} to {low}" if mean < 0 else f"{low} to {high}"
        return f"{said} [{inside}]"
    meaning = {"more distress": mean < 0, "less distress": mean > 0}.get(higher_is)
    silent = meaning is None or one.verdict == "too few runs" or one.empty
    words = "" if silent else f", {'less' if meaning else 'more'} distress"
    return f"{said} [{numeral(abs(near))} to {_way(far)}]{words}"


def _way(value: float, *, reliable: bool = True) -> str:
    """`31.0 lower`, `31.0 ? lower` where coverage was too low, `0.0` where it rounds to that."""
    size = numeral(abs(value), reliable=reliable)
    if float(numeral(abs(value))) == 0:
        return size
    return f"{size} {'higher' if value > 0 else 'lower'}"


def _told(known: Sequence[Difference], higher_is: Direction) -> list[str]:
    """Which are told apart from what they are compared with, and how many more runs the others need."""
    lines: list[str] = []
    if not known:
        return lines
    if all(len(one.values) < 2 for one in known):
        return ["One run has no interval, and single runs differ widely: repeat it with other seeds."]
    if few := [one for one in known if one.verdict == "too few runs" and one.paired.low is not None]:
        which = f"all {len(few)}" if len(few) == len(known) > _FEW else _titles(few)
        lines.append(f"Not decided, under {LEAST_FOR_P} runs: {which}.{_leaning(few)}")
    apart = [one for one in known if one.told_apart]
    lines += _both_ways(apart)
    for way, alike in _by_way(apart, higher_is):
        lines.append(f"Told apart from {_against(alike)}{way}: {_titles(alike)}.")
    lines += _open_again(known)
    if small := [one for one in apart if one.bound and abs(one.paired.mean or 0.0) < one.bound]:
        within = f"±{numeral(small[0].bound)}, the smallest difference of interest"
        lines.append(f"Told apart, but the size is within {within}: {_titles(small)}.")
    for proviso, alike in _by_proviso([one for one in known if one.verdict == "equivalent"]):
        bound = numeral(alike[0].bound)
        lines.append(f"Equivalent to {_against(alike)}, within ±{bound}{proviso}: {_titles(alike)}.")
    for one in known:
        if len(one.values) > 1 and one.paired.low is None:
            lines.append(f"{one.title}: no interval, because {one.paired.reason}.")
    if single := [one for one in known if len(one.values) == 1]:
        lines.append(f"One run has no interval: {_titles(single)}.")
    unsure = [one for one in known if one.verdict == "not told apart" and one.paired.low is not None]
    if len(unsure) > _FEW:
        lines.append(f"Not told apart from {_against(unsure)}, this could be chance: {_titles(unsure)}.")
    else:
        lines += [
            f"{one.title} is not told apart from {one.against}: this could be chance." for one in unsure
        ]
    return [printable(line) for line in lines]


def _both_ways(apart: Sequence[Difference]) -> Iterator[str]:
    """Techniques that did more than the control in one case and less in another: no mean stands for them."""
    for script in dict.fromkeys(one.script for one in apart):
        own = [one for one in apart if one.script == script]
        if len({one.verdict for one in own}) > 1:
            each = "; ".join(f"{one.title} {one.verdict}" for one in own)
            yield f"{script} goes both ways, so no one sentence holds for it: {each}."


def _by_way(apart: Sequence[Difference], higher_is: Direction) -> Iterator[tuple[str, list[Difference]]]:
    """Which way they go, where not all go one way, and what has to be added; harm first."""
    mixed = len({one.verdict for one in apart}) > 1

    def way(one: Difference) -> str:
        worse = {"more distress": "higher", "less distress": "lower"}.get(higher_is)
        meant = f", with {'more' if one.verdict == worse else 'less'} distress"
        plain = f", {one.verdict}"
        return f"{('' if not mixed else plain if worse is None or one.empty else meant)}{one.proviso}"

    for told in sorted({way(one) for one in apart}, key=lambda told: ("more distress" not in told, told)):
        yield told, [one for one in apart if way(one) == told]


def _open_again(known: Sequence[Difference]) -> Iterator[str]:
    """Those told apart each for itself and not any more once all are looked at together (Holm 1979)."""
    judged = [(one, p) for one in known if (p := one.p_by_t) is not None]
    adjusted = zip(judged, holm([p for _, p in judged]), strict=True)
    lost = [one for (one, _), p in adjusted if one.told_apart and p is not None and p >= _ALPHA]
    if lost:
        yield f"Of {len(judged)} looked at together (Holm) no longer told apart: {_titles(lost)}."


def _by_proviso(members: Sequence[Difference]) -> Iterator[tuple[str, list[Difference]]]:
    """Those of which nothing has to be added first."""
    for proviso in sorted({one.proviso for one in members}):
        yield proviso, [one for one in members if one.proviso == proviso]


def _leaning(few: Sequence[Difference]) -> str:
    """That an interval leaves out 0 all the same, lest it be read as a result."""
    leaning = [one for one in few if not (one.paired.low or 0.0) <= 0 <= (one.paired.high or 0.0)]
    if not leaning:
        return ""
    whose = "its interval leaves"
    if len(few) > 1:
        several = "intervals of all leave" if leaning == few else f"interval of {_titles(leaning)} leaves"
        whose = f"the {several}"
    return f" That {whose} out 0 is no result yet."


def _told_between(found: Answer) -> list[str]:
    """Techniques against each other, with size and interval: of two always, of more those that lead."""
    named = found.leading
    lines = [_one_pair(one, found.higher_is) for one in named]
    rest = [one for one in found.between if len(one.values) > 1 and one not in named]
    return [printable(line) for line in (*lines, *_many_pairs(rest, bool(named)))]


def _leads(one: Difference, pairs: Sequence[Difference], place: Mapping[str, float]) -> bool:
    """Whether none of those beside the two ended with less distress than they (where neither end is worse:
    lower)."""
    ends = {one.title, one.against}
    beside = {end for pair in pairs if ends & (own := {pair.title, pair.against}) for end in own - ends}
    worst = max(place.get(end, math.inf) for end in ends)
    return all(place.get(other, math.inf) >= worst for other in beside)


def _one_pair(one: Difference, higher_is: Direction) -> str:
    if one.told_apart:
        told = f"told apart{one.proviso}"
    elif one.verdict == "equivalent":
        told = f"equivalent, within ±{numeral(one.bound)}{one.proviso}"
    elif not one.known and len(one.values) > 1:
        told = f"no interval, because {one.paired.reason}"
    elif one.verdict == "too few runs":
        told = f"not decided, under {LEAST_FOR_P} runs"
    else:
        told = "not told apart"
    pair = f"{one.title} against {one.against} {at_point(one.at)}, {_runs(one)}"
    return f"{pair}: {_size(one, higher_is)}: {told}."


def _many_pairs(pairs: Sequence[Difference], after_others: bool) -> list[str]:
    """Pairs of which not each is given a sentence; `after_others`: behind those that are."""
    apart = sorted((one for one in pairs if one.told_apart), key=lambda one: -abs(one.paired.mean or 0.0))
    few = [one for one in pairs if one.verdict == "too few runs"]
    open_pairs = [one for one in pairs if one.known and not one.told_apart and one not in few]
    unknown = [one for one in pairs if not one.known and one not in few]
    without = f" {_pairs(unknown, 'has', 'have')} no interval." if unknown else ""
    if len(few) == len(pairs):
        none = f"Techniques against each other: not decided, under {LEAST_FOR_P} runs."
        return [none] if pairs and not after_others else []
    if few:
        without += f" {_pairs(few, 'has', 'have')} under {LEAST_FOR_P} runs."
    if not apart:
        other = " other" if after_others else ""
        return [f"Of {len(pairs)}{other} pairs of techniques none is told apart.{without}"]
    shown = "; ".join(f"{_ended(one)}{one.proviso}" for one in apart[:_FEW])
    more = f"; and {len(apart) - _FEW} more" if len(apart) > _FEW else ""
    rest = f" {_pairs(open_pairs, 'is', 'are')} not told apart." if open_pairs else ""
    also = "Also told" if after_others else "Told"
    return [f"{also} apart from each other: {shown}{more}.{rest}{without}"]


def _pairs(members: Sequence[Difference], one: str, several: str) -> str:
    return f"{number_of(len(members), 'pair')} {one if len(members) == 1 else several}"


def _ended(one: Difference) -> str:
    return f"{one.title} was {_way(one.paired.mean or 0.0)} than {one.against} {at_point(one.at)}"


def _more(one: Difference) -> str:
    if one.more_runs is None:
        return ""
    more, to = number_of(one.more_runs, "more run"), numeral(one.bound, decimals=0)
    return f" About {more} would narrow the interval to about ± {to}; it may still include 0."


def _against(members: Sequence[Difference]) -> str:
    return " and ".join(dict.fromkeys(one.against for one in members))


def _titles(members: Sequence[Difference]) -> str:
    return "; ".join(one.title for one in members)
