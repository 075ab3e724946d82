"""`sandbox report … --to FILE`: what came out, for a colleague who does not have the app."""

from pathlib import Path

import click

from sandbox.cli import options
from sandbox.cli.conducting import open_record
from sandbox.cli.streams import caution


@click.command("report", short_help="Write what came out for a colleague: HTML, Word, PDF or Markdown.")
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION...")
@click.option(
    "--to",
    "file",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Ends in .html (one file, opens anywhere), .docx (Word), .pdf or .md.",
)
@click.option(
    "--title", metavar="TEXT", help="The report's title.  [default: the study's, else the scenarios']"
)
@click.option("--question", metavar="TEXT", default="", help="What the sessions were to answer.")
@click.option("--scale", metavar="ID", help="The scale that counts.  [default: distress, else the first]")
@click.option("--questionnaire", metavar="ID", help="Whose scale, if several have one of that name.")
@options.force
def command(
    sessions: tuple[str, ...],
    file: Path,
    title: str | None,
    question: str,
    scale: str | None,
    questionnaire: str | None,
    force: bool,
) -> None:
    """Write a report on sessions: the answer first, then all that it rests on. Prints the file's path.

    SESSION is an id, the beginning of one, `last`, or the name of a study: its finished runs. A shared start
    stands for all its arms. Several starts are averaged over where they ran alike.
    """
    from sandbox.analysis.leaving import details_leaving
    from sandbox.analysis.reported import gather_report
    from sandbox.export.file import refuse_missing_folder
    from sandbox.export.report.file import REPORT_FORMATS, refuse_format, write_report

    refuse_format(file, REPORT_FORMATS)
    refuse_missing_folder(file)
    with open_record() as store:
        on = gather_report(
            store, sessions, scale=scale, questionnaire=questionnaire, title=title, question=question
        )
        if doubt := details_leaving(store, [arm.id for arm in on.arms]):
            caution(doubt)
    click.echo(write_report(on, file, overwrite=force))
