"""`sandbox measure`: a stored session, a tag, what there is to say before and after."""

import json
from pathlib import Path

import pytest

from sandbox.cli import conducting
from sandbox.library.workspace import create_workspace
from sandbox.store.store import DATABASE, Store
from sandbox.store.study import StudyRecord
from sandbox.study.frozen import freeze
from tests.cli.command import sandbox, shorten_breathing
from tests.study.plans import study_plan
from tests.study.test_afterwards import client_model


def test_a_tag_is_asked_afterwards_and_a_second_time_nothing_is_left(tmp_path: Path, monkeypatch) -> None:
    place = create_workspace(tmp_path / "workspace").root
    shorten_breathing(place)
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: client_model())
    runs = ("run", "--repeat", "2", "--name", "pilot", "--measure", "word-probe", "--quiet")
    assert sandbox(place, *runs, "--model", "embedded").code == 0
    ended = sandbox(place, "measure", "pilot", "--measure", "k6:report")
    assert ended.code == 0, ended.err
    assert "8 points of 6 sessions are asked, about 8 calls to embedded." in ended.err
    assert " baseline  k6 " in ended.err and "(0 left)" in ended.err
    assert "k6 (k6, asked afterwards, read by report)" in ended.out
    assert "was asked afterwards (" in ended.out and "It was no part of the run." in ended.out
    again = sandbox(place, "measure", "pilot", "--measure", "k6:report", "--json")
    assert "8 points are measured already." in again.err and "Nothing is left to ask." in again.err
    result = json.loads(again.out)
    assert (result["questionnaire"], result["trunks"]) == ("k6, asked afterwards", 2)
    with Store.open(place / "sessions" / DATABASE, create=False) as store:
        one = store.sessions()[0].id
        store.set_state(one, "removed", "by a test")
    refused = sandbox(place, "measure", one, "--measure", "k6:report")
    assert refused.code == 2 and "was removed" in refused.err
    unknown = sandbox(place, "measure", "nothing-like-it", "--measure", "k6:report")
    assert unknown.code == 3


def test_a_study_that_was_only_planned_cannot_be_asked_and_says_why(tmp_path: Path) -> None:
    place = create_workspace(tmp_path / "workspace").root
    with Store.open(place / "sessions" / DATABASE) as store:
        freeze(StudyRecord(store), study_plan())
    ended = sandbox(place, "measure", "worry", "--measure", "k6:report")
    assert ended.code == 2 and "sandbox study run worry" in ended.err


@pytest.mark.parametrize("written", ["k6:word", "no-such-thing", "k6@often"])
def test_a_measure_that_cannot_be_asked_is_refused_before_any_call(
    record: Path, monkeypatch, written
) -> None:
    model = client_model()
    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: model)
    ended = sandbox(record.parent.parent, "measure", "last", "--measure", written)
    assert ended.code != 0 and not model.requests
