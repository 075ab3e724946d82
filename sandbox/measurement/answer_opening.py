"""Where the answer begins: the opening put into the model's mouth, as its tokeniser needs it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.models.provider import Pieces, Provider, token_pieces

OPENING = "Answer:"


@dataclass(frozen=True, slots=True)
class Opening:
    """What is put into the model's mouth, "" for nothing. `fitted`: its tokeniser said that answers begin
    right after it; else a white-space token may come first."""

    text: str
    fitted: bool = False


async def opening_for(names: Sequence[str], provider: Provider) -> Opening | None:
    """What to open an answer with that will be one of `names`.

    Many tokenisers (SmolLM2, Qwen, Llama 3) write the space before a digit as a token of its own: the opening
    then ends in it, so that the next token is the answer. None: some names begin after such a space and
    others with it, or a name begins in the middle of a character, so that their probabilities would not
    compare. Raises ModelError.
    """
    if not provider.capabilities.prefill:
        return Opening("")
    spelled = await token_pieces(provider, [OPENING, *(f"{OPENING} {name}" for name in names)])
    if spelled is None:
        return Opening(OPENING)
    firsts = {_first_of(answer, spelled[0]) for answer in spelled[1:]}
    if firsts == {" "}:
        return Opening(f"{OPENING} ", fitted=True)
    return None if firsts & {" ", None} else Opening(OPENING, fitted=True)


def _first_of(answer: Pieces, opened: Pieces) -> str | None:
    """The first token after the opening; None where it is no whole text, or the opening itself changed."""
    if answer[: len(opened)] != opened or len(answer) == len(opened):
        return None
    return answer[len(opened)]
