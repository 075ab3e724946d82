"""A provider around another: what it does not change, it passes on."""

from collections.abc import Sequence

from sandbox.models.provider import (
    Capabilities,
    ModelDescription,
    Pieces,
    Provider,
    Sampling,
    token_pieces,
)


class PassingOn:
    """What is asked about a model is asked of `inner`. Who inherits adds `complete` and `stream`."""

    def __init__(self, inner: Provider) -> None:
        self._inner = inner

    @property
    def title(self) -> str:
        return self._inner.title

    @property
    def description(self) -> ModelDescription:
        return self._inner.description

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities

    @property
    def sampling(self) -> Sampling:
        return self._inner.sampling

    async def token_pieces(self, texts: Sequence[str]) -> tuple[Pieces, ...] | None:
        """What the inner provider's tokeniser says; no call to the model."""
        return await token_pieces(self._inner, texts)

    async def close(self) -> None:
        """The inner provider is closed by whoever opened it."""
