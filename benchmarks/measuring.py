"""What measuring costs on the embedded model: a probe against a bare call, and a session by every way.

Budgets: `word` at most 2 times a bare one-token call; its uncached prompt tokens in a session at most a fifth
of asking each item in a fresh conversation. Prints a table in Markdown (docs/measurement-cost.md).
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.ratio import measure
from sandbox.engine.conversation import conversation
from sandbox.engine.events import TurnFinished
from sandbox.engine.history import History, Turn
from sandbox.engine.plan import SessionPlan
from sandbox.engine.run import run
from sandbox.library.catalogue import Library
from sandbox.library.questionnaire import WordQuestionnaire
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.measurement.administering import administer
from sandbox.measurement.administration import Way
from sandbox.measurement.reading.presentation import PLAIN, Presentation
from sandbox.measurement.reading.word import word_request
from sandbox.models.embedded import embedded_model
from sandbox.models.provider import Message, Provider, Request, Sampling
from sandbox.models.recording import RecordingProvider
from sandbox.study.proposal import Proposal, proposed

MOST_WORD = 2.0
MOST_UNCACHED = 1 / 5
PER_ITEM = Presentation(form="per item")
STRUCTURED = Presentation(form="structured")


@dataclass(frozen=True)
class Cost:
    """What the measurements of one session took; tokens of prompts, wall time in seconds."""

    name: str
    calls: int
    prompt: int
    uncached: int
    seconds: float

    def row(self) -> str:
        return f"| {self.name} | {self.calls} | {self.prompt:,} | {self.uncached:,} | {self.seconds:.1f} |"


async def points(
    provider: Provider, library: Library, techniques: tuple[str, ...]
) -> tuple[tuple[Message, ...], ...]:
    """The conversation at each measurement point, the demo's eight with its technique; without a control."""
    proposal = Proposal(techniques=techniques, control=False)
    heads = proposed(proposal, library, provider.capabilities)
    plan = heads[-1].plan
    heads = tuple(
        head.model_copy(update={"plan": head.plan.model_copy(update={"measures": ()})}) for head in heads
    )
    turns: list[Turn] = []
    async with aclosing(run(heads, provider)) as events:
        async for event in events:
            if isinstance(event, TurnFinished):
                turns.append(event.turn)
    told = len(plan.scenario.turns)
    after = (0, *range(told, len(turns) + 1), len(turns))
    return tuple(_at(plan, turns[:count], provider) for count in after)


def _at(plan: SessionPlan, turns: Sequence[Turn], provider: Provider) -> tuple[Message, ...]:
    history = History(turns=tuple(turns))
    return conversation(plan, history, provider.capabilities)


Give = Callable[[tuple[Message, ...], Provider, int], Awaitable[None]]


def by(library: Library, questionnaire: str, way: Way, presentation: Presentation = PLAIN) -> Give:
    """Giving the questionnaire on a side copy, as a session does."""

    async def give(talk: tuple[Message, ...], provider: Provider, seed: int) -> None:
        await administer(
            library.questionnaire(questionnaire), way, talk, provider, seed, presentation=presentation
        )

    return give


def afresh(library: Library, questionnaire: str) -> Give:
    """Each item in a conversation of its own, told again from the start, nothing shared with another.

    The number in front keeps the server from finding a common beginning in its cache.
    """

    async def give(talk: tuple[Message, ...], provider: Provider, seed: int) -> None:
        whole = library.questionnaire(questionnaire)
        assert whole.kind == "rating"
        for number, item in enumerate(whole.items):
            scale = whole.scales[0].model_copy(update={"items": (item.id,)})
            one = whole.model_copy(update={"items": (item,), "scales": (scale,)})
            head = replace(talk[0], content=f"{seed * 100 + number}. {talk[0].content}")
            await administer(one, "report", (head, *talk[1:]), provider, seed, presentation=PER_ITEM)

    return give


