"""The way to models elsewhere: LiteLLM, imported late, off the event loop, and quiet.

Its import reads neither the network nor a `.env`. Nothing else in the project imports it.
"""

import contextlib
import gc
import importlib
import json
import logging
import os
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any

from sandbox.models.daemon_thread import on_daemon_thread
from sandbox.models.hosted import authorization_of, without_credentials
from sandbox.models.provider import Usage
from sandbox.models.way import ChatCall, Ending

_lock = threading.Lock()
_ready: list[Any] = []
_within: ContextVar[bool] | None = None
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class LiteLLM:
    """Asks whatever LiteLLM reaches, once a call: retries are the project's own."""

    async def load(self) -> None:
        await litellm()

    async def whole(self, call: ChatCall) -> Any:
        module = await litellm()
        with _unbooked():
            return await module.acompletion(**_arguments(call))

    async def stream(self, call: ChatCall) -> "_Stream":
        module = await litellm()
        with _unbooked():
            return _Stream(await module.acompletion(**_arguments(call), stream=True))

    def takes_schema(self, model: str) -> bool:
        import litellm as library

        return bool(library.supports_response_schema(model=model))

    def price(self, model: str, usage: Usage) -> float | None:
        import litellm as library

        try:
            costs = library.cost_per_token(
                model=model,
                prompt_tokens=usage.prompt_tokens,
                completion_tokens=usage.completion_tokens,
                cache_read_input_tokens=usage.cached_tokens or 0,
            )
        except Exception:  # not in LiteLLM's price list
            return None
        return float(sum(costs))

    async def close(self) -> None:
        """Nothing is held between calls but LiteLLM's pooled connections, which are shared."""


def _arguments(call: ChatCall) -> dict[str, Any]:
    endpoint = call.endpoint
    # In the address they would meet the header with the key, and LiteLLM sends only one of the two.
    authorization = authorization_of(endpoint.base or "")
    optional = {
        "api_base": without_credentials(endpoint.base or "") or None,
        "extra_headers": {"Authorization": authorization} if authorization else None,
        "api_key": endpoint.key,
    }
    return {
        **call.parameters,
        "model": call.model,
        "timeout": call.timeout,
        "drop_params": True,
        "num_retries": 0,
        "max_retries": 0,
        **{name: value for name, value in optional.items() if value is not None},
    }


@contextlib.contextmanager
def _unbooked() -> Iterator[None]:
    """Without what LiteLLM works out after a call for its loggers: an eighth of a call's work, for nobody.

    It has this for calls within calls. A LiteLLM that does not know it only takes longer.
    """
    if _within is None:
        yield
        return
    token = _within.set(True)
    try:
        yield
    finally:
        _within.reset(token)


class _Stream:
    """LiteLLM's stream, and what its events say that LiteLLM does not pass on: `[DONE]`, and a refusal.

    It looks over the shoulder of LiteLLM's OpenAI stream; of other streams it sees nothing.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._done = False
        self._refusal: list[str] = []
        inner = getattr(stream, "completion_stream", None)
        decoder = getattr(inner, "_decoder", None)
        if inner is not None and hasattr(decoder, "aiter_bytes"):
            inner._decoder = _Noting(decoder, self)

    async def next(self) -> Any:
        """A stream that says `[DONE]` needs no finish reason."""
        try:
            return await anext(self._stream, None)
        except Exception as error:
            if self._done and "finish_reason" in str(error):
                return None
            raise

    def ending(self, finish_reason: str) -> Ending:
        """LiteLLM makes up a finish reason, and counts tokens itself, where the server sent none."""
        chunks = getattr(self._stream, "chunks", ())
        received = (
            getattr(self._stream, name, finish_reason)
            for name in ("received_finish_reason", "intermittent_finish_reason")
        )
        usage = next((found for one in reversed(chunks) if (found := getattr(one, "usage", None))), None)
        return Ending(bool(chunks), self._done, any(received), usage, "".join(self._refusal))

    async def close(self) -> None:
        await self._stream.aclose()

    def note(self, data: str) -> None:
        """Take up one event's data."""
        if data.startswith("[DONE]"):
            self._done = True
        elif '"refusal"' in data:
            try:
                piece = json.loads(data)["choices"][0]["delta"].get("refusal")
            except (ValueError, LookupError, TypeError, AttributeError):  # whoever reads it will say so
                return
            if isinstance(piece, str):
                self._refusal.append(piece)


class _Noting:
    def __init__(self, decoder: Any, stream: _Stream) -> None:
        self._decoder = decoder
        self._stream = stream

    async def aiter_bytes(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async for event in self._decoder.aiter_bytes(pieces):
            self._stream.note(str(getattr(event, "data", "")))
            yield event


async def litellm() -> Any:
    """The litellm module, imported on a thread the first time (about 4 s)."""
    if _ready:
        return _ready[0]
    return await on_daemon_thread(_import, "litellm import")


def _import() -> Any:
    with _lock:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else the import fetches a file
        os.environ["LITELLM_MODE"] = "PRODUCTION"  # else it loads a stray .env
        os.environ["HF_HUB_OFFLINE"] = "1"  # else counting tokens of some models fetches a tokenizer
        _keep_loopback_off_proxies()
        module: Any = importlib.import_module("litellm")
        module.suppress_debug_info = True
        # What its loggers are handed is not redacted: there are none, and it would copy every reply for it.
        module.disable_hf_tokenizer_download = True
        for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "LiteLLM Proxy.stdout"):
            logger = logging.getLogger(name)
            logger.setLevel(logging.CRITICAL + 1)
            logger.propagate = False
        # A server's odd reply is our error to report, not a warning over the screen.
        warnings.filterwarnings("ignore", message="Pydantic serializer warnings")
        warnings.filterwarnings("ignore", message="Items? '.*' on TypedDict class")
        global _within  # noqa: PLW0603
        with contextlib.suppress(ImportError, AttributeError):
            _within = importlib.import_module("litellm._internal_context").is_internal_call
        _rehearse(module)
        # What was loaded stays for good; a collection that goes through it all would stop the screen.
        gc.freeze()
        _ready.append(module)
        return module


def _rehearse(module: Any) -> None:
    """What LiteLLM would load in its first call is loaded now: there it would stop the screen for 0.5 s."""
    with contextlib.suppress(Exception):  # only a rehearsal: the real call will say what is wrong
        importlib.import_module("anyio._backends._asyncio")
        importlib.import_module("openai.resources.chat.completions")
        module.token_counter(model="openai/rehearsal", text=".")
        importlib.import_module("litellm._service_logger").ServiceLogging()


def _keep_loopback_off_proxies() -> None:
    """A server on this machine is never asked through a proxy, whatever the environment's proxy settings."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host.strip() for host in os.environ.get(name, "").split(",") if host.strip()]
        if "*" not in hosts:
            os.environ[name] = ",".join([*hosts, *(host for host in _LOOPBACK if host not in hosts)])
