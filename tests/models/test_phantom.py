"""The phantom: its stories, the copy of the weights that takes a dose, what a dose does to the real model."""

import re
import struct
from pathlib import Path

import pytest

from sandbox.library.catalogue import Library
from sandbox.library.questionnaire import WordQuestionnaire
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.measurement.reading.word import give_word_probe
from sandbox.models.embedded import EmbeddedProvider, gguf_model
from sandbox.models.gguf import Layout, read_layout, set_numbers, write_copy
from sandbox.models.phantom.directions import (
    AFFECTS,
    PLACEBOS,
    UNIT,
    Directions,
    dot,
    known_directions,
    read_directions,
    stories,
)
from sandbox.models.phantom.dosed import open_phantom
from sandbox.models.provider import Message, ModelError, Request, Sampling

ORDINARY = """
    a an the i me my we our us he him his she her it its they them their this that these those who
    whoever and or but while until as after at by for from in into of off on onto out over to
    towards with against along across above below beneath beside between through under up is am are
    was were be been has have had none not each all there away can
"""
FUNCTION_WORDS = frozenset(ORDINARY.split())
ENDINGS = ("ing", "ed", "ly", "ful", "less", "ness", "es", "s", "y", "e")


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z']+", text.lower()))


def stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word.removesuffix(ending)
    return word


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(Workspace(shipped_content(), Path("sessions")))


def test_no_story_has_a_word_that_an_instrument_counts_or_asks_about(library: Library) -> None:
    counted: set[str] = set()
    asked: set[str] = set()
    for id in library.ids("questionnaire"):
        questionnaire = library.questionnaire(id)
        asked |= {word for item in questionnaire.items for word in words(item.text)}
        if isinstance(questionnaire, WordQuestionnaire):
            counted |= {word for item in questionnaire.items for word in item.words}
    taken = counted | (asked - FUNCTION_WORDS)
    stems = {stem(word) for word in taken}
    assert {*AFFECTS, "topic"} == stories().keys()
    for pairs in stories().values():
        assert len(pairs) >= 8
        for story in (one for pair in pairs for one in pair):
            shared = {
                word
                for word in words(story) - (FUNCTION_WORDS - counted)
                if word in taken or stem(word) in stems
            }
            assert not shared, story
        for story, twin in pairs:
            assert abs(len(story.split()) - len(twin.split())) <= 2, "matched in length"


def gguf(path: Path) -> Path:
    """A file with two layers of width 4, in which each tensor is filled with its own number."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    names = ("token_embd.weight", "blk.0.ffn_down.weight", "blk.1.ffn_down.weight", "output_norm.weight")
    fields = [
        text("general.architecture") + struct.pack("<I", 8) + text("llama"),
        text("llama.block_count") + struct.pack("<II", 4, 2),
        text("llama.embedding_length") + struct.pack("<II", 4, 4),
        text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"),
    ]
    header = struct.pack("<4sIQQ", b"GGUF", 3, len(names), len(fields)) + b"".join(fields)
    for place, name in enumerate(names):
        header += text(name) + struct.pack("<IQIQ", 1, 4, 0, 32 * place)
    data = b"".join(struct.pack("<4f", *[place + 1.0] * 4).ljust(32, b"\0") for place in range(len(names)))
    path.write_bytes(header + b"\0" * (-len(header) % 32) + data)
    return path


def numbers_of(layout: Layout, name: str) -> tuple[float, ...]:
    tensor = layout.tensor(name)
    (length,) = tensor.shape
    return struct.unpack_from(f"<{length}f", layout.path.read_bytes(), layout.data + tensor.offset)


def test_a_copy_keeps_every_tensor_and_takes_new_ones_and_a_half_leaves_the_upper_layers_out(
    tmp_path: Path,
) -> None:
    source = read_layout(gguf(tmp_path / "model.gguf"))
    assert (source.architecture, source.layers, source.width) == ("llama", 2, 4)
    before = source.path.read_bytes()
    copy = write_copy(source, tmp_path / "copy.gguf", added=["blk.0.ffn_down.bias"])
    set_numbers(copy, {"blk.0.ffn_down.bias": [1.0, -2.0, 0.5, 0.0]})
    read = read_layout(copy.path)
    assert read.tensors == copy.tensors
    assert [*numbers_of(read, "blk.0.ffn_down.bias")] == [1.0, -2.0, 0.5, 0.0]
    for tensor in source.tensors:
        assert numbers_of(read, tensor.name) == numbers_of(source, tensor.name)
    half = read_layout(write_copy(source, tmp_path / "half.gguf", layers=1).path)
    assert half.layers == 1
    assert "blk.1.ffn_down.weight" not in {tensor.name for tensor in half.tensors}
    assert [*numbers_of(half, "output_norm.weight")] == [4.0] * 4
    assert source.path.read_bytes() == before, "the weights themselves are never touched"
    with pytest.raises(ValueError, match="header"):
        damaged = tmp_path / "damaged.gguf"
        damaged.write_bytes(before[:60])
        read_layout(damaged)


@pytest.mark.embedded
def test_the_shipped_directions_are_of_this_model_and_doses_of_one_length(
    embedded_model: EmbeddedProvider, tmp_path: Path
) -> None:
    directions = known_directions(embedded_model.weights.sha256(), tmp_path)
    assert directions is not None, "made of the stories as they are now: run benchmarks.steering anew"
    assert {*AFFECTS, *PLACEBOS} == directions.vectors.keys()
    for name in directions.vectors:
        dose = directions.dose(name, 2)
        assert dot(dose, dose) ** 0.5 == pytest.approx(2 * UNIT * directions.length, rel=1e-4)
    assert read_directions(directions.as_json()) == directions
    assert known_directions("another model's", tmp_path) is None


@pytest.mark.embedded
async def test_a_model_that_does_not_take_the_added_tensors_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    model = gguf_model(gguf(tmp_path / "model.gguf"))  # whose copy the engine cannot load
    along = Directions("", "", "", 1, 1.0, {"fear": (1.0, 0.0, 0.0, 0.0)}, {})
    async with open_phantom(model, along) as phantom:
        with pytest.raises(ModelError) as caught:
            await phantom.at("fear", 2)
    assert "does not start" in caught.value.what and "“llama”) does not take" in caught.value.todo


@pytest.mark.embedded
async def test_no_dose_is_the_plain_model_a_dose_of_fear_shows_and_a_placebo_does_not(
    embedded_model: EmbeddedProvider, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    directions = known_directions(embedded_model.weights.sha256(), tmp_path)
    probe = library.questionnaire("word-probe")
    assert directions is not None and isinstance(probe, WordQuestionnaire)
    told = (
        Message("user", "The library opens at nine. Returned books go on the trolley beside the entrance."),
    )
    plain = Request(told, Sampling(temperature=0.0, max_tokens=1), top_logprobs=50)

    async def fear(model: EmbeddedProvider) -> float:
        return (await give_word_probe(probe, told, model, seed=1)).score("fear") or 0.0

    async with open_phantom(embedded_model, directions) as phantom:
        nothing = await phantom.at("", 0)
        assert (await nothing.complete(plain)).top == (await embedded_model.complete(plain)).top
        middle = await fear(nothing)
        more, less = await fear(await phantom.at("fear", 2)), await fear(await phantom.at("fear", -2))
        placebo = await fear(await phantom.at("random-1", 2))
    assert less < middle < more
    assert abs(placebo - middle) < (more - middle) / 2
    assert not list(tmp_path.rglob("*.gguf")), "the copy is gone"  # noqa: ASYNC240
