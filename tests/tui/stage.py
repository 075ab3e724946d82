"""The real app on a real record in a folder of its own, with a scripted model, driven by keys."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Key
from textual.keys import _character_to_key, key_to_character
from textual.pilot import Pilot

from sandbox.library.workspace import Workspace
from sandbox.models.provider import Provider
from sandbox.store.store import DATABASE
from sandbox.study.conductor import Conductor
from sandbox.study.proposal import Proposal
from sandbox.tui.app import SandboxApp
from sandbox.tui.screens.session import SessionScreen
from sandbox.tui.services import Services
from tests.tui.rehearsal import client_model, make_workspace
from tests.tui.rehearsed_study import RehearsedStudy

_PATIENCE = 20.0


class Stage:
    """What a test sees and does."""

    def __init__(self, app: SandboxApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def burst(self, *keys: str) -> None:
        """Type them with no time between, as fast typing and slow lines deliver them."""
        for key in keys:
            named = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(Key(named, key_to_character(named)))

    async def until(self, condition: Callable[[], bool], what: str = "the condition") -> None:
        """Wait for a condition; fail with the screen's text when it does not come about."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while not condition():
                    await self.pilot.pause(0.02)
        except TimeoutError:
            raise AssertionError(f"{what} did not come about; on screen:\n{self.text()}") from None

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in self.text(), f"“{text}”")

    def text(self) -> str:
        """The characters on screen, line by line."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    @property
    def services(self) -> Services:
        assert self.app._services is not None, "the workspace is not open"
        return self.app._services

    @property
    def session(self) -> SessionScreen:
        assert isinstance(self.app.screen, SessionScreen), self.text()
        return self.app.screen

    async def opened(self) -> None:
        """The Session screen stands: what Enter started is composed on a thread."""
        await self.until(lambda: isinstance(self.app.screen, SessionScreen), "the Session screen")

    async def ended(self) -> None:
        await self.opened()
        await self.until(
            lambda: bool(self.session.live.state.ids) and not self.session.live.playing, "the end"
        )
        await self.pilot.pause(0.1)

    async def redo(self) -> None:
        """Redo a reply of an arm that has ended, which is asked first."""
        await self.press("r")
        await self.shows("of an arm that has ended?")
        await self.press("enter")

    async def open_recorded(self) -> None:
        """Open the run that is in the record, from Home."""
        await self.started()
        await self.shows("✓ finished")
        await self.press("tab", "enter")
        await self.opened()

    async def started(self) -> None:
        """The app is open and its library read."""
        await self.shows("Attacked at night")


_RECORD: list[bytes] = []


async def put_record(workspace: Workspace) -> None:
    """Put the record of one finished run there: trunk, technique and control.

    It is played once a process, for all tests that need a run and not its running.
    """
    if not _RECORD:
        with tempfile.TemporaryDirectory() as folder:
            conductor = Conductor.open(make_workspace(Path(folder)), lambda name: client_model())
            heads = conductor.runnable(Proposal())
            async with aclosing(conductor.play(heads)) as events:
                async for _ in events:
                    pass
            path = conductor.store.path
            await conductor.close()
            _RECORD.append(path.read_bytes())
    workspace.sessions.mkdir(mode=0o700, parents=True)
    (workspace.sessions / DATABASE).write_bytes(_RECORD[0])


@asynccontextmanager
async def stage(
    root: Path,
    model: Provider | None = None,
    size: tuple[int, int] = (80, 24),
    *,
    anew: bool = True,
    played: bool = False,
    open_others: Callable[[str], Provider] | None = None,
) -> AsyncIterator[Stage]:
    """The app in a workspace at `root`, made unless it is not to be `anew`.

    With `played` the run that Home proposes is in the record already, finished. Every name leads to `model`;
    with `open_others` only “embedded” does. A study runs in this process, on the same models.
    """
    provider = model or client_model()
    workspace = make_workspace(root) if anew else Workspace(root, root / "sessions")
    if played:
        await put_record(workspace)

    def opened(name: str) -> Provider:
        return provider if open_others is None or name == "embedded" else open_others(name)

    def launched(root: str) -> RehearsedStudy:
        return RehearsedStudy(workspace, root, opened, loop)

    loop = asyncio.get_running_loop()
    app = SandboxApp(workspace, open_model=opened)
    app.launch_study = launched
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Stage(app, pilot)


def lend_terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the app lend its terminal, which it has none of here; what is done with it is told in the list."""
    told: list[str] = []

    @contextmanager
    def unbroken(self: Any) -> Iterator[None]:
        yield

    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr(HeadlessDriver, "can_suspend", property(lambda self: True))
    monkeypatch.setattr(HeadlessDriver, "suspend_application_mode", lambda self: told.append("lent"))
    monkeypatch.setattr(HeadlessDriver, "resume_application_mode", lambda self: told.append("back"))
    monkeypatch.setattr(HeadlessDriver, "no_automatic_restart", unbroken)
    return told
