"""Settings are read strictly and never stop anything; writing one leaves the rest of the file alone."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import SandboxError
from sandbox.models.opening import open_model
from sandbox.models.provider import ModelError
from sandbox.remembered import Remembered, load_remembered, remembered_file, save_remembered
from sandbox.settings import (
    TEMPLATE,
    Settings,
    changed,
    load_settings,
    parse_settings,
    save_setting,
    settings_file,
)

FILE = Path("settings.toml")


def test_without_a_file_there_are_defaults_and_nothing_to_tell() -> None:
    loaded = load_settings()
    assert loaded.settings == Settings() and loaded.problems == ()


def test_every_setting_is_read() -> None:
    text = """model = "openai/gpt-4o"
models = ["gguf:/models/a.gguf"]
theme = "high-contrast"
local_only = true
notify = "desktop"
notify_after = 5
remarks_off = ["two-questions", "jargon"]
[keys]
"session.pause" = "p"
"""
    loaded = parse_settings(text, FILE)
    assert loaded.problems == ()
    assert loaded.settings == Settings(
        "openai/gpt-4o",
        ("gguf:/models/a.gguf",),
        "high-contrast",
        True,
        "desktop",
        5,
        ("two-questions", "jargon"),
        {"session.pause": "p"},
    )


def test_the_template_with_its_comments_taken_away_is_the_defaults() -> None:
    examples = [row[2:] for row in TEMPLATE.splitlines() if row.startswith("# ") and " = " in row]
    loaded = parse_settings("\n".join(row for row in examples if "session." not in row), FILE)
    assert (loaded.settings, loaded.problems) == (Settings(), ())
    assert parse_settings(TEMPLATE, FILE).settings == Settings()


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("modell = 'x'", "unknown setting"),
        ("model = 3", "needs a text"),
        ("models = 'x'", "list of texts"),
        ("remarks_off = ['two-question']", "lists some of: advice-first, two-questions"),
        ("notify = 'horn'", "bell, desktop, off"),
        ("notify = ['bell']", "bell, desktop, off"),
        ("notify_after = -1", "seconds"),
        ("notify_after = true", "seconds"),
        ("[keys]\n'session.pause' = 3", "keys needs"),
    ],
)
def test_a_wrong_line_is_told_with_its_number_and_the_others_hold(row: str, what: str) -> None:
    loaded = parse_settings(f"# mine\ntheme = 'nord'\n{row}\n", FILE)
    (problem,) = loaded.problems
    assert what in problem.message and str(problem).startswith("settings.toml:3: ")
    assert loaded.settings == Settings(theme="nord")


@pytest.mark.parametrize("text", ["local_only = 'yes'", "localonly = true", "local-only = 1", "model = \n"])
def test_where_local_only_cannot_be_read_it_is_on(text: str) -> None:
    loaded = parse_settings(text, FILE)
    assert loaded.problems and loaded.settings.local_only


def test_a_file_that_is_not_text_does_not_stop_anything() -> None:
    settings_file().write_bytes(b"\xff\xfe\x00")
    loaded = load_settings()
    assert loaded.problems and loaded.settings == Settings(local_only=True)


def test_local_only_in_the_settings_refuses_a_hosted_model_whatever_is_asked() -> None:
    open_model("anthropic/claude-sonnet-4-5")
    save_setting("local_only", True)
    with pytest.raises(ModelError, match="Local only"):
        open_model("anthropic/claude-sonnet-4-5", local_only=False)
    assert open_model("ollama_chat/llama3.2").capabilities.local


@pytest.mark.parametrize("name", ["ollama_chat/gpt-oss:120b-cloud", "ollama/glm-4.6:cloud"])
def test_a_model_that_ollama_passes_on_to_its_cloud_is_not_local(name: str) -> None:
    with pytest.raises(ModelError, match="Local only"):
        open_model(name, local_only=True)


def test_writing_a_setting_keeps_comments_and_other_lines() -> None:
    text = '# mine\nmodels = [\n  "a/b", # one\n]\n\ntheme = "nord" # dark\n\n# my keys\n[keys]\nx = "y"\n'
    new = changed(text, "models", ("c/d",))
    assert new == '# mine\nmodels = ["c/d"]\n\ntheme = "nord" # dark\n\n# my keys\n[keys]\nx = "y"\n'
    new = changed(text, "local_only", True)
    assert new.index("local_only") < new.index("# my keys") < new.index("[keys]")


def test_the_first_setting_written_makes_a_documented_file() -> None:
    save_setting("notify_after", 60)
    text = settings_file().read_text(encoding="utf-8")
    assert "notify_after = 60\n" in text and "# theme" in text
    save_setting("notify_after", 61)
    assert load_settings().settings.notify_after == 61


def test_a_broken_file_is_not_written_over() -> None:
    settings_file().write_text("theme = \n", encoding="utf-8")
    with pytest.raises(SandboxError, match="not changed"):
        save_setting("theme", "nord")
    assert settings_file().read_text(encoding="utf-8") == "theme = \n"


@given(value=st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text.strip()))
def test_any_text_written_is_read_back(value: str) -> None:
    for text in ("", TEMPLATE, 'theme = "x"\n[keys]\na = "b"\n'):
        assert parse_settings(changed(text, "theme", value), FILE).settings.theme == value


def test_what_is_remembered_comes_back_and_a_wrong_file_is_nothing() -> None:
    save_remembered(Remembered(True, {"scenario": "night-attack", "seed": 3}))
    assert load_remembered() == Remembered(True, {"scenario": "night-attack", "seed": 3})
    for text in ("", "[1]", '{"proposal": 3}', "[" * 100_000):
        remembered_file().write_text(text, encoding="utf-8")
        assert load_remembered() == Remembered()
