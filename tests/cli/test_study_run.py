"""`sandbox study`: run, added to and gone on with, asked how far it is, stopped and paused from elsewhere."""

import json
import pickle
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from sandbox.cli import conducting
from sandbox.errors import SandboxError
from sandbox.library.workspace import create_workspace
from sandbox.models.pool import OpenModel
from sandbox.models.provider import Capabilities, Completion, ModelError, Request
from sandbox.settings import settings_file
from sandbox.store import state
from sandbox.store.store import DATABASE, Store
from sandbox.store.study import StudyRecord
from tests.cli.command import Ended, sandbox, shorten_breathing
from tests.cli.test_repeat import Swinging
from tests.scripted import ScriptedProvider

STUDY = {
    "id": "worry",
    "title": "Worry",
    "description": "For tests.",
    "source": {"author": "Tests", "drafted_by": "person"},
    "licence": "MIT",
    "version": "1",
    "scenarios": ["night-attack"],
    "techniques": ["mindful-breathing"],
    "repeats": 3,
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    root = create_workspace(tmp_path / "workspace").root
    shorten_breathing(root)
    write(root)
    return root


def write(place: Path, **changes) -> None:
    text = yaml.safe_dump(STUDY | changes)
    (place / "studies" / "worry.yaml").write_text(text, encoding="utf-8")


def study(place: Path, monkeypatch, provider: ScriptedProvider, *words: str) -> Ended:
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: provider)
    return sandbox(place, "study", *words)


def test_a_study_is_run_from_its_name_and_what_is_added_later_alone_is_run(place: Path, monkeypatch) -> None:
    first = study(place, monkeypatch, Swinging(), "run", "worry")
    assert first.code == 0, first.err
    assert "3 runs, 9 sessions" in first.err and "3 of 3 finished: night-attack" in first.err
    assert "3 runs: Mindful breathing" in first.out and "sandbox compare worry" in first.out
    data = place / "sessions" / "exports" / "worry-data"
    assert (data / "scores.csv").read_text(encoding="utf-8-sig").count("word-probe") > 9
    compared = sandbox(place, "compare", "worry", "--json")
    assert json.loads(compared.out)["trunks"] == 3

    write(place, repeats=5, techniques=["mindful-breathing", "body-scan"], controls=["filler-manual"])
    added = Swinging()
    second = study(place, monkeypatch, added, "resume", "worry")
    assert second.code == 0, second.err
    assert "repeats: 3 → 5" in second.err and "techniques: new: body-scan" in second.err
    assert "5 runs: " in second.out and "Body scan" in second.out
    with Store.open(place / "sessions" / DATABASE) as store:
        record = StudyRecord(store)
        assert [plan.before for plan in record.plans(record.named("worry").root)][1] is not None
        told = record.states(record.named("worry").root)
        assert {one.state for one in told.sessions.values()} == {"finished"}
    again = study(place, monkeypatch, nothing := ScriptedProvider(), "run", str(place / "studies/worry.yaml"))
    assert again.code == 0 and nothing.requests == [] and "New plan" not in again.err


def test_what_a_changed_study_no_longer_has_is_said_beside_its_results(place: Path, monkeypatch) -> None:
    write(place, repeats=2, measures=["word-probe", "affect-ratings"])
    assert study(place, monkeypatch, Swinging(), "run", "worry", "--quiet").code == 0
    whole = sandbox(place, "compare", "worry")
    assert "Left out" not in whole.err
    write(place, first_seed=2, repeats=1, measures=["word-probe"])
    ended = study(place, monkeypatch, Swinging(), "resume", "worry", "--quiet")
    assert "measures: left out: affect-ratings (finished runs are not asked anew" in ended.err
    assert "Left out: 1 finished run (seed 1); the measure affect-ratings" in ended.out
    path = place / "techniques" / "mindful-breathing.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("pause", "stop", 1), encoding="utf-8")
    before = plans(place)
    planned = study(place, monkeypatch, Swinging(), "plan", "worry")
    assert "1 run, 1 session: " in planned.out, "shared start and control are there already"
    exported = sandbox(place, "export", "data", "worry", "--to", str(place / "data"))
    assert "Interim: 0 of 1 runs of the study “worry” are finished." in exported.err
    about = (place / "data" / "README.md").read_text(encoding="utf-8")
    assert "Interim: 0 of 1 runs" in about and "not in its newest plan: 1 finished run (seed 1)" in about
    early = sandbox(place, "compare", "worry")
    assert early.code == 2 and f"1 run finished: sandbox compare {before[1][:12]}" in " ".join(
        early.err.split()
    )
    assert study(place, monkeypatch, Swinging(), "resume", "worry", "--quiet").code == 0

    assert "in another text" in sandbox(place, "study", "status", "worry").out
    said = sandbox(place, "compare", "worry").err
    rewritten = "1 finished arm of “Mindful breathing” in another text (seed 2)"
    assert "1 finished run (seed 1)" in said and rewritten in said
    assert "the measure affect-ratings:" in said and "asked in 2 runs" in said
    assert any(
        rewritten in one["sentence"]
        for one in json.loads(sandbox(place, "compare", "worry", "--json").out)["cautions"]
    )
    earliest = sandbox(place, "compare", plans(place)[0][:12])
    assert earliest.out == whole.out and rewritten in earliest.err
    assert sandbox(place, "report", "worry", "--to", str(place / "worry.md")).code == 0
    report = (place / "worry.md").read_text(encoding="utf-8")
    missing = report.partition("Missing data")[2].partition("##")[0]
    assert rewritten in missing and "1 finished run " in missing
    assert all(f"Plan {hash[:12]}" in report for hash in plans(place)[1:])
    assert "the text of “mindful-breathing”" in report and "measures: left out: affect-ratings" in report


