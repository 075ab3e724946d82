"""`sandbox dismantle`: a script with a strong step is taken apart, told, and gone on with."""

import json
from pathlib import Path

import pytest

from sandbox.cli import conducting
from sandbox.library.workspace import create_workspace
from sandbox.models.provider import Completion, Request
from tests.cli.command import Ended, sandbox, shorten_breathing
from tests.scripted import ScriptedProvider

SCRIPT = """\
id: three-steps
title: Three steps
description: For a test.
family: relaxation
rationale: For a test.
source: {author: A person, drafted_by: person}
licence: CC0-1.0
version: "1"
steps:
  - {id: plain, say: We sit down together and look at the window for a while now.}
  - {id: strong, say: Put the heavy stone down and let it lie there for good.}
  - {id: close, say: That is the end of this part. How is it for you now?}
"""


class StoneCounts(ScriptedProvider):
    """Fear falls once the stone was put down, and by nothing else; a little chance on top."""

    def _next(self, request: Request) -> Completion:
        told = " ".join(message.content for message in request.messages if message.role == "user")
        fear = (0.2 if "heavy stone" in told else 0.6) + (len(self.requests) * 7 % 11) / 200
        self._top = {" scared": fear, " calm": 0.3}
        return super()._next(request)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    root = create_workspace(tmp_path / "workspace").root
    shorten_breathing(root)
    (root / "techniques" / "three-steps.yaml").write_text(SCRIPT, encoding="utf-8")
    return root


def dismantle(place: Path, monkeypatch: pytest.MonkeyPatch, provider: ScriptedProvider, *words: str) -> Ended:
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: provider)
    return sandbox(place, "dismantle", "three-steps", "--quiet", *words)


def test_the_step_that_does_the_work_is_told_from_those_that_do_not(place: Path, monkeypatch) -> None:
    ended = dismantle(place, monkeypatch, StoneCounts(), "--repeat", "4")
    assert ended.code == 0, ended.err
    again = dismantle(place, monkeypatch, StoneCounts(), "--repeat", "4", "--json")
    means = {one["steps"][0]: one["effect"]["mean"] for one in json.loads(again.out)["main"]}
    assert means["strong"] < -15 and abs(means["plain"]) < 5
    resumed = sandbox(place, "study", "resume", "dismantle-three-steps-left-out", "--quiet")
    assert ended.out.partition("\n\n")[0] in resumed.out, "resume says too what each step does"
    assert "4 shared starts" in ended.out and "sandbox compare dismantle-three-steps-left-out" in ended.out


def test_a_step_that_was_never_said_is_told_and_no_filler_is_said_for_it(place: Path, monkeypatch) -> None:
    never = SCRIPT.replace("id: strong,", "id: strong, when: score('distress') > 100,")
    (place / "techniques" / "three-steps.yaml").write_text(never, encoding="utf-8")
    ended = dismantle(place, monkeypatch, StoneCounts(), "--repeat", "1")
    assert ended.code == 0, ended.err
    assert "said “strong” in 0 of 1 runs" in ended.out and "unlike numbers of turns" not in ended.out
    (row,) = [line for line in ended.out.splitlines() if line.startswith("strong ")]
    assert row.split() == ["strong", "–", "–", "0", "of", "1", "it", "was", "never", "said"]


def test_given_again_it_runs_only_what_is_new(place: Path, monkeypatch) -> None:
    provider = StoneCounts()
    assert dismantle(place, monkeypatch, provider, "--repeat", "1", "--design", "factorial").code == 0
    once = len(provider.requests)
    ended = dismantle(place, monkeypatch, provider, "--repeat", "1", "--design", "factorial", "--json")
    assert ended.code == 0 and len(provider.requests) == once
    found = json.loads(ended.out)
    assert found["starts"] == 1 and len(found["arms"]) == 8 and len(found["pairs"]) == 3
    assert dismantle(place, monkeypatch, provider, "--repeat", "2", "--design", "factorial").code == 0
    assert len(provider.requests) == 2 * once
    elsewhere = dismantle(place, monkeypatch, provider, "--repeat", "1", "--scenario", "doing-laundry")
    assert "sandbox compare dismantle-three-steps-left-out-doing-laundry" in elsewhere.out, (
        "a study of its own"
    )


def test_what_cannot_be_taken_apart_is_said_before_any_call(place: Path, monkeypatch) -> None:
    provider = StoneCounts()
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: provider)
    ended = sandbox(place, "dismantle", "live-session")
    assert ended.code == 2 and "typed by a clinician" in ended.err and not provider.requests


def test_a_study_is_reported_by_its_name(place: Path, monkeypatch) -> None:
    assert dismantle(place, monkeypatch, StoneCounts(), "--repeat", "2", "--name", "stones").code == 0
    page = place / "stones.md"
    ended = sandbox(place, "report", "stones", "--to", str(page))
    assert ended.code == 0, ended.err
    text = page.read_text(encoding="utf-8")
    assert "Study “stones”: plan " in text and "frozen 20" in text
