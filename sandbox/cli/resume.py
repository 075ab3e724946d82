"""`sandbox resume`: go on with what was interrupted, from where the record ends."""

import click

from sandbox.cli import options


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
    from sandbox.cli.outcome import resume_session

    resume_session(
        session, take_over=take_over, local_only=local_only, plain=plain, quiet=quiet, as_json=as_json
    )
