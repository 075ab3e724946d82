"""Wordings of a script as a user meets them: spread over a study, its share told; proposed and accepted."""

import json
from pathlib import Path

import pytest

from sandbox.cli import conducting
from sandbox.library.catalogue import Library
from sandbox.library.technique import Technique
from sandbox.library.workspace import Workspace, create_workspace, shipped_content
from tests.cli.command import Ended, sandbox
from tests.cli.test_dismantle import StoneCounts
from tests.scripted import ScriptedProvider

STONE = """\
id: stone
title: The stone
# What I tried in October.
description: For a test.
family: relaxation
rationale: For a test.
source: {author: A person, drafted_by: person}
licence: CC0-1.0
version: "1"
steps:
  - id: sit
    say: We sit down together and look at the window for a while now.
  - id: drop
    say: Put the heavy stone down and let it lie there.
    variants:
      - say: Let go of the heavy stone, and leave it where it fell.
      - say: You could also hold the pebble a little longer.
        by: Ann
"""
STUDY = """\
id: words
title: Words
description: For a test.
source: {author: A person, drafted_by: person}
licence: CC0-1.0
version: "1"
scenarios: [night-attack]
techniques: [stone]
wordings: spread
repeats: 6
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    root = create_workspace(tmp_path / "workspace").root
    (root / "techniques" / "stone.yaml").write_text(STONE, encoding="utf-8")
    (root / "studies" / "words.yaml").write_text(STUDY, encoding="utf-8")
    return root


def technique(place: Path, id: str = "stone") -> Technique:
    return Library(Workspace(place, place / "sessions")).technique(id)


def test_a_study_spreads_wordings_and_says_how_much_of_the_spread_they_are(place: Path, monkeypatch) -> None:
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: StoneCounts())
    plan = sandbox(place, "study", "plan", "words", "--dry-run")
    assert "wordings: stone: 2 base, 2 wording 1, 2 wording 2" in plan.out, plan.err
    ended = sandbox(place, "study", "run", "words", "--quiet")
    assert ended.code == 0 and "6 runs: The stone" in ended.out, ended.err
    status = sandbox(place, "study", "status", "words").out
    (line,) = [line for line in status.splitlines() if line.startswith("The wording of The stone is ")]
    assert "(3 wordings, 6 runs)" in line and line in " ".join(ended.out.split())
    (share,) = json.loads(sandbox(place, "compare", "words", "--json").out)["noise"]["wordings"]
    assert share["share"] > 0.9 and f"is {100 * share['share']:.0f} % [" in line
    log = sandbox(place, "script", "log", "stone").out
    assert "version 1, wording 2" in log and log.count("the file as it is now") == 1


def propose(place: Path, monkeypatch, provider: ScriptedProvider, *words: str) -> Ended:
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: provider)
    return sandbox(place, "script", "propose", *words)


def test_what_is_accepted_becomes_a_variant_that_says_whose_it_is(place: Path, monkeypatch) -> None:
    answers = (
        "“Lay the heavy stone\x1b[2J beside you.”",
        "Here is the reworded step: put it down.",
        "Set it down, and there it stays.",
    )
    asked = ("stone", "--step", "drop", "--model", "embedded")
    before = (place / "techniques" / "stone.yaml").read_text("utf-8")
    unread = propose(place, monkeypatch, ScriptedProvider(answers), *asked, "--accept", "1")
    assert unread.code == 2 and "without --accept" in unread.err, "nothing that nobody has read"
    first = propose(place, monkeypatch, provider := ScriptedProvider(answers), *asked)
    assert first.code == 0 and "\x1b" not in first.out and "--accept 1,3" in first.err
    assert "proposal 2 (cannot be used" in first.out
    assert (place / "techniques" / "stone.yaml").read_text("utf-8") == before
    told = provider.requests[-1].messages[-1].content
    assert "Put the heavy stone down" in told and "hold the pebble" in told, (
        "it is told the wordings there are"
    )

    refused = propose(place, monkeypatch, nothing := ScriptedProvider(), *asked, "--accept", "2")
    assert refused.code == 2 and "cannot be used" in refused.err
    done = propose(place, monkeypatch, nothing, *asked, "--accept", "3")
    assert done.code == 0 and not nothing.requests, "what was printed is accepted, not something new"
    after = (place / "techniques" / "stone.yaml").read_text("utf-8")
    assert after.startswith(before.rstrip("\n")) and "# What I tried in October." in after
    *_, kept = technique(place).steps[1].variants
    assert (kept.say, kept.model) == ("Set it down, and there it stays.", "embedded")
    assert kept.accepted_by and kept.accepted_on and kept.by is None
    twice = propose(place, monkeypatch, nothing, *asked, "--accept", "3")
    assert twice.code == 2 and "accepted already" in twice.err
    more = propose(place, monkeypatch, nothing, *asked, "--accept", "1")
    assert more.code == 0 and not nothing.requests, "what was printed beside it still stands"
    assert technique(place).worded(3).source.drafted_by == "language model"


def test_shipped_content_stays_and_local_only_holds(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "techniques").mkdir()
    (tmp_path / "scenarios").mkdir()
    shipped = shipped_content() / "techniques" / "body-scan.yaml"
    was = shipped.read_bytes()
    step = technique(tmp_path, "body-scan").steps[0].id
    local = ("body-scan", "--step", step, "--model", "openai/gpt-4o", "--local-only")
    refused = sandbox(tmp_path, "script", "propose", *local)
    assert refused.code == 4 and "Local only is on" in refused.err
    model = ScriptedProvider(("Sit or lie as you like.",))
    assert propose(tmp_path, monkeypatch, model, *local[:3], "--model", "embedded").code == 0
    done = propose(tmp_path, monkeypatch, model, *local[:3], "--model", "embedded", "--accept", "1")
    assert done.code == 0, done.err
    assert shipped.read_bytes() == was
    assert done.out.strip().endswith(str(tmp_path / "techniques" / "body-scan.yaml"))
    assert len(technique(tmp_path, "body-scan").steps[0].variants) == 1
