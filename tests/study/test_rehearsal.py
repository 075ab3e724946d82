"""A script is heard, and again from a step with its new text; the record stays as it was."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.engine.events import Event
from sandbox.errors import SandboxError
from sandbox.models.provider import ModelError, Request
from sandbox.store.store import DATABASE
from sandbox.study.conductor import Conductor
from sandbox.study.proposal import Proposal
from sandbox.study.rehearsal import Rehearsal
from tests.scripted import ABLE, ScriptedProvider
from tests.tui.rehearsal import make_workspace


async def hear(events: AsyncGenerator[Event, None]) -> None:
    async with aclosing(events) as told:
        async for _ in told:
            pass


def conductor(root: Path, model: ScriptedProvider) -> Conductor:
    return Conductor.open(make_workspace(root), lambda _: model)


async def test_a_step_is_said_again_with_its_new_text_after_what_was_said_before_it(tmp_path: Path) -> None:
    model = ScriptedProvider(["I feel it."])
    rehearsal = Rehearsal(conductor(tmp_path, model), Proposal())
    await hear(rehearsal.begin())
    assert [turn.step for turn in rehearsal.history.turns] == [None, None, "settle", "breathe", "stay"]
    assert len(model.requests) == 5, "no measure is taken, and no control is said"

    file = tmp_path / "techniques" / "mindful-breathing.yaml"
    file.write_text(file.read_text().replace("Breathe in slowly", "Breathe as you like"))
    await hear(rehearsal.again(1))
    said = [turn.said for turn in rehearsal.history.turns]
    assert [turn.step for turn in rehearsal.history.turns] == [None, None, "settle", "breathe", "stay"]
    assert said[3].startswith("Breathe as you like")
    heard = [message.content for message in model.requests[5].messages]
    assert said[2] in heard and not any("slowly" in text for text in heard)
    assert len({request.sampling.seed for request in model.requests}) == 7, "every reply is drawn anew"

    await hear(rehearsal.again(0))
    assert [turn.step for turn in rehearsal.history.turns] == [None, None, "settle", "breathe", "stay"]
    assert not (tmp_path / "sessions" / DATABASE).exists()


async def test_a_script_that_a_clinician_types_by_now_is_refused_and_what_was_said_stands(
    tmp_path: Path,
) -> None:
    rehearsal = Rehearsal(conductor(tmp_path, ScriptedProvider(["I feel it."])), Proposal())
    await hear(rehearsal.begin())
    said = rehearsal.history
    file = tmp_path / "techniques" / "mindful-breathing.yaml"
    scripted = file.read_text()
    file.write_text(scripted + "\ndelivery: live\n")
    with pytest.raises(SandboxError, match="delivered live"):
        async with asyncio.timeout(20):
            await hear(rehearsal.again(1))
    assert rehearsal.history == said
    file.write_text(scripted)
    await hear(rehearsal.again(1))
    assert [turn.step for turn in rehearsal.history.turns] == [None, None, "settle", "breathe", "stay"]


async def test_a_model_that_fails_ends_it_and_the_step_can_be_tried_again(tmp_path: Path) -> None:
    answers = iter(["I feel it."] * 3 + ["fails"] + ["I feel it."] * 9)

    def answer(_: Request) -> str | ModelError:
        said = next(answers)
        return said if said != "fails" else ModelError("no", kind="refused")

    rehearsal = Rehearsal(conductor(tmp_path, ScriptedProvider(answer)), Proposal())
    await hear(rehearsal.begin())
    failure = rehearsal.problem
    assert failure is not None
    await hear(rehearsal.again(1))
    assert rehearsal.problem is None
    assert [turn.step for turn in rehearsal.history.turns] == [None, None, "settle", "breathe", "stay"]


def test_a_script_that_a_clinician_types_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="live"):
        Rehearsal(conductor(tmp_path, ScriptedProvider()), Proposal(techniques=("live-session",)))


def test_what_a_score_decides_is_said_beforehand(tmp_path: Path) -> None:
    found = Rehearsal(conductor(tmp_path, ScriptedProvider()), Proposal(techniques=("decatastrophising",)))
    assert any("go by a score" in one for one in found.cautions)


def test_a_real_persons_details_are_named_before_they_go_to_a_model_elsewhere(tmp_path: Path) -> None:
    hosted = ScriptedProvider(capabilities=replace(ABLE, local=False))
    script = conductor(tmp_path, hosted)
    file = tmp_path / "techniques" / "mindful-breathing.yaml"
    file.write_text(file.read_text().replace("Breathe in slowly", "Mail ann@ward.org. Breathe in slowly"))
    assert any("“ann@ward.org”" in one for one in Rehearsal(script, Proposal()).cautions)
    here = conductor(tmp_path / "here", ScriptedProvider())
    assert not any("real person" in one for one in Rehearsal(here, Proposal()).cautions)
