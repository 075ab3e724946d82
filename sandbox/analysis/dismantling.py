"""Which step does the work: effects of steps and of pairs, and the smallest script that does nearly all.

Pure. A shared start (trunk) holds one score for each arm of a dismantling; an arm is the set of steps it has.
Contrasts are taken within each start and then over starts, so that a start is the unit.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from statistics import fmean

from sandbox.analysis.arm import Arm
from sandbox.analysis.effect import Direction, PairedDifference, paired_difference
from sandbox.analysis.induction import Induction, inductions
from sandbox.analysis.trajectory import ScaleName

Steps = frozenset[str]
Scores = Mapping[Steps, float]
"""One start's scores by arm, in the scale's units."""

ENOUGH = 0.9
"""The share of the whole script's effect that the smallest script has to keep."""
LEAST_STARTS = 5
"""With fewer shared starts no smallest script is named: resampling a few of them says nothing."""
_RESAMPLES = 1000
_BETTER: Mapping[Direction, int] = {"more distress": -1, "less distress": 1, "neither": 0}


@dataclass(frozen=True, slots=True)
class StepEffect:
    """What a step, or a pair of them beyond the two alone, does to the score: below 0 it lowers it.

    `unsaid`: starts that do not count, since the arm that should have said the step never did.
    """

    steps: tuple[str, ...]
    effect: PairedDifference
    unsaid: int = 0


@dataclass(frozen=True, slots=True)
class Smallest:
    """The fewest steps that keep ENOUGH of the whole script's effect by the effects found, `kept` of it.

    `certainty` is the share of resamples of the starts (bootstrap) in which they do.
    """

    steps: tuple[str, ...]
    kept: float
    certainty: float


def step_effects(starts: Sequence[Scores], steps: Sequence[str]) -> tuple[StepEffect, ...]:
    """Each step's main effect: mean of the arms that have it − mean of those that have it not.

    Meaningful for a design in which the other steps stand in as many arms of either kind (factorial); for
    arms that leave out one step it is the difference from the whole script (see `without_each`).
    """
    return tuple(StepEffect((step,), _contrast(starts, (step,))) for step in steps)


def pair_effects(starts: Sequence[Scores], steps: Sequence[str]) -> tuple[StepEffect, ...]:
    """For each pair what the two do together beyond the sum of both: half the difference of one's effect with
    and without the other, as is usual in 2ᵏ designs (Box, Hunter and Hunter 2005, ch. 5).

    Below 0 they help each other to lower the score.
    """
    return tuple(StepEffect(pair, _contrast(starts, pair)) for pair in combinations(steps, 2))


def without_each(starts: Sequence[Scores], steps: Sequence[str]) -> tuple[StepEffect, ...]:
    """Of arms that leave out one step: the whole script's score − that of the arm without the step."""
    whole = frozenset(steps)
    return tuple(
        StepEffect((step,), paired_difference([_minus(start, whole, whole - {step}) for start in starts]))
        for step in steps
    )


def alone_each(
    starts: Sequence[Scores], steps: Sequence[str], control: Sequence[float | None]
) -> tuple[StepEffect, ...]:
    """Of arms with only one step: that arm's score − the control's in the same start (None: missing)."""
    pairs = list(zip(starts, control, strict=True))
    return tuple(
        StepEffect(
            (step,),
            paired_difference([_less(start.get(frozenset({step})), beside) for start, beside in pairs]),
        )
        for step in steps
    )


def _contrast(starts: Sequence[Scores], names: Sequence[str]) -> PairedDifference:
    """The contrast of a main effect or a pair: signs are the product of present (+1) and absent (−1)."""
    return paired_difference([_contrast_of(start, names) for start in starts])


def _contrast_of(start: Scores, names: Sequence[str]) -> float | None:
    sides: dict[int, list[float]] = {1: [], -1: []}
    for arm, score in start.items():
        sign = 1
        for name in names:
            sign *= 1 if name in arm else -1
        sides[sign].append(score)
    return fmean(sides[1]) - fmean(sides[-1]) if sides[1] and sides[-1] else None


def _minus(start: Scores, one: Steps, other: Steps) -> float | None:
    return _less(start.get(one), start.get(other))


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


# The smallest script


