"""Running a study: what is missing and nothing else, failures tried again, caps and looks, pause and stop."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import pytest

from sandbox.engine.events import TurnFinished
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace, create_workspace
from sandbox.models.pool import ModelPool, OpenModel
from sandbox.models.provider import Capabilities, Completion, ModelError, Request, Usage
from sandbox.study.conductor import Conductor
from sandbox.study.controls import StudyControls
from sandbox.study.events import (
    CapReached,
    CellFailed,
    CellFinished,
    CellStarted,
    InCell,
    Looked,
    ModelGivenUp,
    StudyEnded,
    StudyEvent,
    StudyPaused,
    StudyResumed,
    StudyStarted,
)
from sandbox.study.frozen import Outline, freeze
from sandbox.study.lanes import Patience
from sandbox.study.runner import run_study
from tests.scripted import ScriptedProvider
from tests.study.plans import study_plan

HOSTED = Capabilities(top_logprobs=20, prefill=True)
TOP = {" scared": 0.3, " calm": 0.1}
AT_ONCE = Patience(pauses=(0.0, 0.0, 0.0), elsewhere=0.01)
T = TypeVar("T")
Answer = Callable[[Request], str | Completion | ModelError]


def says(request: Request) -> str:
    return f"calm, as drawn with {request.sampling.seed}."


def hosted(answer: Answer = says, gate: asyncio.Event | None = None) -> ScriptedProvider:
    return ScriptedProvider(answer, top=TOP, capabilities=HOSTED, gate=gate)


@asynccontextmanager
async def conducted(
    place: Path, model: ScriptedProvider | OpenModel, *, new: bool = True
) -> AsyncGenerator[Conductor, None]:
    """A workspace in which every model is `model`, or as it opens it."""
    root = place / "workspace"
    workspace = create_workspace(root) if new else Workspace(root, root / "sessions")
    opener: OpenModel = (lambda _: model) if isinstance(model, ScriptedProvider) else model
    conductor = Conductor(workspace, Library(workspace), ModelPool(opener))
    try:
        yield conductor
    finally:
        await conductor.close()


async def run(conductor: Conductor, outline: Outline, **how) -> list[StudyEvent]:
    async with aclosing(run_study(conductor, outline, **{"patience": AT_ONCE, **how})) as events:
        return [event async for event in events]


def only(kind: type[T], events: list[StudyEvent]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


Data = tuple[str, list[tuple[int, str, str | None]], list[tuple[str, list[float | None]]]]


def data(conductor: Conductor, outline: Outline) -> dict[str, Data]:
    """All that was said and scored in the study, by session."""
    told = conductor.studies.states(outline.root).sessions
    histories = conductor.store.histories(list(told))
    return {
        id: (
            told[id].state,
            [(turn.index, turn.said, turn.reply) for turn in one.turns],
            [(m.point.label, [s.value for s in m.administration.scores]) for m in one.measured],
        )
        for id, one in histories.items()
    }


async def test_every_cell_is_run_once_several_at_a_time_and_again_nothing_is_run(tmp_path: Path) -> None:
    provider = hosted()
    async with conducted(tmp_path, provider) as conductor:
        outline = freeze(conductor.studies, study_plan(12))
        events = await run(conductor, outline)
        assert (events[0], events[-1]) == (StudyStarted(12, 0), StudyEnded("finished", 0, 0))
        started = [event.cell.number for event in only(CellStarted, events)]
        assert sorted(started) == list(range(1, 13))
        first = next(n for n, event in enumerate(events) if isinstance(event, CellFinished))
        assert len(only(CellStarted, events[:first])) == 12, "side by side"
        assert {state for state, *_ in data(conductor, outline).values()} == {"finished"}
        asked = len(provider.requests)
        assert conductor.studies.states(outline.root).spent.calls == asked
        again = await run(conductor, outline)
        assert again == [StudyStarted(12, 12), StudyEnded("finished", 0, 0)]
        assert len(provider.requests) == asked


async def test_on_this_machine_one_cell_runs_after_another(tmp_path: Path) -> None:
    provider = ScriptedProvider(says, top=TOP)
    async with conducted(tmp_path, provider) as conductor:
        outline = freeze(conductor.studies, study_plan(3, model="embedded"))
        events = await run(conductor, outline)
    order = [(type(e), e.cell.number) for e in events if isinstance(e, CellStarted | CellFinished)]
    assert order == [(kind, number) for number in (1, 2, 3) for kind in (CellStarted, CellFinished)]


async def test_added_repeats_and_an_added_technique_run_exactly_what_is_missing(tmp_path: Path) -> None:
    small = study_plan(2)
    without = tuple(cell.model_copy(update={"arms": cell.arms[1:]}) for cell in small.cells)
    provider = hosted()
    async with conducted(tmp_path, provider) as conductor:
        await run(conductor, freeze(conductor.studies, small.model_copy(update={"cells": without})))
        before = len(provider.requests)
        whole = freeze(conductor.studies, study_plan(4))
        events = await run(conductor, whole)
        assert events[0] == StudyStarted(4, 0)
        begun = {event.cell.number: len(event.heads) for event in only(CellStarted, events)}
        assert begun == {1: 1, 2: 1, 3: 3, 4: 3}
        grown, added = data(conductor, whole), len(provider.requests) - before
    async with conducted(tmp_path / "other", provider := hosted()) as conductor:
        outline = freeze(conductor.studies, study_plan(4))
        await run(conductor, outline)
        assert data(conductor, outline) == grown
        assert before + added == len(provider.requests)


async def test_passing_faults_are_tried_again_and_change_no_answer(tmp_path: Path) -> None:
    drawn = 0

    def faulty(request: Request) -> str | ModelError:
        nonlocal drawn
        drawn += 1
        if drawn % 10 == 3:
            return ModelError("The service is away.", kind="unavailable")
        return says(request)

    async with conducted(tmp_path, hosted(faulty)) as conductor:
        outline = freeze(conductor.studies, study_plan(6))
        events = await run(conductor, outline)
        assert events[-1] == StudyEnded("finished", 0, 0)
        failed = only(CellFailed, events)
        assert failed and all(event.again_in == 0 for event in failed)
        assert len(conductor.studies.logged(outline.root, kinds=["cell again"])) == len(failed)
        calls = [call for id in data(conductor, outline) for call in conductor.store.calls(id)]
        assert sum(call.failure is not None for call in calls) == len(failed), "every attempt on record"
        found = data(conductor, outline)
    async with conducted(tmp_path / "other", hosted()) as conductor:
        await run(conductor, freeze(conductor.studies, study_plan(6)))
        assert data(conductor, outline) == found


async def test_a_wait_that_a_server_asks_for_is_held_against_no_run(tmp_path: Path) -> None:
    waits = iter(range(11))  # each pause of a run's own is used up by three

    def busy(request: Request) -> str | ModelError:
        if next(waits, None) is not None:
            return ModelError("Busy.", kind="rate limited", retry_after=0.01)
        return says(request)

    async with conducted(tmp_path, hosted(busy)) as conductor:
        outline = freeze(conductor.studies, study_plan(1))
        events = await run(conductor, outline)
        assert events[-1] == StudyEnded("finished", 0, 0)
        assert len(only(CellFailed, events)) <= 1, "one wait is told once"


async def test_an_arm_that_cannot_be_run_keeps_nothing_else_from_it(tmp_path: Path) -> None:
    def too_long(request: Request) -> str | ModelError:
        if "Breathe out." in request.messages[-1].content:
            return ModelError("Too long.", kind="context exceeded", todo="Use fewer steps.")
        return says(request)

    async with conducted(tmp_path, hosted(too_long)) as conductor:
        outline = freeze(conductor.studies, study_plan(2))
        events = await run(conductor, outline)
        assert events[-1] == StudyEnded("unfinished", 2, 2)
        assert [event.again_in for event in only(CellFailed, events)] == [None, None]
        states = [state for state, *_ in data(conductor, outline).values()]
        assert sorted(states) == ["failed"] * 2 + ["finished"] * 4


async def test_a_model_that_never_works_is_given_up(tmp_path: Path) -> None:
    provider = hosted(lambda _: ModelError("No such key.", kind="authentication"))
    async with conducted(tmp_path, provider) as conductor:
        outline = freeze(conductor.studies, study_plan(80))
        events = await run(conductor, outline)
        assert events[-1] == StudyEnded("unfinished", 80, 80)
        assert only(ModelGivenUp, events) and len(provider.requests) <= 50


@pytest.mark.parametrize("caps", [{"calls": 40}, {"cost": 0.40}])
async def test_a_cap_ends_within_a_call_of_each_cell_and_all_calls_are_on_record(
    tmp_path: Path, caps: dict[str, float]
) -> None:
    def paid(request: Request) -> Completion:
        return Completion(says(request), "m", "stop", Usage(10, 0, 5), cost=0.01)

    async with conducted(tmp_path, provider := hosted(paid)) as conductor:
        outline = freeze(conductor.studies, study_plan(12, of={"caps": caps}))
        events = await run(conductor, outline)
        assert isinstance(events[-1], StudyEnded) and events[-1].ending == "capped"
        (reached,) = only(CapReached, events)
        assert "The cap of" in reached.what
        assert 40 <= len(provider.requests) <= 52
        spent = conductor.studies.states(outline.root).spent
        assert spent.calls == len(provider.requests), "none lost, none that was never made"
        again = await run(conductor, outline)
        assert again[-1] == events[-1] and len(provider.requests) == spent.calls


async def test_a_cost_that_nobody_knows_is_not_held_under_a_cap(tmp_path: Path) -> None:
    unpriced = hosted(lambda request: Completion(says(request), "m", "stop"))
    async with conducted(tmp_path, unpriced) as conductor:
        outline = freeze(conductor.studies, study_plan(12, of={"caps": {"cost": 5}}))
        (reached,) = only(CapReached, await run(conductor, outline))
        assert "is not known" in reached.what and len(unpriced.requests) <= 12


async def test_looks_are_taken_when_planned_and_end_it_when_narrow_enough(tmp_path: Path) -> None:
    seen: list[int] = []

    def look(arms: tuple[str, ...]) -> dict[str, float | None]:
        runs = {cell for cell, (_, *planned) in outline.cells.items() if set(planned) <= set(arms)}
        seen.append(len(runs))
        assert len(arms) == 2 * len(runs)
        return {"Breathing": 12.0 / len(runs)}

    stop = {"scale": "distress", "within": 3.5, "looks": (2, 4, 6)}
    async with conducted(tmp_path, hosted()) as conductor:
        outline = freeze(conductor.studies, study_plan(8, of={"stop": stop}))
        events = await run(conductor, outline, look=look)
        assert events[-1] == StudyEnded("enough", 4, 0)
        assert seen == [2, 4], "at no other number, and at nothing beyond it"
        assert only(Looked, events)[-1] == Looked(4, {"Breathing": 3.0}, True)
        assert [entry.detail["repeats"] for entry in conductor.studies.logged("r00t", kinds=["look"])] == [
            2,
            4,
        ]
        assert (await run(conductor, outline, look=look))[-1] == events[-1] and seen == [2, 4]


async def test_pause_stop_and_go_on_come_from_another_process_through_the_log(tmp_path: Path) -> None:
    gate, controls, root = asyncio.Event(), StudyControls(), "r00t"
    gate.set()

    async def no_answer_until(met: Callable[[], bool]) -> None:
        gate.clear()
        while not met():  # noqa: ASYNC110 - the log is looked at from time to time
            await asyncio.sleep(0.01)
        gate.set()

    asked: set[str] = set()
    async with conducted(tmp_path, hosted(gate=gate)) as conductor:
        outline = freeze(conductor.studies, study_plan(12))
        async with aclosing(run_study(conductor, outline, controls, patience=AT_ONCE)) as events:
            async for event in events:
                if isinstance(event, InCell) and isinstance(event.event, TurnFinished) and not asked:
                    asked.add("pause")
                    conductor.studies.log(root, "pause asked")
                    await no_answer_until(lambda: controls.paused)
                if isinstance(event, StudyPaused):
                    assert [one.kind for one in conductor.studies.at_work(root)] == ["paused"]
                    conductor.studies.log(root, "resume asked")
                if isinstance(event, StudyResumed):
                    conductor.studies.log(root, "stop asked")
                    await no_answer_until(lambda: controls.stopping)
        assert isinstance(event, StudyEnded) and event.ending == "stopped"
        assert conductor.studies.at_work(root) == ()
        states = {state for state, *_ in data(conductor, outline).values()}
        assert states <= {"finished", "interrupted"} and "interrupted" in states
        await run(conductor, outline)
        found = data(conductor, outline)
    async with conducted(tmp_path / "other", hosted()) as conductor:
        await run(conductor, freeze(conductor.studies, study_plan(12)))
        assert data(conductor, outline) == found


async def test_time_that_a_study_is_paused_does_not_count_towards_its_cap_of_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    controls, later = StudyControls(), 0.0
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + later)
    monkeypatch.setattr("sandbox.study.runner.time", clock)
    async with conducted(tmp_path, hosted()) as conductor:
        outline = freeze(conductor.studies, study_plan(12, of={"caps": {"hours": 1}, "at_once": 1}))
        async with aclosing(run_study(conductor, outline, controls, patience=AT_ONCE)) as events:
            async for event in events:
                if isinstance(event, CellStarted) and event.cell.number == 1:
                    controls.pause()
                if isinstance(event, StudyPaused):
                    later += 10 * 3600
                    controls.resume()
        assert event == StudyEnded("finished", 0, 0)
        assert conductor.studies.logged("r00t")[-1].detail["seconds"] < 3600


async def test_left_in_the_middle_it_is_broken_off_and_goes_on_later(tmp_path: Path) -> None:
    async with conducted(tmp_path, hosted()) as conductor:
        outline = freeze(conductor.studies, study_plan(3))
        async with aclosing(run_study(conductor, outline)) as events:
            async for event in events:
                if isinstance(event, InCell) and isinstance(event.event, TurnFinished):
                    break
        assert conductor.studies.logged("r00t")[-1].detail["ending"] == "broken off"
        assert (await run(conductor, outline))[-1] == StudyEnded("finished", 0, 0)
        assert {state for state, *_ in data(conductor, outline).values()} == {"finished"}


async def test_ended_while_it_waits_nothing_is_asked_any_more(tmp_path: Path) -> None:
    controls = StudyControls()
    controls.stop()
    async with conducted(tmp_path, provider := hosted()) as conductor:
        outline = freeze(conductor.studies, study_plan(3))
        events = await asyncio.wait_for(run(conductor, outline, controls=controls), 10)
        assert isinstance(events[-1], StudyEnded) and events[-1].ending == "stopped"
        assert len(provider.requests) <= 3
