"""The terminal the app runs in: its title, a bell when a long run ends, its end, and lending it to an editor.

Titles and bells are escape codes. They work over ssh; tmux shows the title, and passes the rest on when it is
set to.
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from textual.app import App, SuspendNotSupported

from sandbox.editor import edit
from sandbox.errors import ExitCode, SandboxError
from sandbox.settings import Notify, Settings
from sandbox.text import excerpt

_OWN_TITLE_KEPT = "\x1b[22;2t"
_OWN_TITLE_BACK = "\x1b[23;2t"


class Terminal:
    """What is told to a real terminal beside the screen; while it is lent to an editor, once it is back."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._lent = False
        self._untold: list[str] = []

    def begin(self) -> None:
        """Take the title over, and let a signal from outside close the app as if it had been quit."""
        if not self._app.is_headless:
            end_on_termination(self._app)
        self._app.app_suspend_signal.subscribe(self._app, self._lend, immediate=True)
        self._app.app_resume_signal.subscribe(self._app, self._take_back, immediate=True)
        self.tell(titled(self._app.TITLE or "", first=True))

    def end(self) -> None:
        """Give it its own title back."""
        self.tell(_OWN_TITLE_BACK)

    def show_title(self, text: str) -> None:
        """Show `text` in the title, before the app's name."""
        name = str(self._app.TITLE)
        self.tell(titled(f"{text} · {name}" if text else name))

    def call_back(self, text: str, seconds: float, settings: Settings) -> None:
        """A run has ended after so long: call its reader back if it was long, as the settings say."""
        if seconds >= settings.notify_after:
            self.tell(run_ended(text, settings.notify))

    def tell(self, code: str) -> None:
        """Write an escape code to it. Textual has no public way to do so."""
        if self._lent:
            self._untold.append(code)
            return
        driver = self._app._driver
        if code and driver is not None and not self._app.is_headless and not self._app.is_web:
            with suppress(OSError):
                driver.write(code)
                driver.flush()

    def _lend(self, _: App[object]) -> None:
        self._lent = True

    def _take_back(self, _: App[object]) -> None:
        self._lent = False
        codes, self._untold = self._untold, []
        for code in codes:
            self.tell(code)


def titled(text: str, *, first: bool = False) -> str:
    """The code that sets the title; the `first` one has the terminal keep its own for later."""
    return (_OWN_TITLE_KEPT if first else "") + f"\x1b]2;{_flat(text)}\x07"


def run_ended(text: str, notify: Notify) -> str:
    """The code that calls someone back to a run that has ended: nothing, a bell, or a bell and a message."""
    if notify == "off":
        return ""
    return "\x07" if notify == "bell" else f"\x1b]9;{_flat(text)}\x07\x07"


def _flat(text: str) -> str:
    return excerpt(text, 120)


def end_on_termination(app: App[None]) -> None:
    """Let SIGTERM, and SIGHUP when the terminal is closed, close `app`: what runs is recorded as broken off.

    Without this Python ends at once: the terminal stays in the app's mode and shows no cursor. Where the
    platform has no such signals, or the loop is not the main thread's, nothing is changed.
    """
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, lambda: app.exit(return_code=ExitCode.INTERRUPTED))


async def edit_file(app: App[object], path: Path, line: int | None = None) -> None:
    """Open `path` in the user's editor and wait for its end, with the terminal taken back in any case.

    Until then nothing is drawn, and a run goes on. Raises SandboxError when the editor cannot be run or the
    terminal cannot be lent.
    """
    problem = None
    try:
        with app.suspend(), app.batch_update(), _interrupts_are_the_editors():
            try:
                await asyncio.to_thread(edit, path, line)
            except SandboxError as error:  # out of `suspend` it would leave the terminal lent
                problem = error
    except SuspendNotSupported:
        todo = "Open it in another terminal: a change shows here once it is saved."
        raise SandboxError("This terminal cannot be lent to an editor.", where=str(path), todo=todo) from None
    if problem is not None:
        raise problem


@contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    """An interrupt typed into the editor reaches this process as well; it shall not end the app."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
