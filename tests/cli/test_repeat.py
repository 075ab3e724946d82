"""`sandbox run` many times over: which seeds, what a failure or Ctrl-C leaves, and the pooled comparison."""

import json
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sandbox.cli import conducting
from sandbox.export.result import output_schema_text
from sandbox.library.workspace import create_workspace
from sandbox.models.provider import Completion, ModelError, Request
from sandbox.store.store import DATABASE, Store
from tests.cli.command import Ended, sandbox, shorten_breathing
from tests.scripted import ScriptedProvider


@pytest.fixture
def place(tmp_path: Path) -> Path:
    root = create_workspace(tmp_path / "workspace").root
    shorten_breathing(root)
    return root


class Swinging(ScriptedProvider):
    """Gives other probabilities at every call, so that no two runs end alike."""

    def _next(self, request: Request) -> Completion:
        share = (len(self.requests) * 7 % 11) / 20
        self._top = {" scared": 0.1 + share, " calm": 0.7 - share}
        return super()._next(request)


def run(place: Path, monkeypatch: pytest.MonkeyPatch, provider: ScriptedProvider, *words: str) -> Ended:
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: provider)
    return sandbox(place, "run", "--model", "embedded", "--quiet", *words)


def states(place: Path) -> dict[int, set[str]]:
    """The states of each run's sessions, by seed."""
    found: dict[int, set[str]] = {}
    with Store.open(place / "sessions" / DATABASE, create=False) as store:
        for one in store.sessions():
            found.setdefault(store.head(one.id).plan.seed, set()).add(store.state(one.id))
    return found


def test_three_repeats_are_three_shared_starts_compared_together(place: Path, monkeypatch) -> None:
    ended = run(place, monkeypatch, ScriptedProvider(), "--repeat", "3", "--seed", "5", "--json")
    assert ended.code == 0, ended.err
    assert states(place) == {5: {"finished"}, 6: {"finished"}, 7: {"finished"}}
    assert "3 runs, 9 sessions" in ended.err and "calls" in ended.err
    result = json.loads(ended.out)
    Draft202012Validator(json.loads(output_schema_text("compare"))).validate(result)
    assert result["trunks"] == 3
    assert [[one["seed"] for one in arm["sessions"]] for arm in result["arms"]] == [[5, 6, 7]] * 2


def test_a_control_among_the_techniques_is_the_only_one(place: Path, monkeypatch) -> None:
    chosen = ("--technique", "mindful-breathing", "--technique", "waiting")
    assert run(place, monkeypatch, ScriptedProvider(), *chosen, "--repeat", "2").code == 0
    with Store.open(place / "sessions" / DATABASE, create=False) as store:
        assert {one.technique for one in store.sessions()} == {None, "Mindful breathing", "Waiting"}


def test_the_effect_is_said_with_its_pairs_and_the_command_that_says_it_again(
    place: Path, monkeypatch
) -> None:
    ended = run(place, monkeypatch, Swinging(), "--seeds", "1-2,9")
    (line,) = [one for one in ended.out.splitlines() if one.startswith("Beyond ")]
    assert "3 runs: Mindful breathing" in line and line.endswith(", too few runs for an interval.")
    (enough,) = [one for one in ended.out.splitlines() if one.startswith("Have I run enough?")]
    assert " more runs would narrow " in enough and " It takes " in enough and " sessions, about " in enough
    again = ended.out.splitlines()[-1].partition("sandbox ")[2].split()
    assert sandbox(place, *again).out.strip() in ended.out
    wrong = sandbox(place, *again, "--questionnaire", "nope")
    assert wrong.code == 3 and "“nope” was not given" in wrong.err and "word-probe" in wrong.err
    day = date.today()  # noqa: DTZ011 - the user's own day
    listed = sandbox(place, "study", "list").out
    assert f"Night attack, {day.day} {day:%B %Y}" in listed
    assert sandbox(place, "report", again[-1], "--to", str(place / "r.md")).code == 0
    assert (
        (place / "r.md")
        .read_text(encoding="utf-8")
        .startswith(f"# Report: Night attack, {day.day} {day:%B %Y}")
    )


def test_a_run_that_fails_is_told_and_the_rest_goes_on(place: Path, monkeypatch) -> None:
    calls = 0

    def answer(request: Request) -> str | ModelError:
        nonlocal calls
        calls += 1
        if calls == 1:
            return ModelError("The service is away.", kind="bad request")
        return "I feel calm."

    ended = run(place, monkeypatch, Swinging(answer), "--repeat", "3")
    assert ended.code == 4
    assert "The service is away" in ended.err and "sandbox study resume night-attack-" in ended.err
    assert "2 runs: Mindful breathing" in ended.out
    assert [states(place)[seed] == {"finished"} for seed in (1, 2, 3)] == [False, True, True]


