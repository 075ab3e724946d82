"""Keys typed faster than screens open: each reaches the screen that was asked for, or nobody."""

from pathlib import Path

import pytest
from textual.widgets import Input

from sandbox.errors import SandboxError
from sandbox.tui.screens.compare import CompareScreen
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.library import LibraryScreen
from sandbox.tui.screens.new_session import NewSessionScreen
from sandbox.tui.screens.page import HelpScreen
from sandbox.tui.screens.session import SessionScreen
from tests.tui.stage import stage


async def test_a_burst_goes_through_one_screen_after_the_other(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        at.burst("l", "escape")  # the workspace is not even open yet
        await at.shows("✓ finished")
        at.burst("tab", "enter", "c", "question_mark")
        await at.until(lambda: isinstance(at.app.screen, HelpScreen), "the help")
        stack = [type(screen) for screen in at.app.screen_stack[2:]]
        assert stack == [SessionScreen, CompareScreen, HelpScreen]
        at.burst("escape", "escape", "escape", "l", "v", "escape", "n")
        await at.shows("if every answer")
        assert [type(screen) for screen in at.app.screen_stack[1:]] == [HomeScreen, NewSessionScreen]


async def test_where_no_screen_opens_the_keys_typed_for_it_do_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object, **__: object) -> None:
        raise SandboxError("The record is locked.")

    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        monkeypatch.setattr("sandbox.tui.screens.compare.CompareScreen.__init__", locked)
        at.burst("c", "escape", "l")
        await at.shows("The record is locked.")
        await at.press("f")
        assert isinstance(at.app.screen, SessionScreen), "neither key acted on the session"


async def test_a_digit_does_not_overtake_backspace(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 36)) as at:
        await at.started()
        at.burst("n")
        await at.shows("if every answer")
        field = at.app.screen.query_one("#seed", Input)
        field.focus()
        await at.until(lambda: at.app.focused is field, "the focus")
        at.burst("end", *["backspace"] * 4, *"41", "backspace", "2", "left", "7", "f1")
        await at.until(lambda: field.value == "472", f"472, not {field.value}")


async def test_what_was_said_goes_with_its_screen_and_an_error_one_screen_later(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        at.session.notify("A note.", timeout=60)
        at.session.notify("A warning.", severity="warning", timeout=60)
        at.app.report(SandboxError("A fault."))

        def told() -> list[str]:
            return [f"{one.title}{one.message}".strip() for one in at.app._notifications]

        await at.until(lambda: told() == ["A note.", "A warning.", "A fault."], "all three")
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen) and told() == ["A fault."]
        await at.press("l")
        await at.until(lambda: isinstance(at.app.screen, LibraryScreen), "the library")
        assert told() == []
