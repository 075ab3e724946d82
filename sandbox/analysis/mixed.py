"""A mixed model of a comparison: all runs at once, incomplete ones too, adjusted for what the scenario did.

change ~ technique + score after the scenario, with random scenario, client, model, wording and shared start
(reml). Pure.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import Comparison
from sandbox.analysis.effect import change
from sandbox.analysis.noise import PLACES, WORDING
from sandbox.analysis.numeral import interval, numeral, percent
from sandbox.analysis.reml import reml
from sandbox.engine.phase import Stretches
from sandbox.engine.plan import arm_title
from sandbox.measurement.estimate import t_quantile
from sandbox.text import number_of, printable

_LEAST = 6
"""With fewer shared starts no model is fitted: as with p-values."""
START, BEFORE = "shared start", "score after the scenario"


@dataclass(frozen=True, slots=True)
class Term:
    """A fixed effect in the scale's units, with its 95 % interval."""

    title: str
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Mixed:
    """`terms`: each technique − the control, `against`. `induced`: by how much more a score changes for each
    point that it was higher after the scenario (None: it was the same everywhere). `spread`: the variance of
    each random effect, `rest` that of single runs. With `reason` nothing was fitted, and it says why."""

    against: str
    terms: tuple[Term, ...]
    induced: Term | None
    spread: tuple[tuple[str, float], ...]
    rest: float
    sessions: int
    starts: int
    reason: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """In a few sentences."""
        return tuple(map(printable, _lines(self)))


def mixed(comparison: Comparison) -> Mixed:
    """Of all sessions of the comparison that have a change, at each one's end."""
    reference = comparison.reference
    if reference is None or not reference.control:
        return _without("it takes a technique and its control")
    against = arm_title(reference.sessions[0].plan)
    rows = _rows(comparison, reference.sessions[0].plan.stretches)
    starts = len({one.trunk for one, _, _ in rows})
    titles = [title for title in dict.fromkeys(arm_title(one.plan) for one, _, _ in rows) if title != against]
    if not titles:
        return _without("it takes a technique and its control")
    if starts < _LEAST:
        return _without(f"it takes {_LEAST} shared starts or more, and there are {starts}")
    columns = [[1.0] * len(rows)]
    columns += [[float(arm_title(one.plan) == title) for one, _, _ in rows] for title in titles]
    begun = [value for _, _, value in rows]
    adjusted = len(set(begun)) > 1
    if adjusted:
        columns.append([value - fmean(begun) for value in begun])
    found = reml([by for _, by, _ in rows], columns, _effects([one for one, _, _ in rows]))
    if found is None:
        return _without("nothing varies, or what differs between arms cannot be told apart")
    reach = t_quantile(starts - 1 - adjusted)
    told = [
        Term(title, estimate, estimate - reach * error, estimate + reach * error)
        for title, (estimate, error) in zip((*titles, *[BEFORE] * adjusted), found.fixed[1:], strict=True)
    ]
    spread = tuple(found.variance.items())
    return Mixed(
        against,
        tuple(told[: len(titles)]),
        told[-1] if adjusted else None,
        spread,
        found.rest,
        len(rows),
        starts,
    )


def _without(reason: str) -> Mixed:
    return Mixed("", (), None, (), 0.0, 0, 0, reason)


def _rows(comparison: Comparison, stretches: Stretches) -> list[tuple[Arm, float, float]]:
    """Each session with its change and the score it began from: those that stand where the control does, one
    a technique and shared start."""
    found: dict[tuple[str, str], tuple[Arm, float, float]] = {}
    for one in (session for arm in comparison.arms for session in arm.sessions):
        course = one.course(comparison.scale)
        by, start = change(course).value, course.start
        placed = one.plan.technique is not None and one.plan.stretches == stretches and not one.began.turns
        if placed and by is not None and start is not None and start.value is not None:
            found.setdefault((one.trunk, arm_title(one.plan)), (one, by, start.value))
    return list(found.values())


def _effects(sessions: Sequence[Arm]) -> dict[str, list[str]]:
    """The random effects: what there are several of, and the shared start."""
    effects = {name: [place(one) for one in sessions] for name, place in PLACES.items()}
    several = {name: own for name, own in effects.items() if len(set(own)) > 1}
    told = [
        (arm_title(one.plan), one.plan.technique.wording or 0 if one.plan.technique else 0)
        for one in sessions
    ]
    if any(wording for _, wording in told):  # each script's own: a control has one
        several[WORDING] = [f"{title} {wording}" for title, wording in told]
    return {**several, START: [one.trunk for one in sessions]}


def _lines(found: Mixed) -> Iterator[str]:
    if found.reason:
        yield f"No mixed model: {found.reason}."
        return
    of = f"{number_of(found.sessions, 'run')} from {number_of(found.starts, 'shared start')}"
    effects = "; ".join(map(_told, found.terms))
    yield f"Mixed model of {of}, at the end, beyond {found.against}: {effects}."
    if found.induced is not None:
        low, high = 10 * found.induced.low, 10 * found.induced.high
        yield (
            "Adjusted for the score after the scenario: for each 10 points that it was higher, the change"
            f" differs by {numeral(10 * found.induced.estimate, signed=True)} {interval(low, high)}."
        )
    whole = math.fsum((found.rest, *(variance for _, variance in found.spread)))
    if whole:
        parts = ", ".join(f"{name} {percent(variance / whole)}" for name, variance in found.spread)
        yield f"Of what is left, {parts}, single runs {percent(found.rest / whole)} (by REML)."


def _told(one: Term) -> str:
    return f"{one.title} {numeral(one.estimate, signed=True)} {interval(one.low, one.high)}"
