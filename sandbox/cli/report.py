"""`sandbox report … --to FILE`: what came out, for a colleague who does not have the app."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sandbox.store.study import FrozenStudy, StudyRecord


@click.command("report", short_help="Write what came out for a colleague: HTML, Word or Markdown.")
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION...")
@click.option(
    "--to",
    "file",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Ends in .html (one file, opens anywhere), .docx (Word), .pdf or .md.",
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

    SESSION is an id, the beginning of one, `last`, or the name of a study: its finished runs. A shared start
    stands for all its arms. Several starts are averaged over where they ran alike.
    """
    from sandbox.analysis.comparison import worth_pooling
    from sandbox.analysis.family import chosen_scale, gather_compared
    from sandbox.export.file import refuse_missing_folder
    from sandbox.export.report.basis import ReportOn
    from sandbox.export.report.file import REPORT_FORMATS, refuse_format, write_report
    from sandbox.library.workspace import find_workspace
    from sandbox.store.call import drawn_by
    from sandbox.store.progress import spent_by
    from sandbox.store.store import DATABASE, Store
    from sandbox.store.study import StudyRecord
    from sandbox.study.frozen import plan_of
    from sandbox.study.progress import study_or_session

    refuse_format(file, REPORT_FORMATS)
    refuse_missing_folder(file)
    with Store.open(find_workspace().sessions / DATABASE, create=False) as store:
        named = (id for session in sessions for id in study_or_session(store, session))
        arms = gather_compared(store, dict.fromkeys(named))
        studies = [found for one in sessions if (found := StudyRecord(store).newest(one)) is not None]
        plans = tuple(_plan(StudyRecord(store), found) for found in studies)
        interim = " ".join(filter(None, (_interim(StudyRecord(store), found) for found in studies)))
        stops = [stop.scale for one in studies if (stop := plan_of(one).study.stop) is not None]
        asked = " ".join(plan_of(one).study.question or "" for one in studies)
        with store.reading() as db:
            told = {one for arm in arms for one in (arm.id, arm.trunk)}
            spent, drawn = spent_by(db, told), drawn_by(db, told)
    scenarios = " and ".join(dict.fromkeys(arm.plan.scenario.title for arm in arms))
    on = ReportOn(
        arms=arms,
        scale=chosen_scale(arms, scale or next(iter(stops), None), questionnaire),
        spent=spent,
        drawn=drawn,
        title=title or f"Report: {scenarios}",
        question=question or asked.strip(),
        pooled=worth_pooling(arms),
        plans=plans,
        interim=interim,
    )
    click.echo(write_report(on, file, overwrite=force))


def _interim(studies: "StudyRecord", study: "FrozenStudy") -> str:
    """How much of the study is finished, where that is not all of it; empty where it is."""
    from sandbox.study.frozen import outline_of
    from sandbox.study.progress import finished_trunks

    outline = outline_of(study)
    finished, cells = len(finished_trunks(studies, outline)), len(outline.cells)
    if finished == cells:
        return ""
    return f"Interim: {finished:,} of {cells:,} runs of the study “{study.name}” are finished."


def _plan(studies: "StudyRecord", study: "FrozenStudy") -> str:
    """When its plan was frozen, whether it was changed since, and the looks of its stop rule."""
    first, *later = studies.plans(study.root)
    frozen = f"plan {first.hash[:16]}, frozen {first.at:%Y-%m-%d %H:%M}, before its first call"
    said = f"Study “{study.name}”: {frozen}."
    if later:
        times = "once" if len(later) == 1 else f"{len(later)} times"
        said += (
            f" It was changed {times}: what was added by plan {study.hash[:16]}, frozen"
            f" {study.at:%Y-%m-%d %H:%M}, was added with the earlier results at hand."
        )
    if looks := studies.logged(study.root, kinds=("look",)):
        repeats = ", ".join(str(entry.detail["repeats"]) for entry in looks)
        said += (
            f" Its stop rule was looked at after {repeats} repeats, as planned; the intervals here do not"
            " allow for that."
        )
    return said
