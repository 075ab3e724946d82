"""Ending the app from outside: SIGTERM, and SIGHUP when its terminal is closed, as if it had been quit."""

import asyncio
import signal
from contextlib import suppress

from textual.app import App

from sandbox.errors import ExitCode


def end_on_termination(app: App[None]) -> None:
    """Let both close `app`: what runs is broken off and recorded so, and the terminal is given back.

    Without this Python ends at once: the terminal stays in the app's mode and shows no cursor. Where the
    platform has no such signals, or the loop is not the main thread's, nothing is changed.
    """
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, lambda: app.exit(return_code=ExitCode.INTERRUPTED))
