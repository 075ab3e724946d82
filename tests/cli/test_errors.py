"""Bad input on the command line: a short sentence on stderr, the right exit code, nothing on stdout."""

import socket
from pathlib import Path

import pytest

from sandbox.errors import ExitCode
from sandbox.models.retry import RetryPolicy
from sandbox.store.store import Store
from tests.cli.command import sandbox


def nobody_there() -> str:
    """An address on this machine at which nothing answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def test_an_unknown_scenario_names_the_nearest(workspace: Path) -> None:
    ended = sandbox(workspace, "run", "--scenario", "night-atack")
    assert (ended.code, ended.out) == (ExitCode.NOT_FOUND, "")
    assert "night-attack" in ended.err
    assert len(ended.err.strip().splitlines()) <= 3


def test_a_technique_with_a_mistyped_key_is_refused_with_its_line(workspace: Path) -> None:
    path = workspace / "techniques" / "mindful-breathing.yaml"
    text = path.read_text(encoding="utf-8").replace("rationale:", "rationele:")
    path.write_text(text, encoding="utf-8")
    line = 1 + text[: text.index("rationele")].count("\n")
    ended = sandbox(workspace, "run")
    assert ended.code == ExitCode.INVALID_DOCUMENT
    assert f"mindful-breathing.yaml:{line}:" in ended.err and "rationale" in ended.err


def test_a_file_that_is_no_model_is_refused(workspace: Path, tmp_path: Path) -> None:
    fake = tmp_path / "fake.gguf"
    fake.write_bytes(b"not a model at all")
    ended = sandbox(workspace, "run", "--model", f"gguf:{fake}")
    assert ended.code == ExitCode.MODEL
    assert "GGUF" in ended.err


@pytest.mark.litellm
def test_a_model_server_that_is_not_there_ends_with_the_model_s_code_and_keeps_the_record(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.models.opening._LOCAL_POLICY", RetryPolicy(first_wait=0.01))
    address = nobody_there()
    ended = sandbox(
        workspace, "run", "--model", "openai/none", OPENAI_API_BASE=address, OPENAI_API_KEY="sk-secret"
    )
    assert ended.code == ExitCode.MODEL, ended.err
    assert "sk-secret" not in ended.err
    assert "sandbox resume" in ended.err
    assert ended.err.count("Nothing answers at") == 1, "told once"
    with Store.open(workspace / "sessions" / "sandbox.db") as store:
        attempts = store.calls(store.resolve("last"))
        assert len(attempts) > 1 and all(attempt.failure for attempt in attempts)
    ended = sandbox(workspace, "compare", "last")
    assert ended.code == ExitCode.NOT_FOUND
    assert "Nothing was measured" in ended.err and "sandbox resume" in ended.err and "none" not in ended.err


def test_local_only_refuses_a_hosted_model(workspace: Path) -> None:
    for command in (["run", "--model"], ["check-model"]):
        ended = sandbox(workspace, *command, "openai/gpt-4o", "--local-only", OPENAI_API_KEY="sk-secret")
        assert ended.code == ExitCode.MODEL and "local" in ended.err.lower()


def test_a_hosted_model_without_a_key_is_refused_before_anything_is_planned(workspace: Path) -> None:
    for command in (["run", "--model"], ["check-model"]):
        ended = sandbox(workspace, *command, "openai/gpt-4o", "--quiet")
        assert (ended.code, ended.out) == (ExitCode.MODEL, "")
        assert ended.err.count("There is no key") == 1 and "OPENAI_API_KEY" in ended.err
        assert len(ended.err.strip().splitlines()) <= 3
    assert sandbox(workspace, "resume").code == ExitCode.NOT_FOUND, "nothing was recorded"


def test_a_therapist_model_without_a_key_is_refused_as_early(workspace: Path) -> None:
    path = workspace / "techniques" / "mindful-breathing.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("delivery: scripted", "delivery: guided"), encoding="utf-8")
    for option, said in (("--quiet", "no key"), ("--local-only", "Local only")):
        ended = sandbox(workspace, "run", "--therapist", "anthropic/claude-x", option)
        assert (ended.code, ended.out) == (ExitCode.MODEL, "") and said in ended.err, ended.err
    assert sandbox(workspace, "show", "last").code == ExitCode.NOT_FOUND


def test_a_word_probe_is_refused_on_a_model_without_probabilities(workspace: Path) -> None:
    ended = sandbox(
        workspace, "run", "--model", "anthropic/claude-x", "--measure", "word-probe", ANTHROPIC_API_KEY="sk-x"
    )
    assert ended.code == ExitCode.USAGE and "word-probe" in ended.err


def test_nothing_to_resume_and_nothing_to_show(workspace: Path) -> None:
    for command in (["resume"], ["show", "last"], ["export", "last", "--to", "x.md"]):
        ended = sandbox(workspace, *command)
        assert ended.code == ExitCode.NOT_FOUND, (command, ended.err)


def test_an_option_that_does_not_exist_is_a_usage_error(workspace: Path) -> None:
    assert sandbox(workspace, "run", "--tecnique", "x").code == ExitCode.USAGE
    assert sandbox(workspace, "rnu").code == ExitCode.USAGE


def test_a_traceback_is_shown_only_when_asked_for(workspace: Path) -> None:
    assert "Traceback" not in sandbox(workspace, "show", "nobody").err
    assert "Traceback" in sandbox(workspace, "--debug", "show", "nobody").err
