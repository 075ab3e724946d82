"""`sandbox review ask`: a model fills in a form, in a column of its own."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.text import excerpt, number_of, printable

if TYPE_CHECKING:
    from sandbox.errors import ExitCode
    from sandbox.library.form import Form
    from sandbox.review.model_reviewer import Answered
    from sandbox.study.conductor import Conductor


@click.command("ask", short_help="Have a model fill in a form: a column of its own.")
@click.argument("model", metavar="MODEL")
@click.argument("sessions", metavar="SESSION|STUDY...", nargs=-1, required=True)
@options.form
@options.local_only
@options.quiet
@click.pass_context
def ask(
    context: click.Context,
    model: str,
    sessions: tuple[str, ...],
    form: str,
    local_only: bool,
    quiet: bool,
) -> None:
    """Have MODEL fill in a form about each session, blind; every answer names the turn it rests on.

    Its answers are never counted among people's. `sandbox review agreement` says whether it may be read as
    one reviewer more: that takes two people or more who rated the same transcripts. Given again, the command
    asks only what is missing.
    """
    from sandbox.cli.conducting import open_conductor
    from sandbox.errors import ExitCode
    from sandbox.review.giving import arm_named
    from sandbox.study.progress import study_or_session

    conductor = open_conductor(local_only=local_only)
    document = conductor.library.form(form)
    with conductor.store as store:
        meant = dict.fromkeys(id for one in sessions for id in study_or_session(store, one))
        named = tuple(arm_named(store, id) for id in meant)
        try:
            code = asyncio.run(_ask(conductor, model, named, document, quiet=quiet))
        except (KeyboardInterrupt, asyncio.CancelledError):
            click.echo("What was answered is kept: the same command again asks the rest.", err=True)
            context.exit(int(ExitCode.INTERRUPTED))
    context.exit(int(code))


async def _ask(
    conductor: "Conductor", model: str, sessions: Sequence[str], form: "Form", *, quiet: bool
) -> "ExitCode":
    from sandbox.analysis.leaving import details_in_transcripts
    from sandbox.cli.conducting import end_on_termination
    from sandbox.errors import ExitCode
    from sandbox.models.name import full_name
    from sandbox.review.model_reviewer import rate_by_model

    name = full_name(model)
    if not conductor.models.are_local([name]):
        click.echo(f"The transcripts go to {printable(name)}.", err=True)
        if found := details_in_transcripts(conductor.store, sessions, (form,)):
            click.echo(f"Caution: {printable(found)}", err=True)
    about = "one session" if len(sessions) == 1 else f"each of {len(sessions)} sessions"
    count = f"{number_of(len(form.items), 'question')} about {about}"
    calls = len(form.items) * len(sessions)
    click.echo(f"{count}: {number_of(calls, 'call')}, what was answered before apart.", err=True)
    missing = 0

    def tell(session: str, one: "Answered") -> None:
        nonlocal missing
        missing += one.turn is None
        if not quiet:
            value = "not shown" if one.value is None else str(one.value)
            said = "no answer could be read" if one.turn is None else f"{value}  {excerpt(one.because, 60)}"
            click.echo(f"  {session}  {one.item}: {printable(said)}", err=True)

    end_on_termination()
    try:
        await rate_by_model(conductor, sessions, form, name, tell)
    finally:
        await conductor.models.close()
    if missing:
        click.echo(f"{missing} answers could not be read: missing, and asked again next time.", err=True)
    click.echo(
        "A model's answers stand in a column of their own. They say nothing until they were held against"
        f" people's: sandbox review agreement --form {form.id}",
        err=True,
    )
    return ExitCode.OK
