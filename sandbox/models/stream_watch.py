"""What a stream's events say that LiteLLM does not pass on: its `[DONE]`, and a refusal. Asks for nothing."""

import json
from collections.abc import AsyncIterator
from typing import Any


class StreamWatch:
    """Looks over the shoulder of LiteLLM's OpenAI stream; of other streams it sees nothing.

    `done`: the server said that this was all, with or without a finish reason; a connection that only ends
    may have been cut. `refusal`: what came in the field of that name, which LiteLLM may drop.
    """

    def __init__(self, stream: Any = None) -> None:
        self.done = False
        self._refusal: list[str] = []
        inner = getattr(stream, "completion_stream", None)
        decoder = getattr(inner, "_decoder", None)
        if inner is not None and hasattr(decoder, "aiter_bytes"):
            inner._decoder = _Noting(decoder, self)

    @property
    def refusal(self) -> str:
        return "".join(self._refusal)

    def note(self, data: str) -> None:
        """Take up one event's data."""
        if data.startswith("[DONE]"):
            self.done = True
        elif '"refusal"' in data:
            try:
                piece = json.loads(data)["choices"][0]["delta"].get("refusal")
            except (ValueError, LookupError, TypeError, AttributeError):  # whoever reads it will say so
                return
            if isinstance(piece, str):
                self._refusal.append(piece)


class _Noting:
    def __init__(self, decoder: Any, watch: StreamWatch) -> None:
        self._decoder = decoder
        self._watch = watch

    async def aiter_bytes(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async for event in self._decoder.aiter_bytes(pieces):
            self._watch.note(str(getattr(event, "data", "")))
            yield event
