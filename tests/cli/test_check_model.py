"""`sandbox check-model` as a user runs it: verdicts on stdout, talk on stderr, exit codes, what is kept."""

import asyncio
import json
from pathlib import Path

import pytest

from sandbox.cli import conducting
from sandbox.errors import ExitCode
from sandbox.models.provider import Completion, Request
from sandbox.store.store import Store
from tests.cli.command import sandbox, shorten
from tests.scripted import ScriptedProvider

QUICK = ("check-model", "--way", "word", "--repeats", "2")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--questionnaire", "gad-7", "--way", "word"), ExitCode.USAGE, "--way"),
        (("--questionnaire", "gad7"), ExitCode.NOT_FOUND, "gad-7"),
        (("--measure", "gad7"), ExitCode.NOT_FOUND, "gad-7"),
        (("--questionnaire", "gad-7:report:aloud"), ExitCode.USAGE, "per-item"),
        (("nonsense",), ExitCode.USAGE, "not the name of a model"),
        (("--repeats", "1"), ExitCode.USAGE, "repeats"),
        (("gguf:no-such.gguf",), ExitCode.MODEL, "no-such.gguf"),
    ],
)
def test_what_cannot_be_checked_is_refused_before_any_call(
    workspace: Path, words: tuple[str, ...], code: ExitCode, said: str
) -> None:
    ended = sandbox(workspace, "check-model", *words)
    assert ended.code == code, ended.err
    assert said in ended.err
    assert ended.out == ""


def test_an_interrupted_check_says_how_long_the_rest_takes_and_how_to_go_on(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(ScriptedProvider):
        def _next(self, request: Request) -> Completion:
            if len(self.requests) > 9:
                raise asyncio.CancelledError
            return super()._next(request)

    monkeypatch.setattr(conducting, "open_model", lambda *_, **__: Interrupted())
    ended = sandbox(workspace, *QUICK, "--seed", "4")
    assert ended.code == ExitCode.INTERRUPTED
    assert "8 of about 29 calls, about " in ended.err and " left: word-probe by word" in ended.err
    again = "sandbox check-model embedded --questionnaire word-probe:word --repeats 2 --seed 4"
    assert f"Check the rest: {again}" in ended.err


@pytest.mark.embedded
def test_the_word_probe_rises_on_the_embedded_model_and_the_verdict_is_kept(workspace: Path) -> None:
    for scenario in ("night-attack", "doing-laundry"):
        shorten(workspace / "scenarios" / f"{scenario}.yaml", "turns", slice(-1, None))
    ended = sandbox(workspace, *QUICK, "--json")
    assert ended.code == ExitCode.OK, ended.err
    told = json.loads(ended.out)
    (check,) = told["checks"]
    indices = {index["id"]: index for index in check["indices"]}
    assert indices["induction"]["estimate"]["value"] > 10
    assert indices["retest"]["judgement"] == "does not apply", "without sampling it is not asked again"
    assert abs(indices["hint more"]["estimate"]["value"]) > 30 and check["usable"].startswith("not usable")
    assert all(index["acceptable"] for index in check["indices"])
    assert "calls" in ended.err and "not a feeling" in told["notice"]
    assert "not tested" in check["follows_a_known_dose"], "until it is calibrated"
    with Store.open(workspace / "sessions" / "sandbox.db", create=False) as store:
        (kept,) = store.checks("embedded")
        assert kept.validity.verdict == check["verdict"]
        # Five conditions before any scenario (once) and after both strong tellings, there with two last
        # sentences of the client's as well; plain after neutral ones. Two repeats tell no affect's own.
        assert len(store.trials(kept.number)) == 5 + 2 * (5 + 2) + 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("openai/gpt-4o",), ExitCode.MODEL, "cannot be given a dose"),
        (("gguf:no-such.gguf",), ExitCode.MODEL, "no-such.gguf"),
        (("--questionnaire", "gad7"), ExitCode.NOT_FOUND, "gad-7"),
        (("--affect", "joy"), ExitCode.USAGE, "fear"),
    ],
)
def test_what_cannot_be_calibrated_is_refused_before_any_call(
    workspace: Path, words: tuple[str, ...], code: ExitCode, said: str
) -> None:
    ended = sandbox(workspace, "calibrate", *words)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
