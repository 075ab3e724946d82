"""A provider that answers from a script: the model of tests and benchmarks. Calls nothing."""

import asyncio
import math
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sandbox.models.provider import (
    Attempt,
    Capabilities,
    Completion,
    Delta,
    ModelDescription,
    ModelError,
    Request,
    Sampling,
    StreamPart,
    TokenProbability,
    Usage,
)

_PIECES = re.compile(r"\s*\S+|\s+")

Script = Callable[[Request], Completion | str | ModelError] | Sequence[str]
Distribution = Mapping[str, float] | Callable[[Request], Mapping[str, float]]


ABLE = Capabilities(top_logprobs=2000, prefill=True, local=True, context=8192)
PLAIN = Sampling(temperature=0.0, max_tokens=40)


class ScriptedProvider:
    """Answers each request from `answer`: a function of the request, or texts in turn, over and over.

    A text that does not start with the request's prefill gets it in front, as a real model's would. `top`
    gives probabilities (0–1) of first tokens to requests that ask for them. With a `gate`, a stream stops
    after its first generated word, and a plain completion before answering, until the gate is set.
    `requests` has every request made, oldest first.
    """

    def __init__(
        self,
        answer: Script = ("I feel quite calm.",),
        *,
        top: Distribution | None = None,
        capabilities: Capabilities = ABLE,
        sampling: Sampling = PLAIN,
        name: str = "scripted",
        gate: asyncio.Event | None = None,
    ) -> None:
        self._answer = answer
        self._top = top
        self._capabilities = capabilities
        self._sampling = sampling
        self._name = name
        self._gate = gate
        self.requests: list[Request] = []
        self.closed = False

    @property
    def title(self) -> str:
        return f"Scripted model ({self._name})"

    @property
    def description(self) -> ModelDescription:
        return ModelDescription(name=self._name, title=self.title)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def sampling(self) -> Sampling:
        return self._sampling

    async def complete(self, request: Request) -> Completion:
        completion = self._next(request)
        await asyncio.sleep(0)
        if self._gate is not None:
            await self._gate.wait()
        return completion

    async def stream(self, request: Request) -> AsyncGenerator[StreamPart, None]:
        completion = self._next(request)
        if request.prefill:
            yield Delta(request.prefill)
        pieces: list[str] = _PIECES.findall(completion.text[len(request.prefill) :])
        for place, piece in enumerate(pieces):
            await asyncio.sleep(0)
            yield Delta(piece)
            if place == 0 and self._gate is not None:
                await self._gate.wait()
        yield completion

    async def count_tokens(self, texts: Sequence[str]) -> tuple[int, ...]:
        """A token a word."""
        return tuple(len(text.split()) for text in texts)

    async def close(self) -> None:
        self.closed = True

    def _next(self, request: Request) -> Completion:
        number = len(self.requests)
        self.requests.append(request)
        answer = self._answer(request) if callable(self._answer) else self._answer[number % len(self._answer)]
        attempt = Attempt(started_at=datetime.now(UTC), seconds=0.0, seed=request.sampling.seed)
        if isinstance(answer, ModelError):
            if not answer.attempts:
                answer.attempts = (replace(attempt, failure=answer.kind, error=answer.what),)
            raise answer
        if isinstance(answer, Completion):
            completion = answer
        else:
            words = len(answer.split())
            prompt = sum(len(message.content.split()) for message in request.messages)
            completion = Completion(
                text=answer,
                model=self._name,
                finish_reason="stop",
                usage=Usage(prompt_tokens=prompt, cached_tokens=0, completion_tokens=words),
                cost=0.0,
            )
        if not completion.text.startswith(request.prefill):
            gap = "" if completion.text[:1].isspace() or request.prefill[-1:].isspace() else " "
            completion = replace(completion, text=request.prefill + gap + completion.text)
        return replace(
            completion,
            top=completion.top or self._candidates(request),
            attempts=completion.attempts or (attempt,),
        )

    def _candidates(self, request: Request) -> tuple[TokenProbability, ...]:
        if not request.top_logprobs or self._top is None:
            return ()
        top = self._top(request) if callable(self._top) else self._top
        ranked = sorted(top.items(), key=lambda pair: -pair[1])
        return tuple(
            TokenProbability(token, math.log(probability)) for token, probability in ranked if probability > 0
        )[: request.top_logprobs]
