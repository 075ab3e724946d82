"""The claim the project begins with, on the real model: affect rises under the fear scenario and falls again.

Means over two seeds, or over as many as `SEEDS` says; docs/induction.md has five, and each shows it by far.
"""

import os
from contextlib import aclosing
from pathlib import Path
from statistics import fmean

import pytest

from sandbox.engine.events import AdministrationFinished, SessionFinished
from sandbox.engine.run import run
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace
from sandbox.models.embedded import EmbeddedProvider
from sandbox.study.proposal import Proposal, proposed

pytestmark = pytest.mark.embedded

SEEDS = range(1, 1 + int(os.environ.get("SEEDS", "2")))


async def distress(seed: int, library: Library, model: EmbeddedProvider) -> dict[str, float]:
    """Distress by measurement point: the fear scenario, then mindful breathing."""
    heads = proposed(Proposal(control=False, seed=seed), library, model.capabilities)
    found: dict[str, float] = {}
    async with aclosing(run(heads, model)) as events:
        async for event in events:
            if isinstance(event, AdministrationFinished):
                scores = {score.scale: score.value for score in event.measured.administration.scores}
                assert scores["distress"] is not None
                found[event.measured.point.label] = scores["distress"]
            elif isinstance(event, SessionFinished):
                assert event.ending == "finished", event.reason
    return found


async def test_distress_rises_under_the_fear_scenario_and_falls_under_breathing(
    tmp_path: Path, embedded_model: EmbeddedProvider
) -> None:
    library = Library(Workspace(tmp_path, tmp_path / "sessions"))
    assert library.scenario(Proposal().scenario).affect == "fear"
    last = f"t{len(library.technique('mindful-breathing').steps)}"
    courses = [await distress(seed, library, embedded_model) for seed in SEEDS]
    mean = {label: fmean(course[label] for course in courses) for label in ("base", "ind", last)}
    assert mean["ind"] > mean["base"], courses
    assert mean[last] < mean["ind"], courses
