"""What each scenario does to the word probe on the embedded model, and what breathing and controls do then.

Prints Markdown for docs/induction.md: every scenario over three seeds, the demo with every control over five.
Nothing is chosen or tuned: the shipped documents, seeds counted from 1, whatever comes out.
"""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import sandbox
from sandbox.analysis.trajectory import Trajectory, trajectories
from sandbox.engine.events import AdministrationFinished, SessionFinished
from sandbox.engine.history import History, Measured
from sandbox.engine.plan import SessionHead
from sandbox.engine.run import run
from sandbox.export.table import markdown_table
from sandbox.library.catalogue import Library
from sandbox.library.scenario import Scenario
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.models.embedded import embedded_model
from sandbox.models.provider import ModelDescription, Provider
from sandbox.study.proposal import Proposal, proposed

SEEDS = (1, 2, 3)
DEMO_SEEDS = (1, 2, 3, 4, 5)
AFFECTS = ("fear", "anxiety", "worry", "sadness", "anger", "disgust", "stress", "none")
STRENGTHS = ("mild", "moderate", "strong", None)
CONTROLS = ("filler-manual", "neutral-conversation", "waiting", "demand-only")


@dataclass(frozen=True)
class Induced:
    """A scenario's scores by the word probe at baseline and after the induction, a pair a seed.

    `target`, the affect it is meant to induce, is empty for a neutral one.
    """

    scenario: Scenario
    target: tuple[tuple[float, float], ...]
    distress: tuple[tuple[float, float], ...]

    def row(self) -> tuple[str, ...]:
        one = self.scenario
        affect = "neutral" if one.affect == "none" else one.affect
        return (
            one.id,
            affect,
            one.intensity or "",
            *_before_after(self.target),
            *_before_after(self.distress),
        )


@dataclass(frozen=True)
class Course:
    """The demo with one seed: distress at baseline, after the scenario, and at the end of each arm."""

    seed: int
    baseline: float
    induced: float
    ends: tuple[float, ...]

    @property
    def values(self) -> tuple[float, ...]:
        return self.baseline, self.induced, *self.ends


async def induced(
    scenario: Scenario, seeds: Sequence[int], library: Library, provider: Provider, *, steps: int | None
) -> Induced:
    """Baseline and induction with each seed; no technique."""
    target, distress = [], []
    for seed in seeds:
        proposal = Proposal(scenario=scenario.id, techniques=(), control=False, seed=seed)
        (measured,) = await scores(proposal, library, provider, steps=steps)
        distress.append(_pair(measured["distress"]))
        if scenario.affect != "none":
            target.append(_pair(measured[scenario.affect]))
    return Induced(scenario, tuple(target), tuple(distress))


async def demo(
    seed: int, controls: Sequence[str], library: Library, provider: Provider, *, steps: int | None
) -> Course:
    """Fear, then mindful breathing and each control from the same start, with this seed.

    Breathing and the filler are what `sandbox demo` runs. Of the scenario and of each arm so many steps;
    all with None.
    """
    proposal = Proposal(techniques=("mindful-breathing", *controls), seed=seed)
    _, *arms = await scores(proposal, library, provider, steps=steps)
    baseline, after = _pair(arms[0]["distress"])
    return Course(seed, baseline, after, tuple(_last(arm["distress"]) for arm in arms))


async def scores(
    proposal: Proposal, library: Library, provider: Provider, *, steps: int | None
) -> tuple[dict[str, Trajectory], ...]:
    """The word probe's trajectories of each session of the run, by scale; branches from the baseline on."""
    heads = tuple(_cut(head, steps) for head in proposed(proposal, library, provider.capabilities))
    own: dict[str, list[Measured]] = {head.id: [] for head in heads}
    async with aclosing(run(heads, provider)) as events:
        async for event in events:
            if isinstance(event, AdministrationFinished):
                own[event.session].append(event.measured)
            elif isinstance(event, SessionFinished) and event.error is not None:
                raise event.error
    trunk, *branches = own.values()
    whole = (trunk, *([*trunk, *measured] for measured in branches))
    return tuple(_by_scale(measured) for measured in whole)


