"""How many tokens texts are for a model, what its tokens cost, and a thousand turns. Nothing is generated."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.models.litellm_way import litellm
from sandbox.models.opening import open_model
from sandbox.models.provider import Capabilities, Provider, Sampling, Tokenizing

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
    try:
        return await count_with(provider, model, texts)
    finally:
        await provider.close()


async def count_with(provider: Provider, model: str, texts: Sequence[str]) -> TokenCounts:
    """Count `texts` for the model of that name, open as `provider`, and leave it open."""
    prices: tuple[float | None, float | None] = (0.0, 0.0)
    if isinstance(provider, Tokenizing):
        counts, exact = await provider.count_tokens(texts), True
    else:
        module = await litellm()
        counts, exact = await asyncio.to_thread(_by_litellm, module, model, texts)
        if not provider.capabilities.local:
            prices = _prices(module, model)
    return TokenCounts(
        model=model,
        title=provider.title,
        counts=counts,
        basis="counted" if exact else "estimated",
        capabilities=provider.capabilities,
        sampling=provider.sampling,
        input_price=prices[0],
        output_price=prices[1],
    )


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


PROMPT_TOKENS = 1800
REPLY_TOKENS = 160
"""A turn with its measurement, in the middle of a session: two prompts of 900 tokens, two answers of 80."""

BASIS = f"a turn with its measurement as {PROMPT_TOKENS:,} tokens in and {REPLY_TOKENS} out"


async def price_of_thousand_turns(model: str) -> float | None:
    """US dollars, 0 for a model on this machine, None when the prices are not known.

    Imports LiteLLM for a hosted model. Raises UsageError for a name of no known shape, ModelError when
    a local model's file is missing or, with local only on, for a hosted model.
    """
    if open_model(model).capabilities.local:
        return 0.0
    counts = await count_tokens(model, ())
    if counts.input_price is None or counts.output_price is None:
        return None
    return 1000 * (PROMPT_TOKENS * counts.input_price + REPLY_TOKENS * counts.output_price)


def price_text(dollars: float | None) -> str:
    """`free`, `about $1.25`, or `price unknown`."""
    if dollars is None:
        return "price unknown"
    return "free" if not dollars else f"about ${dollars:.2f}"
