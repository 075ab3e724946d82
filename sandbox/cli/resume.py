"""`sandbox resume`: go on with what was interrupted, from where the record ends."""

from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.errors import NotFoundError

if TYPE_CHECKING:
    from sandbox.study.conductor import Conductor


@click.command("resume")
@click.argument("session", required=False)
@click.option(
    "--take-over", is_flag=True, help="Go on with what another machine is said to run, but no longer does."
)
@options.local_only
@options.plain
@options.quiet
@options.as_json
def command(
    session: str | None, take_over: bool, local_only: bool, plain: bool, quiet: bool, as_json: bool
) -> None:
    """Go on with SESSION (an id, the start of one, or `last`), or with the latest that was cut short.

    Its trunk and all its branches are finished; what is in the record already is not run again.
    """
    from sandbox.cli.conducting import open_conductor
    from sandbox.cli.outcome import conduct, report, say_how_to_go_on, warn
    from sandbox.cli.progress import Progress

    conductor = open_conductor(local_only=local_only)
    with conductor.store as store:
        store.mark_interrupted()
        meant = _to_resume(conductor, session)
        if take_over:
            store.take_over(meant)
        family = store.family(meant)
        heads = conductor.to_finish(family[0].id)
        if heads:
            conductor.check(heads, clinician=False)
            warn(conductor, family)
            known = {head.id: store.history(head.id) for head in family}
            try:
                conduct(conductor, heads, Progress(family, known, quiet=quiet, plain=plain), known)
            except click.Abort:
                say_how_to_go_on(store, family[0].id)
                raise
        else:
            click.echo("Nothing is left to do: every session of it is finished.", err=True)
        report(store, conductor.workspace, family[0].id, as_json=as_json)


def _to_resume(conductor: "Conductor", session: str | None) -> str:
    if session is not None:
        return conductor.store.resolve(session)
    unfinished = conductor.unfinished()
    studies = conductor.studies.studies_of(unfinished)
    names = list(dict.fromkeys(studies.values()))
    newest, *others = [trunk for trunk in unfinished if trunk not in studies] or ("",)
    if not newest:
        todo = "Start a session: `sandbox run`, or name one to go on with."
        if names:
            todo = f"A study was. Run what is missing of it: sandbox study resume {names[0]}"
        raise NotFoundError(
            "No single session was cut short." if names else "Nothing was cut short.", todo=todo
        )
    if others:
        click.echo(f"Unfinished as well: {', '.join(others)} (sandbox resume ID)", err=True)
    if names:
        click.echo(f"Unfinished studies: {', '.join(names)} (sandbox study resume NAME)", err=True)
    return newest
