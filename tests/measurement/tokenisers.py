"""Tokenisers as fixtures, and a model that answers through one.

The pieces follow the pre-tokenisers that the makers of the models published (`tokenizer.json`: SmolLM2 and
Qwen 2.5 cut digits one by one, Llama 3 up to three together; all leave the space before a digit alone and
join that before a letter to the word). Merging within a word is left out, but for long words cut in two.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from sandbox.models.provider import Capabilities, Pieces, Request
from tests.scripted import ScriptedProvider

_WORDS = r"'(?:[sdmt]|ll|ve|re)| ?[^\W\d_]+|{digits}| ?[^\s\w]+|\s+(?!\S)|\s"
_ONE_DIGIT = re.compile(_WORDS.format(digits=r"\d"))
_THREE_DIGITS = re.compile(_WORDS.format(digits=r"\d{1,3}"))
_WITH_SPACE = re.compile(r" ?[^\s\w]+| ?\w+|\s")
LONGEST = 6

Tokeniser = Callable[[str], tuple[str, ...]]


def qwen(text: str) -> tuple[str, ...]:
    """Qwen 2.5, and SmolLM2: one digit a token, the space before it a token of its own."""
    return _cut(_ONE_DIGIT.findall(text))


def llama(text: str) -> tuple[str, ...]:
    """Llama 3: up to three digits a token, the space before them a token of its own."""
    return _cut(_THREE_DIGITS.findall(text))


def gpt2(text: str) -> tuple[str, ...]:
    """GPT-2: the space belongs to whatever follows it, digits too."""
    return _cut(_WITH_SPACE.findall(text))


def _cut(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for word in words for part in (word[:LONGEST], word[LONGEST:]) if part)


class ToldModel(ScriptedProvider):
    """Answers what `meant` says of the prompt's option names (name → probability), one token at a time.

    Begun where none of its answers goes on (a space too many, half a token) it says something else. With
    `spells` its tokeniser can be asked.
    """

    def __init__(
        self, tokeniser: Tokeniser, meant: Mapping[str, float], *, spells: bool, opened: bool = True
    ) -> None:
        self._tokeniser = tokeniser
        self._meant = meant
        self._spells = spells
        able = Capabilities(top_logprobs=2000, prefill=opened, local=True)
        super().__init__(["x"], top=self._next_token, capabilities=able)

    async def token_pieces(self, texts: Sequence[str]) -> tuple[Pieces, ...] | None:
        return tuple(map(self._tokeniser, texts)) if self._spells else None

    def _next_token(self, request: Request) -> Mapping[str, float]:
        after: dict[str, float] = {}
        begun = self._tokeniser(request.prefill) if request.prefill else ()
        for name, mass in self._meant.items():
            pieces = self._tokeniser(f"Answer: {name}" if request.prefill else name)
            if pieces[: len(begun)] == begun:
                token = pieces[len(begun)] if len(pieces) > len(begun) else "<end>"
                after[token] = after.get(token, 0.0) + mass
        total = sum(after.values())
        return {token: mass / total for token, mass in after.items()} if total else {"<other>": 1.0}
