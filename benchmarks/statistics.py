"""Whether the statistics keep their word on made data: intervals that cover, p-values and evidence that do
not cry wolf, components that hold the truth. Prints the tables of docs/statistics.md in Markdown.

Differences of runs are drawn with a known mean from a normal and from skewed distributions (gamma of shape 4,
and exponential). Nothing is timed. With --smoke a few draws, to see that it runs.
"""

import argparse
import random
from collections.abc import Callable, Iterator
from statistics import fmean

from sandbox.analysis.paired import bca_interval, sign_flip_p, student_interval, tost_p
from sandbox.analysis.reml import reml
from sandbox.analysis.sequential import evidence
from sandbox.analysis.variance_components import components
from sandbox.measurement.estimate import t_quantile

RUNS = (3, 5, 10, 30)
SPREAD = 15.0
EFFECT = -10.0
LOOKS = range(5, 101)
Draw = Callable[[random.Random], float]

DRAWS: dict[str, Draw] = {
    "normal": lambda chance: chance.gauss(0, SPREAD),
    "skewed": lambda chance: SPREAD / 2 * (chance.gammavariate(4, 1) - 4),
    "very skewed": lambda chance: chance.expovariate(1 / SPREAD) - SPREAD,
}


def coverage(times: int) -> Iterator[str]:
    """How often the 95 % interval of the mean holds the true one."""
    yield "| differences | runs | Student's t | BCa |"
    yield "|---|---:|---:|---:|"
    for name, draw in DRAWS.items():
        for n in RUNS:
            chance = random.Random(n)
            samples = [[EFFECT + draw(chance) for _ in range(n)] for _ in range(times)]
            student = fmean(_holds(student_interval(one), EFFECT) for one in samples)
            few = samples[: max(1, times // 5)]
            bca = f"{fmean(_holds(bca_interval(one), EFFECT) for one in few):.1%}" if n >= 6 else "–"
            yield f"| {name} | {n} | {student:.1%} | {bca} |"


def _holds(interval: tuple[float, float] | None, value: float) -> bool:
    return interval is not None and interval[0] <= value <= interval[1]


def false_alarms(times: int) -> Iterator[str]:
    """How often something is found where nothing is: once at the end, and when it is looked at every run."""
    yield "| differences | p < 0.05 at 10 runs | interval without 0, any of 5 to 100 | e-value ≥ 20 at any |"
    yield "|---|---:|---:|---:|"
    for name, draw in (("normal", DRAWS["normal"]), ("symmetric, two humps", _humps)):
        chance = random.Random(11)
        samples = [[draw(chance) for _ in range(LOOKS.stop - 1)] for _ in range(times)]
        once = fmean((sign_flip_p(one[:10]) or 1.0) < 0.05 for one in samples)
        peeked = fmean(any(not _holds(student_interval(one[:n]), 0) for n in LOOKS) for one in samples)
        decided = fmean(evidence(one, 10).decided for one in samples)
        yield f"| {name} | {once:.1%} | {peeked:.1%} | {decided:.1%} |"


def _humps(chance: random.Random) -> float:
    return chance.choice((-1, 1)) * SPREAD + chance.gauss(0, SPREAD / 4)


def power(times: int) -> Iterator[str]:
    """How many runs it takes to decide, for a true effect as large as said, in units of the spread."""
    yield "| true effect / SD | decided within 10 runs | 20 | 50 | 100 |"
    yield "|---:|---:|---:|---:|---:|"
    for size in (0.5, 1.0, 2.0):
        chance = random.Random(5)
        decided = [
            evidence([chance.gauss(-size * SPREAD, SPREAD) for _ in range(100)], 10).decided_at
            for _ in range(times)
        ]
        cells = (fmean(at is not None and at <= n for at in decided) for n in (10, 20, 50, 100))
        yield f"| {size} | " + " | ".join(f"{cell:.0%}" for cell in cells) + " |"


def equivalence(times: int) -> Iterator[str]:
    """How often 20 runs are called equivalent (bound ± 10), for a true effect of that size."""
    yield "| true effect | SD 15 | SD 5 |"
    yield "|---:|---:|---:|"
    for effect in (0.0, 5.0, 10.0, 15.0):
        cells = []
        for spread in (15.0, 5.0):
            chance = random.Random(3)
            samples = ([chance.gauss(effect, spread) for _ in range(20)] for _ in range(times))
            cells.append(fmean((tost_p(one, 10.0) or 0.0) < 0.05 for one in samples))
        yield f"| {effect:g} | {cells[0]:.1%} | {cells[1]:.1%} |"


def spread_found(times: int) -> Iterator[str]:
    """Components of 4 techniques × 10 scenarios × 5 seeds, the mean over the draws beside the truth."""
    truth = {("technique",): 60.0, ("scenario",): 40.0, ("technique", "scenario"): 25.0, ("rest",): 100.0}
    found: dict[tuple[str, ...], list[float]] = {effect: [] for effect in truth}
    chance = random.Random(9)
    for _ in range(max(1, times // 5)):
        raw = components(("technique", "scenario", "seed"), _made(truth, chance)).raw
        rest = sum(value for effect, value in raw.items() if "seed" in effect)
        for effect in truth:
            found[effect].append(rest if effect == ("rest",) else raw[effect])
    yield "| effect | true variance | mean estimate |"
    yield "|---|---:|---:|"
    for effect, value in truth.items():
        yield f"| {' × '.join(effect)} | {value:g} | {fmean(found[effect]):.1f} |"


def _made(truth: dict[tuple[str, ...], float], chance: random.Random) -> dict[tuple[str, ...], float]:
    techniques, scenarios, seeds = map(tuple, ("abcd", "efghijklmn", "12345"))
    technique = {t: chance.gauss(0, truth["technique",] ** 0.5) for t in techniques}
    scenario = {s: chance.gauss(0, truth["scenario",] ** 0.5) for s in scenarios}
    both = {
        (t, s): chance.gauss(0, truth["technique", "scenario"] ** 0.5) for t in techniques for s in scenarios
    }
    rest = truth["rest",] ** 0.5
    return {
        (t, s, seed): technique[t] + scenario[s] + both[t, s] + chance.gauss(0, rest)
        for t, s in both
        for seed in seeds
    }


def model_coverage(times: int) -> Iterator[str]:
    """How often the mixed model's 95 % interval holds a technique's effect, of two and a control."""
    yield "| shared starts | arms missing | holds it |"
    yield "|---:|---:|---:|"
    for starts, missing in ((6, 0.0), (10, 0.0), (10, 0.2), (30, 0.2)):
        chance = random.Random(starts)
        held = [one for _ in range(max(1, times * 2 // 5)) for one in _model_holds(starts, missing, chance)]
        yield f"| {starts} | {missing:.0%} | {fmean(held):.1%} |"


def _model_holds(starts: int, missing: float, chance: random.Random) -> Iterator[bool]:
    """A start lifts all its arms alike, and so does what the scenario did there; each run has its own."""
    rows = []
    for start in range(starts):
        own, before = chance.gauss(0, 8), chance.gauss(0, 8)
        for arm in range(3):
            if chance.random() >= missing:
                rows.append((arm, start, before, EFFECT * arm + own - before / 2 + chance.gauss(0, 10)))
    arms, of, before_each, changes = zip(*rows, strict=True)
    columns = [[1.0] * len(rows), *([float(arm == one) for arm in arms] for one in (1, 2)), before_each]
    found = reml(changes, columns, {"start": [str(start) for start in of]})
    if found is not None:
        reach = t_quantile(len(set(of)) - 2)
        for one in (1, 2):
            estimate, error = found.fixed[one]
            yield abs(estimate - EFFECT * one) <= reach * error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a few draws, to see that it runs")
    parser.add_argument("--times", type=int, default=1000, help="draws of each kind")
    arguments = parser.parse_args()
    times = 5 if arguments.smoke else arguments.times
    for table in (coverage, false_alarms, power, equivalence, spread_found, model_coverage):
        print(f"\n{table.__doc__}\n")
        for line in table(times):
            print(line)


if __name__ == "__main__":
    main()
