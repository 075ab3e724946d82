"""The directions in which a model's inner state is moved: of affects, and placebos. Made of matched stories.

For the embedded model they ship (`smollm2-135m.json`); for another one they are made on this machine: a copy
of its weights that ends after the middle layer is served for embeddings, and what comes out of it are that
layer's hidden states, each brought to one length by the last normalisation (its own weights set to one).
"""

import base64
import hashlib
import json
import math
import random
import struct
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import fmean, median
from typing import Literal

from sandbox.models.direct_way import Direct
from sandbox.models.failure import Failure
from sandbox.models.gguf import Layout, read_layout, set_numbers, write_copy
from sandbox.models.llama_process import LlamaProcess
from sandbox.models.provider import ModelError
from sandbox.text import excerpt

Affect = Literal["fear", "sadness", "anger", "disgust"]
AFFECTS: tuple[Affect, ...] = ("fear", "sadness", "anger", "disgust")
RANDOM = ("random-1", "random-2", "random-3")
PLACEBOS = ("topic", *RANDOM)
"""Directions that no affect is known to lie in: from offices to gardens, and three that are drawn."""

UNIT = 0.1
"""The length of a dose of 1, as a share of the usual length of a hidden state in the middle layer. Matched
stories move it by 0.07 to 0.13 of that (docs/calibrate.md)."""

_SHIPPED = ("smollm2-135m.json",)

CONTEXT = 512
"""The longest text in tokens."""


@dataclass(frozen=True, slots=True)
class Directions:
    """Directions of length 1 at one layer of one model, whose weights have that SHA-256.

    `length` is the usual length of a hidden state after `layer` layers; `stories` the SHA-256 of the stories;
    `shifts` how far each kind of story moves the state, as a share of `length`.
    """

    weights: str
    title: str
    stories: str
    layer: int
    length: float
    vectors: Mapping[str, Sequence[float]]
    shifts: Mapping[str, float]

    def dose(self, direction: str, size: float) -> list[float]:
        """What is added at that dose. Raises KeyError for a direction that is not there."""
        if not size:
            return [0.0] * len(next(iter(self.vectors.values())))
        step = size * UNIT * self.length
        return [step * value for value in self.vectors[direction]]

    @property
    def sha256(self) -> str:
        """Of everything that says what is added."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()

    def as_json(self) -> str:
        """The file's text; vectors as base64 of little-endian float32."""
        data = {
            "about": "Directions of `sandbox calibrate`: simulated affect, not a feeling (docs/calibrate.md)",
            "weights": self.weights,
            "title": self.title,
            "stories": self.stories,
            "layer": self.layer,
            "length": self.length,
            "shifts": dict(self.shifts),
            "vectors": {name: _written(vector) for name, vector in self.vectors.items()},
        }
        return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def read_directions(text: str) -> Directions:
    """Raises ValueError for a text that holds none."""
    try:
        data = json.loads(text)
        return Directions(
            weights=str(data["weights"]),
            title=str(data["title"]),
            stories=str(data["stories"]),
            layer=int(data["layer"]),
            length=float(data["length"]),
            vectors={str(name): _read(vector) for name, vector in data["vectors"].items()},
            shifts={str(name): float(share) for name, share in data["shifts"].items()},
        )
    except (KeyError, TypeError, AttributeError, struct.error) as error:
        raise ValueError(f"no directions: {error}") from None


def known_directions(weights: str, folder: Path) -> Directions | None:
    """The directions for weights of that SHA-256: shipped ones, or those made before and kept in `folder`.

    None when there are none for the stories as they are now.
    """
    texts = [(files(__package__) / name).read_text("utf-8") for name in _SHIPPED]
    if (kept := folder / f"{weights}.json").is_file():
        texts.append(kept.read_text("utf-8"))
    for text in texts:
        try:
            found = read_directions(text)
        except ValueError:
            continue
        if (found.weights, found.stories) == (weights, stories_sha256()):
            return found
    return None


def stories() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """By kind, the pairs: the story with the affect (of the topic: gardens), and its twin."""
    data = json.loads(_stories_text())["stories"]
    return {kind: tuple((pair["affected"], pair["twin"]) for pair in pairs) for kind, pairs in data.items()}


def stories_sha256() -> str:
    return hashlib.sha256(_stories_text().encode()).hexdigest()


def _stories_text() -> str:
    return (files(__package__) / "stories.json").read_text("utf-8")