def plans(place: Path) -> list[str]:
    with Store.open(place / "sessions" / DATABASE) as store:
        record = StudyRecord(store)
        return [plan.hash for plan in record.plans(record.named("worry").root)]


def test_options_never_take_over_a_study_that_a_document_made(place: Path, monkeypatch) -> None:
    assert study(place, monkeypatch, Swinging(), "run", "worry").code == 0
    ended = sandbox(place, "run", "--model", "embedded", "--repeat", "2", "--name", "worry", "--quiet")
    assert ended.code == 2 and "planned from a document" in ended.err
    data = place / "worry.md"
    write(place, repeats=4)
    assert study(place, monkeypatch, Swinging(), "plan", "worry").code == 0
    assert sandbox(place, "report", "worry", "--to", str(data)).code == 0
    said = data.read_text(encoding="utf-8")
    assert "3 of 4 runs" in said and "changed it with results of 3 runs at hand: repeats: 3 → 4." in said


def test_the_status_says_how_far_it_is_what_failed_and_what_to_do(place: Path, monkeypatch) -> None:
    def answer(request: Request) -> str | ModelError:
        if "Somebody" in request.messages[-1].content or len(request.messages) > 9:
            return ModelError("Too long.", kind="context exceeded", todo="Use fewer steps.")
        return "I feel calm."

    ended = study(place, monkeypatch, Swinging(answer), "run", "worry", "--quiet")
    assert ended.code == 4 and "Too long." in ended.err and "0 of 3 runs are finished." in ended.err
    told = sandbox(place, "study", "status", "worry")
    assert told.code == 0 and told.out.startswith("worry: unfinished, plan "), told.out + told.err
    assert "3 failed" in told.out and "Too long. Use fewer steps." in told.out
    assert "sandbox study resume worry" in told.out
    data = json.loads(sandbox(place, "study", "status", "worry", "--json").out)
    assert data["condition"] == "unfinished" and data["runs"]["failed"] == 3
    assert data["spent"]["calls"] > 0 and data["failures"][0]["todo"] == "Use fewer steps."
    assert study(place, monkeypatch, Swinging(), "resume", "worry").code == 0
    assert sandbox(place, "study", "status", "worry").out.startswith("worry: finished")


def test_a_cap_ends_it_and_says_what_to_do(place: Path, monkeypatch) -> None:
    write(place, caps={"calls": 60})
    provider = Swinging(capabilities=Capabilities(top_logprobs=20, prefill=True, local=True))
    ended = study(place, monkeypatch, provider, "run", "worry")
    assert ended.code == 0 and "The cap of 60 calls is reached." in ended.err
    assert len(provider.requests) == 60
    assert "Raise it in the study's document" in sandbox(place, "study", "status", "worry").out
    write(place)
    assert study(place, monkeypatch, Swinging(), "resume", "worry").code == 0


