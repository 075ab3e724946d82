"""A model named by a file is the same model from every folder."""

from pathlib import Path

import pytest

from sandbox.models.name import full_name, short_name


def test_a_file_s_path_is_made_absolute_and_shown_without_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/anna")
    assert full_name("gguf:models/x.gguf") == f"gguf:{tmp_path}/models/x.gguf"
    assert full_name(" gguf: x.gguf ") == f"gguf:{tmp_path}/x.gguf"
    assert full_name("gguf:~/x.gguf") == "gguf:/home/anna/x.gguf"
    assert full_name("gguf:~nobody-of-that-name/x.gguf") == "gguf:~nobody-of-that-name/x.gguf"
    assert full_name(full_name("gguf:x.gguf")) == full_name("gguf:x.gguf")
    assert short_name(full_name("gguf:models/x.gguf")) == "gguf:x.gguf"


@pytest.mark.parametrize("name", ["embedded", "openai/gpt-4o", "ollama_chat/llama3.2:3b", "gguf:", ""])
def test_other_names_stay_as_they_are(name: str):
    assert full_name(name) == short_name(name) == name
