"""`sandbox calibrate`: whether a model's scores follow a known dose of an affect put into it."""

import asyncio
import json
import textwrap
import time
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.cli.streams import MovingLine
from sandbox.text import printable

if TYPE_CHECKING:
    from sandbox.engine.calibration import CalibrationPlan, DoseGiven
    from sandbox.models.embedded import EmbeddedProvider
    from sandbox.store.calibration import CalibrationRecord


@click.command("calibrate")
@click.argument("model", default="embedded")
@options.questionnaires(
    help="May be given several times.  [default: the word probe, and DEQ and affect ratings by likelihood]",
)
@click.option(
    "--affect",
    "affects",
    multiple=True,
    type=click.Choice(("fear", "sadness", "anger", "disgust")),
    help="An affect to give doses of; may be given several times.  [default: all]",
)
@click.option(
    "--seeds",
    default=5,
    show_default=True,
    type=click.IntRange(2, 100),
    help="How many neutral texts each dose is measured after.",
)
@options.seed
@options.quiet
@options.as_json
def command(
    model: str,
    questionnaires: tuple[str, ...],
    affects: tuple[str, ...],
    seeds: int,
    seed: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Turn an affect of MODEL up and down by a known dose, and see whether the scores follow.

    The dose is a vector added in the middle of the model: towards stories of an affect, away from their calm
    twins. Placebos of the same length should do little. Works for the embedded model and for GGUF files.
    Ctrl-C loses nothing: what was measured is kept, and the same command goes on from there.
    Another --seed begins anew.

    It tests an instrument on a model, never a feeling.
    """
    from sandbox.cli.conducting import finish, open_conductor
    from sandbox.engine.calibration import plan_calibration
    from sandbox.export import NOTICE
    from sandbox.export.calibration import LEGEND
    from sandbox.models.embedded import EmbeddedProvider
    from sandbox.models.phantom.dosed import refuse_undosable
    from sandbox.store.calibration import CalibrationRecord

    refuse_undosable(model)
    conductor = open_conductor()
    provider = conductor.models.model(model)
    assert isinstance(provider, EmbeddedProvider)  # noqa: S101  what else was refused by its name
    plan = plan_calibration(
        model,
        conductor.library,
        provider.capabilities,
        questionnaires=questionnaires,
        affects=affects,
        seeds=seeds,
        seed=seed,
    )
    talk = _Talk(quiet)
    with conductor.store as store:
        record = CalibrationRecord(store)
        number = finish(
            _calibrate(plan, provider, record, talk),
            "Interrupted. Nothing measured is lost; the same command goes on from here.",
        )
        told = _results(plan, record, number, as_json=as_json)
    if as_json:
        data = {"notice": NOTICE, "model": plan.model, "seed": seed, "texts": seeds, "instruments": told}
        click.echo(json.dumps(data, indent=2))
    else:
        click.echo("\n".join(textwrap.wrap(LEGEND, 100)))


async def _calibrate(
    plan: "CalibrationPlan", model: "EmbeddedProvider", record: "CalibrationRecord", talk: "_Talk"
) -> int:
    """Measure what is not on record yet; the calibration's number."""
    from sandbox.engine.calibration import TextTold, calibrate, key_of
    from sandbox.models.daemon_thread import on_daemon_thread
    from sandbox.models.phantom.dosed import directions_for, open_phantom

    try:
        described = await on_daemon_thread(lambda: model.description, "model description")
        directions = await directions_for(model, talk.making_directions)
        number = await asyncio.to_thread(record.open, plan, described, directions)
        known = {
            key: {(trial.direction, trial.dose, trial.text) for trial in trials}
            for instrument in plan.instruments
            for key, trials in record.trials(number, instrument.questionnaire).items()
        }
        left = sum(
            place not in known.get(key_of(instrument), ())
            for instrument in plan.instruments
            for place in plan.places
        )
        if not left:
            return number
        talk.cost(model, plan, left)
        texts = await asyncio.to_thread(record.texts, number)
        async with (
            open_phantom(model, directions) as phantom,
            aclosing(calibrate(plan, phantom, texts, known)) as events,
        ):
            async for event in events:
                if isinstance(event, TextTold):
                    await asyncio.to_thread(record.add_text, number, event)
                else:
                    await asyncio.to_thread(record.add_trial, number, event.questionnaire, event.trial)
                    talk.given(event)
    finally:
        talk.line.clear()
        await model.close()
    return number


def _results(
    plan: "CalibrationPlan", record: "CalibrationRecord", number: int, *, as_json: bool
) -> list[dict[str, object]]:
    """What came out for each instrument; printed as text unless it is for a program."""
    from sandbox.analysis.calibration import responses_in
    from sandbox.export.calibration import as_data, page

    told: list[dict[str, object]] = []
    for instrument in plan.instruments:
        responses = responses_in(record, number, instrument, frozenset(plan.places))
        name = {"questionnaire": instrument.questionnaire.id, "way": instrument.way, "form": instrument.form}
        told.append({**name, **as_data(responses)})
        if not as_json:
            title = printable(instrument.questionnaire.title)
            head = f"{title}, read by {instrument.how} ({len(plan.texts)} texts)"
            click.echo("\n".join([head, *page(responses, plan.model)]) + "\n")
    return told


class _Talk:
    """What is said on stderr: the cost first, then one moving line on a terminal, elsewhere one a dose."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self.line = MovingLine(quiet=quiet)
        self._began = time.monotonic()
        self._before: int | None = None

    def making_directions(self) -> None:
        """They are made for a model that was never calibrated here."""
        self._say("Reading the stories with this model, to find its directions. Once; a few minutes.")

    def cost(self, model: "EmbeddedProvider", plan: "CalibrationPlan", left: int) -> None:
        """What is to come."""
        total = len(plan.places) * len(plan.instruments)
        calls = round(plan.calls() * left / total)
        self._say(
            f"{printable(model.title)}: {left} of {total} administrations to make, about {calls:,} calls,"
            " more where answers cannot be read. A copy of the weights"
            f" ({model.weights.size >> 20:,} MB) lies in the cache meanwhile."
        )
        self._began = time.monotonic()

    def given(self, event: "DoseGiven") -> None:
        """One more is measured."""
        if self._before is None:
            self._before = event.done - 1
        each = (time.monotonic() - self._began) / (event.done - self._before)
        left = each * (event.total - event.done) / 60
        trial = event.trial
        dose = f"{trial.direction} {trial.dose:+d}" if trial.dose else "no dose"
        self.line.show(f"{event.done} of {event.total}: {dose} (about {left:.0f} min left)", dose)

    def _say(self, text: str) -> None:
        if not self._quiet:
            click.echo(text, err=True)
