"""`sandbox show SESSION`: read a session's transcript with its scores."""

import sys

import click

from sandbox.cli import options
from sandbox.cli.conducting import open_record


@click.command("show")
@click.argument("session")
@click.option(
    "--family/--alone",
    default=None,
    help="With all branches of its trunk, or alone.  [default: a trunk with all, a branch alone]",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything that is stored, as JSON.")
@click.option("--single-case", is_flag=True, help="The single-case view instead: phases, NAP, Tau, PND.")
@click.option("--scale", metavar="ID", help="Of which scale that is.  [default: distress, else the first]")
def command(session: str, family: bool | None, as_json: bool, single_case: bool, scale: str | None) -> None:
    """Print the transcript of SESSION: an id, the beginning of one, or `last`.

    On a terminal it is laid out to be read; into a file or a pipe it goes as Markdown.

    The single-case view draws the scores phase by phase, and says how far the technique's overlap those
    before it, and what the standards for such designs make of it; an appendix answers SCRIBE 2016.
    """
    from sandbox.analysis.case import case
    from sandbox.analysis.family import chosen_scale, gather
    from sandbox.errors import UsageError
    from sandbox.export.archive import archive
    from sandbox.export.case_text import appendix_text, case_text
    from sandbox.export.report.scribe import lead, scribe_items
    from sandbox.export.transcript.contents import transcript_markdown

    options.refuse_both("--json", as_json, "--single-case", single_case)
    if scale is not None and not single_case:
        raise UsageError("--scale is for the single-case view.", todo="Add --single-case.")
    with open_record() as store:
        found = gather(store, store.resolve(session), whole_family=family)
    if single_case:
        name = chosen_scale(found.arms, scale)
        texts = [case_text(case(arm, name)) for arm in found.arms]
        if treated := [arm for arm in found.arms if arm.plan.technique is not None]:
            items = scribe_items(treated, name)
            texts.append(appendix_text(lead(items), items))
        click.echo("\n\n".join(texts))
        return
    if as_json:
        click.echo(archive(found).text(), nl=False)
    else:
        _print(transcript_markdown(found))


def _print(markdown: str) -> None:
    """Laid out where somebody reads it; into a file or another program it goes as Markdown."""
    if not sys.stdout.isatty():
        click.echo(markdown, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(markdown, hyperlinks=False))
