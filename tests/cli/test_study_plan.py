"""`sandbox study plan` and `list`: what a study takes is told before it runs, what cannot run is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.models.provider import Capabilities, Request
from sandbox.store.store import DATABASE, Store
from sandbox.store.study import StudyRecord
from sandbox.study.frozen import freeze
from tests.cli.command import Ended, sandbox
from tests.cli.test_repeat import Swinging
from tests.cli.test_study_run import STUDY, place, study, write
from tests.scripted import ScriptedProvider
from tests.study.plans import study_plan

__all__ = ("place",)


def plans(place: Path) -> list[Any]:
    with Store.open(place / "sessions" / DATABASE) as store:
        record = StudyRecord(store)
        found = record.newest("worry")
        return list(record.plans(found.root)) if found else []


def test_a_plan_tells_what_is_run_and_taken_and_is_frozen_before_any_call(place: Path, monkeypatch) -> None:
    told = study(place, monkeypatch, ScriptedProvider(), "plan", "worry", "--dry-run")
    assert told.code == 0 and "not frozen" in told.err and plans(place) == []
    nothing = ScriptedProvider()
    first = study(place, monkeypatch, nothing, "plan", "worry")
    assert first.code == 0 and nothing.requests == []
    assert "3 repeats = 3 shared starts, each with 2 arms: 9 sessions" in first.out
    assert "3 runs, 9 sessions: " in first.out and "no cost" in first.out
    assert "as usual with this model" in first.out and "not known for all of the effects" in first.out
    (one,) = plans(place)
    assert f"Frozen as plan {one.hash[:12]}" in first.err
    assert first.err.count("Caution: Content warning: violence") == 1

    same = study(place, monkeypatch, ScriptedProvider(), "plan", "worry", "--json")
    assert json.loads(same.out)["plan"] == one.hash and len(plans(place)) == 1
    write(place, repeats=4)
    later = study(place, monkeypatch, ScriptedProvider(), "plan", "worry", "--json")
    data = json.loads(later.out)
    assert data["before"] == one.hash and data["root"] == one.root and "repeats: 3 → 4" in later.err
    assert len(data["cells"]) == 4 and all(len(cell["sessions"]) == 3 for cell in data["cells"])
    assert len(plans(place)) == 2


def test_a_pilot_counts_and_what_is_told_after_it_is_within_a_fifth_of_what_is_used(
    place: Path, monkeypatch
) -> None:
    def answer(request: Request) -> str:
        return "I feel " + "so " * (len(request.messages[-1].content) % 7) + "tense."

    write(place, scenarios=["night-attack", "test-results"], repeats=5)
    ended = study(place, monkeypatch, Swinging(answer), "plan", "worry", "--pilot", "2", "--json")
    assert ended.code == 0, ended.err
    (told,) = json.loads(ended.out)["takes"]
    assert (told["runs"], told["from_runs"]) == (8, 2) and "Pilot: 2 of 10 runs" in ended.err
    before = spent(place)
    assert study(place, monkeypatch, Swinging(answer), "run", "worry", "--quiet").code == 0
    used = spent(place)
    for key, counted in (
        ("calls", "calls"),
        ("prompt_tokens", "prompt_tokens"),
        ("completion_tokens", "reply_tokens"),
    ):
        really = used[key] - before[key]
        assert abs(told[counted] - really) <= 0.2 * really, (key, told[counted], really)

    after = study(place, monkeypatch, ScriptedProvider(), "plan", "worry")
    assert "everything is finished" in after.out
    (row,) = [line for line in after.out.splitlines() if line.startswith("mindful-breathing  night-attack")]
    assert "±" in row and row.split()[3:5] == ["5", "5"]


def spent(place: Path) -> dict[str, int]:
    spent: dict[str, int] = json.loads(sandbox(place, "study", "status", "worry", "--json").out)["spent"]
    return spent


def test_another_name_is_another_study_and_the_list_has_both(place: Path, monkeypatch) -> None:
    assert study(place, monkeypatch, ScriptedProvider(), "plan", "worry").code == 0
    assert study(place, monkeypatch, Swinging(), "plan", "worry", "--name", "again", "--pilot", "3").code == 0
    told = sandbox(place, "study", "list")
    rows = {line.split()[0]: line for line in told.out.splitlines()[1:]}
    assert (
        "finished" in rows["again"] and "not begun" in rows["worry"] and "not planned" in rows["quick-demo"]
    )
    named = json.loads(sandbox(place, "study", "list", "--json").out)
    assert [row["study"] for row in named[:2]] == ["again", "worry"]


def test_a_study_in_a_file_of_its_own_is_planned_unless_its_id_is_taken(place: Path, monkeypatch) -> None:
    path = place / "elsewhere" / "worry.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(STUDY | {"repeats": 7}), encoding="utf-8")
    taken = study(place, monkeypatch, ScriptedProvider(), "plan", str(path))
    assert taken.code == 2 and "Two studies have the id “worry”" in taken.err
    apart = study(place, monkeypatch, ScriptedProvider(), "plan", str(path), "--name", "seven")
    assert apart.code == 0 and "(seven)" in apart.out
    script = place / "techniques" / "mindful-breathing.yaml"
    wrong = sandbox(place, "study", "run", str(script))
    assert wrong.code == 2 and "This is a technique, not a study." in wrong.err


@pytest.mark.parametrize(
    ("changes", "line", "said"),
    [
        ({"techniques": ["mindful-breathin"]}, True, "did you mean “mindful-breathing”?"),
        ({"repeats": 10**9}, True, "at most 100000"),
        ({"scenarios": ["night-attack", "test-results"], "repeats": 10**5}, False, "600,000 sessions"),
        ({"caps": {"cost": 0}}, True, "more than 0"),
        ({"caps": {"calls": 3}}, False, "No run could end within the cap of 3 calls"),
        ({"techniques": ["live-session"]}, True, "delivered live"),
        ({"follow_up": "trier-stress-test"}, True, "it has tasks"),
        ({"measures": ["word-probe", "word-probe@three"]}, True, "two measures of the questionnaire"),
        ({"seeds": [1, 2]}, True, "say the same as repeats"),
        ({"seeds": [1, 1], "repeats": 1}, True, "two seeds “1”"),
        ({"stop": {"scale": "joy", "within": 5, "looks": [2]}}, True, "nothing measures the scale “joy”"),
    ],
)  # fmt: skip
def test_a_bad_study_is_one_clear_error_before_any_call(
    changes: dict[str, Any], line: bool, said: str, place: Path, monkeypatch
) -> None:
    write(place, **changes)
    model = ScriptedProvider()
    for words in (("plan", "worry"), ("run", "worry")):
        refused = study(place, monkeypatch, model, *words)
        assert refused.code in (2, 5) and said in refused.err and model.requests == []
        assert refused.err.count("Error: ") == 1 and ("worry.yaml:" in refused.err) == line
    assert plans(place) == []


def test_a_conversation_that_no_context_holds_is_refused(place: Path, monkeypatch) -> None:
    short = Capabilities(top_logprobs=20, prefill=True, local=True, context=100)
    refused = study(place, monkeypatch, model := ScriptedProvider(capabilities=short), "plan", "worry")
    assert refused.code == 2 and "would never end" in refused.err and model.requests == []
    told = study(place, monkeypatch, ScriptedProvider(), "plan", "worry", "--json")
    one = json.loads(told.out)["takes"][0]["one"]
    between = Capabilities(top_logprobs=20, prefill=True, local=True, context=one["longest"] - 1)
    assert one["shortest"] < one["longest"] - 1
    warned = study(place, monkeypatch, ScriptedProvider(capabilities=between), "plan", "worry")
    assert warned.code == 0 and f"may come to {one['longest']:,} tokens" in warned.out


def test_a_plan_of_a_newer_version_is_refused(place: Path, monkeypatch) -> None:
    with Store.open(place / "sessions" / DATABASE) as store:
        plan = study_plan(2)
        later = plan.model_copy(update={"format": 2, "study": plan.study.model_copy(update={"id": "worry"})})
        freeze(StudyRecord(store), later)
    for words in (("plan", "worry"), ("run", "worry"), ("status", "worry")):
        ended: Ended = study(place, monkeypatch, ScriptedProvider(), *words)
        assert ended.code == 2 and "newer version" in ended.err
    assert "cannot be read" in sandbox(place, "study", "list").out
