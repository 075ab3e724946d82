"""What stands in the middle of a model at each word of a text, told by the engine that serves it.

A copy of the weights that ends after its middle layer is served for embeddings: what comes out of it are that
layer's hidden states, each brought to one length by the last normalisation (its own weights set to one).
"""

import math
import random
import statistics
from array import array
from collections.abc import Sequence
from pathlib import Path

from sandbox.models.direct_way import Direct
from sandbox.models.failure import Failure
from sandbox.models.gguf_copy import Layout, set_numbers, write_copy
from sandbox.models.llama_process import LlamaProcess
from sandbox.models.provider import ModelError

CONTEXT = 512
"""The longest text in tokens."""


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
        return statistics.median(lengths) * math.sqrt(width)


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