async def make_directions(weights: Path, sha256: str, title: str, folder: Path) -> Directions:
    """Read the stories with the lower half of the model, written to `folder`. Takes a minute or a few.

    A direction is the mean over the pairs of (mean state over the story − mean state over its twin), brought
    to length 1. Raises ModelError, OSError.
    """
    try:
        layout = read_layout(weights)
    except ValueError as error:
        raise ModelError(
            f"This GGUF file cannot be copied: {error}.", kind="bad request", where=excerpt(weights.name)
        ) from None
    path = folder / "middle.gguf"
    try:
        middle = Middle(layout, path, excerpt(weights.name))
        vectors: dict[str, list[float]] = {}
        shifts: dict[str, float] = {}
        for kind, pairs in stories().items():
            read = [_mean(states) for states in await middle.states([one for pair in pairs for one in pair])]
            shift = _mean([_minus(*pair) for pair in zip(read[::2], read[1::2], strict=True)])
            size = math.sqrt(dot(shift, shift))
            vectors[kind] = [value / size for value in shift]
            shifts[kind] = round(size / math.sqrt(layout.width), 4)
        length = await middle.usual_length([pairs[0][1] for pairs in stories().values()])
    finally:
        path.unlink(missing_ok=True)
    vectors |= {name: _drawn(name, layout.width) for name in RANDOM}
    made = Directions(sha256, title, stories_sha256(), middle.layer, round(length, 3), vectors, shifts)
    return read_directions(made.as_json())  # as it will be read again: in float32


def _mean(rows: Sequence[Sequence[float]]) -> list[float]:
    return [fmean(column) for column in zip(*rows, strict=True)]


def _minus(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a - b for a, b in zip(one, other, strict=True)]


def _drawn(name: str, width: int) -> list[float]:
    """A direction drawn evenly from all there are; always the same for a name."""
    draw = random.Random(name)  # noqa: S311
    vector = [draw.gauss(0, 1) for _ in range(width)]
    size = math.sqrt(dot(vector, vector))
    return [value / size for value in vector]


def _written(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _read(text: str) -> "array[float]":
    data = base64.b64decode(text)
    return array("f", struct.unpack(f"<{len(data) // 4}f", data))


class Middle:
    """The lower half of a model in a file of its own, at `to`. Files are the caller's to remove."""

    def __init__(self, layout: Layout, to: Path, name: str) -> None:
        self.layer = max(1, layout.layers // 2)
        self._bias = bias_of(self.layer)
        self._layout = write_copy(layout, to, layers=self.layer, added=[self._bias])
        self._name = name
        norm = self._layout.tensor("output_norm.weight")
        set_numbers(self._layout, {norm.name: [1.0] * layout.width})

    async def states(
        self, texts: Sequence[str], moved: Sequence[float] | None = None
    ) -> list[list["array[float]"]]:
        """The states at each token of each text, as float32 of root mean square 1. The first token's is left
        out: it serves attention as a place to rest, and is a hundred times as long as others.

        With `moved` that vector is added to each before it is brought to one length. Raises ModelError.
        """
        set_numbers(self._layout, {self._bias: moved or [0.0] * self._layout.width})
        process = LlamaProcess(self._layout.path, context=CONTEXT, hidden_states=True)
        way = Direct()
        try:
            endpoint = await process.endpoint()
            return [
                [array("f", state) for state in (await way.hidden_states(endpoint, text))[1:]]
                for text in texts
            ]
        except Failure as failure:
            raise ModelError(
                f"The model's hidden states could not be read: {failure.message}",
                kind=failure.kind,
                where=self._name,
                todo=f"Its architecture (“{self._layout.architecture}”) may not take the added tensors: such"
                " a model cannot be calibrated. Llama, SmolLM2 and Mistral files can.",
            ) from None
        finally:
            await way.close()
            process.stop()

    async def usual_length(self, texts: Sequence[str]) -> float:
        """The median Euclidean length of the states at the tokens of the texts. Raises ModelError.

        Lengths are lost in the normalisation. A known vector v added before it gives them back: of a state h
        comes u = h/|h|, of h + v comes w = (h + v)/|h + v| = a·u + b·v, and |h| = a/b (in units of the root
        mean square). a and b are fitted by least squares over the coordinates.
        """
        width = self._layout.width
        draw = random.Random(1)  # noqa: S311  any known vector will do
        known = [draw.choice((-1.0, 1.0)) for _ in range(width)]
        pairs = zip(await self.states(texts), await self.states(texts, known), strict=True)
        lengths = [
            _length(plain, moved, known)
            for text, again in pairs
            for plain, moved in zip(text, again, strict=True)
        ]
        if not all(math.isfinite(length) and length > 0 for length in lengths):
            raise ModelError(
                "The tensors added to this model do nothing.",
                kind="bad request",
                where=self._name,
                todo=f"A model of the architecture “{self._layout.architecture}” cannot be calibrated.",
            )
        return median(lengths) * math.sqrt(width)


def bias_of(layer: int) -> str:
    """The tensor whose numbers are added to what stands in a model after so many layers."""
    return f"blk.{layer - 1}.ffn_down.bias"


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def _length(plain: Sequence[float], moved: Sequence[float], known: Sequence[float]) -> float:
    uu, uv, vv = dot(plain, plain), dot(plain, known), dot(known, known)
    wu, wv = dot(moved, plain), dot(moved, known)
    of_plain, of_known = wu * vv - wv * uv, uu * wv - uv * wu
    return of_plain / of_known if of_known else math.inf