def whole_effect(starts: Sequence[Scores], steps: Sequence[str]) -> PairedDifference:
    """What the whole script does against filler alone: the sum of the main effects, in each start.

    A fraction of a design has no arm without any step; pairs count alike in both and fall out.
    """
    sums = []
    for start in starts:
        parts = [one for step in steps if (one := _contrast_of(start, (step,))) is not None]
        sums.append(sum(parts) if len(parts) == len(steps) else None)
    return paired_difference(sums)


def smallest_script(
    starts: Sequence[Scores], steps: Sequence[str], *, better: int = -1, seed: int = 1
) -> Smallest | None:
    """Of a factorial design: the fewest steps predicted to keep ENOUGH of what the whole script does.

    `better` is the sign of a change for the better (−1: the score should fall; 0: neither is). The prediction
    is the fitted mean of main effects and pairs. None with fewer than LEAST_STARTS, and where the whole
    script is not shown to change the score for the better.
    """
    names = tuple(steps)
    whole = whole_effect(starts, names)
    if len(starts) < LEAST_STARTS or not better or whole.low is None or whole.high is None:
        return None
    if (whole.high >= 0) if better < 0 else (whole.low <= 0):
        return None
    found = _fewest(starts, names)
    if found is None:
        return None
    chosen, kept = found
    chance = random.Random(seed)  # noqa: S311
    held = 0
    for _ in range(_RESAMPLES):
        again = chance.choices(starts, k=len(starts))
        share = _share(_model(again, names), frozenset(chosen), names)
        held += share is not None and share >= ENOUGH
    return Smallest(chosen, kept, held / _RESAMPLES)


_Model = Mapping[tuple[str, ...], float]


def _fewest(starts: Sequence[Scores], names: tuple[str, ...]) -> tuple[tuple[str, ...], float] | None:
    model = _model(starts, names)
    if _share(model, frozenset(names), names) is None:
        return None
    for size in range(1, len(names) + 1):
        shares = {
            chosen: share
            for chosen in combinations(names, size)
            if (share := _share(model, frozenset(chosen), names)) is not None
        }
        best = max(shares, key=lambda chosen: shares[chosen])
        if shares[best] >= ENOUGH:
            return best, shares[best]
    return None


def _model(starts: Sequence[Scores], names: tuple[str, ...]) -> _Model:
    terms: Iterable[tuple[str, ...]] = [*((name,) for name in names), *combinations(names, 2)]
    model = {}
    for term in terms:
        found = [one for start in starts if (one := _contrast_of(start, term)) is not None]
        model[term] = fmean(found) if found else 0.0
    return model


def _share(model: _Model, chosen: Steps, names: tuple[str, ...]) -> float | None:
    """The part of the whole script's effect against no step that the chosen steps keep; None without one."""
    none, whole = _predicted(model, frozenset()), _predicted(model, frozenset(names))
    change = whole - none
    return (_predicted(model, chosen) - none) / change if change else None


def _predicted(model: _Model, chosen: Steps) -> float:
    """The fitted score of an arm, less the grand mean: each effect counts half, with the arm's sign."""
    total = 0.0
    for term, effect in model.items():
        sign = 1
        for name in term:
            sign *= 1 if name in chosen else -1
        total += sign * effect / 2
    return total


# From the arms of a study


@dataclass(frozen=True, slots=True)
class Starts:
    """What a dismantling came to, a start each: the last score of every arm, and the scores after each turn.

    `turns` has, by the number of the turn from 1, the change that turn brought in each arm. `control` has the
    last score of the control in the start (None: there is none, or its score is missing). `said` has the
    steps that each arm said: a step's condition may never have been met.
    """

    last: tuple[Scores, ...]
    turns: tuple[Mapping[int, Scores], ...]
    control: tuple[float | None, ...]
    said: tuple[Mapping[Steps, Steps], ...]

    def saying(self, steps: Sequence[str], arm: Steps) -> tuple[Scores, ...]:
        """The last scores of the starts in which that arm said all these steps, in the place of the others
        none: where a step was not said, an arm without it leaves nothing out."""
        wanted = frozenset(steps)
        pairs = zip(self.last, self.said, strict=True)
        return tuple(start if wanted <= said.get(arm, wanted) else {} for start, said in pairs)