def test_a_stop_rule_ends_it_at_a_planned_look(place: Path, monkeypatch) -> None:
    write(place, repeats=6, stop={"scale": "distress", "within": 200, "looks": [2, 4]})
    ended = study(place, monkeypatch, Swinging(), "run", "worry")
    assert ended.code == 0, ended.err
    assert (
        "Planned look after 2 repeats: Mindful breathing ±" in ended.err
        and "The stop rule is met" in ended.err
    )
    assert "2 runs: Mindful breathing" in ended.out
    assert "Looked at after 2 repeats, as planned" in ended.out
    told = sandbox(place, "study", "status", "worry").out
    assert told.startswith("worry: enough") and "Looked after 2 repeats" in told


def test_what_nobody_runs_is_neither_paused_nor_stopped(place: Path, monkeypatch) -> None:
    assert study(place, monkeypatch, Swinging(), "run", "worry", "--quiet").code == 0
    for what in ("pause", "stop"):
        ended = sandbox(place, "study", what, "worry")
        assert ended.code == 2 and "Nothing runs this study now" in ended.err


def test_a_study_paused_on_a_machine_that_is_gone_is_freed_by_taking_it_over(
    place: Path, monkeypatch
) -> None:
    assert study(place, monkeypatch, Swinging(), "run", "worry", "--quiet").code == 0
    write(place, repeats=4)
    there = replace(state.this_process(), host="another-machine")
    with Store.open(place / "sessions" / DATABASE) as store, monkeypatch.context() as elsewhere:
        elsewhere.setattr("sandbox.store.study.this_process", lambda: there)
        record = StudyRecord(store)
        root = record.named("worry").root
        record.log(root, "started")
        record.log(root, "paused")
    waits = study(place, monkeypatch, ScriptedProvider(), "resume", "worry", "--quiet")
    assert waits.code == 0 and "another-machine" in waits.err
    taken = study(place, monkeypatch, Swinging(), "resume", "worry", "--quiet", "--take-over")
    assert taken.code == 0 and "another-machine" not in taken.err, taken.err
    told = sandbox(place, "study", "status", "worry").out
    assert told.startswith("worry: finished, plan "), told


@pytest.mark.parametrize("words", [("status", "nowhere"), ("resume", "nowhere"), ("run", "nowhere")])
def test_a_study_that_does_not_exist_is_said_so(words: tuple[str, ...], place: Path, monkeypatch) -> None:
    ended = study(place, monkeypatch, ScriptedProvider(), *words)
    assert ended.code == 3 and "nowhere" in ended.err


def test_before_it_costs_something_a_person_at_a_terminal_is_asked(place: Path, monkeypatch) -> None:
    paid = ScriptedProvider(lambda _: Completion("I feel calm.", "m", "stop", cost=0.5))
    ended = study(place, monkeypatch, paid, "run", "worry", "--quiet")
    assert ended.code == 0, "nobody is there to be asked"
    assert "Cost: $" in sandbox(place, "study", "status", "worry").out


@pytest.mark.parametrize(("written", "words"), [("local_only = true", ()), ("", ("--local-only",))])
def test_local_only_holds_on_the_workers_too(place: Path, monkeypatch, written: str, words) -> None:
    (settings := settings_file()).parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(written, encoding="utf-8")
    sent = []

    def connected(address: str, opener: OpenModel) -> None:
        sent.append(pickle.dumps(opener))
        raise SandboxError(f"Stopped before {address}.")

    monkeypatch.setattr("sandbox.study.cluster.connected", connected)
    ended = study(place, monkeypatch, Swinging(), "run", "worry", "--cluster", "tcp://there:8786", *words)
    assert "Stopped before tcp://there:8786." in ended.err
    settings.write_text("", encoding="utf-8")  # the worker's own
    with pytest.raises(ModelError, match="Local only is on"):
        pickle.loads(sent[0])("openai/gpt-4o")


def test_a_name_that_is_nothing_is_told_what_there_is(place: Path, monkeypatch) -> None:
    assert study(place, monkeypatch, Swinging(), "run", "worry", "--quiet").code == 0
    for words in (("compare", "nosuch"), ("report", "nosuch", "--to", "report.html")):
        told = sandbox(place, *words).err
        assert "There is no session and no study “nosuch”." in told and "Studies: worry." in told


def test_a_terminal_sees_which_arm_and_turn_a_study_is_in(place: Path, monkeypatch) -> None:
    terminal = SimpleNamespace(stdin=None, stdout=StringIO(), stderr=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("sandbox.cli.streams.sys", terminal)
    ended = study(place, monkeypatch, Swinging(), "run", "worry", "--yes")
    assert "night-attack, study-participant" in ended.err
    assert ": Mindful breathing, turn " in ended.err and ": shared start, turn 1" in ended.err
