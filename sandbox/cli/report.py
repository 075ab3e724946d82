"""`sandbox report … --to FILE`: what came out, for a colleague who does not have the app."""

from pathlib import Path

import click


@click.command("report", short_help="Write what came out for a colleague: HTML, Word or Markdown.")
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION...")
@click.option(
    "--to",
    "file",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Ends in .html (one file, opens anywhere), .docx (Word) or .md.",
)
@click.option("--title", metavar="TEXT", help="The report's title.  [default: the scenarios' titles]")
@click.option("--question", metavar="TEXT", default="", help="What the sessions were to answer.")
@click.option("--scale", metavar="ID", help="The scale that counts.  [default: distress, else the first]")
@click.option("--questionnaire", metavar="ID", help="Whose scale, if several have one of that name.")
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
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

    SESSION is an id, the beginning of one, or `last`. A shared start stands for all its arms. Several starts
    are averaged over where they ran alike.
    """
    from sandbox.analysis.comparison import worth_pooling
    from sandbox.analysis.family import chosen_scale, gather_compared
    from sandbox.export.file import refuse_missing_folder
    from sandbox.export.report.basis import ReportOn
    from sandbox.export.report.file import REPORT_FORMATS, refuse_format, write_report
    from sandbox.library.workspace import find_workspace
    from sandbox.store.progress import spent_by
    from sandbox.store.store import DATABASE, Store

    refuse_format(file, REPORT_FORMATS)
    refuse_missing_folder(file)
    with Store.open(find_workspace().sessions / DATABASE, create=False) as store:
        arms = gather_compared(store, dict.fromkeys(store.resolve(session) for session in sessions))
        with store.reading() as db:
            spent = spent_by(db, {one for arm in arms for one in (arm.id, arm.trunk)})
    told = " and ".join(dict.fromkeys(arm.plan.scenario.title for arm in arms))
    on = ReportOn(
        arms=arms,
        scale=chosen_scale(arms, scale, questionnaire),
        spent=spent,
        title=title or f"Report: {told}",
        question=question,
        pooled=worth_pooling(arms),
    )
    click.echo(write_report(on, file, overwrite=force))
