"""`sandbox rehearse`: a script said to a client, for the ear. Nothing is measured, nothing is recorded."""

import asyncio
import textwrap
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.cli.streams import can_ask, caution
from sandbox.text import excerpt, printable

if TYPE_CHECKING:
    from sandbox.engine.events import Event
    from sandbox.study.rehearsal import Rehearsal

WIDTH = 100


@click.command("rehearse")
@click.argument("technique", metavar="TECHNIQUE")
@click.option("--client", default="study-participant", show_default=True, metavar="ID", help="Who is played.")
@click.option(
    "--scenario", default="night-attack", show_default=True, metavar="ID", help="What is told first."
)
@click.option("--model", metavar="NAME", help="As in `run`.  [default: embedded, or as set]")
@click.option("--therapist", metavar="NAME", help="As in `run`, for a guided technique.")
@options.seed
@options.local_only
def command(
    technique: str,
    client: str,
    scenario: str,
    model: str | None,
    therapist: str | None,
    seed: int,
    local_only: bool,
) -> None:
    """Hear TECHNIQUE said to a client, turn by turn, as fast as the model answers.

    Nothing is measured and nothing is recorded: it is for the ear, before measuring. On a terminal it asks at
    the end from which step to go on again; the file may be changed meanwhile, and its text of that moment is
    said.
    """
    from sandbox.cli.conducting import chosen_settings, finish, open_conductor
    from sandbox.study.proposal import Proposal
    from sandbox.study.rehearsal import NOTHING_KEPT, Rehearsal

    conductor = open_conductor(local_only=local_only)
    proposal = Proposal(
        scenario=scenario,
        techniques=(technique,),
        client=client,
        model=model or chosen_settings().model,
        therapist=therapist,
        seed=seed,
    )
    rehearsal = Rehearsal(conductor, proposal)
    click.echo(printable(rehearsal.plan_title))
    click.echo(NOTHING_KEPT, err=True)
    for sentence in rehearsal.cautions:
        caution(sentence)
    conductor.models.start(proposal.model)
    try:
        finish(_rehearse(rehearsal))
    except click.Abort:
        click.echo("Rehearsal ended.", err=True)


async def _rehearse(rehearsal: "Rehearsal") -> None:
    try:
        await _tell(rehearsal.begin(), rehearsal)
        while (step := await asyncio.to_thread(_asked, len(rehearsal.technique.steps))) is not None:
            await _tell(rehearsal.again(step), rehearsal)
    finally:
        await rehearsal.close()


async def _tell(events: "AsyncGenerator[Event, None]", rehearsal: "Rehearsal") -> None:
    from sandbox.engine.events import StepSkipped, TurnFinished

    async with aclosing(events) as told:
        async for event in told:
            match event:
                case TurnFinished(turn=turn):
                    name = rehearsal.name_of(turn)
                    _paragraph(name, turn.said)
                    if turn.reply is not None:
                        _paragraph("  client", f"(refused) {turn.reply}" if turn.refused else turn.reply)
                case StepSkipped(skip=skip):
                    click.echo(f"step {printable(skip.step)} is left out: its condition does not hold")
                case _:
                    pass
    if rehearsal.problem is not None:
        raise rehearsal.problem


def _paragraph(name: str, text: str) -> None:
    click.echo(textwrap.fill(f"{printable(name)}: {printable(text)}", WIDTH, subsequent_indent="    "))


def _asked(steps: int) -> int | None:
    """The step to go on from again (from 0); None to end, and where nobody is at a terminal."""
    if not can_ask():
        return None
    while True:
        typed = click.prompt(
            f"\nAgain from step 1–{steps}, or Enter to end", default="", show_default=False, err=True
        ).strip()
        if not typed:
            return None
        if typed.isdecimal() and 1 <= int(typed) <= steps:
            return int(typed) - 1
        told = printable(excerpt(typed, 40))
        click.echo(f"“{told}” is no step: type a number from 1 to {steps}, or Enter to end.", err=True)
