"""`sandbox show SESSION`: read a session's transcript with its scores."""

import click


@click.command("show")
@click.argument("session")
@click.option(
    "--family/--alone",
    default=None,
    help="With all branches of its trunk, or alone.  [default: a trunk with all, a branch alone]",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything that is stored, as JSON.")
def command(session: str, family: bool | None, as_json: bool) -> None:
    """Print the transcript of SESSION: an id, the beginning of one, or `last`."""
    from sandbox.analysis.family import gather
    from sandbox.export.archive import archive_json
    from sandbox.export.transcript.contents import transcript_markdown
    from sandbox.library.workspace import find_workspace
    from sandbox.store.store import DATABASE, Store

    with Store.open(find_workspace().sessions / DATABASE, create=False) as store:
        found = gather(store, store.resolve(session), whole_family=family)
    click.echo(archive_json(found) if as_json else transcript_markdown(found), nl=False)
