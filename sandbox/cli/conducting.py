"""Playing a run from the command line: progress told, Ctrl-C and SIGTERM honoured. The conductor runs it."""

import asyncio
import contextlib
import signal
from collections.abc import Mapping
from contextlib import aclosing
from functools import partial

import click

from sandbox.cli.progress import Progress
from sandbox.engine.events import SessionFinished
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead
from sandbox.errors import SandboxError
from sandbox.library.catalogue import Library
from sandbox.library.workspace import find_workspace
from sandbox.models.opening import open_model
from sandbox.models.pool import ModelPool
from sandbox.settings import Settings, load_settings
from sandbox.study.conductor import Conductor
from sandbox.text import printable


def chosen_settings() -> Settings:
    """The user's settings; what is wrong with their file is told on stderr and does not stop anything."""
    loaded = load_settings()
    for problem in loaded.problems:
        click.echo(printable(str(problem)), err=True)
    return loaded.settings


def open_conductor(*, local_only: bool = False, models: ModelPool | None = None) -> Conductor:
    """The workspace found from here; with `local_only` a model that is not on this machine is refused."""
    found = find_workspace()
    return Conductor(found, Library(found), models or ModelPool(partial(open_model, local_only=local_only)))


def conduct(
    conductor: Conductor,
    heads: tuple[SessionHead, ...],
    progress: Progress,
    known: Mapping[str, History] | None = None,
) -> None:
    """Run the sessions to their end. Raises the error that ended a failed one; Ctrl-C raises click.Abort."""
    progress.starting()
    try:
        failure = asyncio.run(_conduct(conductor, heads, progress, known))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise click.Abort from None
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
    end_on_termination()
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


def end_on_termination() -> None:
    """Let SIGTERM and a closed terminal end the run as Ctrl-C does, where the platform can."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and task is not None:
            with contextlib.suppress(NotImplementedError, RuntimeError):
                loop.add_signal_handler(number, task.cancel)
