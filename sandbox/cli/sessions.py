"""`sandbox sessions`: what was run, filtered and searched, as on the Sessions screen."""

import shutil
import sys

import click

from sandbox.cli import options
from sandbox.cli.conducting import open_record


@click.command("sessions", short_help="List what was run; filter, search.")
@click.option("--scenario", metavar="ID|TITLE", help="Only this scenario.")
@click.option("--technique", metavar="ID|TITLE", help="Only this technique.")
@click.option("--model", metavar="NAME", help="Only this model.")
@click.option("--tag", metavar="TAG", help="Only sessions with this tag.")
@click.option("--study", metavar="NAME", help="Only sessions of this study.")
@click.option("--search", "words", metavar="TEXT", default="", help="Only turns in which these words stand.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, metavar="N")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the list as CSV.")
def command(
    scenario: str | None,
    technique: str | None,
    model: str | None,
    tag: str | None,
    study: str | None,
    words: str,
    limit: int,
    as_json: bool,
    as_csv: bool,
) -> None:
    """List sessions, the newest first: what was run, how it ended, its tags and studies.

    A shared start stands in its arms and has no line of its own, unless words are looked for. Removed
    sessions are left out.
    """
    from sandbox.export.session_list import session_list_csv, session_list_json, session_list_terminal
    from sandbox.store.listing import SessionFilter
    from sandbox.store.study import StudyRecord
    from sandbox.store.tag import clean_tag

    options.refuse_both("--json", as_json, "--csv", as_csv)
    with open_record() as store:
        wanted = SessionFilter(
            scenario=scenario,
            technique=technique,
            model=model,
            tag=clean_tag(tag) if tag is not None else None,
            study=StudyRecord(store).named(study).root if study is not None else None,
            said=words,
        )
        found = store.find(wanted, limit + 1)
        there = store.choices() if not found else None
    shown, more = found[:limit], len(found) > limit
    if as_json:
        click.echo(session_list_json(shown), nl=False)
    elif as_csv:
        click.echo(session_list_csv(shown), nl=False)
    elif shown:
        # Into a file or another program everything goes; on a terminal what its width holds.
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        click.echo(session_list_terminal(shown, width))
    if there is not None:
        click.echo("No session fits.", err=True)
        _tell("Scenarios", scenario, there.scenarios)
        _tell("Techniques", technique, there.techniques)
        _tell("Models", model, there.models)
        _tell("Tags", tag, there.tags)
    elif more:
        click.echo(f"These are the newest {limit}; there are more: --limit N.", err=True)


def _tell(what: str, value: str | None, there: tuple[str, ...]) -> None:
    """What there is, where something was asked for that may be mistyped."""
    from sandbox.text import printable

    if value is not None and value not in there:
        click.echo(f"{what} here: {printable(', '.join(there)) or 'none'}.", err=True)
