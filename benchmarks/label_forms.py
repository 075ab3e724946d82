"""What the names of options do to a reading by likelihood on the embedded model: numbers, letters, words.

Prints Markdown for docs/measurement.md: coverage, and a scale before any scenario and after the strong one,
in percent of its range. Nothing is chosen or tuned: three tellings, seeds counted from 1, whatever comes out.
"""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from sandbox.engine.conversation import conversation
from sandbox.engine.events import TurnFinished
from sandbox.engine.history import History
from sandbox.engine.run import run
from sandbox.export.table import markdown_table
from sandbox.library.catalogue import Library
from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.measurement.administering import administer
from sandbox.measurement.administration import Administration, LabelForm
from sandbox.measurement.reading.presentation import Presentation
from sandbox.models.embedded import embedded_model
from sandbox.models.provider import Message, Provider
from sandbox.models.recording import RecordingProvider
from sandbox.study.proposal import Proposal, proposed

SEEDS = (1, 2, 3)
SCENARIO = "night-attack"
SCALES = {
    "gad-7": "gad-7",
    "k6": "k6",
    "discrete-emotions-questionnaire": "deq-fear",
    "affect-ratings": "distress",
}
"""The scale looked at: of the DEQ, which has no sum, that of what the scenario is to induce."""
FORMS: tuple[LabelForm, ...] = ("numbers", "letters", "words")
HEAD = ("questionnaire", "options as", "coverage", "before", "after", "each telling", "calls an item")


@dataclass(frozen=True)
class Read:
    """One questionnaire in one form: administrations before and after, and the calls they took."""

    questionnaire: RatingQuestionnaire
    scale: str
    labels: LabelForm
    before: Administration
    after: tuple[Administration, ...]
    calls: int

    def row(self) -> tuple[str, ...]:
        every = (self.before, *self.after)
        covered = fmean(a.coverage or 0.0 for given in every for a in given.final_answers)
        asked = len(every) * len(self.questionnaire.items)
        after = [self._percent(given) for given in self.after]
        turned = {given.labels for given in every} - {self.labels}
        return (
            self.questionnaire.id,
            f"{self.labels}, then letters" if turned else self.labels,
            f"{covered:.2f}",
            f"{self._percent(self.before):.0f}",
            f"{fmean(after):.0f}",
            " / ".join(f"{value:.0f}" for value in after),
            f"{self.calls / asked:.1f}",
        )

    def _percent(self, given: Administration) -> float:
        scale = next(one for one in self.questionnaire.scales if one.id == self.scale)
        value = given.score(scale.id)
        if value is None:
            raise ValueError(f"{self.questionnaire.id} has no score")
        low, high = scale.range
        return 100 * (value - low) / (high - low)


async def told(seed: int | None, library: Library, provider: Provider) -> tuple[Message, ...]:
    """The conversation after the scenario; before it with no seed."""
    proposal = Proposal(scenario=SCENARIO, techniques=(), control=False, seed=seed or 1)
    (head,) = proposed(proposal, library, provider.capabilities)
    plan = head.plan.model_copy(update={"measures": ()})
    history = History()
    if seed is not None:
        async with aclosing(run((head.model_copy(update={"plan": plan}),), provider)) as events:
            async for event in events:
                if isinstance(event, TurnFinished):
                    history = history.with_turn(event.turn)
    return conversation(plan, history, provider.capabilities)


async def read(
    questionnaire: RatingQuestionnaire,
    scale: str,
    labels: LabelForm,
    talks: Sequence[tuple[Message, ...]],
    provider: RecordingProvider,
) -> Read:
    """The questionnaire in that form after each of the conversations, the first being before the scenario."""
    shown = Presentation(items="as written", labels=labels)
    provider.drain()
    given = [
        await administer(questionnaire, "likelihood", talk, provider, 1, presentation=shown) for talk in talks
    ]
    return Read(questionnaire, scale, labels, given[0], tuple(given[1:]), len(provider.drain()))


async def page(*, smoke: bool) -> None:
    """Print the table, row by row as it comes out."""
    library = Library(Workspace(shipped_content(), Path("sessions")))
    scales, seeds = ({"distress-rating": "distress-rating"}, SEEDS[:1]) if smoke else (SCALES, SEEDS)
    inner = embedded_model()
    provider = RecordingProvider(inner)
    try:
        talks = [await told(seed, library, provider) for seed in (None, *seeds)]
        print(markdown_table(HEAD, [], numbers_from=2), flush=True)
        for name, scale in scales.items():
            questionnaire = library.questionnaire(name)
            assert isinstance(questionnaire, RatingQuestionnaire)
            for labels in FORMS[: 1 if smoke else None]:
                found = await read(questionnaire, scale, labels, talks, provider)
                print(f"| {' | '.join(found.row())} |", flush=True)
    finally:
        await inner.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="one item and one telling, to see that it runs")
    asyncio.run(page(smoke=parser.parse_args().smoke))


if __name__ == "__main__":
    main()
