"""Running sessions for the commands and saying what came out: trajectories on stdout, a transcript beside."""

from collections.abc import Mapping
from contextlib import aclosing, suppress

import click

from sandbox.analysis.effect import Effect, in_words, moved_under_control
from sandbox.analysis.family import Effects, Family, gather
from sandbox.analysis.numeral import numeral
from sandbox.analysis.remarks import before_run
from sandbox.analysis.trajectory import ScaleName, TrajectoryPoint, scale_in_words
from sandbox.cli.conducting import finish, open_conductor
from sandbox.cli.progress import Progress
from sandbox.cli.streams import caution
from sandbox.engine.events import SessionFinished
from sandbox.engine.history import History
from sandbox.engine.phase import at_point, point_in_short
from sandbox.engine.plan import SessionHead
from sandbox.errors import SandboxError
from sandbox.export import NOTICE
from sandbox.export.file import export_family
from sandbox.export.result import run_result
from sandbox.export.table import terminal_table
from sandbox.library.workspace import Workspace
from sandbox.models.pool import ModelPool
from sandbox.store.store import Store
from sandbox.study.conductor import Conductor
from sandbox.study.proposal import Proposal
from sandbox.text import printable


def run_proposal(
    proposal: Proposal,
    *,
    models: ModelPool | None = None,
    local_only: bool = False,
    plain: bool = False,
    quiet: bool = False,
    as_json: bool = False,
) -> None:
    """Compose the sessions, run them and print what came out; `models` if some are open already.

    Raises SandboxError.
    """
    conductor = open_conductor(local_only=local_only, models=models)
    conductor.check(conductor.composed(proposal), clinician=False)
    if model := conductor.unsure(proposal):  # what is composed after its answer fits it
        finish(model.find_out())
    heads = conductor.composed(proposal)
    conductor.models.start(proposal.model)
    with conductor.store as store:
        warn(conductor, heads)
        try:
            conduct(conductor, heads, Progress(heads, quiet=quiet, plain=plain))
        except (SandboxError, click.Abort):
            say_how_to_go_on(store, heads[0].id)
            raise
        report(store, conductor.workspace, heads[0].id, as_json=as_json)


def conduct(
    conductor: Conductor,
    heads: tuple[SessionHead, ...],
    progress: Progress,
    known: Mapping[str, History] | None = None,
) -> None:
    """Run the sessions to their end. Raises the error that ended a failed one; Ctrl-C raises click.Abort."""
    progress.starting()
    try:
        failure = finish(_conduct(conductor, heads, progress, known))
    finally:
        progress.end()
    if failure is not None:
        raise failure


async def _conduct(
    conductor: Conductor,
    heads: tuple[SessionHead, ...],
    progress: Progress,
    known: Mapping[str, History] | None,
) -> SandboxError | None:
    failure = None
    try:
        async with aclosing(conductor.play(heads, known)) as events:
            async for event in events:
                progress.show(event)
                if isinstance(event, SessionFinished) and event.error is not None:
                    failure = event.error
    finally:
        await conductor.models.close()
    return failure


def warn(conductor: Conductor, *runs: tuple[SessionHead, ...]) -> None:
    """Tell on stderr what has to be said before these sessions run, each sentence once."""
    said: dict[str, None] = {}
    for heads in runs:
        model = conductor.models.model(heads[0].plan.model).description
        checks = conductor.store.checks(model.name)
        found = before_run(heads, model, checks, leaves_machine=conductor.leaves_machine(heads))
        said.update(dict.fromkeys(remark.sentence for remark in found))
    for sentence in said:
        caution(sentence)


def report(store: Store, workspace: Workspace, trunk: str, *, as_json: bool) -> None:
    """Print the main trajectories of every arm, or all scales as JSON, and write the transcript."""
    family = gather(store, trunk, whole_family=True)
    transcript = export_family(family, workspace.sessions / f"{trunk}.md", overwrite=True)
    if as_json:
        click.echo(run_result(family, str(transcript)).text(), nl=False)
        return
    if family.scales:
        click.echo(_summary(family))
    for sentence in family.cautions:
        caution(sentence, err=False)
    click.echo(f"\nTranscript: {transcript}")
    click.echo(f"Read it here: sandbox show {trunk}")


