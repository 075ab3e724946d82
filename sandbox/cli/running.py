"""Conducting a run from the command line: the record opened, progress told, Ctrl-C honoured."""

import asyncio
import contextlib
import signal
from collections.abc import Mapping
from contextlib import aclosing

import click

from sandbox.cli.progress import Progress
from sandbox.engine.events import SessionFinished
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead
from sandbox.engine.run import run
from sandbox.errors import SandboxError
from sandbox.library.workspace import Workspace
from sandbox.models.opening import open_model, refuse_without_key
from sandbox.models.provider import Provider
from sandbox.settings import Settings, load_settings
from sandbox.store.recorder import recorded
from sandbox.store.store import Store
from sandbox.text import printable


def chosen_settings() -> Settings:
    """The user's settings; what is wrong with their file is told on stderr and does not stop anything."""
    loaded = load_settings()
    for flaw in loaded.flaws:
        click.echo(printable(str(flaw)), err=True)
    return loaded.settings


def open_store(workspace: Workspace) -> Store:
    """The workspace's record, made on first use."""
    return Store.open(workspace.sessions / "sandbox.db")


def unfinished_runs(store: Store) -> tuple[str, ...]:
    """The trunks of the runs that can be gone on with, the newest first."""
    trunks = (store.family(entry.session)[0].id for entry in reversed(store.unfinished()))
    return tuple(dict.fromkeys(trunks))


def conduct(
    heads: tuple[SessionHead, ...],
    provider: Provider,
    store: Store,
    progress: Progress,
    known: Mapping[str, History] | None = None,
    *,
    local_only: bool = False,
) -> None:
    """Run the sessions to their end. Raises the error that ended a failed one; Ctrl-C raises click.Abort."""
    try:
        failure = asyncio.run(_conduct(heads, provider, store, progress, known, local_only))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise click.Abort from None
    if failure is not None:
        raise failure


async def _conduct(
    heads: tuple[SessionHead, ...],
    provider: Provider,
    store: Store,
    progress: Progress,
    known: Mapping[str, History] | None,
    local_only: bool,
) -> SandboxError | None:
    _end_on_termination()
    failure = None
    therapist = _therapist(heads, local_only)
    try:
        started = run(heads, provider, known=known, therapist=therapist)
        async with aclosing(recorded(started, store)) as events:
            async for event in events:
                progress.show(event)
                if isinstance(event, SessionFinished) and event.error is not None:
                    failure = event.error
    finally:
        await provider.close()
        if therapist is not None:
            await therapist.close()
    return failure


def look_at_models(heads: tuple[SessionHead, ...], *, local_only: bool = False) -> bool:
    """Whether the client's model and a therapist's are all on this machine. Calls none.

    Raises ModelError when one is refused or has no key: to be asked before the sessions are put into the
    record, where they would only fail.
    """
    plan = heads[0].plan
    names = (plan.model, plan.guidance.model) if plan.guidance else (plan.model,)
    models = [open_model(name, local_only=local_only) for name in dict.fromkeys(names)]
    refuse_without_key(*names)
    return all(model.capabilities.local for model in models)


def _therapist(heads: tuple[SessionHead, ...], local_only: bool) -> Provider | None:
    """The model that speaks guided techniques, None when it is the client's own or not needed."""
    guidance = heads[0].plan.guidance
    if guidance is None or guidance.model == heads[0].plan.model:
        return None
    return open_model(guidance.model, local_only=local_only)


def _end_on_termination() -> None:
    """Let SIGTERM and a closed terminal end the run as Ctrl-C does, where the platform can."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and task is not None:
            with contextlib.suppress(NotImplementedError, RuntimeError):
                loop.add_signal_handler(number, task.cancel)
