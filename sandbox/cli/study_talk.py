"""A study driven from the command line and told on stderr, a line a run. The runner runs it."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing

import click

from sandbox.analysis.comparison import compare
from sandbox.analysis.family import chosen_scale, gather_compared
from sandbox.analysis.numeral import numeral
from sandbox.cli.conducting import on_signals
from sandbox.cli.outcome import report, warn
from sandbox.cli.progress import Progress
from sandbox.cli.streams import MovingLine, caution, terminal_width
from sandbox.engine.events import TurnFinished
from sandbox.engine.plan import SessionHead, arm_title
from sandbox.errors import ExitCode, SandboxError, UsageError
from sandbox.export.comparison import comparison_terminal
from sandbox.export.comparison_result import comparison_result
from sandbox.study.cluster import Cluster
from sandbox.study.conductor import Conductor
from sandbox.study.controls import StudyControls
from sandbox.study.estimate import Estimate, estimates
from sandbox.study.events import (
    CapReached,
    CellFailed,
    CellFinished,
    CellStarted,
    InCell,
    Looked,
    ModelGivenUp,
    StudyEnded,
    StudyEvent,
    StudyPaused,
    StudyResumed,
    StudyStarted,
    WorkersChanged,
)
from sandbox.study.frozen import Outline
from sandbox.study.looks import Look
from sandbox.study.plan import Cell, heads
from sandbox.study.progress import cell_states
from sandbox.study.runner import run_study
from sandbox.text import excerpt, number_of, printable


class StudyTalk:
    """Tells a study's events. `detailed`: every turn of every run, for runs one after another."""

    def __init__(self, outline: Outline, *, detailed: bool, plain: bool = False, quiet: bool = False) -> None:
        self._documents = outline.plan.documents
        self._cells = len(outline.plan.cells)
        self._detailed = detailed
        self._plain = plain
        self._quiet = quiet
        self._finished = self._before = 0
        self._began = time.monotonic()
        self._progress: dict[int, Progress] = {}
        self._arms: dict[str, str] = {}
        self._last = MovingLine(quiet=detailed or quiet)
        self._under_way = 0
        self.failures: dict[int, SandboxError] = {}
        """The runs that failed for good, by their numbers, with what ended them."""

    def show(self, event: StudyEvent) -> None:  # noqa: PLR0912 - a table, one row an event
        match event:
            case StudyStarted(finished=finished):
                self._finished = self._before = finished
            case CellStarted(cell=cell, heads=heads):
                self.failures.pop(cell.number, None)
                self._under_way += 1
                self._arms |= {head.id: arm_title(head.plan) for head in heads if not head.plan.is_trunk}
                if self._detailed:
                    self._say(
                        f"\nRun {self._finished + 1} of {self._cells}: {self._named(cell)}{self._left()}"
                    )
                    self._progress[cell.number] = Progress(heads, quiet=self._quiet, plain=self._plain)
                    self._progress[cell.number].starting()
            case InCell(cell=cell, event=inner) if self._detailed:
                self._progress[cell.number].show(inner)
            case InCell(cell=cell, event=TurnFinished(session=session, turn=turn)):
                self._say_where(cell, session, turn.index)
            case CellFinished(cell=cell):
                self._end(cell)
                self._finished += 1
                if not self._detailed:
                    self._say(
                        f"{self._finished} of {self._cells} finished: {self._named(cell)}{self._left()}"
                    )
            case CellFailed(cell=cell, error=error, again_in=again):
                self._end(cell)
                reason = excerpt(str(error).replace("\n", " "), 300)
                if again is None:
                    self.failures[cell.number] = error
                    self._say(f"Run failed ({self._named(cell)}): {reason}", always=True)
                else:
                    when = "at once" if again < 1 else f"in {again:.0f} s"
                    self._say(f"Run failed ({self._named(cell)}) and is tried again {when}: {reason}")
            case ModelGivenUp(model=model, error=error, cells=cells):
                self.failures.setdefault(0, error)
                self._say(
                    f"{printable(model)} is given up, {cells:,} runs are left: it keeps failing.", always=True
                )
            case Looked(repeats=repeats, within=within, enough=enough):
                seen = ", ".join(
                    f"{title} {'no interval yet' if width is None else '±' + numeral(width)}"
                    for title, width in within.items()
                )
                then = "that is enough" if enough else "it goes on"
                self._say(f"Planned look after {repeats} repeats: {printable(seen)}; {then}.", always=True)
            case CapReached(what=what):
                self._say(f"{printable(what)}. Calls under way are finished.", always=True)
            case WorkersChanged(workers=workers, cells=cells):
                self._say(_workers_text(workers, cells), always=not workers)
            case StudyPaused():
                self._say("Paused: turns under way are finished, then it waits.", always=True)
            case StudyResumed():
                self._say("It goes on.", always=True)
            case _:
                pass

    def end(self) -> None:
        """Leave the moving lines empty, however it ended."""
        self._last.clear()
        for progress in self._progress.values():
            progress.end()

    def _end(self, cell: Cell) -> None:
        self._under_way = max(0, self._under_way - 1)
        if (progress := self._progress.pop(cell.number, None)) is not None:
            progress.end()

    def _named(self, cell: Cell) -> str:
        scenario, client = (self._documents[hash].id for hash in (cell.scenario, cell.client))
        return printable(f"{scenario}, {client}, {cell.model}, seed {cell.seed}")

    def _left(self) -> str:
        """About how long the rest takes, at the pace so far."""
        done = self._finished - self._before
        if not done or self._finished == self._cells:
            return ""
        seconds = (time.monotonic() - self._began) / done * (self._cells - self._finished)
        return f" ({time_text(seconds)} left)"

    def _say_where(self, cell: Cell, session: str, turn: int) -> None:
        arm = self._arms.get(session, "shared start")
        more = f"; {self._under_way} runs under way" if self._under_way > 1 else ""
        where = f"{self._named(cell)}: {printable(arm)}, turn {turn}{more}"
        self._last.show(excerpt(where, shutil.get_terminal_size().columns - 1))

    def _say(self, text: str, *, always: bool = False) -> None:
        if always or not self._quiet:
            self._last.clear()
            click.echo(text, err=True)


