"""`sandbox run` many times over: other seeds, scenarios, clients, models, and what they come to together."""

import asyncio
import shlex
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import groupby

import click

from sandbox.analysis.comparison import compare
from sandbox.analysis.family import chosen_scale, gather, gather_compared
from sandbox.cli.conducting import end_on_termination, open_conductor
from sandbox.cli.outcome import report, warn
from sandbox.cli.progress import Progress
from sandbox.engine.cost import cost_text, load, plans_of, texts_of, too_long
from sandbox.engine.events import RunPlanned, SessionFinished
from sandbox.engine.plan import SessionHead, with_seed
from sandbox.errors import ExitCode, SandboxError, UsageError
from sandbox.export.comparison import comparison_terminal
from sandbox.export.file import export_family
from sandbox.export.result import comparison_result
from sandbox.library.workspace import Workspace
from sandbox.models.tokens import count_with
from sandbox.store.listing import SessionFilter
from sandbox.store.store import Store
from sandbox.store.tag import clean_tag
from sandbox.study.conductor import Conductor
from sandbox.study.proposal import Proposal
from sandbox.text import printable

MOST = 1000
"""More runs than this in one command are taken for a slip of the hand."""

_LAST_SEED = 2**31 - 1
_ALL = 10**6


def chosen_seeds(first: int, repeat: int | None, written: str | None) -> tuple[int, ...]:
    """`repeat` seeds from `first` on, or those `written` as `1-10,42`. Raises UsageError."""
    if written is None:
        count = 1 if repeat is None else repeat
        if count < 1:
            raise UsageError(f"--repeat {count} is no number of runs.", todo="Give 1 or more.")
        return _span(first, first + count - 1, f"--repeat {count}")
    if repeat is not None:
        raise UsageError("--repeat and --seeds say the same thing twice.", todo="Give one of them.")
    seeds: list[int] = []
    for part in written.split(","):
        begin, dash, end = (text.strip() for text in part.partition("-"))
        if not all(text.isascii() and text.isdigit() for text in ((begin, end) if dash else (begin,))):
            raise UsageError(f"--seeds: “{part}” is no seed.", todo="Write them as 1-10,42.")
        seeds += _span(int(begin), int(end or begin), "--seeds")
    if twice := sorted({seed for seed in seeds if seeds.count(seed) > 1}):
        raise UsageError(
            f"--seeds has {twice[0]} twice.", todo="The same seed gives the same run: once is enough."
        )
    return tuple(seeds)


def _span(first: int, last: int, option: str) -> tuple[int, ...]:
    if last < first:
        raise UsageError(f"{option}: {first}-{last} goes backwards.", todo="Write the smaller seed first.")
    refuse_too_many(last - first + 1)
    if last > _LAST_SEED:
        raise UsageError(f"{option}: a seed is at most {_LAST_SEED}.", todo="Choose smaller seeds.")
    return tuple(range(first, last + 1))


def refuse_too_many(runs: int) -> None:
    """Raises UsageError."""
    if runs > MOST:
        raise UsageError(
            f"{runs:,} runs are too many: at most {MOST:,}.", todo="Give several smaller commands."
        )


@dataclass(slots=True)
class Series:
    """All runs in the order they are made, and what became of those that were begun."""

    runs: tuple[tuple[SessionHead, ...], ...]
    finished: list[str] = field(default_factory=list)
    failed: list[tuple[str, SandboxError]] = field(default_factory=list)
    begun: int = 0
    before: int = 0  # finished in an earlier command

    @property
    def total(self) -> int:
        return self.before + len(self.runs)

    @property
    def missing(self) -> tuple[tuple[SessionHead, ...], ...]:
        return self.runs[self.begun :]

    @property
    def exit_code(self) -> ExitCode:
        return self.failed[0][1].exit_code if self.failed else ExitCode.OK


def run_all(
    proposals: Sequence[Proposal],
    seeds: Sequence[int],
    *,
    local_only: bool = False,
    name: str | None = None,
    plain: bool = False,
    quiet: bool = False,
    as_json: bool = False,
) -> ExitCode:
    """Run every proposal with every seed, one after the other, and print the pooled comparison.

    With `name` every session is tagged with it, and what is finished under it already, with the same
    documents and model, is not run again.

    A run that fails is told and the rest goes on; the exit code is then that of the first failure. Raises
    SandboxError before any call for what cannot be run; click.Abort on Ctrl-C.
    """
    refuse_too_many(len(proposals) * len(seeds))
    tag = clean_tag(name) if name is not None else None
    conductor = open_conductor(local_only=local_only)
    each = all_runnable(conductor, proposals)
    series = Series(tuple(with_seed(heads, seed) for heads in each for seed in seeds))
    with conductor.store as store:
        warn(conductor, *each)
        play_series(conductor, series, tag, plain=plain, quiet=quiet)
        _report(store, conductor.workspace, series.finished, as_json=as_json)
    return series.exit_code


