"""A check of one model: whether it chats, streams, gives log-probabilities, goes on from a prefill; how fast.

A handful of short calls to the model itself, each reported by itself. Keeps nothing.
"""

import time
from collections.abc import AsyncGenerator, Awaitable
from dataclasses import dataclass, replace
from typing import Literal

from sandbox.models.provider import Completion, Delta, Message, ModelError, Provider, Request, Restart

Verdict = Literal["works", "not offered", "fails"]

PREFILL = "Right now, I feel very"
_QUESTION = "In one sentence, how do you feel right now?"


@dataclass(frozen=True, slots=True)
class Result:
    """One thing tried: `subject` is chat, streaming, log-probabilities, prefill or speed."""

    subject: str
    verdict: Verdict
    text: str


async def check(provider: Provider) -> AsyncGenerator[Result, None]:
    """Try everything, yielding each result as it comes. A model that does not chat is asked nothing more.

    Nothing is raised for a failing model: that is a result. The first call may take as long as starting it.
    """
    first = await _tried("chat", _chat(provider))
    yield first
    if first.verdict != "works":
        return
    for result in await _stream(provider):
        yield result
    yield await _tried("log-probabilities", _log_probabilities(provider))
    yield await _tried("prefill", _prefill(provider))


def _request(provider: Provider, text: str = _QUESTION, tokens: int = 48) -> Request:
    sampling = replace(provider.sampling, max_tokens=tokens, cut_to_sentence=False, seed=1)
    return Request((Message("user", text),), sampling, purpose="measurement")


async def _tried(subject: str, trial: Awaitable[Result]) -> Result:
    try:
        return await trial
    except ModelError as error:
        return Result(subject, "fails", f"{error.what} {error.todo}".strip())


async def _chat(provider: Provider) -> Result:
    start = time.perf_counter()
    completion = await provider.complete(_request(provider, "Say hello.", 12))
    seconds = time.perf_counter() - start
    return Result("chat", "works", f"“{completion.text.strip()}” ({seconds:.1f} s with starting)")


async def _stream(provider: Provider) -> tuple[Result, ...]:
    """Streaming, and the speed that was seen on the way."""
    pieces, times = 0, [time.perf_counter()]
    completion: Completion | None = None
    try:
        async for part in provider.stream(_request(provider)):
            match part:
                case Delta():
                    pieces += 1
                    times.append(time.perf_counter())
                case Restart():
                    pieces, times = 0, [time.perf_counter()]
                case Completion():
                    completion = part
    except ModelError as error:
        return (Result("streaming", "fails", error.what),)
    text = f"{pieces} pieces, the first after {times[min(1, len(times) - 1)] - times[0]:.2f} s"
    streamed = Result("streaming", "works" if pieces > 1 else "fails", text)
    tokens = completion.usage.completion_tokens if completion else None
    seconds = times[-1] - times[1] if len(times) > 2 else 0.0
    if not tokens or tokens < 2 or not seconds:
        return (streamed, Result("speed", "not offered", "the model does not count its tokens"))
    rate = (tokens - 1) / seconds
    return (streamed, Result("speed", "works", f"{rate:.0f} tokens/s once it has begun"))


async def _log_probabilities(provider: Provider) -> Result:
    most = provider.capabilities.top_logprobs
    if not most:
        return Result("log-probabilities", "not offered", "questionnaires are read by report")
    request = replace(_request(provider, tokens=1), top_logprobs=min(most, 20))
    completion = await provider.complete(request)
    if not completion.top:
        return Result("log-probabilities", "fails", "the reply came without them")
    words = ", ".join(f"“{one.token.strip()}”" for one in completion.top[:3])
    return Result("log-probabilities", "works", f"up to {most:,} candidates; first ones {words}")


async def _prefill(provider: Provider) -> Result:
    if not provider.capabilities.prefill:
        text = "the word probe puts its opening into the question instead; ratings need none"
        return Result("prefill", "not offered", text)
    completion = await provider.complete(replace(_request(provider, tokens=8), prefill=PREFILL))
    went_on = completion.text.removeprefix(PREFILL)
    begun_anew = went_on.lstrip().casefold().startswith(PREFILL[:14].casefold())
    verdict: Verdict = "fails" if begun_anew or not went_on.strip() else "works"
    return Result("prefill", verdict, f"“{PREFILL} …{went_on.rstrip()}”")
