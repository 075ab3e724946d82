"""What a thousand turns cost on a model, where its prices are known. Calls no model."""

from sandbox.models.opening import open_model
from sandbox.models.tokens import count_tokens

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