def all_runnable(conductor: Conductor, proposals: Sequence[Proposal]) -> list[tuple[SessionHead, ...]]:
    """The sessions of each, checked; a model that has to be asked what it can do is asked first.

    Raises SandboxError before any call for what cannot be run.
    """
    for proposal in proposals:
        conductor.runnable(proposal, clinician=False)
    for proposal in proposals:
        if model := conductor.unsure(proposal):  # what is composed after its answer fits it
            asyncio.run(model.find_out())
    return [conductor.runnable(proposal, clinician=False) for proposal in proposals]


def play_series(
    conductor: Conductor, series: Series, tag: str | None, *, plain: bool = False, quiet: bool = False
) -> None:
    """Run them one after the other, tagged, and write the transcripts; those finished under the tag are kept.

    A run that fails is told and the rest goes on. Raises its error when none finished; click.Abort on Ctrl-C.
    """
    store = conductor.store
    if tag is not None:
        _leave_out_finished(store, series, tag)
    try:
        if series.runs:
            asyncio.run(_run_all(conductor, series, tag, plain=plain, quiet=quiet))
    except (KeyboardInterrupt, asyncio.CancelledError):
        _tell_ended(store, series, tag)
        raise click.Abort from None
    for trunk in series.finished:
        path = conductor.workspace.sessions / f"{trunk}.md"
        export_family(gather(store, trunk, whole_family=True), path, overwrite=True)
    _tell_failed(store, series)
    if not series.finished:
        raise series.failed[0][1]


def _leave_out_finished(store: Store, series: Series, tag: str) -> None:
    """Count as finished, and run no more, what the record has under the tag with the very same plans."""
    tagged = [one.summary.id for one in store.find(SessionFilter(tag=tag), limit=_ALL)]
    families = {family[0].id: family for family in store.families(tagged).values()}
    states = store.states_now([head.id for family in families.values() for head in family])
    kept = []
    for heads in series.runs:
        same = (
            trunk
            for trunk, family in families.items()
            if all(
                any(head.plan == own.plan and states[own.id] == "finished" for own in family)
                for head in heads
            )
        )
        if trunk := next(same, None):
            series.finished.append(trunk)
        else:
            kept.append(heads)
    if series.finished:
        click.echo(f"{len(series.finished)} of {len(series.runs)} runs are finished under “{tag}”.", err=True)
    series.runs = tuple(kept)
    series.before = len(series.finished)


async def _run_all(
    conductor: Conductor, series: Series, tag: str | None, *, plain: bool, quiet: bool
) -> None:
    end_on_termination()
    try:
        await _announce(conductor, series)
        began = time.monotonic()
        for number, heads in enumerate(series.runs, 1):
            if not quiet:
                left = (
                    (time.monotonic() - began) / (number - 1) * (len(series.runs) - number + 1)
                    if number > 1
                    else None
                )
                click.echo(f"\n{_which(number, len(series.runs), heads)}{_left(left)}", err=True)
            series.begun = number
            failure = await _run(conductor, heads, Progress(heads, quiet=quiet, plain=plain), tag)
            if failure is None:
                series.finished.append(heads[0].id)
            else:
                series.failed.append((heads[0].id, failure))
                click.echo(f"Run {number} failed: {printable(str(failure))}", err=True)
    finally:
        await conductor.models.close()


async def _run(
    conductor: Conductor, heads: tuple[SessionHead, ...], progress: Progress, tag: str | None
) -> SandboxError | None:
    failure = None
    progress.starting()
    try:
        async with aclosing(conductor.play(heads)) as events:
            async for event in events:
                progress.show(event)
                if tag is not None and isinstance(event, RunPlanned):
                    for head in event.heads:
                        conductor.store.tag(head.id, tag)
                if isinstance(event, SessionFinished) and event.error is not None:
                    failure = event.error
    finally:
        progress.end()
    return failure