def starts_of(arms: Iterable[Arm], steps: Mapping[str, Steps], scale: ScaleName) -> Starts:
    """The arms of a dismantling by their shared starts. `steps` says, by a technique's id, what it has.

    An arm whose last score is missing, or that has none of its own, is not in its start, and a turn with a
    missing score at either end is not there in its arm.
    """
    last: dict[str, dict[Steps, float]] = {}
    turns: dict[str, dict[int, dict[Steps, float]]] = {}
    said: dict[str, dict[Steps, Steps]] = {}
    control: dict[str, float | None] = {}
    for arm in arms:
        technique = arm.plan.technique
        course = arm.course(scale)
        if technique is None or not course.telling:
            continue
        end = course.telling[-1].value
        if technique.id not in steps:
            if technique.is_control:
                control[arm.trunk] = end
            continue
        its = steps[technique.id]
        said.setdefault(arm.trunk, {})[its] = _said(arm)
        if end is not None:
            last.setdefault(arm.trunk, {})[its] = end
        for before, now in pairwise(course.points):
            if now.phase == "technique" and before.value is not None and now.value is not None:
                turns.setdefault(arm.trunk, {}).setdefault(now.point.number, {})[its] = (
                    now.value - before.value
                )
    order = list(dict.fromkeys([*last, *turns]))
    return Starts(
        tuple(last.get(trunk, {}) for trunk in order),
        tuple(turns.get(trunk, {}) for trunk in order),
        tuple(control.get(trunk) for trunk in order),
        tuple(said.get(trunk, {}) for trunk in order),
    )


def _said(arm: Arm) -> Steps:
    return frozenset(turn.step for turn in arm.turns if turn.phase == "technique" and turn.step is not None)


def immediate_effects(starts: Starts, steps: Sequence[str], arms: int) -> tuple[StepEffect, ...]:
    """What each step does at its own turn: the change there in arms that have it − in those that have not.

    Only for designs in which a left-out step is replaced, so that every turn has its place, and over starts
    in which all `arms` were measured there.
    """

    def at(place: int) -> list[Scores]:
        return [turn for turns in starts.turns if len(turn := turns.get(place, {})) == arms]

    return tuple(StepEffect((step,), _contrast(at(place), (step,))) for place, step in enumerate(steps, 1))


# All of it


@dataclass(frozen=True, slots=True)
class ArmEnd:
    """An arm of the design: how it was made, its last score over the starts, and its mean there."""

    note: str
    mean: float | None
    starts: int


@dataclass(frozen=True, slots=True)
class Dismantling:
    """What a dismantling says of a script. Which effects there are depends on the design.

    `main`: each step's effect on the last score; of a factorial over all arms, else against the whole script
    (left out) or the control (alone). `immediate`: at its own turn, of a factorial with filler. `pairs` and
    `smallest`: of a factorial. `arms`: the last score of every arm. `starts` counts those it rests on,
    `left_out` those of a factorial that lack a score: a contrast over what is left would mix the steps.
    `whole`: what all steps together do, of a factorial. It and `smallest` are over all starts, as the script
    would run; each step's own effect is over those in which the step was said. `cautions`: where an arm
    differs in more than a step. `inductions`: what the scenario did to the score; where it raised nothing, no
    step relieves.
    """

    design: str
    scale: ScaleName
    starts: int
    left_out: int
    arms: tuple[ArmEnd, ...]
    main: tuple[StepEffect, ...] = ()
    immediate: tuple[StepEffect, ...] = ()
    pairs: tuple[StepEffect, ...] = ()
    smallest: Smallest | None = None
    whole: PairedDifference | None = None
    cautions: tuple[str, ...] = ()
    inductions: tuple[Induction, ...] = ()

    @property
    def nothing_raised(self) -> str:
        """`nothing was raised`, where no scenario did; else empty."""
        empty = self.inductions and all(one.nothing for one in self.inductions)
        return f"nothing was {self.inductions[0].raised}" if empty else ""


