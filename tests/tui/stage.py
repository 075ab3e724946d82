"""The real app on a real record in a folder of its own, with a scripted model, driven by keys."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from sandbox.library.workspace import Workspace
from sandbox.models.provider import Provider
from sandbox.tui.app import SandboxApp
from sandbox.tui.screens.session import SessionScreen
from tests.tui.rehearsal import client_model, make_workspace

_PATIENCE = 20.0


class Stage:
    """What a test sees and does."""

    def __init__(self, app: SandboxApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

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

    async def started(self) -> None:
        """The app is open and its library read."""
        await self.shows("Attacked at night")


@asynccontextmanager
async def stage(
    root: Path,
    model: Provider | None = None,
    size: tuple[int, int] = (80, 24),
    *,
    anew: bool = True,
    open_others: Callable[[str], Provider] | None = None,
) -> AsyncIterator[Stage]:
    """The app in a workspace at `root`, made unless it is not to be `anew`.

    Every name leads to `model`; with `open_others` only “embedded” does.
    """
    provider = model or client_model()
    workspace = make_workspace(root) if anew else Workspace(root, root / "sessions")

    def opened(name: str) -> Provider:
        return provider if open_others is None or name == "embedded" else open_others(name)

    app = SandboxApp(workspace, open_model=opened)
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