async def _announce(conductor: Conductor, series: Series) -> None:
    """Say on stderr what is going to run, and about how much that asks of each model."""
    runs, sessions = len(series.runs), sum(map(len, series.runs))
    click.echo(f"{runs} {'runs' if runs > 1 else 'run'}, {sessions} sessions, one after the other.", err=True)
    for (scenario, client, name), group in groupby(series.runs, key=_place):
        heads, *others = group
        times = 1 + len(others)
        plans = plans_of(heads)
        texts = texts_of(plans)
        counts = await count_with(conductor.models.model(name), name, texts)
        one = load(plans, counts, dict(zip(texts, counts.counts, strict=True)))
        whole = replace(
            one,
            turns=one.turns * times,
            calls=one.calls * times,
            prompt_tokens=one.prompt_tokens * times,
            reply_tokens=one.reply_tokens * times,
        )
        click.echo(
            f"  {printable(scenario)}, {printable(client)}, {printable(counts.title)},"
            f" {times} {'times' if times > 1 else 'time'}: about {whole.calls:,} calls,"
            f" {whole.prompt_tokens:,} prompt tokens, {whole.reply_tokens:,} of replies;"
            f" {cost_text(whole, counts)}",
            err=True,
        )
        if warning := too_long(one, counts):
            click.echo(f"  Caution: {warning}", err=True)


def _which(number: int, runs: int, heads: tuple[SessionHead, ...]) -> str:
    plan = heads[0].plan
    return f"Run {number} of {runs}: {plan.scenario.id}, {plan.client.id}, {plan.model}, seed {plan.seed}"


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f" (about {seconds / 60:.0f} min left)" if seconds >= 90 else f" (about {seconds:.0f} s left)"


def _tell_ended(store: Store, series: Series, tag: str | None) -> None:
    """After Ctrl-C: how much is finished, and the commands for the rest."""
    click.echo(f"{len(series.finished)} of {series.total} runs are finished.", err=True)
    begun = series.runs[: series.begun]
    done = {*series.finished, *(trunk for trunk, _ in series.failed)}
    for heads in begun:
        if heads[0].id not in done:
            click.echo(f"Finish the one that was cut short: sandbox resume {heads[0].id}", err=True)
    _tell_failed(store, series)
    if tag is not None and series.missing:
        click.echo("Then the same command again runs only what is missing.", err=True)
    elif series.missing:
        click.echo("Not begun yet (give the same command with these in place of yours):", err=True)
    for (scenario, client, model), group in groupby(series.missing if tag is None else (), key=_place):
        seeds = ",".join(str(heads[0].plan.seed) for heads in group)
        words = ["--scenario", scenario, "--client", client, "--model", model, "--seeds", seeds]
        click.echo(f"  {printable(shlex.join(words))}", err=True)
    earlier = series.finished[: series.before]
    if ids := [*earlier, *(heads[0].id for heads in begun)]:
        click.echo(f"Compare what there is: {_compare_command(ids)}", err=True)


def _place(heads: tuple[SessionHead, ...]) -> tuple[str, str, str]:
    plan = heads[0].plan
    return plan.scenario.id, plan.client.id, plan.model


def _tell_failed(store: Store, series: Series) -> None:
    if not series.failed:
        return
    click.echo(f"{len(series.failed)} of {series.total} runs failed and are not compared.", err=True)
    for trunk, _ in series.failed:
        click.echo(f"Go on with it: sandbox resume {trunk}", err=True)
    ids = [*series.finished, *(trunk for trunk, _ in series.failed)]
    click.echo(f"Then compare all of them: {_compare_command(ids)}", err=True)


def _compare_command(trunks: Sequence[str]) -> str:
    return f"sandbox compare --pool {' '.join(trunks)}"


def _report(store: Store, workspace: Workspace, trunks: Sequence[str], *, as_json: bool) -> None:
    try:
        found = gather_compared(store, trunks)
    except UsageError:  # a single arm: nothing stands beside it
        report(store, workspace, trunks[0], as_json=as_json)
        return
    comparison = compare(found, chosen_scale(found), pooled=True)
    if as_json:
        click.echo(comparison_result(comparison).text(), nl=False)
        return
    click.echo(comparison_terminal(comparison))
    click.echo()
    for caution in comparison.cautions:
        click.echo(f"Caution: {printable(caution)}")
    click.echo(f"\nAll of it again: {_compare_command(trunks)}")
