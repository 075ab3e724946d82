"""The directions that `sandbox calibrate` gives doses along, for the embedded model, and what a dose costs.

Prints how much neutral prose is harmed by a dose, by which its unit was chosen: no score is looked at. With
`--write` the directions are made anew from the stories and put into the package.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from statistics import fmean

from sandbox.export.table import markdown_table
from sandbox.models import phantom
from sandbox.models.embedded import EmbeddedProvider, embedded_model
from sandbox.models.phantom.directions import Directions, make_directions
from sandbox.models.phantom.dosed import directions_for, open_phantom
from sandbox.models.provider import Message, Provider, Request, Sampling

SHIPPED = "smollm2-135m.json"
SEEN = ("fear", "sadness", "anger", "disgust", "topic", "random-1")
DOSES = (-3, 3)
CANDIDATES = 1000
ASK = "Please go on with this text."
NEUTRAL = (
    "The library opens at nine on weekdays and closes at six. Visitors may borrow up to ten books for three"
    " weeks.",
    "The recipe asks for two cups of flour, one cup of sugar and three eggs. Mix them in a large bowl and"
    " bake for forty minutes.",
    "A triangle has three sides and three angles. The sum of its angles is always one hundred and eighty"
    " degrees.",
)
LEAST_LOGPROB = -12.0
"""What a next word counts as that is not among the candidates."""


async def surprise(provider: Provider, texts: Sequence[str]) -> float:
    """The mean surprise (in nats) at the next word of the texts, word by word."""
    found: list[float] = []
    for text in texts:
        words = text.split()
        for place in range(5, len(words)):
            request = Request(
                (Message("user", ASK),),
                Sampling(temperature=0.0, max_tokens=1),
                prefill=" ".join(words[:place]),
                top_logprobs=CANDIDATES,
            )
            top = (await provider.complete(request)).top
            # The first token of the word: the most probable one that the word begins with.
            wanted = f" {words[place]}"
            fits = [t.logprob for t in top if t.token.strip() and wanted.startswith(t.token)]
            found.append(-max(fits, default=LEAST_LOGPROB))
    return fmean(found)


async def harm(model: EmbeddedProvider, directions: Directions, *, smoke: bool) -> str:
    """A row a direction: the mean surprise at both strongest doses, beside that without one."""
    seen, texts = (SEEN[:1], NEUTRAL[:1]) if smoke else (SEEN, NEUTRAL)
    async with open_phantom(model, directions) as given:
        plain = await surprise(await given.at("", 0), texts)
        rows = []
        for name in seen:
            at = [await surprise(await given.at(name, dose), texts) for dose in DOSES]
            rows.append((name, f"{plain:.2f}", *(f"{value:.2f}" for value in at)))
    return markdown_table(("direction", "no dose", *map(str, DOSES)), rows, numbers_from=1)


async def page(*, smoke: bool, write: bool) -> None:
    """Print the table; with `write` make the directions first."""
    model = embedded_model()
    try:
        if write:
            with tempfile.TemporaryDirectory() as room:
                made = await make_directions(
                    model.weights.path, model.weights.sha256(), model.title, Path(room)
                )
            Path(str(files(phantom) / SHIPPED)).write_text(made.as_json(), "utf-8")  # noqa: ASYNC240
        directions = await directions_for(model, lambda: None)
        print(f"How far stories move the state, as a share of its usual length: {dict(directions.shifts)}\n")
        print(await harm(model, directions, smoke=smoke))
    finally:
        await model.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--smoke", action="store_true", help="one direction and one text, to see that it runs"
    )
    parser.add_argument("--write", action="store_true", help="make the shipped directions anew first")
    arguments = parser.parse_args()
    asyncio.run(page(smoke=arguments.smoke, write=arguments.write))


if __name__ == "__main__":
    main()