def _summary(family: Family) -> str:
    """The main scale of each questionnaire given, distress first, with what it says of the technique."""
    plan = family.first.head.plan
    labels = [point.label for point in family.points]
    first, *others = family.main_scales
    lines = [
        f"Simulated {scale_in_words(first)}, {printable(family.first.model.title)}, seed {plan.seed}",
        f"{plan.scenario.title_with_affect}; client: {plan.client.title}",
        "",
        _trajectories(family, first),
        "",
        *_reply_lines(family, labels),
        *_effect_lines(family, first),
    ]
    for name in others:
        lines += [
            "",
            f"Simulated {scale_in_words(name)}",
            "",
            _trajectories(family, name),
            "",
            *_effect_lines(family, name),
        ]
    if others:
        lines.append("")
    return "\n".join([*lines, NOTICE])


def _trajectories(family: Family, name: ScaleName) -> str:
    """A row an arm, a column a point at which the scale was measured anywhere."""
    courses = {arm.id: arm.course(name) for arm in family.arms}
    labels = [p.label for p in family.points if any(own.at(p.label) for own in courses.values())]
    rows = []
    for arm in family.arms:
        found = family.effects(arm, name)
        rows.append(
            [
                arm.title,
                *(_cell(courses[arm.id].at(label)) for label in labels),
                _signed(found.change),
                _signed(found.residual),
            ]
        )
    return terminal_table(["", *map(point_in_short, labels), "change", "residual"], rows)


def _reply_lines(family: Family, labels: list[str]) -> list[str]:
    """The negativity of the replies at the same points, with their change; nothing where it is unknown."""
    rows = []
    for arm in family.arms:
        found = arm.replies
        scores = [numeral(value) if (value := found.at(label)) is not None else "" for label in labels]
        rows.append([arm.title, *scores, numeral(found.change, signed=True)])
    if not any(any(row[1:-1]) for row in rows):
        return []
    heading = "Negativity of the replies (their words by VADER; 0 positive, 50 neutral, 100 negative)"
    return [heading, "", terminal_table(["", *map(point_in_short, labels), "change"], rows), ""]


def _effect_lines(family: Family, name: ScaleName) -> list[str]:
    lines = []
    for arm in family.arms:
        found = family.effects(arm, name)
        effect = found.technique
        if effect is None:
            continue
        if effect.value is None:
            lines.append(f"{arm.title} has no technique effect: {effect.reason}.")
        else:
            words = in_words(effect, found.higher_is, found.little_induced)
            lines.append(
                f"Technique effect of {arm.title}: {_signed(effect)} {at_point(effect.at)}"
                f"{_made_of(found)}, {words} (one pair, so no interval)."
            )
    for control in family.controls:
        lines.append(_control_line(family.effects(control, name).change, family.called(control)))
    return lines


def _made_of(found: Effects) -> str:
    """` (−49.9, control −9.7)`: the two changes whose difference it is."""
    if found.own_change is None or found.control_change is None:
        return ""
    return f" ({_signed(found.own_change)}, control {_signed(found.control_change)})"


def _cell(point: TrajectoryPoint | None) -> str:
    return numeral(point.value, reliable=point.reliable) if point is not None else ""


def _signed(effect: Effect) -> str:
    return numeral(effect.value, signed=True, reliable=effect.reliable)


def _control_line(change: Effect, control: str) -> str:
    if change.value is None:
        title = control[0].upper() + control[1:]
        return f"{title} has no change to report: {change.reason}. So there is no effect to report."
    return f"{moved_under_control(change, control)}: only what goes beyond that counts."


def say_how_to_go_on(store: Store, trunk: str) -> None:
    with suppress(SandboxError):  # not even planned, or not to be read: the first error matters more
        if store.state(trunk) != "planned":
            click.echo(f"What was finished is kept. Go on with: sandbox resume {trunk}", err=True)
