"""`sandbox study plan | list`: what a study will run and take, frozen before its first call; all studies."""

import asyncio
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from sandbox.cli import options
from sandbox.errors import ExitCode, UsageError
from sandbox.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.analysis.precision import Precision
    from sandbox.library.study import Study
    from sandbox.study.conductor import Conductor
    from sandbox.study.estimate import Estimate
    from sandbox.study.frozen import Outline
    from sandbox.study.plan import StudyPlan


@click.command("plan", short_help="See what a study will run and take, and freeze its plan.")
@click.argument("study", metavar="ID|FILE")
@click.option("--name", metavar="NAME", help="Plan it as a study of this name.  [default: its id]")
@click.option(
    "--pilot",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Run N of its runs on each model first. They count, and the estimate rests on them.",
)
@click.option("--dry-run", is_flag=True, help="Print it only; nothing is kept.")
@options.local_only
@click.option("--quiet", is_flag=True, help="No progress of the pilot on stderr.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, with every run in order.")
def plan(
    study: str,
    name: str | None,
    pilot: int | None,
    dry_run: bool,
    local_only: bool,
    quiet: bool,
    as_json: bool,
) -> ExitCode:
    """Print what the study runs, and about what that takes: calls, tokens, cost, time; and how wide the
    intervals of the technique effects will be, by the spread that the record shows.

    Then the plan is frozen: kept in the record under its hash, so that it can be shown later what was planned
    before the first call. A document that was changed since makes a new plan, which names the one before.
    Without --pilot nothing is run.
    """
    from sandbox.cli.conducting import open_conductor
    from sandbox.library.study_fit import find_study

    if pilot and dry_run:
        raise UsageError("A pilot is kept, and --dry-run keeps nothing.", todo="Give one of the two.")
    conductor = open_conductor(local_only=local_only)
    document = find_study(study, conductor.library, name)
    with conductor.store:
        outline, found = planned(conductor, document, keep=not dry_run, ask=bool(pilot))
        code = ExitCode.OK
        if pilot:
            code = _run_pilot(conductor, outline, pilot, quiet=quiet)
            found = asyncio.run(_weighed(conductor, outline))
        _print(conductor, outline, found, kept=not dry_run, as_json=as_json)
        return code


def planned(
    conductor: "Conductor", study: "Study", *, keep: bool = True, ask: bool = True
) -> "tuple[Outline, tuple[Estimate, ...]]":
    """The plan, frozen if it is to be kept, and what it takes. What is new in it is told on stderr.

    With `ask` a model of which it is not known what it can be asked is asked once. Raises SandboxError before
    any other call for what cannot be run, or could never end.
    """
    from sandbox.study.estimate import refuse_endless
    from sandbox.study.frozen import drafted, freeze
    from sandbox.study.planning import look_at_models

    if ask:
        asyncio.run(look_at_models(study, conductor))
    draft = drafted(conductor, study)
    found = asyncio.run(_weighed(conductor, draft.outline))
    refuse_endless(draft.outline.plan, found)
    _tell_changes(draft.before, draft.outline)
    if keep:
        freeze(conductor.studies, draft.outline.plan)
    return draft.outline, found


def _tell_changes(before: "StudyPlan | None", outline: "Outline") -> None:
    from sandbox.study.plan_changes import changes

    if before is None:
        return
    click.echo(f"The study was changed since it was planned. New plan {outline.hash[:12]}:", err=True)
    for line in changes(before, outline.plan):
        click.echo(f"  {printable(line)}", err=True)


async def _weighed(conductor: "Conductor", outline: "Outline") -> "tuple[Estimate, ...]":
    from sandbox.study.estimate import estimates

    try:
        return await estimates(conductor, outline.plan)
    finally:
        await conductor.models.close()


def _run_pilot(conductor: "Conductor", outline: "Outline", runs: int, *, quiet: bool) -> ExitCode:
    """Run the first `runs` of each model: a part of the study, under the plan that was just frozen."""
    from sandbox.cli.study_talk import StudyTalk, drive, exit_code
    from sandbox.study.runner import check_study

    taken: dict[str, int] = {}
    cells = []
    for cell in outline.plan.cells:
        taken[cell.model] = taken.get(cell.model, 0) + 1
        if taken[cell.model] <= runs:
            cells.append(cell)
    part = replace(
        outline,
        plan=outline.plan.model_copy(update={"cells": tuple(cells)}),
        cells={cell.number: outline.cells[cell.number] for cell in cells},
    )
    check_study(conductor, part)
    talk = StudyTalk(part, detailed=False, quiet=quiet)

    async def nothing() -> None:
        click.echo(f"Pilot: {len(cells)} of {len(outline.cells):,} runs.", err=True)

    return exit_code(drive(conductor, part, talk, first=nothing), talk)


# What is printed


def _print(
    conductor: "Conductor", outline: "Outline", found: "Sequence[Estimate]", *, kept: bool, as_json: bool
) -> None:
    from sandbox.analysis.precision import precisions
    from sandbox.cli.study_talk import warn_before

    warn_before(conductor, outline)
    widths = precisions(conductor.store, outline.plan)
    if as_json:
        click.echo(json.dumps(_as_data(outline, found, widths, kept=kept), indent=2))
        return
    for line in _page(outline, found, widths):
        click.echo(printable(line))
    if kept:
        click.echo(
            f"\nFrozen as plan {outline.hash[:12]}. Run it: sandbox study run {outline.name}", err=True
        )
    else:
        click.echo(f"\nPlan {outline.hash[:12]}, not frozen (--dry-run).", err=True)