def interrupting(place: Path, times: int) -> Callable[[Request], str]:
    """Answers, and presses Ctrl-C so often as soon as the second run has begun."""
    pressed = 0

    def answer(request: Request) -> str:
        nonlocal pressed
        if 2 in states(place) and pressed < times:
            pressed += 1
            signal.raise_signal(signal.SIGINT)
        return "I feel calm."

    return answer


def test_ctrl_c_says_what_is_finished_and_how_to_go_on(place: Path, monkeypatch) -> None:
    ended = run(place, monkeypatch, Swinging(interrupting(place, 1)), "--repeat", "4")
    assert ended.code == 130
    assert "Once more ends it at once" in ended.err and "1 of 4 runs are finished." in ended.err
    again = ended.err.partition("Run what is missing: sandbox ")[2].split()
    assert " ".join(again) in sandbox(place, "resume").err, "a single session was not cut short"
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: Swinging())
    finished = sandbox(place, *again, "--quiet")
    assert finished.code == 0 and "4 runs: Mindful breathing" in finished.out
    assert states(place) == {seed: {"finished"} for seed in (1, 2, 3, 4)}


def test_ctrl_c_twice_ends_it_in_the_middle_of_a_call_and_says_the_same(place: Path, monkeypatch) -> None:
    ended = run(place, monkeypatch, ScriptedProvider(interrupting(place, 2)), "--repeat", "4")
    assert ended.code == 130
    assert "1 of 4 runs are finished." in ended.err and "sandbox study resume " in ended.err
    assert "sandbox resume" not in ended.err, "that is for single sessions"
    assert "interrupted" in states(place)[2]


def test_a_single_arm_is_reported_as_a_run(place: Path, monkeypatch) -> None:
    ended = run(place, monkeypatch, ScriptedProvider(), "--no-control", "--name", "alone")
    assert ended.code == 0 and "sandbox show " in ended.out


def test_after_ctrl_c_the_same_command_runs_what_is_missing(place: Path, monkeypatch) -> None:
    command = ("--repeat", "3", "--name", "pilot")
    stopped = run(place, monkeypatch, ScriptedProvider(interrupting(place, 1)), *command)
    assert stopped.code == 130 and "sandbox study resume pilot" in stopped.err
    again = run(place, monkeypatch, ScriptedProvider(), *command)
    assert again.code == 0 and "1 of 3 runs are finished under “pilot”" in again.err
    assert states(place)[3] == {"finished"} and "3 runs each" in again.out


def test_a_name_given_again_runs_only_what_is_missing(place: Path, monkeypatch) -> None:
    assert run(place, monkeypatch, ScriptedProvider(), "--seeds", "1-2", "--name", "Pilot").code == 0
    other = run(place, monkeypatch, ScriptedProvider(), "--seeds", "3-4")
    assert other.code == 0
    ended = run(place, monkeypatch, ScriptedProvider(), "--seeds", "1-3", "--name", "pilot", "--json")
    assert ended.code == 0 and "2 of 3 runs are finished under “pilot”." in ended.err, ended.err
    assert "1 run, 3 sessions" in ended.err, "seed 3 is finished, but not under that name"
    assert json.loads(ended.out)["trunks"] == 3
    all_there = ScriptedProvider()
    assert run(place, monkeypatch, all_there, "--seeds", "1-3", "--name", "pilot").code == 0
    assert all_there.requests == []
    path = place / "techniques" / "mindful-breathing.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("title: Mindful", "title: Other"), encoding="utf-8"
    )
    changed = run(place, monkeypatch, ScriptedProvider(), "--seeds", "1-2", "--name", "pilot")
    assert changed.code == 0 and "2 runs, 2 sessions still to be run" in changed.err, (
        "another document is another run"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("--repeat", "0"),
        ("--repeat", "1000000000"),
        ("--seeds", "5-1"),
        ("--seeds", "1-3,2"),
        ("--seeds", "1-1000000000"),
        ("--seeds", "a"),
        ("--seeds", ""),
        ("--seeds", "2147483648"),
        ("--repeat", "2", "--seeds", "1-2"),
        ("--seed", "3", "--seeds", "1-2"),
        ("--repeat", "2", "--name", ""),
        ("--repeat", "2", "--name", "../x"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_call(
    words: tuple[str, ...], place: Path, monkeypatch
) -> None:
    provider = ScriptedProvider()
    ended = run(place, monkeypatch, provider, *words)
    assert (ended.code, ended.out, provider.requests) == (2, "", []) and ended.err.startswith("Error: ")


def test_every_document_is_found_before_the_first_call(place: Path, monkeypatch) -> None:
    provider = ScriptedProvider()
    ended = run(place, monkeypatch, provider, "--scenario", "night-attack", "--scenario", "nowhere")
    assert (ended.code, provider.requests) == (3, [])
