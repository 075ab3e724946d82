"""`sandbox check-model`: which questionnaires can be trusted on a model, and why not the others."""

import asyncio
import json
import textwrap
import time
from contextlib import aclosing
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.text import excerpt, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.engine.validity_check import CheckPlan, CheckProgress, Instrument, InstrumentChecked
    from sandbox.measurement.administration import Way
    from sandbox.models.provider import Provider
    from sandbox.store.store import Store


@click.command("check-model")
@click.argument("model", default="embedded")
@options.questionnaires(
    help="May be given several times; forms of a report are batch, per-item, structured."
    "  [default: word-probe and affect-ratings]",
)
@click.option(
    "--way",
    "ways",
    multiple=True,
    type=click.Choice(("word", "likelihood", "report", "completion")),
    help="A way of reading; may be given several times.  [default: all that fit]",
)
@click.option(
    "--repeats",
    type=click.IntRange(2, 100),
    help="How often each is repeated.  [default: word 8, others 3]",
)
@options.seed
@options.local_only
@options.quiet
@options.as_json
def command(
    model: str,
    questionnaires: tuple[str, ...],
    ways: "tuple[Way, ...]",
    repeats: int | None,
    seed: int,
    local_only: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Find out whether a questionnaire measures anything on MODEL, before its scores are believed.

    The same states are measured again unchanged, in another order, in other words, in another tone, with a
    hint of the wished answer; and before and after a neutral and a strong scenario. One verdict for each
    questionnaire and way of reading. What comes out is kept, and sessions that use an unusable one say so.

    The verdict is about text a model writes, simulated affect, not a feeling.
    """
    from sandbox.cli.conducting import finish, open_conductor
    from sandbox.engine.validity_check import plan_check
    from sandbox.export import NOTICE
    from sandbox.export.validity import LEGEND
    from sandbox.models.opening import refuse_without_key

    conductor = open_conductor(local_only=local_only)
    provider = conductor.models.model(model)
    refuse_without_key(model)
    plan = plan_check(
        model,
        conductor.library,
        provider.capabilities,
        questionnaires=questionnaires,
        ways=ways,
        repeats=repeats,
        seed=seed,
    )
    if not quiet:
        click.echo(
            f"{provider.title}: about {plan.calls} calls, more where answers cannot be read.",
            err=True,
        )
    with conductor.store as store:
        found = finish(
            _check(plan, provider, store, quiet=quiet, as_json=as_json),
            "Interrupted. Each questionnaire that was checked to its end is kept.",
        )
    if as_json:
        data = {"notice": NOTICE, "model": plan.model, "seed": plan.seed, "checks": found}
        click.echo(json.dumps(data, indent=2))
    else:
        click.echo("\n".join(textwrap.wrap(LEGEND, 100)))


async def _check(
    plan: "CheckPlan", provider: "Provider", store: "Store", *, quiet: bool, as_json: bool
) -> list[dict[str, object]]:
    from sandbox.analysis.calibration import newest_responses
    from sandbox.cli.streams import MovingLine
    from sandbox.engine.validity_check import CheckProgress, check_validity
    from sandbox.export.calibration import follows_line
    from sandbox.export.validity import page
    from sandbox.models.daemon_thread import on_daemon_thread

    line = MovingLine(quiet=quiet)
    began = time.monotonic()
    left = {one.title: one for one in plan.instruments}
    found: list[dict[str, object]] = []
    try:
        model = await on_daemon_thread(lambda: provider.description, "model description")
        async with aclosing(check_validity(plan, provider)) as events:
            async for event in events:
                if isinstance(event, CheckProgress):
                    done = f"{_so_far(event, time.monotonic() - began)}: {excerpt(event.doing, 60)}"
                    line.show(done, event.doing.partition(",")[0])
                    continue
                number = await asyncio.to_thread(store.add_check, plan, event, model)
                line.clear()
                left.pop(event.instrument.title)
                dosed = await asyncio.to_thread(newest_responses, store, model, event.instrument)
                follows = follows_line(dosed, plan.model)
                found.append({**_as_data(event, number), "follows_a_known_dose": follows})
                if not as_json:
                    lines = [_heading(event), *page(event.validity), "", *textwrap.wrap(follows, 100)]
                    click.echo("\n".join(lines) + "\n")
    except asyncio.CancelledError:
        line.clear()
        _tell_the_rest(plan, tuple(left.values()))
        raise
    finally:
        await provider.close()
    return found


def _so_far(now: "CheckProgress", seconds: float) -> str:
    """`8 of about 116 calls, about 9 min left`, at the pace so far."""
    from sandbox.cli.study_talk import time_text

    said = f"{now.calls} of about {now.expected} calls"
    left = now.expected - now.calls
    return f"{said}, {time_text(seconds / now.calls * left)} left" if now.calls and left > 0 else said


def _tell_the_rest(plan: "CheckPlan", left: "Sequence[Instrument]") -> None:
    """The command that checks what is left of an interrupted check."""
    from sandbox.engine.validity_check import REPEATS

    words = ["sandbox check-model", plan.model]
    for one in left:
        form = "" if one.form == "batch" else f":{one.form.replace(' ', '-')}"
        words.append(f"--questionnaire {one.questionnaire.id}:{one.way}{form}")
        if one.repeats != REPEATS[one.way] and "--repeats" not in words:
            words += ["--repeats", f"{one.repeats}"]
    words += ["--seed", f"{plan.seed}"] if plan.seed != 1 else []
    click.echo(printable(f"\nCheck the rest: {' '.join(words)}"), err=True)


def _heading(event: "InstrumentChecked") -> str:
    instrument = event.instrument
    return (
        f"{printable(instrument.questionnaire.title)}, read by {instrument.how}"
        f" (scale {event.validity.scale}, {instrument.repeats} repeats, {event.calls} calls,"
        f" {event.seconds:.0f} s)"
    )


def _as_data(event: "InstrumentChecked", number: int) -> dict[str, object]:
    validity = event.validity
    return {
        "check": number,
        "questionnaire": validity.questionnaire,
        "way": validity.way,
        "form": event.instrument.form,
        "scale": validity.scale,
        "usable": validity.usable,
        "verdict": validity.verdict,
        "repeats": event.instrument.repeats,
        "calls": event.calls,
        "seconds": round(event.seconds, 1),
        "indices": [asdict(index) for index in validity.indices],
    }