def _page(outline: "Outline", found: "Sequence[Estimate]", widths: "Sequence[Precision]") -> "Iterator[str]":
    from sandbox.cli.study_talk import estimate_lines
    from sandbox.engine.preview import passages

    study = outline.plan.study
    yield f"{study.title} ({outline.name})"
    told = {"measures": _measured, "wordings": _worded}
    for passage in passages(study):
        text = told[passage.label](outline) if passage.label in told else passage.text
        yield f"  {passage.label}: {'; '.join([*text.splitlines(), *passage.notes])}"
    yield "\nWhat it takes, about:"
    yield from estimate_lines(found)
    yield from _width_lines(widths)


def _measured(outline: "Outline") -> str:
    """The measures of each model, those in common once."""
    from sandbox.engine.measure import written

    by_model = {model: ", ".join(map(written, measures)) for model, measures in outline.plan.measures.items()}
    if len(set(by_model.values())) == 1:
        return next(iter(by_model.values()))
    return "; ".join(f"{model}: {measures}" for model, measures in by_model.items())


def _worded(outline: "Outline") -> str:
    """How many shared starts have each wording of each technique: `my-breathing: 4 base, 4 wording 1`."""
    from collections import Counter

    from sandbox.library.technique import Technique

    found: dict[str, Counter[int]] = {}
    for cell in outline.plan.cells:
        for hash in dict.fromkeys(arm.technique for arm in cell.arms if arm.technique is not None):
            technique = outline.plan.documents[hash]
            if isinstance(technique, Technique) and not technique.is_control:
                found.setdefault(technique.id, Counter())[technique.wording or 0] += 1
    return "; ".join(
        f"{id}: "
        + ", ".join(f"{times:,} {f'wording {n}' if n else 'base'}" for n, times in sorted(counts.items()))
        for id, counts in found.items()
    )


def _width_lines(widths: "Sequence[Precision]") -> "Iterator[str]":
    """The table of the intervals to come; what the record shows nothing of in one sentence."""
    from sandbox.analysis.numeral import numeral
    from sandbox.export.table import terminal_table

    known = [one for one in widths if one.within is not None]
    if known:
        yield f"\nHow wide the 95 % interval of the technique effect will be ({known[0].scale}):"
        head = ("technique", "scenario", "model", "runs planned", "seen", "SD", "interval")
        rows = [
            (
                one.technique,
                one.scenario,
                one.model,
                f"{one.pairs:,}",
                f"{one.seen:,}",
                numeral(one.spread),
                f"± {numeral(one.within)}",
            )
            for one in known
        ]
        yield terminal_table(head, rows)
        yield "SD: of the differences to the control in the runs seen; interval: Student's t for that SD."
    for one in known:
        if one.needed is not None and one.needed > one.pairs:
            yield f"{one.technique}, {one.scenario}: the stop rule's width needs about {one.needed:,} runs."
    if left := len(widths) - len(known):
        of = "all" if not known else f"{left} of {len(widths)}"
        yield (
            f"\nHow wide the intervals will be is not known for {of} of the effects: the record has fewer"
            " than three such runs."
        )


def _as_data(
    outline: "Outline", found: "Sequence[Estimate]", widths: "Sequence[Precision]", *, kept: bool
) -> dict[str, Any]:
    plan = outline.plan
    return {
        "study": outline.name,
        "plan": outline.hash,
        "root": outline.root,
        "before": plan.before,
        "frozen": kept,
        "runs": len(plan.cells),
        "sessions": sum(map(len, outline.cells.values())),
        "takes": [asdict(one) for one in found],
        "intervals": [asdict(one) for one in widths],
        "cells": [
            {**cell.model_dump(mode="json"), "sessions": outline.cells[cell.number]} for cell in plan.cells
        ],
        "documents": {hash: one.id for hash, one in plan.documents.items()},
    }


@click.command("list", short_help="List the studies: documents, planned, running, finished.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def list_studies(as_json: bool) -> None:
    """List the studies of the library and those that were planned here, with how far each is."""
    from sandbox.export.table import terminal_table
    from sandbox.study.conductor import Conductor

    conductor = Conductor.open()
    with conductor.store:
        rows = list(_listed(conductor))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    head = ("study", "sessions", "finished", "state", "title")
    table = [
        (row["study"], f"{row['sessions']:,}", f"{row['finished']:,}", row["state"], row["title"])
        for row in rows
    ]
    click.echo(terminal_table(head, table))


def _listed(conductor: "Conductor") -> "Iterator[dict[str, Any]]":
    """A row a study: those planned first, the newest first; then the library's others by id."""
    from sandbox.errors import SandboxError
    from sandbox.library.study import Study
    from sandbox.study.frozen import outline_of
    from sandbox.study.progress import progress_of

    planned = conductor.studies.all()
    for found in planned:
        row = {"study": found.name, "sessions": 0, "finished": 0, "state": "", "title": ""}
        try:
            outline = outline_of(found)
            progress = progress_of(conductor.studies, outline)
        except SandboxError as error:
            yield row | {"state": "cannot be read", "title": error.what}
            continue
        yield row | {
            "sessions": progress.sessions,
            "finished": progress.sessions_finished,
            "state": progress.condition,
            "title": outline.plan.study.title,
        }
    names = {found.name for found in planned}
    for entry in conductor.library.entries("study"):
        if entry.id in names:
            continue
        row = {"study": entry.id, "sessions": 0, "finished": 0, "state": "not planned", "title": ""}
        if isinstance(entry.document, Study):
            study = entry.document
            yield row | {"sessions": study.trunks * (1 + study.arms), "title": study.title}
        else:
            what = entry.problem.what if entry.problem else ""
            yield row | {"state": "cannot be used", "title": what}