def _workers_text(workers: int, cells: int) -> str:
    if not workers:
        return "Waiting for workers: the cluster has none now. Ctrl-C ends it."
    runs = "run" if cells == 1 else "runs at once"
    return f"The cluster has {number_of(workers, 'worker')}, and room for {cells:,} {runs}."


def time_text(seconds: float) -> str:
    """`about 40 s`, `about 12 min`, `about 3.5 h`."""
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


First = Callable[[], Awaitable[object]]
"""What is done before the first call, with the models open."""


def drive(
    conductor: Conductor,
    outline: Outline,
    talk: StudyTalk,
    *,
    first: First,
    look: Look | None = None,
    cluster: AbstractAsyncContextManager[Cluster] | None = None,
) -> StudyEnded:
    """Run the study to its end, here or on the `cluster`; how it ended.

    The first Ctrl-C (or SIGTERM) finishes the turns under way and ends it as stopped; the second raises
    click.Abort at once. Raises SandboxError.
    """
    try:
        return asyncio.run(_drive(conductor, outline, talk, first, look, cluster))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise click.Abort from None
    finally:
        talk.end()


async def _drive(
    conductor: Conductor,
    outline: Outline,
    talk: StudyTalk,
    first: First,
    look: Look | None,
    cluster: AbstractAsyncContextManager[Cluster] | None,
) -> StudyEnded:
    ended = StudyEnded("broken off", 0, 0)
    try:
        await first()
        controls = StudyControls()
        _stop_on_signals(controls)
        async with AsyncExitStack() as stack:
            workers = await stack.enter_async_context(cluster) if cluster is not None else None
            events = run_study(conductor, outline, controls, look=look, cluster=workers)
            async for event in await stack.enter_async_context(aclosing(events)):
                talk.show(event)
                if isinstance(event, StudyEnded):
                    ended = event
    finally:
        await conductor.models.close()
    return ended


def _stop_on_signals(controls: StudyControls) -> None:
    task = asyncio.current_task()

    def on_signal() -> None:
        if controls.stopping and task is not None:
            task.cancel()
            return
        controls.stop()
        click.echo("\nStopping: turns under way are finished. Once more ends it at once.", err=True)

    on_signals(("SIGINT", "SIGTERM", "SIGHUP"), on_signal)


def exit_code(ended: StudyEnded, talk: StudyTalk) -> ExitCode:
    """That of the first failure where runs are left for it; 130 where a person stopped it."""
    if ended.ending == "stopped":
        return ExitCode.INTERRUPTED
    if ended.ending == "unfinished":
        return next((error.exit_code for error in talk.failures.values()), ExitCode.FAILED)
    return ExitCode.OK


# Before and after


def warn_before(conductor: Conductor, outline: Outline) -> None:
    """Tell on stderr what has to be said before any of it runs, each sentence once."""
    warn(conductor, *_first_of_each(outline).values())


def _first_of_each(outline: Outline) -> dict[tuple[str, str, str], tuple[SessionHead, ...]]:
    """By scenario, client and model, the sessions of the first run."""
    found: dict[tuple[str, str, str], tuple[SessionHead, ...]] = {}
    for cell in outline.plan.cells:
        place = cell.scenario, cell.client, cell.model
        if place not in found:
            found[place] = heads(outline.plan, cell)
    return found


