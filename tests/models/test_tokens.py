"""Token counts come from the model's own tokenizer where there is one, and say so where there is none."""

import pytest

from sandbox.errors import UsageError
from sandbox.models.tokens import count_tokens

TEXTS = ("It is past midnight.", "", "It is past midnight. It is past midnight.")


@pytest.mark.embedded
async def test_the_embedded_model_counts_with_its_own_tokenizer() -> None:
    found = await count_tokens("embedded", TEXTS)
    assert found.basis == "counted"
    one, none, two = found.counts
    assert (one, none) == (5, 0)
    assert two == 2 * one
    assert found.input_price == 0


async def test_a_model_of_openai_is_counted_and_priced_without_a_network() -> None:
    found = await count_tokens("openai/gpt-4o", TEXTS)
    assert found.basis == "counted"
    assert found.counts[0] == 5
    assert found.input_price is not None
    assert found.input_price > 0


async def test_another_tokenizer_makes_an_estimate_and_is_called_one() -> None:
    found = await count_tokens("anthropic/claude-sonnet-4-5", TEXTS)
    assert found.basis == "estimated"
    assert found.counts[0] > 0


async def test_a_price_that_is_not_known_is_not_made_up() -> None:
    assert (await count_tokens("groq/no-such-model", TEXTS)).input_price is None


async def test_a_name_of_no_known_shape_is_refused() -> None:
    with pytest.raises(UsageError):
        await count_tokens("what", TEXTS)
