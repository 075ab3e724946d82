"""Where the spread of a study's changes comes from, and what more of which would narrow. Pure.

A generalisability study of the changes over technique × scenario × client × model × wording × seed, and the
decision study that follows from it (variance_components; Brennan 2001). A control is one of the techniques:
what makes techniques differ from it differently from case to case is noise to a technique effect. Where a
script ran in several wordings, also how much of the spread of its own runs that is (wording_share).
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import Comparison
from sandbox.analysis.effect import change, scale_of
from sandbox.analysis.numeral import numeral, percent
from sandbox.analysis.reml import reml
from sandbox.analysis.trajectory import ScaleName
from sandbox.analysis.variance_components import (
    Components,
    Levels,
    components,
    error_freedom,
    error_variance,
)
from sandbox.analysis.wording_share import WordingShare, wording_shares
from sandbox.engine.plan import arm_title
from sandbox.measurement.estimate import t_quantile
from sandbox.models.name import short_name
from sandbox.text import number_of, printable

TECHNIQUE, WORDING, SEED = "technique", "wording", "seed"
PLACES: Mapping[str, Callable[[Arm], str]] = {
    "scenario": lambda arm: arm.plan.scenario.id,
    "client": lambda arm: arm.plan.client.id,
    "model": lambda arm: short_name(arm.plan.model),
}
"""What a run is of, beside its seed: a level of each."""
_OWN = (TECHNIQUE, SEED)
_ENDLESS = 10**9
_REST = "single runs (the rest)"
_LEAST = 6
"""Shared starts that an incomplete design takes at least."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source of spread: one facet, or several together (`technique × scenario`); variance in squared units
    of the scale, `share` of the whole from 0 to 1 (None: nothing varies)."""

    what: str
    variance: float
    share: float | None


@dataclass(frozen=True, slots=True)
class Purchase:
    """What would be run more, how many sessions that is with the shared starts, and half the 95 % interval
    of a technique effect."""

    what: str
    sessions: int
    within: float


@dataclass(frozen=True, slots=True)
class Noise:
    """`within` is half the 95 % interval of a technique effect over all levels, as it is now.

    `levels`: how many of each facet. `left_out`: runs that had not all arms. `unknown`: facets of one level.
    With `reason` nothing could be taken apart, and it says why; of an incomplete design only `sources` are
    known, by REML. `wordings`: of each script that ran in
    several, how much of the spread of its runs they are. `lines` says it in words, `short` the same in brief.
    """

    levels: tuple[tuple[str, int], ...]
    sources: tuple[Source, ...]
    within: float | None
    purchases: tuple[Purchase, ...]
    left_out: int
    unknown: tuple[str, ...]
    reason: str
    wordings: tuple[WordingShare, ...]
    lines: tuple[str, ...]

    @property
    def short(self) -> tuple[str, ...]:
        """The first of the lines, and what wording is of each script."""
        return tuple(dict.fromkeys((*self.lines[:1], *(printable(one.line) for one in self.wordings))))


def noise(comparison: Comparison) -> Noise | None:
    """Of a comparison over several scenarios, clients, models or wordings; None for one of each."""
    sessions = [one for arm in comparison.arms for one in arm.sessions if one.plan.technique is not None]
    places = {name: {one.trunk: place(one) for one in sessions} for name, place in PLACES.items()}
    facets = [name for name, levels in places.items() if len(set(levels.values())) > 1]
    cases = {one.trunk: tuple(places[name][one.trunk] for name in facets) for one in sessions}
    shares = wording_shares(sessions, comparison.scale, cases)
    wordings = _wordings(sessions)
    worded = [*facets, WORDING] if len(set(wordings.values())) > 1 else facets
    if not worded:
        return None
    unknown = tuple(name for name in PLACES if name not in facets)
    levels = {**places, WORDING: wordings}
    cells, left_out, lacking = _cells(sessions, comparison.scale, levels, worded)
    if lacking and facets and worded != facets:  # too few of each wording: without them, then
        worded = facets
        cells, left_out, lacking = _cells(sessions, comparison.scale, places, facets)
    told = tuple(printable(one.line) for one in shares)
    if lacking and (sources := _by_reml(sessions, comparison.scale, levels, worded)):
        rest = f"What more of which would narrow that cannot be told: it takes {lacking}."
        lines = (_spread(sources, "by REML, all runs"), *_cases(sources, worded), rest)
        return Noise((), sources, None, (), 0, unknown, "", shares, (*map(printable, lines), *told))
    if lacking:
        reason = f"Where the spread comes from cannot be told: that takes {lacking}."
        return Noise((), (), None, (), left_out, unknown, reason, shares, (printable(reason), *told))
    found = components((TECHNIQUE, *worded, SEED), cells)
    sources = tuple(
        Source(" × ".join(effect), variance, found.share(effect))
        for effect, variance in sorted(found.variance.items(), key=lambda one: -one[1])
    )
    within = _within(found, {})
    purchases = tuple(_purchases(found))
    scale = scale_of(sessions[0].asked, comparison.scale)
    room = scale.range[1] - scale.range[0] if scale is not None else math.inf
    said = map(printable, _lines(found, sources, within, room, purchases, left_out, unknown))
    return Noise(
        tuple(found.sizes.items()), sources, within, purchases, left_out, unknown, "", shares, (*said, *told)
    )


# The design


def _wordings(sessions: Sequence[Arm]) -> dict[str, str]:
    """By shared start the wording its scripts were said in: one with fewer begins again, so the highest."""
    found: dict[str, int] = {}
    for one in sessions:
        said = one.plan.technique.wording if one.plan.technique is not None else None
        found[one.trunk] = max(found.get(one.trunk, 0), said or 0)
    return {trunk: str(number) for trunk, number in found.items()}


def _cells(
    sessions: Sequence[Arm],
    name: ScaleName,
    places: Mapping[str, Mapping[str, str]],
    facets: Sequence[str],
) -> tuple[dict[Levels, float], int, str]:
    """A change a cell of the crossed design, how many runs were left out, and what a design would take.

    `places` has the level of each facet by shared start.
    """
    trunks: dict[str, dict[str, float]] = {}
    where: dict[str, tuple[Levels, int]] = {}
    for one in sessions:
        where[one.trunk] = tuple(places[facet][one.trunk] for facet in facets), one.plan.seed
        if (by := change(one.course(name)).value) is not None:
            trunks.setdefault(one.trunk, {}).setdefault(arm_title(one.plan), by)
    techniques = {title for changes in trunks.values() for title in changes}
    groups: dict[Levels, list[tuple[int, str]]] = {place: [] for place, _ in where.values()}
    for trunk, (place, seed) in where.items():
        if trunks.get(trunk, {}).keys() == techniques:
            groups[place].append((seed, trunk))
    repeats = min(map(len, groups.values()))
    left_out = len(where) - repeats * len(groups)
    asked = math.prod(len({place[n] for place in groups}) for n in range(len(facets)))
    if len(techniques) < 2 or len(groups) < asked or repeats < 2:
        why = "two techniques or a technique and its control" if len(techniques) < 2 else "every combination"
        many = ", two runs of each with all arms scored"
        return {}, left_out, f"{why} of {' and '.join(facets)}{many}"
    cells = {
        (title, *place, str(turn)): by
        for place, runs in groups.items()
        for turn, (_, trunk) in enumerate(sorted(runs)[:repeats])
        for title, by in trunks[trunk].items()
    }
    return cells, left_out, ""


def _by_reml(
    sessions: Sequence[Arm],
    name: ScaleName,
    places: Mapping[str, Mapping[str, str]],
    facets: Sequence[str],
) -> tuple[Source, ...]:
    """The same of runs that make no crossed design: by REML, of all that have a change. Empty with too few.

    An effect with as many levels as there are changes is not told apart from single runs.
    """
    found: dict[tuple[str, str], float] = {}
    for one in sessions:
        if (by := change(one.course(name)).value) is not None:
            found.setdefault((one.trunk, arm_title(one.plan)), by)
    effects = {TECHNIQUE: [title for _, title in found]}
    for facet in facets:
        effects[facet] = [places[facet][trunk] for trunk, _ in found]
        effects[f"{TECHNIQUE} × {facet}"] = [f"{title} {places[facet][trunk]}" for trunk, title in found]
    effects["shared starts"] = [trunk for trunk, _ in found]
    told = {what: levels for what, levels in effects.items() if 1 < len(set(levels)) < len(found)}
    starts = len({trunk for trunk, _ in found})
    if starts < _LEAST or not {TECHNIQUE, *facets} <= told.keys():
        return ()
    fit = reml(list(found.values()), [[1.0] * len(found)], told)
    if fit is None:
        return ()
    variances = {**fit.variance, _REST: fit.rest}
    whole = math.fsum(variances.values())
    ordered = sorted(variances.items(), key=lambda one: -one[1])
    return tuple(Source(what, variance, variance / whole) for what, variance in ordered)


# What to run next


def _within(found: Components, sizes: Mapping[str, int]) -> float:
    """Half the 95 % interval of the difference of two techniques, were there so many levels.

    Student's t with Satterthwaite's degrees of freedom: the variances are estimated, of two cases with one
    degree of freedom or little more. It holds the true difference in 95 of 100 studies or more.
    """
    freedom = error_freedom(found, TECHNIQUE, sizes)
    return t_quantile(freedom) * math.sqrt(2 * error_variance(found, TECHNIQUE, sizes)) if freedom else 0.0


def _sessions(found: Components, sizes: Mapping[str, int]) -> int:
    """Those of a plan: each shared start and its arms."""
    arms = math.prod({**found.sizes, **sizes}.values())
    return arms + arms // found.sizes[TECHNIQUE]


def _purchases(found: Components) -> Iterator[Purchase]:
    """Twice as many of each facet, which costs the same, and the two that people ask about.

    More never widens, though fewer degrees of freedom may be left for what then weighs most.
    """
    now, as_now = _sessions(found, {}), _within(found, {})
    wished = [(facet, found.sizes[facet]) for facet in found.facets if facet != TECHNIQUE]
    wished += [(facet, more) for facet, more in (("scenario", 5), (SEED, 50)) if facet in found.facets]
    for facet, more in dict.fromkeys(wished):
        sizes = {facet: found.sizes[facet] + more}
        within = min(as_now, _within(found, sizes))
        yield Purchase(_more(facet, more), _sessions(found, sizes) - now, within)


def _more(facet: str, more: int) -> str:
    return number_of(more, f"more {facet}")


# In words


def _lines(
    found: Components,
    sources: Sequence[Source],
    within: float,
    room: float,
    purchases: Sequence[Purchase],
    left_out: int,
    unknown: Sequence[str],
) -> Iterator[str]:
    if all(one.share is None for one in sources):
        yield "Nothing varies: every change is the same."
        return
    yield _spread([replace(one, what=_named(one.what, found)) for one in sources])
    yield from _cases(sources, found.facets)
    twice = purchases[: len(found.facets) - 1]
    best = min(twice, key=lambda one: one.within)
    floor = min(within, _within(found, {SEED: _ENDLESS}))
    known = f"Over all of them a technique effect is known to about ± {numeral(within)}."
    if within > room:  # of few cases or seeds, with hardly a degree of freedom
        wide = "its interval is wider than the scale"
        known = f"Over all of them nothing is known of a technique effect yet: {wide}."
    if best.within > room or numeral(best.within) == numeral(within):
        yield known
    else:
        rest = [one for one in twice if one is not best and one.within <= room]
        others = " or ".join(f"{one.what} to ± {numeral(one.within)}" for one in rest)
        yield (
            f"{known} For the same {best.sessions:,} sessions more, {best.what} would narrow that to"
            f" ± {numeral(best.within)}{', ' if rest else ''}{others}."
        )
    hence = "" if within > room else f": hence ± {numeral(within)}"
    yield from (f"{why}{hence}." for why in _hardly_shown(found))
    if within / 2 < floor <= room:
        yield f"However many seeds were run, it would stay at ± {numeral(floor)} with these cases."
    if left_out:
        runs = "1 run is" if left_out == 1 else f"{left_out} runs are"
        yield f"{runs} left out here, to have as many of each."
    if unknown:
        only = " and ".join(f"one {facet}" for facet in unknown)
        yield f"It has {only}: how far it depends on {'them' if len(unknown) > 1 else 'that'} is not known."


def _hardly_shown(found: Components) -> Iterator[str]:
    """Of what weighs most in the error there are two alone: those cases, or runs of each."""
    errors = {
        effect: variance / math.prod(found.sizes[facet] for facet in effect if facet != TECHNIQUE)
        for effect, variance in found.variance.items()
        if TECHNIQUE in effect and len(effect) > 1
    }
    most = max(errors, key=lambda one: errors[one])
    if SEED in most and found.sizes[SEED] == 2:
        yield "Two runs of each hardly show how far runs differ"
    elif two := [f"two {facet}s" for facet in most if found.sizes[facet] == 2 and facet not in _OWN]:
        yield f"{' and '.join(two).capitalize()} hardly show how far cases differ"


def _spread(sources: Sequence[Source], how: str = "") -> str:
    shown = [one for one in sources if one.share is not None and one.share >= 0.005][:4]
    parts = ", ".join(f"{one.what} {percent(one.share)}" for one in shown)
    return f"Where the spread of the changes comes from{how and f' ({how})'}: {parts}."


def _cases(sources: Sequence[Source], facets: Sequence[str]) -> Iterator[str]:
    """Where techniques differ more from case to case than among themselves."""
    variance = {one.what: one.variance for one in sources}
    own = variance[TECHNIQUE]
    for facet in facets:
        together = variance.get(f"{TECHNIQUE} × {facet}", 0.0)
        if (
            facet not in (*_OWN, WORDING) and together > own
        ):  # of wording its share is told, with its interval
            yield (
                f"It depends on the {facet}: what a technique does differs more from {facet} to {facet}"
                f" (variance {numeral(together)}) than techniques differ on average ({numeral(own)})."
            )


def _named(what: str, found: Components) -> str:
    """What is left over is single runs; what all techniques of a start share is the start."""
    if what == " × ".join(found.facets):
        return _REST
    return f"shared starts ({what})" if SEED in what and TECHNIQUE not in what else what
