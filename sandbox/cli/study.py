"""`sandbox study`: many sessions as one study, run to its end, and how far it is. Plans: study_plan.py."""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sandbox.cli import options
from sandbox.cli.export import study_export
from sandbox.cli.streams import can_ask
from sandbox.cli.study_plan import list_studies, plan

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from sandbox.errors import ExitCode
    from sandbox.library.study import Study
    from sandbox.store.study import LogKind, StudyRecord
    from sandbox.study.cluster import Cluster
    from sandbox.study.conductor import Conductor
    from sandbox.study.estimate import Estimate
    from sandbox.study.frozen import Outline
    from sandbox.study.looks import Look
    from sandbox.study.progress import StudyProgress


@click.group("study", short_help="Run many sessions as one study, to the end.")
def command() -> None:
    """Run many sessions as one study: scenarios, techniques, models and repeats from one document."""


for _one in (plan, list_studies, study_export):
    command.add_command(_one)


def _running(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `run` and `resume`."""
    these = (
        options.local_only,
        click.option("--cluster", metavar="ADDRESS", help="Run it on the workers of this Dask scheduler."),
        click.option("--yes", is_flag=True, help="Do not ask before it costs something."),
        click.option("--plain", is_flag=True, help="Tell every turn, as plain lines."),
        options.quiet,
        click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON."),
    )
    for option in reversed(these):
        command = option(command)
    return command


@command.command("run", short_help="Run a study, or what is missing of it.")
@click.argument("study", metavar="NAME|FILE")
@_running
def run(
    study: str, local_only: bool, cluster: str | None, yes: bool, plain: bool, quiet: bool, as_json: bool
) -> "ExitCode":
    """Run the study of that name, or the one in FILE, to its end.

    Its plan is frozen before the first call. What the record has already is not run again. The pooled
    comparison goes to stdout, with the 95 % interval of each technique effect.
    """
    from sandbox.cli.conducting import open_conductor

    conductor = open_conductor(local_only=local_only)
    with conductor.store:
        taken_up = _taken_up(conductor, study, _document(conductor, study))
        workers = _workers(cluster, local_only=local_only)
        return _run(conductor, *taken_up, workers, yes=yes, plain=plain, quiet=quiet, as_json=as_json)


@command.command("resume", short_help="Go on with a study: run only what is missing.")
@click.argument("study", metavar="NAME|FILE")
@click.option(
    "--take-over", is_flag=True, help="Run also what another machine is said to run, but no longer does."
)
@_running
def resume(
    study: str,
    take_over: bool,
    local_only: bool,
    cluster: str | None,
    yes: bool,
    plain: bool,
    quiet: bool,
    as_json: bool,
) -> "ExitCode":
    """Go on with a study that was stopped, cut off or added to. Only what is missing is run.

    Repeats, models, scenarios and techniques that were added to its document since are run too: that is a new
    plan, which names the old one. A study that is paused in another process goes on there.
    """
    from sandbox.cli.conducting import open_conductor
    from sandbox.errors import ExitCode

    conductor = open_conductor(local_only=local_only)
    with conductor.store:
        document = _document(conductor, study)
        found = conductor.studies.named(document.id if document is not None else study)
        if take_over:
            conductor.studies.take_over(found.root)
        if _goes_on_elsewhere(conductor.studies, found.root, found.name):
            return ExitCode.OK
        taken_up = _taken_up(conductor, study, document)
        workers = _workers(cluster, local_only=local_only)
        return _run(conductor, *taken_up, workers, yes=yes, plain=plain, quiet=quiet, as_json=as_json)


@command.command("status", short_help="Say how far a study is.")
@click.argument("study", metavar="NAME")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status(study: str, as_json: bool) -> None:
    """Say how far the study is: runs by state, pace, tokens, cost, time left, the latest failures.

    Of a finished one also the answer, as `sandbox compare` begins with it.
    """
    from sandbox.analysis.answer import answer
    from sandbox.analysis.look import so_far
    from sandbox.analysis.noise import noise
    from sandbox.study.conductor import Conductor
    from sandbox.study.frozen import outline_of
    from sandbox.study.progress import finished_arms, progress_of

    conductor = Conductor.open()
    with conductor.store:
        outline = outline_of(conductor.studies.named(study))
        progress = progress_of(conductor.studies, outline)
        over = progress.condition in ("finished", "enough")
        stop = outline.plan.study.stop
        arms = finished_arms(conductor.studies, outline) if over else ()
        found = so_far(conductor.store, arms, stop.scale if stop is not None else None)
    said = (*answer(found).lines, *found.left_out) if found is not None else ()
    spread = told.short if found is not None and (told := noise(found)) is not None else ()
    if as_json:
        click.echo(json.dumps(_as_data(outline, progress) | {"answer": said, "noise": spread}, indent=2))
        return
    for line in (*_status_lines(outline, progress), *said, *spread):
        click.echo(line)


@command.command("pause", short_help="Let a running study wait.")
@click.argument("study", metavar="NAME")
def pause(study: str) -> None:
    """Let the study wait where it runs: turns under way are finished. `resume` lets it go on."""
    _ask(study, "pause asked", "It is asked to pause once the turns under way are finished.")


@command.command("stop", short_help="End a running study; what is left can be run later.")
@click.argument("study", metavar="NAME")
def stop(study: str) -> None:
    """End the study where it runs: turns under way are finished. `resume` runs what is left, at any time."""
    _ask(study, "stop asked", "It is asked to stop once the turns under way are finished.")


def _ask(study: str, what: "LogKind", said: str) -> None:
    from sandbox.errors import UsageError
    from sandbox.study.conductor import Conductor

    conductor = Conductor.open()
    with conductor.store:
        found = conductor.studies.named(study)
        if not conductor.studies.at_work(found.root):
            raise UsageError(
                "Nothing runs this study now.", where=found.name, todo=f"sandbox study status {found.name}"
            )
        conductor.studies.log(found.root, what, author="clinician")
    click.echo(said, err=True)


def _document(conductor: "Conductor", text: str) -> "Study | None":
    """The study's document: in that file, or of that id in the library; None where there is none."""
    from sandbox.errors import NotFoundError
    from sandbox.library.study_fit import find_study

    try:
        return find_study(text, conductor.library)
    except NotFoundError:
        if conductor.studies.newest(text) is None:
            raise
        return None


def _taken_up(
    conductor: "Conductor", name: str, document: "Study | None"
) -> "tuple[Outline, tuple[Estimate, ...]]":
    """The plan of the document as it is now, with what that takes; without one the newest of that name."""
    from sandbox.cli.study_plan import planned
    from sandbox.study.frozen import outline_of

    if document is None:
        return outline_of(conductor.studies.named(name)), ()
    return planned(conductor, document)


def _goes_on_elsewhere(studies: "StudyRecord", root: str, name: str) -> bool:
    """Whether it is paused in a living process, which is then asked to go on."""
    from sandbox.text import printable

    at_work = studies.at_work(root)
    if not at_work or any(entry.kind != "paused" for entry in at_work):
        return False
    processes = ", ".join(str(entry.process) for entry in at_work)
    studies.log(root, "resume asked", author="clinician")
    click.echo(printable(f"“{name}” goes on where it was paused ({processes})."), err=True)
    return True


def _run(
    conductor: "Conductor",
    outline: "Outline",
    estimates: "tuple[Estimate, ...]",
    workers: "AbstractAsyncContextManager[Cluster] | None",
    *,
    yes: bool,
    plain: bool,
    quiet: bool,
    as_json: bool,
) -> "ExitCode":
    from sandbox.cli.dismantle import tell_steps
    from sandbox.cli.study_talk import (
        StudyTalk,
        drive,
        exit_code,
        report_study,
        tell_what_is_left,
        warn_before,
    )
    from sandbox.study.looks import said_of_looks
    from sandbox.study.progress import finished_arms
    from sandbox.study.runner import check_study
    from sandbox.text import printable
    from sandbox.workbench.dismantling import taken_apart

    check_study(conductor, outline)
    if at_work := conductor.studies.at_work(outline.root):
        whose = ", ".join(str(entry.process) for entry in at_work)
        click.echo(f"It is being run already ({whose}); this command shares the work.", err=True)
    warn_before(conductor, outline)
    talk = StudyTalk(outline, detailed=plain, plain=plain, quiet=quiet)
    first = partial(_announced, conductor, outline, estimates, yes=yes)
    try:
        look = _look(conductor, outline)
        ended = drive(conductor, outline, talk, first=first, look=look, cluster=workers)
    except click.Abort:
        tell_what_is_left(conductor, outline)
        raise
    if arms := finished_arms(conductor.studies, outline):
        report_study(conductor, outline.name, arms, as_json=as_json)
        if (taken := taken_apart(outline.plan)) is not None and not as_json:
            click.echo()
            tell_steps(conductor, outline, taken)
        _write_data(conductor, outline.name)
    if (looked := said_of_looks(conductor.studies, outline)) and not as_json:
        click.echo(printable(looked))
    if ended.ending == "enough":
        click.echo("The stop rule is met: the intervals are as narrow as the study asks.", err=True)
    else:
        tell_what_is_left(conductor, outline)
    return exit_code(ended, talk)


def _workers(address: str | None, *, local_only: bool) -> "AbstractAsyncContextManager[Cluster] | None":
    """The workers of the scheduler at that address. Local only holds there where it holds here."""
    if address is None:
        return None
    from sandbox.models.opening import open_model
    from sandbox.settings import load_settings
    from sandbox.study.cluster import connected

    local_only = local_only or load_settings().settings.local_only
    return connected(address, partial(open_model, local_only=local_only))


def _write_data(conductor: "Conductor", name: str) -> None:
    """Write the study's data set beside the record, in place of the one before. That it could not be written
    is said, and changes nothing else: the record has everything."""
    from sandbox.errors import SandboxError
    from sandbox.export.data.choosing import choose
    from sandbox.export.data.data_set import write_tables
    from sandbox.text import printable

    # A record from elsewhere may hold any name: as the name of a file it has no way out of the folder.
    folder = conductor.workspace.sessions / "exports" / f"{re.sub(r'[^A-Za-z0-9 -]', '-', name)}-data"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_tables(conductor.store, choose(conductor.store, (name,)), folder, "csv", overwrite=True)
    except (SandboxError, OSError) as error:
        click.echo(f"The data set was not written: {printable(str(error))}", err=True)
        return
    click.echo(f"Data set: {printable(str(folder))} (its README says what is in it)", err=True)
    click.echo(printable(f"Write it up: sandbox report {name} --to {name}.html"), err=True)


async def _announced(
    conductor: "Conductor", outline: "Outline", estimates: "tuple[Estimate, ...]", *, yes: bool
) -> None:
    """Say what it takes. Where that costs money and somebody can answer, ask first."""
    from sandbox.cli.study_talk import announce

    cost = await announce(conductor, outline, estimates)
    if cost > 0 and can_ask() and not yes:
        click.confirm("Run it?", default=True, abort=True, err=True)


def _look(conductor: "Conductor", outline: "Outline") -> "Look | None":
    from sandbox.analysis.look import half_widths

    stop = outline.plan.study.stop
    return None if stop is None else partial(half_widths, conductor.store, scale=stop.scale)


def _status_lines(outline: "Outline", progress: "StudyProgress") -> list[str]:
    from sandbox.analysis.numeral import numeral
    from sandbox.cli.study_talk import time_text
    from sandbox.text import printable

    cells = ", ".join(f"{count:,} {state}" for state, count in progress.cells.items() if count)
    spent, caps = progress.spent, progress.caps
    whose = f" ({', '.join(map(str, progress.processes))})" if progress.processes else ""
    cost = f"${progress.known_cost:,.4f}" + ("" if spent.cost is not None else " as far as it is known")
    lines = [
        f"{outline.name}: {progress.condition}{whose}, plan {outline.hash[:12]}",
        f"Runs: {cells}; {progress.sessions_finished:,} of {progress.sessions:,} sessions are finished.",
        f"Calls: {spent.calls:,}, {spent.retries:,} tried again; {spent.prompt_tokens:,} prompt tokens"
        f" ({spent.cached_tokens:,} from a cache), {spent.completion_tokens:,} of replies.",
        f"Cost: {cost}" + (f" of at most ${caps.cost:,.2f}." if caps.cost is not None else "."),
    ]
    if progress.cap_reached:
        lines.append(f"{progress.cap_reached}. Raise it in the study's document to go on.")
    if progress.per_minute is not None and progress.seconds_left is not None:
        pace = f"{progress.per_minute:.1f} sessions a minute"
        lines.append(f"Pace: {pace}, {time_text(progress.seconds_left)} left.")
    elif progress.condition == "running":
        lines.append("Pace and time left: once a session has finished since it was started.")
    for look in progress.looks:
        within = look.detail["within"].items()
        seen = ", ".join(
            f"{title} ±{numeral(width)}" if width else f"{title} none" for title, width in within
        )
        lines.append(f"Looked after {look.detail['repeats']} repeats: {seen}.")
    if progress.failed:
        lines.append(f"{progress.failed:,} sessions failed; the latest:")
        for one in progress.troubles:
            lines.append(f"  {one.session}: {one.what}" + (f" {one.todo}" if one.todo else ""))
    if not progress.processes and progress.condition not in ("finished", "enough"):
        lines.append(f"Run what is missing: sandbox study resume {outline.name}")
    return [printable(line) for line in lines]


def _as_data(outline: "Outline", progress: "StudyProgress") -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "study": outline.name,
        "plan": outline.hash,
        "condition": progress.condition,
        "runs": dict(progress.cells),
        "sessions": progress.sessions,
        "sessions_finished": progress.sessions_finished,
        "spent": asdict(progress.spent),
        "known_cost": progress.known_cost,
        "caps": progress.caps.model_dump(),
        "cap_reached": progress.cap_reached,
        "sessions_per_minute": progress.per_minute,
        "seconds_left": progress.seconds_left,
        "failed": progress.failed,
        "failures": [{**asdict(one), "at": one.at.isoformat()} for one in progress.troubles],
        "looks": [dict(entry.detail) for entry in progress.looks],
        "processes": [asdict(process) for process in progress.processes],
    }
