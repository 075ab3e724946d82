"""How many tokens texts are for a model, and what its tokens cost. Nothing is generated."""

import asyncio
import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from sandbox.models.embedded import EmbeddedProvider
from sandbox.models.failure import Failure
from sandbox.models.litellm_import import litellm
from sandbox.models.litellm_provider import Endpoint
from sandbox.models.opening import open_model
from sandbox.models.provider import Capabilities, ModelError, Sampling

_OPENAI = ("openai", "azure")


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens of each text, in order, without what a chat template adds (a few a message).

    `basis` says how far to trust them: counted by the model's own tokenizer, or estimated by another's.
    `input_price` and `output_price` are US dollars a token, None when unknown, 0 on this machine.
    """

    model: str
    title: str
    counts: tuple[int, ...]
    basis: Literal["counted", "estimated"]
    capabilities: Capabilities
    sampling: Sampling
    input_price: float | None = None
    output_price: float | None = None


async def count_tokens(model: str, texts: Sequence[str]) -> TokenCounts:
    """Count `texts` for `embedded`, `gguf:PATH` or a LiteLLM name. No model is asked anything.

    An embedded model's process is started for its tokenizer and ended again. Raises UsageError for a name of
    no known shape, ModelError when a local model cannot be started.
    """
    provider = open_model(model)
    prices: tuple[float | None, float | None] = (0.0, 0.0)
    try:
        if isinstance(provider, EmbeddedProvider):
            counts, exact = await _by_server(provider, texts), True
        else:
            module = await litellm()
            counts, exact = _by_litellm(module, model, texts)
            if not provider.capabilities.local:
                prices = _prices(module, model)
        description = await asyncio.to_thread(lambda: provider.description)
    finally:
        await provider.close()
    return TokenCounts(
        model=model,
        title=description.title,
        counts=counts,
        basis="counted" if exact else "estimated",
        capabilities=provider.capabilities,
        sampling=provider.sampling,
        input_price=prices[0],
        output_price=prices[1],
    )


async def _by_server(provider: EmbeddedProvider, texts: Sequence[str]) -> tuple[int, ...]:
    try:
        endpoint = await provider.process.endpoint()
        return await asyncio.to_thread(_tokenized, endpoint, texts)
    except Failure as failure:
        raise ModelError(failure.message, kind=failure.kind, where="embedded") from None
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        what = f"The model's process did not count tokens: {error}."
        raise ModelError(what, kind="malformed", where="embedded") from None


def _tokenized(endpoint: Endpoint, texts: Sequence[str]) -> tuple[int, ...]:
    address = urlsplit(endpoint.base or "")
    connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=60.0)
    headers = {"Authorization": f"Bearer {endpoint.key}", "Content-Type": "application/json"}
    try:
        counts = []
        for text in texts:
            connection.request("POST", "/tokenize", json.dumps({"content": text}), headers)
            counts.append(len(json.loads(connection.getresponse().read())["tokens"]))
        return tuple(counts)
    finally:
        connection.close()


def _by_litellm(module: Any, model: str, texts: Sequence[str]) -> tuple[tuple[int, ...], bool]:
    """Counts, and whether the tokenizer is the model's own: LiteLLM uses OpenAI's for other models too."""
    service, _, name = model.partition("/")
    own = service in _OPENAI and _openai_knows(name)
    return tuple(module.token_counter(model=name if own else model, text=text) for text in texts), own


def _openai_knows(name: str) -> bool:
    import tiktoken

    try:
        tiktoken.encoding_name_for_model(name)
    except KeyError:
        return False
    return True


def _prices(module: Any, model: str) -> tuple[float | None, float | None]:
    try:
        known = module.get_model_info(model)
    except Exception:  # LiteLLM raises many kinds for a model it has no prices of
        return None, None
    return known.get("input_cost_per_token"), known.get("output_cost_per_token")
