"""Going on from the command line: what may be gone on with, by whom, and what is said before."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.cli.outcome import say_how_to_go_on
from sandbox.engine.events import RunPlanned, SessionStarted
from sandbox.engine.guidance import Guidance
from sandbox.engine.plan import SessionHead, trunk_and_branches
from sandbox.errors import ExitCode, UsageError
from sandbox.library.workspace import Workspace
from sandbox.models.provider import ModelDescription
from sandbox.store import state
from sandbox.store.store import DATABASE, Store
from sandbox.study.conductor import Conductor
from tests.cli.command import apart, sandbox
from tests.documents import plan, technique
from tests.store.runs import breathing_and_control

HERE = ModelDescription("scripted", "Scripted")


def planned(workspace: Path, *heads: SessionHead) -> Store:
    store = Store.open(workspace / "sessions" / DATABASE)
    store.record(RunPlanned(heads))
    return store


def conductor_in(workspace: Path) -> Conductor:
    return Conductor.open(Workspace(workspace, workspace / "sessions"))


def test_what_another_program_is_running_is_not_run_a_second_time(workspace: Path) -> None:
    heads = trunk_and_branches(plan(model="embedded"), (technique(),))
    with planned(workspace, *heads) as store:
        store.record(SessionStarted(heads[0].id, HERE))
        before = store.states(heads[0].id)
        ended = apart(workspace, "resume", "last", "--quiet")
        assert ended.code == ExitCode.USAGE and f"process {os.getpid()}" in ended.err, ended.err
        assert "fault" not in ended.err and "report" not in ended.err
        assert store.states(heads[0].id) == before
        assert store.history(heads[0].id).turns == ()


def test_a_start_that_another_program_was_quicker_with_is_refused(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = breathing_and_control()
    with planned(workspace, *heads) as store:
        store.record(SessionStarted(heads[0].id, HERE))
        store.record(SessionStarted(heads[0].id, HERE, resumed=True))  # its own process may
        monkeypatch.setattr("sandbox.store.state.Process.ours", False)
        with pytest.raises(UsageError, match="another program"):
            store.record(SessionStarted(heads[0].id, HERE, resumed=True))


def test_what_another_machine_runs_is_taken_over_only_when_a_person_says_so(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a shared folder its process looks dead from here, and may be in the middle of a turn."""
    heads = trunk_and_branches(plan(model="embedded"), (technique(),))
    trunk = heads[0].id
    there = replace(state.this_process(), host="another-machine")
    with Store.open(workspace / "sessions" / DATABASE) as store:
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(state, "this_process", lambda: there)
            store.record(RunPlanned(heads))
            store.record(SessionStarted(trunk, HERE))
        assert store.mark_interrupted() == ()
        assert store.state(trunk) == "running"
        ended = sandbox(workspace, "resume", trunk)
        assert ended.code == ExitCode.USAGE and "on another machine, another-machine" in ended.err
        assert f"sandbox resume {trunk} --take-over" in ended.err
        assert set(store.take_over(trunk)) == {head.id for head in heads}, "what waited there, too"
        assert store.runs() == ()
        assert store.states(trunk)[-1].reason == f"Taken over from process {os.getpid()} on another-machine."
        assert store.states(trunk)[-1].author == "clinician"
        assert conductor_in(workspace).to_finish(trunk) == heads


def test_a_live_technique_is_not_waited_for_where_nobody_can_type(workspace: Path) -> None:
    heads = trunk_and_branches(plan(model="embedded"), (technique(delivery="live"),))
    with planned(workspace, *heads):
        ended = sandbox(workspace, "resume", "last")
    assert ended.code == ExitCode.FAILED and "delivered live" in ended.err


def test_local_only_holds_for_what_is_gone_on_with(workspace: Path) -> None:
    with planned(workspace, *trunk_and_branches(plan(model="openai/gpt-4o"), (technique(),))):
        ended = sandbox(workspace, "resume", "last", "--local-only", OPENAI_API_KEY="sk-secret")
    assert ended.code == ExitCode.MODEL and "Local only" in ended.err


def test_every_unfinished_run_can_be_found(workspace: Path) -> None:
    first, second = breathing_and_control(), breathing_and_control(seed=8)
    with planned(workspace, *first) as store:
        store.record(RunPlanned(second))
        for head in (first[0], first[1], second[1]):
            store.set_state(head.id, "interrupted", "for the test")
        assert conductor_in(workspace).unfinished() == (second[0].id, first[0].id)


def test_a_run_that_could_not_even_be_planned_hides_no_error(workspace: Path) -> None:
    with planned(workspace) as store:
        say_how_to_go_on(store, "nosuch00")


@pytest.mark.parametrize(("therapist", "here"), [("embedded", True), ("openai/gpt-4o", False)])
def test_a_therapist_elsewhere_counts_as_leaving_the_machine(
    workspace: Path, therapist: str, here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_BASE", raising=False)
    heads = trunk_and_branches(plan(model="embedded", guidance=Guidance(model=therapist)), (technique(),))
    conductor = conductor_in(workspace)
    conductor.check(heads)
    assert conductor.leaves_machine(heads) != here
