"""How much of the spread of a script's runs is its wording: the fragility that one wording hides. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from sandbox.analysis.arm import Arm
from sandbox.analysis.effect import change
from sandbox.analysis.trajectory import ScaleName
from sandbox.analysis.variance_components import Levels
from sandbox.engine.plan import arm_title
from sandbox.text import number_of

Groups = Sequence[Sequence[Sequence[float]]]
"""Changes by case (scenario, client, model) and wording: as many wordings a case, as many runs a wording."""


@dataclass(frozen=True, slots=True)
class WordingShare:
    """Of one script: the part of the variance of its changes in one case that lies between wordings, 0 to 1.

    `low` and `high` are its 95 % interval (None where runs of a wording do not differ at all). `share` None:
    it cannot be told, and `line` says why. `runs` counts those it rests on, `left_out` those beyond as many
    of each wording. `line` says it in words.
    """

    script: str
    wordings: int
    runs: int
    left_out: int
    share: float | None
    low: float | None
    high: float | None
    line: str


def wording_shares(
    sessions: Sequence[Arm], scale: ScaleName, cases: Mapping[str, Levels]
) -> tuple[WordingShare, ...]:
    """Of every script that ran in several wordings. `cases` has the case of each shared start."""
    scripts: dict[str, list[Arm]] = {}
    for one in sessions:
        scripts.setdefault(arm_title(one.plan), []).append(one)
    told = ((script, arms) for script, arms in scripts.items() if len({_wording(one) for one in arms}) > 1)
    return tuple(_share(script, arms, scale, cases) for script, arms in told)


def _wording(arm: Arm) -> int:
    return (arm.plan.technique.wording or 0) if arm.plan.technique is not None else 0


def _share(script: str, arms: Sequence[Arm], scale: ScaleName, cases: Mapping[str, Levels]) -> WordingShare:
    wordings = sorted({_wording(one) for one in arms})
    found: dict[Levels, dict[int, list[float]]] = {}
    for one in sorted(arms, key=lambda one: one.plan.seed):
        if (by := change(one.course(scale)).value) is not None:
            found.setdefault(cases[one.trunk], {}).setdefault(_wording(one), []).append(by)
    known = sum(len(runs) for case in found.values() for runs in case.values())
    whole = [case for case in found.values() if len(case) == len(wordings)]
    size = min((len(runs) for case in whole for runs in case.values()), default=0)
    if size < 2:
        line = (
            f"How much the wording of {script} does cannot be told: that takes two scored runs of each of its"
            f" {len(wordings)} wordings in one case."
        )
        return WordingShare(script, len(wordings), 0, known, None, None, None, line)
    groups = [[case[wording][:size] for wording in wordings] for case in whole]
    runs = size * len(wordings) * len(whole)
    share, low, high = between(groups)
    line = _line(script, share, low, high) + f" ({len(wordings)} wordings, {runs} runs)."
    if low == 0:
        line += " It could be none."
    if left := known - runs:
        line += f" Unbalanced: {number_of(left, 'run')} left out, to have as many of each."
    return WordingShare(script, len(wordings), runs, left, share, low, high, line)


def _line(script: str, share: float | None, low: float | None, high: float | None) -> str:
    if share is None:
        return f"Wording of {script}: its runs do not vary at all"
    interval = f" [{100 * low:.0f}, {100 * high:.0f}]" if low is not None and high is not None else ""
    return (
        f"The wording of {script} is {100 * share:.0f} %{interval} of the variance of its changes in one case"
    )


def between(groups: Groups) -> tuple[float | None, float | None, float | None]:
    """The share of the variance within a case that lies between wordings, with its 95 % interval.

    One-way components within cases: ρ = (F − 1) / (F − 1 + n), the interval from the quantiles of F (Searle,
    Casella and McCulloch 1992, ch. 3). The same wordings come in each case, and may do the same there: so
    F is taken to have no more degrees of freedom above than one case has, and the interval is rather wide.
    """
    size, count = len(groups[0][0]), len(groups[0])
    means = [[fmean(runs) for runs in case] for case in groups]
    above = size * math.fsum(
        (mean - fmean(case)) ** 2 for case in means for mean in case
    ) / (len(groups) * (count - 1))  # fmt: skip
    freedom = len(groups) * count * (size - 1)
    within = math.fsum(
        (score - mean) ** 2
        for case, own in zip(groups, means, strict=True)
        for runs, mean in zip(case, own, strict=True)
        for score in runs
    ) / freedom  # fmt: skip
    if within <= 1e-12 * (within + above):  # what is left is rounding
        return (None if not above else 1.0), None, None
    from scipy.special import fdtri

    ratio = above / within
    least = ratio / float(fdtri(count - 1, freedom, 0.975))
    most = ratio * float(fdtri(freedom, count - 1, 0.975))
    share, low, high = (max(0.0, (one - 1) / (one - 1 + size)) for one in (ratio, least, most))
    return share, low, high
