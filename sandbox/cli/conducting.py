"""What commands open: settings, library, record, conductor; and how Ctrl-C ends their work."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sandbox.models.opening import open_model
from sandbox.text import printable

if TYPE_CHECKING:
    from sandbox.library.catalogue import Library
    from sandbox.models.pool import ModelPool
    from sandbox.settings import Settings
    from sandbox.store.store import Store
    from sandbox.study.conductor import Conductor

T = TypeVar("T")


def chosen_settings() -> "Settings":
    """The user's settings; what is wrong with their file is told on stderr and does not stop anything."""
    from sandbox.settings import load_settings

    loaded = load_settings()
    for problem in loaded.problems:
        click.echo(printable(str(problem)), err=True)
    return loaded.settings


def open_library() -> "Library":
    """The library of the workspace found from here."""
    from sandbox.library.catalogue import Library
    from sandbox.library.workspace import find_workspace

    return Library(find_workspace())


def open_record() -> "Store":
    """Its record. Raises NotFoundError where nothing was run."""
    from sandbox.library.workspace import find_workspace
    from sandbox.store.store import DATABASE, Store

    return Store.open(find_workspace().sessions / DATABASE, create=False)


def open_conductor(*, local_only: bool = False, models: "ModelPool | None" = None) -> "Conductor":
    """Its conductor; with `local_only` a model that is not on this machine is refused."""
    from sandbox.models.pool import ModelPool
    from sandbox.study.conductor import Conductor

    library = open_library()
    pool = models or ModelPool(partial(open_model, local_only=local_only))
    return Conductor(library.workspace, library, pool)


def finish(work: Coroutine[Any, Any, T], interrupted: str = "") -> T:
    """Run the work to its end. Ctrl-C, SIGTERM and a closed terminal cancel it, and raise click.Abort:
    `interrupted` is what is then said, in place of the usual."""

    async def to_its_end() -> T:
        if (task := asyncio.current_task()) is not None:
            on_signals(("SIGTERM", "SIGHUP"), task.cancel)
        return await work

    try:
        return asyncio.run(to_its_end())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise click.Abort(interrupted) from None


def on_signals(names: tuple[str, ...], act: Callable[[], object]) -> None:
    """Let signals do that in the running loop, where the platform has them."""
    loop = asyncio.get_running_loop()
    for name in names:
        if (number := getattr(signal, name, None)) is not None:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, act)