def dismantled(
    arms: Sequence[Arm],
    steps: Mapping[str, Steps],
    order: Sequence[str],
    scale: ScaleName,
    *,
    design: str,
    replaced: bool,
    notes: Mapping[str, str],
    higher_is: Direction,
) -> Dismantling:
    """What the arms of a design say. `steps` and `notes` are by technique id, `order` has the script's steps;
    `replaced`: filler stands where a step was left out. `higher_is` is the scale's direction."""
    starts = starts_of(arms, steps, scale)
    used, full = starts.last, frozenset(order)
    whole = None
    ends = tuple(_end(arms, id, note, scale) for id, note in notes.items())
    main: tuple[StepEffect, ...] = ()
    immediate: tuple[StepEffect, ...] = ()
    pairs: tuple[StepEffect, ...] = ()
    smallest = None
    cautions = tuple(_cautions(arms, steps, order, replaced=replaced))
    match design:
        case "factorial":
            arms_of_design = len(set(steps.values()))
            used = tuple(start for start in starts.last if len(start) == arms_of_design)
            balanced = replace(
                starts, last=tuple(one if len(one) == arms_of_design else {} for one in starts.last)
            )
            main = _each_said(balanced, [(step,) for step in order], full, step_effects)
            pairs = _each_said(balanced, list(combinations(order, 2)), full, pair_effects)
            in_place = replaced and not cautions  # else a turn is not the same step's in every arm
            immediate = immediate_effects(starts, order, arms_of_design) if in_place else ()
            whole = whole_effect(used, order)
            smallest = smallest_script(used, order, better=_BETTER[higher_is])
        case "each left out":
            main = _each_said(
                starts, [(step,) for step in order], full, lambda own, _: without_each(own, order)
            )
        case "each alone":
            main = _each_said(
                starts,
                [(step,) for step in order],
                None,
                lambda own, one: alone_each(own, one, starts.control),
            )
    left_out = len(starts.last) - len(used)
    return Dismantling(
        design,
        scale,
        len(used),
        left_out,
        ends,
        main,
        immediate,
        pairs,
        smallest,
        whole,
        cautions,
        inductions(arms, scale),
    )


def _each_said(
    starts: Starts,
    wanted: Sequence[tuple[str, ...]],
    whole: Steps | None,
    effects: Callable[[Sequence[Scores], tuple[str, ...]], Sequence[StepEffect]],
) -> tuple[StepEffect, ...]:
    """The effect of each step or pair over the starts in which the whole script said it, or (None) the arm of
    the step alone. Until its place both arms of such a start are one, so this chooses nothing by its result.
    """
    found = []
    for steps in wanted:
        counted = starts.saying(steps, frozenset(steps) if whole is None else whole)
        unsaid = sum(bool(start) and not own for start, own in zip(starts.last, counted, strict=True))
        one = next(one for one in effects(counted, steps) if one.steps == steps)
        effect = replace(one.effect, left_out=one.effect.left_out - unsaid)
        if unsaid and not effect.pairs:
            effect = replace(effect, reason="it was never said")
        found.append(StepEffect(steps, effect, unsaid))
    return tuple(found)


def _cautions(
    arms: Sequence[Arm], steps: Mapping[str, Steps], order: Sequence[str], *, replaced: bool
) -> Iterator[str]:
    """Of steps with conditions or repetitions: which the whole script left out, and whether arms had other
    numbers of turns although filler stands for what was left out."""
    own = [arm for arm in arms if arm.plan.technique is not None and arm.plan.technique.id in steps]
    whole = [arm for arm in own if arm.plan.technique and steps[arm.plan.technique.id] == frozenset(order)]
    full = [arm for arm in whole if arm.state == "finished"]
    for step in order:
        said = sum(any(turn.step == step for turn in arm.turns) for arm in full)
        if said < len(full):
            yield (
                f"The whole script said “{step}” in {said} of {len(full)} runs, as its condition has it."
                " Where it was not said nothing was left out: those starts do not count for it."
            )
    turns: dict[str, set[int]] = {}
    for arm in own if replaced else ():
        if arm.state == "finished":
            told = arm.turns[arm.began.after_turn :]
            turns.setdefault(arm.trunk, set()).add(sum(turn.phase == "technique" for turn in told))
    if unlike := sum(len(found) > 1 for found in turns.values()):
        yield (
            f"In {unlike} of {len(turns)} shared starts the arms had unlike numbers of turns: conditions and"
            " repetitions go by the scores so far, and those differ once a step is left out. There a"
            " difference is of the step and of all that followed from it."
        )


def _end(arms: Iterable[Arm], technique: str, note: str, scale: ScaleName) -> ArmEnd:
    own = [arm for arm in arms if arm.plan.technique is not None and arm.plan.technique.id == technique]
    ends = [points[-1].value for arm in own if (points := arm.course(scale).telling)]
    known = [value for value in ends if value is not None]
    return ArmEnd(note, fmean(known) if known else None, len(known))
