"""A file is judged before a process is started for it: what is not GGUF is refused with what to do."""

import hashlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.models.embedded import gguf_model
from sandbox.models.gguf import read_weights
from sandbox.models.provider import ModelError


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def gguf(*fields: bytes) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(fields)) + b"".join(fields)


NAME = text("general.name") + struct.pack("<I", 8) + text("Tiny Model")
TAGS = text("general.tags") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b")
NUMBERS = text("general.numbers") + struct.pack("<IIQ", 9, 4, 3) + struct.pack("<3I", 1, 2, 3)
CONTEXT = text("llama.context_length") + struct.pack("<II", 4, 2048)
WORDS = text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 1_000_000)


def test_the_header_tells_name_and_context(tmp_path: Path):
    path = tmp_path / "tiny.gguf"
    path.write_bytes(gguf(NAME, TAGS, NUMBERS, CONTEXT, WORDS))
    weights = read_weights(path)
    assert (weights.model_name, weights.context, weights.size) == ("Tiny Model", 2048, path.stat().st_size)
    assert weights.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_name_with_terminal_escapes_is_shown_as_text(tmp_path: Path):
    path = tmp_path / "tiny\x1b[2J.gguf"
    loud = text("general.name") + struct.pack("<I", 8) + text("Tiny\x1b]0;owned\x07\nModel\u202e")
    path.write_bytes(gguf(loud, CONTEXT))
    assert read_weights(path).title == "Tiny\ufffd]0;owned\ufffd Model\ufffd"
    assert gguf_model(path).description.title == "Tiny\ufffd]0;owned\ufffd Model\ufffd"
    path.write_bytes(gguf(CONTEXT))
    assert read_weights(path).title == "tiny\ufffd[2J"
    assert "\x1b" not in repr(gguf_model(path).description.facts)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a GGUF file"),
        (b"PK\x03\x04 a zip", "not a GGUF file"),
        (b"GGUF", "damaged"),
        (b"GGUF" + b"\xff" * 40, "damaged"),
        (gguf(NAME)[:-4], "damaged"),
        (gguf(text("x") + struct.pack("<I", 99)), "damaged"),
        (gguf(struct.pack("<Q", 1 << 60)), "damaged"),
    ],
)
def test_what_is_no_gguf_is_refused(tmp_path: Path, content, words):
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_weights(path)
    assert words in caught.value.what
    assert caught.value.where == str(path)
    assert caught.value.todo


def test_no_file_and_a_folder(tmp_path: Path):
    with pytest.raises(ModelError, match="no such file"):
        read_weights(tmp_path / "absent.gguf")
    with pytest.raises(ModelError, match="folder"):
        read_weights(tmp_path)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content):
    path = tmp_path_factory.getbasetemp() / "any.gguf"
    path.write_bytes(b"GGUF" + content)
    try:
        read_weights(path)
    except ModelError as error:
        assert "damaged" in error.what