async def announce(conductor: Conductor, outline: Outline, found: Sequence[Estimate] | None = None) -> float:
    """Say on stderr what is going to run, and about how much that asks of each model; the US dollars that are
    known of it. `found` is what was estimated just now."""
    states = cell_states(conductor.studies, outline)
    missing = [cell for cell in outline.plan.cells if states[cell.number] != "finished"]
    if len(missing) < len(states):
        done = len(states) - len(missing)
        click.echo(
            printable(f"{done:,} of {len(states):,} runs are finished under “{outline.name}”."), err=True
        )
    found = found or await estimates(conductor, outline.plan)
    sessions = number_of(sum(one.sessions for one in found), "session")
    what = f"{number_of(len(missing), 'run')}, {sessions} still to be run"
    click.echo(printable(f"{what}, in the study “{outline.name}”."), err=True)
    for line in estimate_lines(found):
        click.echo(printable(line), err=True)
    return sum(one.cost or 0.0 for one in found)


def report_study(conductor: Conductor, name: str, sessions: Sequence[str], *, as_json: bool) -> None:
    """Print the pooled comparison of the finished runs, and the command that prints it again."""
    try:
        found = gather_compared(conductor.store, sessions)
    except UsageError:  # a single arm: nothing stands beside it
        trunk = conductor.store.family(sessions[0])[0].id
        report(conductor.store, conductor.workspace, trunk, as_json=as_json)
        return
    comparison = compare(found, chosen_scale(found), pooled=True)
    if as_json:
        click.echo(comparison_result(comparison).text(), nl=False)
        return
    click.echo(comparison_terminal(comparison, terminal_width()))
    click.echo()
    for sentence in comparison.cautions:
        caution(sentence, err=False)
    click.echo(f"\nAll of it again: sandbox compare {printable(name)}")


def tell_what_is_left(conductor: Conductor, outline: Outline) -> None:
    """How many runs are finished where some are not, and the command for the rest."""
    states = cell_states(conductor.studies, outline).values()
    cells, finished = len(states), sum(state == "finished" for state in states)
    if finished < cells:
        click.echo(f"{finished:,} of {cells:,} runs are finished.", err=True)
        click.echo(printable(f"Run what is missing: sandbox study resume {outline.name}"), err=True)


def estimate_lines(found: Sequence[Estimate]) -> Iterator[str]:
    """What it takes, a line a model, what that rests on, and the sum."""
    for one in found:
        yield f"  {one.title}: {_load_text(one)}"
        if one.runs:
            yield f"    {_basis(one)}"
        if one.one.context is not None and one.one.longest > one.one.context:
            yield (
                f"    Caution: a call may come to {one.one.longest:,} tokens, if every reply is as long as it"
                f" may be; the model's context has {one.one.context:,}."
            )
    if len(found) > 1:
        yield f"  all of it: {_sum_text(found)}"


def _load_text(one: Estimate) -> str:
    if not one.runs:
        return "everything is finished"
    return (
        f"{number_of(one.runs, 'run')}, {number_of(one.sessions, 'session')}: {one.calls:,} calls,"
        f" {one.prompt_tokens:,} prompt tokens, {one.reply_tokens:,} of replies;"
        f" {_cost_text(one.cost)}, {_time_text(one.seconds)}"
    )


def _basis(one: Estimate) -> str:
    counted = "by the model's own tokenizer" if one.exact else "by another model's tokenizer"
    if one.from_runs == 0:
        return f"(texts are counted {counted}; the rest is as usual with this model)"
    if one.from_runs:
        earlier = number_of(one.from_runs, "earlier run")
        return f"(texts are counted {counted}; the rest is as in {earlier} of this model)"
    return (
        f"(texts are counted {counted}; every reply is taken to be as long as it may be, so this is an upper"
        " bound; --pilot 2 makes it exact)"
    )


def _sum_text(found: Sequence[Estimate]) -> str:
    costs = [one.cost for one in found]
    cost = None if any(cost is None for cost in costs) else sum(cost or 0.0 for cost in costs)
    calls, sessions = sum(one.calls for one in found), sum(one.sessions for one in found)
    return f"{number_of(sessions, 'session')}, {calls:,} calls; {_cost_text(cost)}"


def _cost_text(cost: float | None) -> str:
    if cost is None:
        return "cost unknown"
    return f"${cost:,.4f} at list prices" if cost else "no cost"


def _time_text(seconds: float | None) -> str:
    return "time not known yet" if seconds is None else time_text(seconds)
