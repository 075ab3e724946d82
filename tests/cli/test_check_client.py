"""`sandbox check-client` as a user runs it: the cost first, the table, what is kept and not run again."""

import json
from pathlib import Path

import pytest

from sandbox.cli import conducting
from sandbox.errors import ExitCode
from sandbox.models.provider import Request
from sandbox.store.listing import SessionFilter
from sandbox.store.store import DATABASE, Store
from tests.cli.command import Ended, sandbox
from tests.scripted import ScriptedProvider

QUICK = ("--scenario", "night-attack", "--scenario", "ordinary-room", "--seeds", "1-3", "--name", "Pilot")


def scared(request: Request) -> dict[str, float]:
    """Scared once it was attacked, a little less when the manual is read to it."""
    said = " ".join(message.content for message in request.messages if message.role == "user")
    share = (0.5 if "manual" in said else 0.7) if "grabs" in said else 0.2
    return {" scared": share, " calm": 0.9 - share}


def check(workspace: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Ended:
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: ScriptedProvider(top=scared))
    return sandbox(workspace, "check-client", "--model", "embedded", "--quiet", *QUICK, *words)


def test_a_client_is_checked_with_its_cost_first_and_once(workspace: Path, monkeypatch) -> None:
    first = check(workspace, monkeypatch, "no-role", "--json")
    assert first.code == ExitCode.OK, first.err
    assert "6 runs, 9 sessions" in first.err and "calls" in first.err
    assert "6 runs, 9 sessions: " in first.err, "after a neutral scenario no control follows"
    told = json.loads(first.out)
    (found,) = told["clients"]
    assert (found["client"]["id"], found["runs"], found["neutral_runs"]) == ("no-role", 3, 3)
    assert found["baseline"] < found["induced"] and found["neutral"] == 0
    (control,) = found["controls"]
    assert control["control"] == "filler-manual" and 0 < control["undone"] < 1
    assert [run["seed"] for run in found["each"]] == [1, 2, 3, 1, 2, 3]
    with Store.open(workspace / "sessions" / DATABASE, create=False) as store:
        tagged = store.find(SessionFilter(tag="pilot"), limit=100)
        arm = next(store.head(one.summary.id).plan.technique for one in tagged if one.summary.parent)
        assert len(tagged) == 6, "a shared start with an arm is listed by its arm"
        assert arm is not None and [step.id for step in arm.steps][-1] == "data" and len(arm.steps) == 5
    again = check(workspace, monkeypatch, "no-role")
    assert "6 of 6 runs are finished under “pilot”" in again.err
    assert "No role: " in again.out and "night-attack" not in again.out
    assert "not a feeling" in again.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nobody",), ExitCode.NOT_FOUND, "nobody"),
        (("--control", "mindful-breathing"), ExitCode.USAGE, "is no control"),
        (("--seeds", "2-1"), ExitCode.USAGE, "backwards"),
    ],
)
def test_what_cannot_be_checked_is_refused_before_any_call(workspace, monkeypatch, words, code, said) -> None:
    ended = check(workspace, monkeypatch, *words)
    assert ended.code == code, ended.err
    assert said in ended.err and ended.out == ""