async def cost(name: str, give: Give, talks: Sequence[tuple[Message, ...]], provider: Provider) -> Cost:
    """Measuring at every point. Before each, the conversation is in the cache, as after its last reply."""
    recording = RecordingProvider(provider)
    seconds = 0.0
    calls, prompt, uncached = 0, 0, 0
    for seed, talk in enumerate(talks, start=1):
        await provider.complete(Request(talk, Sampling(temperature=0.0, max_tokens=1)))
        start = time.perf_counter()
        await give(talk, recording, seed)
        seconds += time.perf_counter() - start
        for call in recording.drain():
            assert call.completion is not None
            usage = call.completion.usage
            calls += 1
            prompt += usage.prompt_tokens or 0
            uncached += (usage.prompt_tokens or 0) - (usage.cached_tokens or 0)
    return Cost(name, calls, prompt, uncached, seconds)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="one point and one pair, to see that it runs")
    smoke = parser.parse_args().smoke
    library = Library(Workspace(shipped_content(), Path("sessions")))
    with asyncio.Runner() as runner:
        provider = embedded_model()
        try:
            runner.run(provider.warm_up())
            talks = runner.run(points(provider, library, () if smoke else Proposal().techniques))
            compare_with_a_bare_call(runner, provider, library, talks[-1], pairs=1 if smoke else 15)
            if smoke:
                print_table(runner, provider, library, talks[:1], "distress-rating")
            else:
                print_table(runner, provider, library, talks, "affect-ratings")
        finally:
            runner.run(provider.close())


def compare_with_a_bare_call(
    runner: asyncio.Runner, provider: Provider, library: Library, talk: tuple[Message, ...], *, pairs: int
) -> None:
    """The whole probe, scores included, against one token after the same prompt; both find it cached."""
    questionnaire = library.questionnaire("word-probe")
    assert isinstance(questionnaire, WordQuestionnaire)
    bare = replace(word_request(questionnaire, talk, provider.capabilities, 1), top_logprobs=0)

    def timed(work: Callable[[], Awaitable[object]]) -> Callable[[], float]:
        async def once() -> float:
            start = time.perf_counter()
            await work()
            return time.perf_counter() - start

        return lambda: runner.run(once())

    ratio = measure(
        "word probe / bare one-token call",
        timed(lambda: administer(questionnaire, "word", talk, provider, 1)),
        timed(lambda: provider.complete(bare)),
        pairs=pairs,
        budget=MOST_WORD,
    )
    print(ratio.line())


def print_table(
    runner: asyncio.Runner,
    provider: Provider,
    library: Library,
    talks: Sequence[tuple[Message, ...]],
    ratings: str,
) -> None:
    """A row a way of measuring; `ratings` is the rating questionnaire to use."""
    ways: dict[str, Give] = {
        "`word` (word-probe)": by(library, "word-probe", "word"),
        f"`likelihood` ({ratings})": by(library, ratings, "likelihood"),
        f"`report`, batch ({ratings})": by(library, ratings, "report"),
        f"`report`, as JSON ({ratings})": by(library, ratings, "report", STRUCTURED),
        f"`report`, an item a call ({ratings})": by(library, ratings, "report", PER_ITEM),
        f"each item in a fresh conversation ({ratings})": afresh(library, ratings),
    }
    costs = [runner.run(cost(name, give, talks, provider)) for name, give in ways.items()]
    share = costs[0].uncached / costs[-1].uncached
    verdict = "within" if share <= MOST_UNCACHED else "OVER"
    print(
        f"uncached prompt tokens, word / fresh conversations: {share:.3f}, {verdict} the budget of "
        f"{MOST_UNCACHED:g} ({costs[0].uncached:,} and {costs[-1].uncached:,}, {len(talks)} points)\n"
    )
    print("| measuring a session by | calls | prompt tokens | of them uncached | seconds |")
    print("|---|---:|---:|---:|---:|")
    print("\n".join(found.row() for found in costs))


if __name__ == "__main__":
    main()
