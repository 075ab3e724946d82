"""Every screen at three sizes, in light, dark and without colour: nothing is wider than its place."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.widget import Widget

from sandbox.settings import save_setting
from sandbox.tui.widgets.key_line import KeyLine
from tests.tui.stage import Stage, stage

SIZES = [(80, 24), (100, 30), (160, 50)]
LOOKS = ["textual-dark", "textual-light", "high-contrast", "high-contrast-light", "NO_COLOR"]


def too_wide(at: Stage) -> list[str]:
    """Widgets that reach out of the screen, scroll sideways, or footers with more keys than room."""
    width = at.app.size.width
    found = []
    for widget in at.app.screen.walk_children(Widget):
        if not widget.display or not widget.region:
            continue
        name = f"{type(widget).__name__}#{widget.id or ''}"
        if isinstance(widget, KeyLine):
            keys = [child for child in widget.children if child.display]
            if any(child.region.right > width for child in keys):
                found.append(f"{name} has no room for {keys[-1]}")
        elif widget.region.right > width and not _within_footer(widget):
            found.append(f"{name} ends at {widget.region.right}")
        if widget.show_horizontal_scrollbar and not isinstance(widget, KeyLine):
            found.append(f"{name} scrolls sideways")
    return found


def _within_footer(widget: Widget) -> bool:
    return any(isinstance(parent, KeyLine) for parent in widget.ancestors)


async def _home(at: Stage) -> None:
    await at.started()


async def _new_session(at: Stage) -> None:
    await at.press("n")
    await at.shows("if every answer")


async def _library(at: Stage) -> None:
    await at.press("l")
    await at.shows("scenario night-attack")


async def _models(at: Stage) -> None:
    await at.press("m")
    await at.shows("← proposed")


async def _settings(at: Stage) -> None:
    await at.press("comma")
    await at.shows("settings.toml")


async def _session(at: Stage) -> None:
    await at.open_recorded()


async def _branch(at: Stage) -> None:
    await _session(at)
    await at.press("b")
    await at.shows("Add an arm with")


async def _compare(at: Stage) -> None:
    await _session(at)
    await at.press("c")
    await at.shows("Compare")


async def _sessions(at: Stage) -> None:
    await _session(at)
    await at.press("escape", "s")
    await at.shows("Sessions")


async def _help(at: Stage) -> None:
    await at.press("question_mark")
    await at.shows("Help")


SCREENS: list[Callable[[Stage], Awaitable[None]]] = [
    _home, _new_session, _library, _models, _settings, _session, _branch, _compare, _sessions, _help,
]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("go", SCREENS, ids=lambda go: go.__name__.strip("_"))
async def test_nothing_is_wider_than_its_place(
    tmp_path: Path, go: Callable[[Stage], Awaitable[None]], size: tuple[int, int]
) -> None:
    async with stage(tmp_path, size=size, played=True) as at:
        await at.started()
        await go(at)
        await at.pilot.pause()
        assert too_wide(at) == []


@pytest.mark.parametrize("look", LOOKS)
async def test_every_look_draws_every_screen(
    tmp_path: Path, look: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The characters are the same in every look: no meaning is left to colour, and nothing raises."""
    if look == "NO_COLOR":
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        save_setting("theme", look)
    async with stage(tmp_path, size=(100, 30), played=True) as at:
        await at.started()
        assert at.app.no_color == (look == "NO_COLOR")
        for go in (_library, _models, _settings, _session):
            await go(at)
            assert "▏" not in at.text().splitlines()[0]
            await at.press("escape")


async def test_a_resize_in_the_middle_lays_everything_out_anew(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 50)) as at:
        await at.started()
        await _library(at)
        for size in SIZES:
            await at.pilot.resize_terminal(*size)
            await at.pilot.pause()
            assert too_wide(at) == []
