"""The way to a server of our own on this machine: plain HTTP on loopback, one connection kept alive.

A model that our own child process serves needs no LiteLLM, whose import takes seconds and 160 MB.
"""

import asyncio
import contextlib
import importlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.models.daemon_thread import on_daemon_thread
from sandbox.models.failure import Failure
from sandbox.models.provider import Pieces, Usage
from sandbox.models.way import ChatCall, Ending, Endpoint

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

_KEPT_SECONDS = 2.0
"""A connection is used again within so many seconds: llama.cpp's server lets go of one after five."""

_SIDE_SECONDS = 60.0


class Rejection(Exception):
    """The server answered with an error. Its shape is what `failure.failure_of` looks at."""

    def __init__(self, text: str, status_code: int | None, response: Any = None) -> None:
        super().__init__(text)
        self.status_code = status_code
        self.response = response


class Direct:
    """Asks servers that speak as OpenAI's chat completions do, from whichever event loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx.AsyncClient | None = None

    async def load(self) -> None:
        await on_daemon_thread(_load, "httpx import")

    async def whole(self, call: ChatCall) -> Any:
        response = await self._response(call)
        try:
            with _lost_connections():
                return _parsed(await response.aread())
        finally:
            await response.aclose()

    async def stream(self, call: ChatCall) -> "Events":
        return Events(await self._response(call, stream=True))

    def takes_schema(self, model: str) -> bool:
        return True

    def price(self, model: str, usage: Usage) -> float | None:
        return None

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    async def pieces(self, endpoint: Endpoint, texts: Sequence[str]) -> tuple[Pieces, ...]:
        """The tokens of each text, in order, by a llama.cpp server's own tokeniser. Raises Failure."""

        def read(said: Any) -> Pieces:
            # A token that is no whole character comes as a list of bytes.
            pieces = [token["piece"] for token in said["tokens"]]
            return tuple(piece if isinstance(piece, str) else None for piece in pieces)

        asked = [{"content": text, "with_pieces": True} for text in texts]
        return tuple(await self._aside(endpoint, "tokenize", asked, read, "its tokens"))

    async def hidden_states(self, endpoint: Endpoint, text: str) -> list[list[float]]:
        """What a llama.cpp server for embeddings says of each token of the text. Raises Failure."""

        def read(said: Any) -> list[list[float]]:
            return [list(map(float, state)) for state in said[0]["embedding"]]

        (states,) = await self._aside(endpoint, "embeddings", [{"content": text}], read, "its states")
        return states

    async def _aside(
        self, endpoint: Endpoint, page: str, asked: Sequence[object], read: Callable[[Any], T], what: str
    ) -> list[T]:
        """What is read of a page beside the chat's, asked for each in turn. Raises Failure."""
        await self.load()
        address = f"{(endpoint.base or '').removesuffix('/v1')}/{page}"
        try:
            async with asyncio.timeout(_SIDE_SECONDS):
                client, headers = self._kept(), _headers(endpoint)
                return [read((await client.post(address, json=one, headers=headers)).json()) for one in asked]
        except Exception as error:
            raise Failure("malformed", f"The model's process did not say {what}: {error}.") from None

    async def _response(self, call: ChatCall, **more: Any) -> "httpx.Response":
        """The response to the call, its body still to be read and closed by the caller."""
        parameters = dict(call.parameters)
        body = {"model": call.model, **(parameters.pop("extra_body", None) or {}), **parameters, **more}
        client = self._kept()
        request = client.build_request(
            "POST", f"{call.endpoint.base}/chat/completions", json=body, headers=_headers(call.endpoint)
        )
        with _lost_connections():
            response = await client.send(request, stream=True)
            if not response.is_error:
                return response
            try:
                text = (await response.aread()).decode(errors="replace")
            finally:
                await response.aclose()
        raise Rejection(text, response.status_code, response)

    def _kept(self) -> "httpx.AsyncClient":
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            import httpx

            # No time limit of its own: whoever calls keeps the time. No TLS: the server is on this machine.
            self._loop = loop
            self._client = httpx.AsyncClient(
                timeout=None,  # noqa: S113
                trust_env=False,
                verify=False,  # noqa: S501
                limits=httpx.Limits(max_keepalive_connections=1, keepalive_expiry=_KEPT_SECONDS),
            )
        return self._client


class Events:
    """A streamed reply: server-sent events, one chunk each."""

    def __init__(self, response: "httpx.Response") -> None:
        self._response = response
        self._lines = _lines(response)
        self._begun = self._done = False
        self._usage: Any = None

    async def next(self) -> Any:
        with _lost_connections():
            async for line in self._lines:
                if not line.startswith(b"data:"):
                    continue
                data = line.removeprefix(b"data:").strip()
                if data == b"[DONE]":
                    self._done = True
                    return None
                return self._taken(_parsed(data))
        return None

    def _taken(self, chunk: Any) -> Any:
        if (error := getattr(chunk, "error", None)) is not None:
            code = getattr(error, "code", None)
            text = str(getattr(error, "message", None) or error)
            raise Rejection(text, code if isinstance(code, int) else None)
        self._begun = True
        self._usage = getattr(chunk, "usage", None) or self._usage
        return chunk

    def ending(self, finish_reason: str) -> Ending:
        return Ending(self._begun, self._done, bool(finish_reason), self._usage)

    async def close(self) -> None:
        """Hang up. llama.cpp's server does so by itself after a stream; a whole reply leaves it connected."""
        await self._response.aclose()


def _load() -> None:
    importlib.import_module("httpx")
    importlib.import_module("anyio._backends._asyncio")  # else the first call loads it


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}


def _parsed(data: bytes) -> Any:
    """JSON with its objects as attributes, the shape in which LiteLLM hands replies over."""
    return json.loads(data, object_hook=lambda found: SimpleNamespace(**found))


async def _lines(response: "httpx.Response") -> AsyncIterator[bytes]:
    """The body's lines. (httpx's own lines also end at U+2028, which may stand in a text.)"""
    rest = b""
    async for piece in response.aiter_bytes():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line
    if rest:
        yield rest


@contextlib.contextmanager
def _lost_connections() -> Iterator[None]:
    """httpx's transport errors as Python's own, by which `failure.failure_of` knows them."""
    import httpx

    try:
        yield
    except httpx.TimeoutException as error:
        raise TimeoutError(str(error)) from None
    except httpx.TransportError as error:
        raise ConnectionError(str(error) or "the connection was lost") from None