def _cut(head: SessionHead, steps: int | None) -> SessionHead:
    """With so many turns of the scenario and steps of the technique."""
    if steps is None:
        return head
    plan = head.plan
    cut: dict[str, object] = {
        "scenario": plan.scenario.model_copy(update={"turns": plan.scenario.turns[:steps]})
    }
    if plan.technique is not None:
        cut["technique"] = plan.technique.model_copy(update={"steps": plan.technique.steps[:steps]})
    return head.model_copy(update={"plan": plan.model_copy(update=cut)})


def _by_scale(measured: Sequence[Measured]) -> dict[str, Trajectory]:
    return {course.scale: course for course in trajectories(History(measured=tuple(measured)))}


def scenario_table(found: Sequence[Induced]) -> str:
    """A row a scenario: target affect and distress before and after, means, then the seeds' values after."""
    head = ("scenario", "affect", "strength", *_columns("target affect"), *_columns("distress"))
    return markdown_table(head, [one.row() for one in found], numbers_from=3)


def demo_table(controls: Sequence[str], found: Sequence[Course]) -> str:
    """A row a seed, and the means."""
    head = ("seed", "baseline", "induced", "mindful-breathing", *controls)
    means = tuple(map(fmean, zip(*(one.values for one in found), strict=True)))
    rows = [(str(one.seed), *map(_number, one.values)) for one in found]
    return markdown_table(
        head, [*rows, ("**mean**", *(f"**{_number(mean)}**" for mean in means))], numbers_from=1
    )


def header(model: ModelDescription, seeds: Sequence[int], demo_seeds: Sequence[int]) -> str:
    """What the tables are, and what they were made with."""
    return (
        "Simulated affect, not a feeling: shares of a language model's next-word probabilities (word probe,"
        f" 0–100). {model.title} (weights {model.facts['sha256'][:12]}), therapy-sandbox"
        f" {sandbox.__version__}; made by `uv run python -m benchmarks.induction`. The demo with the seeds"
        f" {_listed(demo_seeds)}, every scenario with {_listed(seeds)}; no other seed was run, nothing was"
        " left out."
    )


def _columns(what: str) -> tuple[str, str, str]:
    return f"{what} at baseline", "after", "each seed"


def _before_after(pairs: Sequence[tuple[float, float]]) -> tuple[str, str, str]:
    if not pairs:
        return "", "", ""
    before, after = (fmean(values) for values in zip(*pairs, strict=True))
    return _number(before), _number(after), " / ".join(_number(pair[1]) for pair in pairs)


def _pair(course: Trajectory) -> tuple[float, float]:
    before, after = course.baseline, course.induced
    if before is None or after is None or before.value is None or after.value is None:
        raise ValueError(f"{course.scale} was not measured")
    return before.value, after.value


def _last(course: Trajectory) -> float:
    point = course.last("technique")
    if point is None or point.value is None:
        raise ValueError(f"{course.scale} was not measured after the last step")
    return point.value


def _number(value: float) -> str:
    return f"{value:.1f}"


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))


def _scenarios(library: Library) -> Iterator[Scenario]:
    """By affect, the mildest first; neutral ones last."""
    found = [library.scenario(id) for id in library.ids("scenario")]
    yield from sorted(
        found, key=lambda one: (AFFECTS.index(one.affect), STRENGTHS.index(one.intensity), one.id)
    )


async def page(*, smoke: bool) -> None:
    """Print the page's tables as they come out."""
    library = Library(Workspace(shipped_content(), Path("sessions")))
    scenarios = [library.scenario("night-attack")] if smoke else list(_scenarios(library))
    seeds, demo_seeds = (SEEDS[:1], DEMO_SEEDS[:1]) if smoke else (SEEDS, DEMO_SEEDS)
    provider = embedded_model()
    try:
        print(header(provider.description, seeds, demo_seeds), end="\n\n", flush=True)
        steps = 1 if smoke else None
        controls = CONTROLS[:1] if smoke else CONTROLS
        courses = [await demo(seed, controls, library, provider, steps=steps) for seed in demo_seeds]
        print(demo_table(controls, courses), end="\n\n", flush=True)
        print(
            scenario_table([await induced(one, seeds, library, provider, steps=steps) for one in scenarios])
        )
    finally:
        await provider.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="one scenario and one seed, to see that it runs")
    asyncio.run(page(smoke=parser.parse_args().smoke))


if __name__ == "__main__":
    main()
